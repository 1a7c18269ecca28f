import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPreferred, isProven, isSafe, rejectionOf, titleOf } from '../../src/proofs';
import { compareRanks, paying, rank } from '../../src/rank';
import type { Suggestion, Verdict } from '../../src/schema';
import { countsOf, duration, noteOf, plain, shortReason } from '../../src/words';
import { goldens, site } from './goldens';

const looped = site({ cause: 'slice-growth', triage: { loop_depth: 1 } });

test('a note tells one site, or how many there are and why', () => {
  assert.equal(noteOf([site()]), 'heap: returned to the caller');
  assert.equal(noteOf([looped]), 'heap, in a loop: append may grow it');
  assert.equal(noteOf([site(), looped]), '2 on the heap, in a loop: append may grow it · returned to the caller');
  assert.equal(noteOf([site(), site()]), '2 on the heap: returned to the caller');
  assert.match(noteOf([site(), looped, site({ cause: 'map-insert' })]), /^3 on the heap.* · …$/);
});

test('a note tells what a site takes, as far as that is known', () => {
  const cost = { allocates: 'yes', because: 'each time', bytes: 1048 } as const;
  assert.equal(noteOf([site({ cost })]), 'heap: returned to the caller · 1,048 bytes');
  assert.equal(noteOf([site({ cost: { allocates: 'no', because: 'a constant' } })]), 'heap: returned to the caller · allocates nothing');
  assert.equal(noteOf([site({ cost: { allocates: 'unknown', because: '' } })]), 'heap: returned to the caller');
});

test('a profile tells what a site took, and which site took most', () => {
  const at = (share: number, among?: number): ReturnType<typeof site> =>
    site({ cost: { allocates: 'yes', because: 'each time', bytes: 16, profile: { objects: 1200, bytes: 19_200, share, cumulative: share, ...(among ? { among } : {}) } } });
  assert.equal(noteOf([at(0.125)]), 'heap: returned to the caller · 12.5 % of the profile: 1,200 objects, 19,200 bytes');
  assert.match(noteOf([at(0.125, 2)]), /, one of 2 alike on the line$/);
  const sites = [site(), at(0.1), at(0), at(0.4)];
  assert.deepEqual(paying(sites), [sites[3], sites[1]]);
});

test('every cause of the goldens is told in words of its own', () => {
  for (const { report } of goldens()) {
    for (const one of report.sites) assert.notEqual(shortReason(one), one.cause?.replaceAll('-', ' '));
  }
});

test('counts above a function', () => {
  assert.equal(countsOf([site()]), '1 on the heap');
  assert.equal(countsOf([site(), looped]), '2 on the heap · 1 in a loop');
  assert.equal(countsOf([looped, looped]), '2 on the heap · 2 in loops');
});

test('words of a source are one short line', () => {
  assert.equal(plain('a\n\t b\u0007\u202ec'), 'a b c');
  assert.equal(plain('x'.repeat(100), 10), `${'x'.repeat(9)}…`);
  assert.equal(duration(12.4), '12 ms');
  assert.equal(duration(1240), '1.2 s');
});

test('loops come first; cold, constant and generated ones last', () => {
  const sites = [
    site({ generated: true }),
    site({ cause: 'constant-boxed', cost: { allocates: 'no', because: 'a constant' } }),
    site({ triage: { cold: 'init', loop_depth: 1 } }),
    site(),
    looped,
    site({ triage: { loop_depth: 2 } }),
  ];
  const sorted = [...sites].sort((one, other) => compareRanks(rank(one), rank(other)));
  assert.deepEqual(sorted, [...sites].reverse());
});

const verdict: Verdict = { builds: true, tests_build: true, tests: 'not_run', effect: 'gone', site_gone: true, go: 'go1.27.3' };
const suggestion: Suggestion = { id: 'x/by-value', cause: 'returned-pointer', rewrite: 'by-value', title: 'return `User` by value', applicability: 'safe', safety: '', verdict };

test('proven is what compiling showed, and nothing else', () => {
  const judged = (more: Partial<Verdict>): boolean => isProven({ ...suggestion, verdict: { ...verdict, ...more } });
  assert.ok(isProven(suggestion));
  assert.ok(judged({ effect: 'reduced', site_gone: false, allocations: { before: 2, after: 1 } }));
  assert.ok(!judged({ effect: 'reduced', site_gone: false }));
  assert.ok(!judged({ effect: 'moved', allocations: { before: 2, after: 2 } }));
  assert.ok(!judged({ effect: 'none', site_gone: false }));
  assert.ok(!judged({ tests: 'failed' }));
  assert.ok(!judged({ tests_build: false }));
  assert.ok(!judged({ builds: false }));
  assert.ok(!isProven({ ...suggestion, verdict: undefined } as unknown as Suggestion));
});

test('only what is safe, proven and not of use in failing code alone is preferred', () => {
  assert.ok(isPreferred(suggestion));
  assert.ok(isSafe({ ...suggestion, gains: 'only when it fails' }));
  assert.ok(!isPreferred({ ...suggestion, gains: 'only when it fails' }));
  assert.ok(!isPreferred({ ...suggestion, applicability: 'review' }));
  assert.equal(titleOf(suggestion), 'Return User by value · proven with go1.27.3');
  assert.equal(titleOf({ ...suggestion, applicability: 'review' }), 'Return User by value · proven with go1.27.3 · review');
  assert.equal(rejectionOf([{ ...suggestion, verdict: { ...verdict, builds: false, message: 'x is not used' } }]), 'No rewrite was proven: x is not used');
  assert.equal(rejectionOf([]), 'There is no rewrite for this.');
});
