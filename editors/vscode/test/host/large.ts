/** A folder with 2,000 sites; the log that the runner reads says how long it took to show them. */
import * as assert from 'node:assert/strict';
import { activate, found, open, replace, root, say, until } from './until';

const SAVES = 10;

export async function large(): Promise<void> {
  await activate();
  const { document } = await open(root(), 'p3/c.go');
  await until('diagnostics', () => found(document.uri).length === 50);
  for (let round = 1; round <= SAVES; round++) {
    // Another function takes its value off the heap with each save.
    await replace(document, 'return &n\n', 'return nil\n');
    await replace(document, `n := ${round - 1}\n`, '\n');
    await document.save();
    await until(`save ${round}`, () => found(document.uri).length === 50 - round);
  }
  assert.equal(found(document.uri).length, 50 - SAVES);
  say(`${SAVES} saves in a module of 2,000 sites`);
}
