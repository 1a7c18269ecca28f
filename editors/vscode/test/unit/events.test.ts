import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEvent, SchemaError } from '../../src/events';
import { Lines } from '../../src/lines';
import { SCHEMA_VERSION } from '../../src/schema';
import { goldens } from './goldens';

test('lines come whole, however the bytes do', () => {
  const text = 'one\n{"ü":"🦫"}\n\nlast\n';
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size++) {
    const found: string[] = [];
    const lines = new Lines((line) => found.push(line));
    for (let at = 0; at < bytes.length; at += size) lines.push(bytes.subarray(at, at + size));
    assert.deepEqual(found, ['one', '{"ü":"🦫"}', 'last']);
  }
});

test('events that are not known, and what is none, are passed over', () => {
  const line = (event: unknown): string => JSON.stringify({ event, generation: 1, schema_version: SCHEMA_VERSION });
  assert.equal(readEvent(line('cancelled'))?.event, 'cancelled');
  assert.equal(readEvent(line('applause')), undefined);
  assert.equal(readEvent(line('constructor')), undefined);
  assert.equal(readEvent(line(7)), undefined);
  for (const other of ['', 'null', '[]', '{}', 'go: downloading x', '{"event":']) assert.equal(readEvent(other), undefined);
});

test('another version of the schema is refused', () => {
  assert.throws(() => readEvent('{"event":"ready","schema_version":"2"}'), SchemaError);
  assert.throws(() => readEvent('{"event":"ready"}'), SchemaError);
});

test('the goldens are of the version that is known', () => {
  for (const { name, report } of goldens()) assert.equal(report.schema_version, SCHEMA_VERSION, name);
});
