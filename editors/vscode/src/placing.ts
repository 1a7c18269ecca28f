/** Where the sites of a file stand in the text that an editor holds now. */
import { difference, moved, type Change } from './anchors';
import type { Site } from './schema';
import { sha256, SourceText, type Span } from './text';

export interface Placed {
  site: Site;
  /** The expression, as far as it stands on its first line. */
  span: Span;
}

export interface Placement {
  sites: readonly Placed[];
  /** The text is the one that was compiled. */
  isCurrent: boolean;
}

const BREAK = /\r\n|\r|\n/;
const WORD = /^(?:[\p{L}\p{Nd}_]+|\S)/u;

/**
 * Places sites that were found in the text with a hash. `shown` is the text of the editor, `onDisk`
 * the bytes of the file; undefined if neither is, or leads to, the text that was compiled.
 */
export function place(sites: readonly Site[], hash: string, shown: string, onDisk: () => Buffer | undefined): Placement | undefined {
  const bytes = Buffer.from(shown, 'utf8');
  if (sha256(bytes) === hash) return { sites: located(sites, new SourceText(bytes), shown.split(BREAK)), isCurrent: true };
  // Unsaved edits, or a byte order mark, mixed line breaks or another encoding that do not show.
  const disk = onDisk();
  if (!disk || sha256(disk) !== hash) return undefined;
  const lines = disk.toString('utf8').replace(/^\ufeff/, '').split(BREAK);
  const found = located(sites, new SourceText(disk), lines);
  const change = difference(lines, shown.split(BREAK));
  return change ? { sites: after(found, change), isCurrent: false } : { sites: found, isCurrent: true };
}

/** The places after an edit, without those that it took away. */
export function after(sites: readonly Placed[], change: Change): Placed[] {
  return sites.flatMap(({ site, span }) => {
    const now = moved(span, change);
    return now ? [{ site, span: now }] : [];
  });
}

function located(sites: readonly Site[], text: SourceText, lines: readonly string[]): Placed[] {
  return sites.flatMap((site) => {
    const span = spanOf(site, text, lines);
    return span ? [{ site, span }] : [];
  });
}

function spanOf(site: Site, text: SourceText, lines: readonly string[]): Span | undefined {
  const { range, position } = site;
  const from = range?.start ?? { line: position.line, column: position.column ?? 1 };
  const at = text.offset(from.line, from.column);
  if (at === undefined) return undefined;
  const start = text.point(at);
  const line = lines[start.line] ?? '';
  const upTo = (character: number): Span => ({ start, end: { line: start.line, character } });
  if (range) {
    const offset = text.offset(range.end.line, range.end.column);
    const end = offset === undefined ? undefined : text.point(offset);
    return end?.line === start.line && end.character > start.character ? upTo(end.character) : upTo(line.trimEnd().length);
  }
  if (position.column !== undefined) {
    return upTo(start.character + (WORD.exec(line.slice(start.character))?.[0].length ?? 0));
  }
  const indent = line.length - line.trimStart().length;
  return { start: { line: start.line, character: indent }, end: { line: start.line, character: line.trimEnd().length } };
}
