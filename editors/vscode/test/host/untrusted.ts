/** A workspace that nobody said can be trusted. */
import * as assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { activate, found, open, root, say } from './until';

export async function untrusted(): Promise<void> {
  assert.equal(vscode.workspace.isTrusted, false);
  await activate();
  const { document } = await open(root(), 'store.go');
  await vscode.commands.executeCommand('escapelens.restart');
  await assert.rejects(async () => vscode.commands.executeCommand('escapelens.showRaw'));
  await new Promise((resolve) => setTimeout(resolve, 2000));
  assert.equal(found(document.uri).length, 0);
  // The workspace names a program that leaves a mark when it runs.
  assert.equal(vscode.workspace.getConfiguration('escapelens', root()).get('path'), '');
  assert.ok(!existsSync(vscode.Uri.joinPath(root(), 'it-ran').fsPath));
  say('nothing runs, and the workspace cannot choose a program');
}
