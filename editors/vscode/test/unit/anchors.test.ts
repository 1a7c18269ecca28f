import assert from 'node:assert/strict';
import { test } from 'node:test';
import { before, difference, moved, type Change } from '../../src/anchors';
import type { Point, Span } from '../../src/text';

function offset(text: string, { line, character }: Point): number {
  const lines = text.split('\n');
  return lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + character;
}

function point(text: string, at: number): Point {
  const lines = text.slice(0, at).split('\n');
  return { line: lines.length - 1, character: (lines.at(-1) ?? '').length };
}

function applied(text: string, { range, text: inserted }: Change): string {
  return text.slice(0, offset(text, range.start)) + inserted + text.slice(offset(text, range.end));
}

/** Numbers that look random and are the same in each run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('after any edits each span still reads what it read, or is gone', () => {
  const roll = dice(7);
  let kept = 0;
  for (let round = 0; round < 400; round++) {
    const words = Array.from({ length: 30 }, (_, index) => `w${index}_`);
    let text = words.map((word) => word + (['\n', ' ', '\n\n', '\t'][roll(4)] as string)).join('');
    let spans = words.map((word): { word: string; span: Span | undefined } => {
      const at = text.indexOf(word);
      return { word, span: { start: point(text, at), end: point(text, at + word.length) } };
    });
    for (let edit = 0; edit < 5; edit++) {
      const from = roll(text.length + 1);
      const to = Math.min(text.length, from + roll(6));
      const change = { range: { start: point(text, from), end: point(text, to) }, text: ['', '#', '\n', '##\n#', '\n\n'][roll(5)] ?? '' };
      const touches = (span: Span): boolean => before(change.range.start, span.end) && before(span.start, change.range.end);
      const inserts = (span: Span): boolean => from === to && before(span.start, change.range.start) && before(change.range.start, span.end);
      spans = spans.flatMap(({ word, span }) => {
        if (!span) return [];
        const isWithin = touches(span) || inserts(span);
        const now = moved(span, change);
        return isWithin || !now ? [] : [{ word, span: now }];
      });
      text = applied(text, change);
    }
    for (const { word, span } of spans) {
      assert.equal(text.slice(offset(text, (span as Span).start), offset(text, (span as Span).end)), word);
      kept++;
    }
  }
  assert.ok(kept > 4000, `${kept}`);
});

test('an edit within a span stretches it, one across its end takes it away', () => {
  const span = { start: { line: 1, character: 4 }, end: { line: 1, character: 8 } };
  const change = (from: number, to: number, text: string): Change => ({
    range: { start: { line: 1, character: from }, end: { line: 1, character: to } },
    text,
  });
  assert.deepEqual(moved(span, change(5, 6, 'abc')), { start: span.start, end: { line: 1, character: 10 } });
  assert.equal(moved(span, change(3, 5, '')), undefined);
  assert.equal(moved(span, change(7, 9, '')), undefined);
  assert.equal(moved(span, change(4, 8, 'other')), undefined);
  assert.deepEqual(moved(span, change(8, 8, 'x')), span);
  assert.deepEqual(moved(span, change(4, 4, 'x')), { start: { line: 1, character: 5 }, end: { line: 1, character: 9 } });
});

test('the difference of two texts leads from one to the other', () => {
  const roll = dice(3);
  for (let round = 0; round < 300; round++) {
    const lines = Array.from({ length: 1 + roll(8) }, () => 'abc'.slice(roll(3)));
    const other = [...lines];
    other.splice(roll(other.length + 1), roll(3), ...Array.from({ length: roll(3) }, () => 'abcd'.slice(roll(4))));
    if (!other.length) continue;
    const change = difference(lines, other);
    if (!change) assert.deepEqual(lines, other);
    else {
      const made = applied(lines.join('\n'), change);
      // A last line that is taken away leaves the break before it.
      assert.ok(made === other.join('\n') || made === `${other.join('\n')}\n`, JSON.stringify([lines, other, made]));
    }
  }
});
