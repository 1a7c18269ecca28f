/** Which folders to watch: each go.work, and each module that none of them uses. */
import { dirname, join, resolve, sep } from 'node:path';

const WORD = /"[^"\n]*"|`[^`\n]*`|\S+/g;

/** The folders that `use` lines of a go.work name, absolute. */
export function usedModules(goWork: string, folder: string): string[] {
  const plain = goWork.replace(/\/\/[^\n]*/g, '');
  const found: string[] = [];
  for (const [, block, single] of plain.matchAll(/^[ \t]*use[ \t]*(?:\(([^)]*)\)|([^\s(].*))/gm)) {
    for (const [word] of (block ?? single ?? '').matchAll(WORD)) {
      found.push(resolve(folder, word.replace(/^["`]|["`]$/g, '')));
    }
  }
  return found;
}

/**
 * The folders to watch within a workspace folder, outermost first. `files` are the paths of its
 * go.mod and go.work files, `used` the folders that these go.work files use, and `isWithinModule`
 * says that the folder itself lies in a module or workspace from further up.
 */
export function watchedFolders(
  folder: string,
  files: readonly string[],
  used: ReadonlySet<string>,
  isWithinModule: boolean,
): string[] {
  const works = files.filter((file) => file.endsWith(join(sep, 'go.work'))).map(dirname);
  const modules = files.filter((file) => file.endsWith(join(sep, 'go.mod'))).map(dirname);
  const found = new Set(works);
  for (const module of modules) if (!used.has(module)) found.add(module);
  if (isWithinModule) found.add(folder);
  return [...found].sort((one, other) => one.length - other.length || (one < other ? -1 : 1));
}

/** The innermost of some folders that holds a path. */
export function innermost(folders: Iterable<string>, path: string): string | undefined {
  let best: string | undefined;
  for (const folder of folders) {
    const holds = path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
    if (holds && (best === undefined || folder.length > best.length)) best = folder;
  }
  return best;
}
