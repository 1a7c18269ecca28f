/** Where the program escapelens is: a setting, the selected Python environment, PATH, or nowhere. */
import { access, constants, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { executablePath } from './config';

const NAME = process.platform === 'win32' ? 'escapelens.exe' : 'escapelens';

interface PythonApi {
  environments?: { getActiveEnvironmentPath(scope?: vscode.Uri): { path: string } };
}

/** The absolute path of the executable for a folder; undefined if there is none. */
export async function findExecutable(folder: vscode.Uri): Promise<string | undefined> {
  const named = executablePath(folder);
  if (named) {
    const path = named.startsWith('~') ? join(homedir(), named.slice(1)) : named;
    if (isAbsolute(path)) return (await isExecutable(path)) ? path : undefined;
    return path.includes('/') ? first([join(folder.fsPath, path)]) : first(onPath(path));
  }
  return first([...(await inPython(folder)), ...onPath(NAME), join(homedir(), '.local', 'bin', NAME)]);
}

/** Beside the interpreter that the Python extension has selected, if that is there. */
async function inPython(folder: vscode.Uri): Promise<string[]> {
  const extension = vscode.extensions.getExtension<PythonApi>('ms-python.python');
  if (!extension) return [];
  try {
    const api = await extension.activate();
    const path = api.environments?.getActiveEnvironmentPath(folder).path;
    return path ? [join(dirname(path), NAME), join(path, 'bin', NAME)] : [];
  } catch {
    return [];
  }
}

function onPath(name: string): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute).map((folder) => join(folder, name));
}

async function first(candidates: readonly string[]): Promise<string | undefined> {
  for (const path of candidates) if (await isExecutable(path)) return path;
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
