import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const extension = join(__dirname, '../..');
const text = readFileSync(join(extension, 'package.json'), 'utf8');
const manifest = JSON.parse(text) as {
  capabilities: { untrustedWorkspaces: { supported: string; restrictedConfigurations: string[] } };
  contributes: { configuration: { properties: Record<string, { scope: string }> } };
};

test('types and names of causes are what escapelens says now', () => {
  execFileSync(process.execPath, [join(extension, 'scripts/types.mjs'), '--check'], { stdio: 'pipe' });
});

test('what says which program runs, or with what, is restricted', () => {
  const restricted = new Set(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations);
  assert.equal(manifest.capabilities.untrustedWorkspaces.supported, 'limited');
  for (const [name, { scope }] of Object.entries(manifest.contributes.configuration.properties)) {
    const isView = /\.(enable|notes|severity|codeLens|hiddenCauses|hideCold|tests)$/.test(name);
    assert.equal(restricted.has(name), !isView, name);
    if (/\.(path|go)$/.test(name)) assert.equal(scope, 'machine-overridable');
  }
});

test('the pictures that are named are there, and small', () => {
  const readme = readFileSync(join(extension, 'README.md'), 'utf8');
  const named = new Set([...(text + readme).matchAll(/media\/[\w.-]+/g)].map(([name]) => name));
  for (const name of named) assert.ok(statSync(join(extension, name)).size < 150_000, name);
});
