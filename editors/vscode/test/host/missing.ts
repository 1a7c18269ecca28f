/** The program is not there, then it is. */
import * as assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { activate, found, open, root, say, until } from './until';

export async function missing(): Promise<void> {
  await activate();
  const { document } = await open(root(), 'store.go');
  await vscode.commands.executeCommand('escapelens.restart');
  assert.equal(found(document.uri).length, 0);
  say('without the program nothing is shown, and nothing fails');

  // A program of another time: it is told, and not started again.
  const path = vscode.Uri.joinPath(root(), 'escapelens').fsPath;
  const real = readFileSync(vscode.Uri.joinPath(root(), 'real').fsPath, 'utf8');
  const script = (body: string): void => {
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  };
  script(`echo run >> '${path}.runs'; echo '{"event":"ready","schema_version":"99"}'; cat > /dev/null`);
  await vscode.commands.executeCommand('escapelens.restart');
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.equal(readFileSync(`${path}.runs`, 'utf8'), 'run\n');
  assert.equal(found(document.uri).length, 0);
  say('a schema of another version ends it at once');

  // One that dies is started again.
  script(`if [ -e '${path}.died' ]; then exec '${real}' "$@"; fi; touch '${path}.died'; exit 1`);
  await vscode.commands.executeCommand('escapelens.restart');
  await until('diagnostics', () => found(document.uri).length > 0);
  say('a program that died is started again');
}
