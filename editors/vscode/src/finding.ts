/** The folders to watch in a workspace folder, found on the disk. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { usedModules, watchedFolders } from './modules';

const MOST = 200;
const NOT_SEARCHED = '**/{node_modules,vendor,testdata,.git}/**';

export async function foldersToWatch(folder: vscode.Uri): Promise<string[]> {
  const pattern = new vscode.RelativePattern(folder, '**/{go.mod,go.work}');
  const found: string[] = await vscode.workspace.findFiles(pattern, NOT_SEARCHED, MOST).then(
    (uris) => uris.map((uri) => uri.fsPath),
    () => [],
  );
  // What stands in the folder itself counts, whatever a search leaves out, or where there is none.
  for (const name of ['go.mod', 'go.work']) {
    const file = join(folder.fsPath, name);
    if (!found.includes(file) && (await exists(file))) found.push(file);
  }
  const used = new Set<string>();
  for (const file of found.filter((one) => one.endsWith('go.work'))) {
    for (const module of usedModules(await readFile(file, 'utf8').catch(() => ''), dirname(file))) used.add(module);
  }
  const isOwn = found.some((file) => dirname(file) === folder.fsPath);
  return watchedFolders(folder.fsPath, found, used, !isOwn && (await isBelowModule(folder.fsPath)));
}

async function isBelowModule(folder: string): Promise<boolean> {
  for (let at = dirname(folder); ; at = dirname(at)) {
    if ((await exists(join(at, 'go.mod'))) || (await exists(join(at, 'go.work')))) return true;
    if (dirname(at) === at) return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
