/** Where things stand in a text that is being edited. */
import type { Point, Span } from './text';

export interface Change {
  /** What was replaced, in the text before. */
  range: Span;
  text: string;
}

export function before(one: Point, other: Point): boolean {
  return one.line < other.line || (one.line === other.line && one.character < other.character);
}

/**
 * The place of a span after a change. Text before and within it moves and stretches it; a change
 * that crosses one of its ends has taken it away.
 */
export function moved(span: Span, change: Change): Span | undefined {
  const { start, end } = change.range;
  if (!before(start, span.end)) return span;
  if (!before(span.start, end)) {
    return { start: shifted(span.start, change), end: shifted(span.end, change) };
  }
  if (before(start, span.start) || before(span.end, end)) return undefined;
  const isAll = !before(span.start, start) && !before(end, span.end);
  return isAll ? undefined : { start: span.start, end: shifted(span.end, change) };
}

/** A point at or behind the end of what was replaced. */
function shifted(point: Point, change: Change): Point {
  const { start, end } = change.range;
  const lines = change.text.split(/\r\n|\r|\n/);
  const last = lines[lines.length - 1] as string;
  const line = point.line + start.line - end.line + lines.length - 1;
  if (point.line !== end.line) return { line, character: point.character };
  const before = lines.length === 1 ? start.character : 0;
  return { line, character: before + last.length + point.character - end.character };
}

/** The change that makes one text of another, as whole lines: what lies between equal ends. */
export function difference(from: readonly string[], to: readonly string[]): Change | undefined {
  const shorter = Math.min(from.length, to.length);
  let head = 0;
  while (head < shorter && from[head] === to[head]) head++;
  if (head === from.length && head === to.length) return undefined;
  let tail = 0;
  while (tail < shorter - head && from[from.length - 1 - tail] === to[to.length - 1 - tail]) tail++;
  const place = (lines: readonly string[], index: number): Point =>
    index < lines.length
      ? { line: index, character: 0 }
      : { line: lines.length - 1, character: (lines[lines.length - 1] as string).length };
  const inserted = to.slice(head, to.length - tail);
  const isAtEnd = tail === 0;
  const start = isAtEnd && head > 0 && head === from.length ? place(from, from.length) : place(from, head);
  const lead = isAtEnd && head > 0 && head === from.length ? '\n' : '';
  return {
    range: { start, end: place(from, from.length - tail) },
    text: lead + inserted.join('\n') + (isAtEnd || inserted.length === 0 ? '' : '\n'),
  };
}
