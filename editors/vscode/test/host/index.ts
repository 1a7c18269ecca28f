/** Runs inside the extension host; the name of the workspace folder says which tests. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import { large } from './large';
import { many } from './many';
import { missing } from './missing';
import { store } from './store';
import { untrusted } from './untrusted';

const TESTS: Record<string, () => Promise<void>> = { store, many, large, missing, untrusted };

export async function run(): Promise<void> {
  const place = vscode.workspace.workspaceFile?.fsPath ?? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const name = basename(place, '.code-workspace');
  const test = TESTS[name];
  if (!test) throw new Error(`no tests for ${place}`);
  console.log(`host ${process.version}, VS Code ${vscode.version}`);
  try {
    await test();
    console.log('done');
  } catch (error) {
    console.log(`failed ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    throw error;
  }
}
