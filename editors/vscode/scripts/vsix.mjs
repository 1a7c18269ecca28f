// Packs dist/ and what the manifest names into dist/escapelens.vsix, which is a zip.
import { createWriteStream, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { ZipFile } from 'yazl';

const extension = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(extension, 'package.json'), 'utf8'));
const xml = (text) => text.replace(/[<>&"']/g, (mark) => `&#${mark.charCodeAt(0)};`);

const types = { json: 'application/json', js: 'application/javascript', md: 'text/markdown', png: 'image/png', svg: 'image/svg+xml', txt: 'text/plain', vsixmanifest: 'text/xml' };
const contentTypes = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${Object.entries(types)
  .map(([name, type]) => `<Default Extension=".${name}" ContentType="${type}"/>`)
  .join('')}</Types>
`;
const asset = (type, path) => `<Asset Type="Microsoft.VisualStudio.${type}" Path="extension/${path}" Addressable="true"/>`;
const vsixManifest = `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${xml(manifest.name)}" Version="${xml(manifest.version)}" Publisher="${xml(manifest.publisher)}"/>
    <DisplayName>${xml(manifest.displayName)}</DisplayName>
    <Description xml:space="preserve">${xml(manifest.description)}</Description>
    <Tags>${xml(manifest.keywords.join(','))}</Tags>
    <Categories>${xml(manifest.categories.join(','))}</Categories>
    <License>extension/LICENSE.txt</License>
    <Icon>extension/${xml(manifest.icon)}</Icon>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${xml(manifest.engines.vscode)}"/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value="${xml(manifest.extensionKind.join(','))}"/>
    </Properties>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>
  <Dependencies/>
  <Assets>
    ${asset('Code.Manifest', 'package.json')}
    ${asset('Services.Content.Details', 'README.md')}
    ${asset('Services.Content.Changelog', 'CHANGELOG.md')}
    ${asset('Services.Content.License', 'LICENSE.txt')}
    ${asset('Services.Icons.Default', xml(manifest.icon))}
  </Assets>
</PackageManifest>
`;

// The same content gives the same bytes.
const when = { mtime: new Date(2000, 0, 1), mode: 0o100644 };
const zip = new ZipFile();
const shipped = { ...manifest, scripts: undefined, devDependencies: undefined };
zip.addBuffer(Buffer.from(contentTypes), '[Content_Types].xml', when);
zip.addBuffer(Buffer.from(vsixManifest), 'extension.vsixmanifest', when);
zip.addBuffer(Buffer.from(JSON.stringify(shipped, null, 2)), 'extension/package.json', when);
const files = ['README.md', 'CHANGELOG.md', 'dist/main.js', ...readdirSync(join(extension, 'media')).sort().map((name) => `media/${name}`)];
for (const name of files) zip.addBuffer(readFileSync(join(extension, name)), `extension/${name}`, when);
zip.addBuffer(readFileSync(join(extension, '../../LICENSE')), 'extension/LICENSE.txt', when);
zip.end();
mkdirSync(join(extension, 'dist'), { recursive: true });
await pipeline(zip.outputStream, createWriteStream(join(extension, 'dist/escapelens.vsix')));
