import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { insertion } from '../../src/directive';
import { declarationLine, declaredName } from '../../src/functions';
import { innermost, usedModules, watchedFolders } from '../../src/modules';
import { goldens } from './goldens';

test('a function is known by the name that the compiler gives', () => {
  const names = { F: 'F', 'F.func1': 'F', 'F.func1.2': 'F', '(*T).M': 'M', 'T.M': 'M', '(*T[...]).M.func2': 'M', 'F[...]': 'F', 'F[go.shape.int]': 'F', '': '' };
  for (const [name, declared] of Object.entries(names)) assert.equal(declaredName(name), declared, name);
});

test('the functions of the goldens are found where they are declared', () => {
  let found = 0;
  for (const { folder, report, name } of goldens()) {
    for (const { position, function: fn, origin } of report.sites) {
      if (!fn || origin || !existsSync(join(folder, position.file))) continue;
      const lines = readFileSync(join(folder, position.file), 'utf8').split('\n');
      const line = declarationLine((at) => lines[at] ?? '', position.line - 1, fn);
      if (line === undefined) continue;
      assert.ok(lines[line]?.includes(declaredName(fn)), `${name} ${fn}`);
      found++;
    }
  }
  assert.ok(found > 100, `${found}`);
});

test('a comment goes above its line, and nowhere it would hide more or be text', () => {
  const lines = ['package m', '', 'func F(b T) {', '\tx := `', '\tb` + y', '\tz := "//" // why', '}'];
  const at = (line: number): unknown => insertion(lines, line, 'map-insert', ' it  is\nfine ');
  assert.deepEqual(at(5), { line: 5, character: 0, text: '\t//escapelens:ignore map-insert it is fine\n' });
  assert.deepEqual(at(2), { line: 2, character: 13, text: ' //escapelens:ignore map-insert it is fine' });
  assert.deepEqual(at(3), { line: 3, character: 0, text: '\t//escapelens:ignore map-insert it is fine\n' });
  // Above the line it would be in the raw string; behind it is code.
  assert.deepEqual(at(4), { line: 4, character: 7, text: ' //escapelens:ignore map-insert it is fine' });
  assert.equal(insertion(['func F() { // why'], 0, 'map-insert', 'fine'), undefined);
  assert.equal(insertion(['x := `a', 'b', 'c`'], 1, 'map-insert', 'fine'), undefined);
});

test('a go.work names the modules that it uses', () => {
  const work = 'go 1.21 // use ./no\n\nuse ./a\nuse (\n\t./b // why\n\t"./c d"\n\t../e\n)\nreplace x => ./use\n';
  assert.deepEqual(usedModules(work, '/w'), ['/w/a', '/w/b', '/w/c d', '/e']);
});

test('each go.work is watched, and each module that none uses', () => {
  const files = ['/w/go.work', '/w/a/go.mod', '/w/b/go.mod', '/w/c/go.mod'];
  assert.deepEqual(watchedFolders('/w', files, new Set(['/w/a', '/w/b']), false), ['/w', '/w/c']);
  assert.deepEqual(watchedFolders('/w', [], new Set(), true), ['/w']);
  assert.deepEqual(watchedFolders('/w', [], new Set(), false), []);
});

test('a file belongs to the innermost folder', () => {
  assert.equal(innermost(['/w', '/w/a'], '/w/a/x.go'), '/w/a');
  assert.equal(innermost(['/w', '/w/a'], '/w/ab/x.go'), '/w');
  assert.equal(innermost(['/w/a'], '/w/x.go'), undefined);
  assert.equal(innermost(['/'], '/x.go'), '/');
});
