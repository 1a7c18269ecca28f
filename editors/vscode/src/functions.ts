/** The functions of a text that hold sites, found by the layout that gofmt gives. */
const DECLARATION = /^func\s+(?:\([^)]*\)\s*)?([\p{L}_][\p{L}\p{Nd}_]*)/u;

/** The declared function's own name within `(*T).M`, `F.func1` or `F[...]`; none at top level. */
export function declaredName(name: string): string {
  const method = /^\(?\*?[^()]*\)\.([\p{L}_][\p{L}\p{Nd}_]*)/u.exec(name);
  if (method) return method[1] as string;
  const parts = name.replace(/\[.*?\]/g, '').split('.').filter((part) => !/^(?:func\d+|\d+|gowrap\d+|deferwrap\d+)(?:-.*)?$/.test(part));
  // A method of a value is T.M.
  return parts[1] ?? parts[0] ?? '';
}

/** The line on which the function around a line is declared; undefined if it is another one. */
export function declarationLine(lineAt: (line: number) => string, line: number, name: string): number | undefined {
  const wanted = declaredName(name);
  if (!wanted) return undefined;
  for (let at = line; at >= 0; at--) {
    const text = lineAt(at);
    if (!text.startsWith('func')) continue;
    const found = DECLARATION.exec(text);
    if (found) return found[1] === wanted ? at : undefined;
  }
  return undefined;
}
