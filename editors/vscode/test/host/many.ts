/** Several folders, several modules, and a go.work. */
import * as assert from 'node:assert/strict';
import { activate, folders, found, open, say, told, until } from './until';

export async function many(): Promise<void> {
  await activate();
  const [left, right] = folders();
  assert.ok(left && right);
  for (const [folder, name] of [
    [left, 'one/one.go'],
    [left, 'two/two.go'],
    [right, 'right.go'],
    [right, 'nested/nested.go'],
  ] as const) {
    const { document } = await open(folder.uri, name);
    await until(`diagnostics of ${name}`, () => found(document.uri).length > 0);
    assert.deepEqual(told(document), ['4 returned-pointer n']);
  }
  say('two folders: a go.work with two modules, a module and one nested in it');
}
