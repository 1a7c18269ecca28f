/** Where an `//escapelens:ignore` comment goes that hides the sites of a line. */
const STRING_OR_COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|`[^`]*(?:`|$)|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?/g;

export interface Insertion {
  line: number;
  character: number;
  text: string;
}

/**
 * Alone above the line, with its indent; behind a line that declares a function, whose comment
 * would hide all of it. Undefined where a comment cannot stand, as within a raw string.
 */
export function insertion(lines: readonly string[], line: number, cause: string, reason: string): Insertion | undefined {
  const comment = `//escapelens:ignore ${cause} ${reason.replace(/\s+/g, ' ').trim()}`;
  const text = lines.join('\n');
  const start = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
  const own = lines[line] ?? '';
  const end = start + own.length;
  let hasComment = false;
  let isInside = false;
  let isOpen = false;
  for (const found of text.matchAll(STRING_OR_COMMENT)) {
    const [from, to] = [found.index, found.index + found[0].length];
    if (from >= end) break;
    if (from < start && to > start) isInside = true;
    if (to > end) isOpen = true;
    if (from >= start && found[0].startsWith('//')) hasComment = true;
  }
  if (!isInside && !/^func\b/.test(own)) {
    const indent = /^\s*/.exec(own)?.[0] ?? '';
    return { line, character: 0, text: `${indent}${comment}\n` };
  }
  return hasComment || isOpen ? undefined : { line, character: own.length, text: ` ${comment}` };
}
