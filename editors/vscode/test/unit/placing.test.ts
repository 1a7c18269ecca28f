import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { place } from '../../src/placing';
import { sha256 } from '../../src/text';
import { finding, goldens, site } from './goldens';

const BREAK = /\r\n|\r|\n/;

test('every site of every golden stands at its own text', () => {
  let compared = 0;
  for (const { name, folder, report } of goldens()) {
    for (const { file, sha256: hash, changed } of report.files) {
      if (changed) continue;
      const bytes = readFileSync(join(folder, file));
      assert.equal(sha256(bytes), hash, `${name} ${file}`);
      const sites = report.sites.filter((one) => one.position.file === file);
      const shown = bytes.toString('utf8');
      const placed = place(sites, hash, shown, () => undefined);
      assert.ok(placed?.isCurrent);
      assert.equal(placed.sites.length, sites.length);
      const lines = shown.split(BREAK);
      for (const { site: one, span } of placed.sites) {
        const line = lines[span.start.line] ?? '';
        const text = line.slice(span.start.character, span.end.character);
        assert.ok(text.length > 0 && text === text.trim(), `${name}: ${JSON.stringify(text)} for ${one.expression}`);
        // An inlined copy bears the name of what was inlined; a variable its own.
        const isOwnName = one.kind === 'moved' && one.range !== undefined && one.origin === undefined;
        if (isOwnName && /^\w+$/.test(one.expression)) {
          assert.equal(text, one.expression, name);
          compared++;
        }
      }
    }
  }
  assert.ok(compared > 20, `${compared}`);
});

test('a byte column behind other characters is a UTF-16 column', () => {
  const text = 'package m\n\nfunc F() {\n\té := "🦫"; x := 1 // ß\n}\n';
  const column = Buffer.from('\té := "🦫"; ').length + 1;
  const one = site({ position: { file: 'm.go', line: 4, column }, range: { start: { line: 4, column }, end: { line: 4, column: column + 1 } } });
  const placed = place([one], sha256(Buffer.from(text)), text, () => undefined);
  const character = '\té := "🦫"; '.length;
  assert.deepEqual(placed?.sites[0]?.span, { start: { line: 3, character }, end: { line: 3, character: character + 1 } });
});

test('a byte order mark, lone carriage returns and CRLF are no columns', () => {
  const onDisk = Buffer.from('\ufeffpackage m\r\n\r\n/* a\rb */ func F() {\r\n\tx := 1\r\n}\r\n');
  // What an editor shows: no mark, and one kind of line break, also where Go sees none.
  const shown = '\ufeffpackage m\r\n\r\n/* a\rb */ func F() {\r\n\tx := 1\r\n}\r\n'.slice(1).split(BREAK).join('\r\n');
  const one = site({ position: { file: 'm.go', line: 4, column: 2 }, range: { start: { line: 4, column: 2 }, end: { line: 4, column: 3 } } });
  const placed = place([one], sha256(onDisk), shown, () => onDisk);
  assert.deepEqual(placed?.sites[0]?.span, { start: { line: 4, character: 1 }, end: { line: 4, character: 2 } });
  assert.equal(placed.isCurrent, true);
});

test('unsaved text moves sites, and hides those within it', () => {
  const saved = 'package m\n\nfunc F() {\n\tx := 1\n\ty := 2\n}\n';
  const at = (line: number): ReturnType<typeof site> =>
    site({ position: { file: 'm.go', line, column: 2 }, range: { start: { line, column: 2 }, end: { line, column: 3 } } });
  const shown = saved.replace('\tx := 1\n', '\tz := 0\n\tw := 1\n');
  const placed = place([at(4), at(5)], sha256(Buffer.from(saved)), shown, () => Buffer.from(saved));
  assert.equal(placed?.isCurrent, false);
  assert.deepEqual(placed.sites.map(({ span }) => span.start.line), [5]);
});

test('without the text that was compiled nothing is placed', () => {
  assert.equal(place([site()], sha256(Buffer.from('one')), 'two', () => Buffer.from('three')), undefined);
  assert.equal(place([site()], sha256(Buffer.from('one')), 'two', () => undefined), undefined);
});

test('an expression of several lines is marked as far as its first goes', () => {
  const text = 'package m\n\nvar f = func() { // why\n\tprintln()\n}\n';
  const one = site({ position: { file: 'm.go', line: 3, column: 9 }, range: { start: { line: 3, column: 9 }, end: { line: 5, column: 2 } } });
  const placed = place([one], sha256(Buffer.from(text)), text, () => undefined);
  assert.deepEqual(placed?.sites[0]?.span, { start: { line: 2, character: 8 }, end: { line: 2, character: 'var f = func() { // why'.length } });
});

test('a site without a column is marked as its line', () => {
  const text = 'package m\n\n\tf(x)  \n';
  const placed = place([site({ position: { file: 'm.go', line: 3 } })], sha256(Buffer.from(text)), text, () => undefined);
  assert.deepEqual(placed?.sites[0]?.span, { start: { line: 2, character: 1 }, end: { line: 2, character: 5 } });
});

test('findings stand in the text as sites do, and move with it', () => {
  const saved = 'package m\n\n\tb.Reset()\n\tuse(b)\n';
  const shown = `package m\n\n// new\n\tb.Reset()\n\tuse(b)\n`;
  const placed = place([], sha256(Buffer.from(saved)), shown, () => Buffer.from(saved), [finding()]);
  assert.deepEqual(placed?.findings.map(({ span }) => span), [{ start: { line: 4, character: 1 }, end: { line: 4, character: 7 } }]);
});
