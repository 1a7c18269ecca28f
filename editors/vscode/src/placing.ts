/** Where the sites of a file stand in the text that an editor holds now. */
import { difference, moved, type Change } from './anchors';
import type { Finding, Position, Range, Site } from './schema';
import { sha256, SourceText, type Span } from './text';

export interface Placed {
  site: Site;
  /** The expression, as far as it stands on its first line. */
  span: Span;
}

export interface PlacedFinding {
  finding: Finding;
  span: Span;
}

export interface Placement {
  sites: readonly Placed[];
  findings: readonly PlacedFinding[];
  /** The text is the one that was compiled. */
  isCurrent: boolean;
}

const BREAK = /\r\n|\r|\n/;
const WORD = /^(?:[\p{L}\p{Nd}_]+|\S)/u;

/**
 * Places sites that were found in the text with a hash. `shown` is the text of the editor, `onDisk`
 * the bytes of the file; undefined if neither is, or leads to, the text that was compiled.
 */
export function place(
  sites: readonly Site[],
  hash: string,
  shown: string,
  onDisk: () => Buffer | undefined,
  findings: readonly Finding[] = [],
): Placement | undefined {
  const located = (text: SourceText, lines: readonly string[]): Placement => ({
    sites: sites.flatMap((site) => spanOf(site, text, lines).map((span) => ({ site, span }))),
    findings: findings.flatMap((finding) => spanOf(finding, text, lines).map((span) => ({ finding, span }))),
    isCurrent: true,
  });
  const bytes = Buffer.from(shown, 'utf8');
  if (sha256(bytes) === hash) return located(new SourceText(bytes), shown.split(BREAK));
  // Unsaved edits, or a byte order mark, mixed line breaks or another encoding that do not show.
  const disk = onDisk();
  if (!disk || sha256(disk) !== hash) return undefined;
  const lines = disk.toString('utf8').replace(/^\ufeff/, '').split(BREAK);
  const found = located(new SourceText(disk), lines);
  const change = difference(lines, shown.split(BREAK));
  return change ? after(found, change) : found;
}

/** The places after an edit, without those that it took away. */
export function after(placement: Placement, change: Change): Placement {
  return { sites: kept(placement.sites, change), findings: kept(placement.findings, change), isCurrent: false };
}

function kept<T extends { span: Span }>(placed: readonly T[], change: Change): T[] {
  return placed.flatMap((one) => {
    const span = moved(one.span, change);
    return span ? [{ ...one, span }] : [];
  });
}

/** The span of what stands in a text; none if it is no place of it. */
function spanOf(told: { position: Position; range?: Range }, text: SourceText, lines: readonly string[]): Span[] {
  const span = spanIn(told, text, lines);
  return span ? [span] : [];
}

function spanIn({ range, position }: { position: Position; range?: Range }, text: SourceText, lines: readonly string[]): Span | undefined {
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
