// Writes src/schema.ts from the JSON Schema that `escapelens schema` prints, and the names of the
// causes into the settings of package.json. With --check it only says whether they are fresh.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const extension = dirname(dirname(fileURLToPath(import.meta.url)));
const command = process.env.ESCAPELENS ?? join(extension, '../../.venv/bin/escapelens');
const schema = JSON.parse(execFileSync(command, ['schema'], { encoding: 'utf8' }));
const causes = JSON.stringify(schema.$defs.CausePage.properties.name.enum);

function typeOf(one) {
  if (one.$ref) return one.$ref.replace('#/$defs/', '');
  if (one.enum) {
    return JSON.stringify(one.enum) === causes ? 'Cause' : one.enum.map((value) => `'${value}'`).join(' | ');
  }
  // An absent value that need not be there is written by leaving its key out.
  if (one.anyOf) return one.anyOf.filter((part) => part.type !== 'null').map(typeOf).join(' | ');
  switch (one.type) {
    case 'array': {
      const item = typeOf(one.items ?? {});
      return item.includes(' | ') ? `(${item})[]` : `${item}[]`;
    }
    case 'object':
      return one.additionalProperties ? `Record<string, ${typeOf(one.additionalProperties)}>` : 'object';
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
    case 'boolean':
      return one.type;
    default:
      return 'unknown';
  }
}

function declaration(name, one) {
  const about = one.description ? `/** ${one.description.split('\n')[0]} */\n` : '';
  if (one.enum) {
    return `${about}export type ${name} =\n${one.enum.map((value) => `  | '${value}'`).join('\n')};\n`;
  }
  const lines = Object.entries(one.properties).map(([key, property]) => {
    const isRequired = one.required?.includes(key);
    const isNullable = isRequired && property.anyOf?.some((part) => part.type === 'null');
    return `  ${key}${isRequired ? '' : '?'}: ${typeOf(property)}${isNullable ? ' | null' : ''};`;
  });
  return `${about}export interface ${name} {\n${lines.join('\n')}\n}\n`;
}

function reachable(from, found = new Set()) {
  for (const [, name] of JSON.stringify(from).matchAll(/"#\/\$defs\/(\w+)"/g)) {
    if (!found.has(name)) reachable(schema.$defs[name], found.add(name));
  }
  return found;
}

const roots = Object.keys(schema.$defs).filter((name) => name === 'Document' || name.endsWith('Event'));
const names = [...reachable(roots.map((name) => ({ $ref: `#/$defs/${name}` })))].sort();
const text = [
  '// Written by `npm run types` from `escapelens schema`; not edited by hand.\n',
  `export const SCHEMA_VERSION = '1';\n`,
  declaration('Cause', { description: 'The named patterns behind sites.', enum: JSON.parse(causes) }),
  ...names.map((name) => declaration(name, schema.$defs[name])),
].join('\n');

const manifestFile = join(extension, 'package.json');
const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
manifest.contributes.configuration.properties['escapelens.hiddenCauses'].items.enum = JSON.parse(causes);

const wanted = [
  [join(extension, 'src/schema.ts'), text],
  [manifestFile, JSON.stringify(manifest, null, 2) + '\n'],
];
const stale = wanted.filter(([file, content]) => {
  try {
    return readFileSync(file, 'utf8') !== content;
  } catch {
    return true;
  }
});
if (process.argv.includes('--check')) {
  for (const [file] of stale) console.error(`${file} is not what escapelens says now: npm run types`);
  process.exitCode = stale.length ? 1 : 0;
} else {
  for (const [file, content] of stale) writeFileSync(file, content);
}
