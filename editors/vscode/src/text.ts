/**
 * The text of a file as bytes, and where a byte of it stands in an editor.
 *
 * Go counts lines by line feeds and columns by bytes, both from 1. An editor breaks lines at a lone
 * carriage return too, counts UTF-16 code units from 0, and does not show a byte order mark.
 */
import { createHash } from 'node:crypto';

export interface Point {
  line: number;
  character: number;
}

export interface Span {
  start: Point;
  end: Point;
}

const LF = 10;
const CR = 13;

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export class SourceText {
  /** Offsets at which the lines of the compiler begin. */
  private readonly compiled: number[] = [0];
  /** Offsets at which the lines of an editor begin. */
  private readonly shown: number[];

  constructor(readonly bytes: Buffer) {
    const mark = bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    this.shown = [mark];
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] === LF) {
        this.compiled.push(at + 1);
        this.shown.push(at + 1);
      } else if (bytes[at] === CR && bytes[at + 1] !== LF) {
        this.shown.push(at + 1);
      }
    }
  }

  /** The offset of a line and byte column, both from 1; a column beyond its line is the line's end. */
  offset(line: number, column: number): number | undefined {
    const start = this.compiled[line - 1];
    if (start === undefined) return undefined;
    const next = this.compiled[line];
    return Math.min(start + column - 1, next === undefined ? this.bytes.length : next - 1);
  }

  /** Where the byte at an offset stands in an editor. */
  point(offset: number): Point {
    let low = 0;
    let high = this.shown.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.shown[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    const start = this.shown[low] as number;
    return { line: low, character: Math.max(0, this.bytes.toString('utf8', start, this.lineEnd(low, offset)).length) };
  }

  /** The span of a text that an editor shows between two offsets. */
  span(start: number, end: number): Span {
    return { start: this.point(start), end: this.point(end) };
  }

  /** An editor has no place within the two bytes of a line break. */
  private lineEnd(line: number, offset: number): number {
    const start = this.shown[line] as number;
    const isWithinBreak = this.bytes[offset] === LF && this.bytes[offset - 1] === CR && offset > start;
    return isWithinBreak ? offset - 1 : offset;
  }
}
