import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Backoff } from '../../src/backoff';
import { benchArguments, showArguments, watchArguments } from '../../src/launch';
import type { Site } from '../../src/schema';
import { Session, type State } from '../../src/session';
import { golden } from './goldens';

const folder = mkdtempSync(join(tmpdir(), 'session-'));
after(() => {
  rmSync(folder, { recursive: true });
});

const { report } = golden('basics/report.go1.25.json');
const fingerprint = (report.sites[0] as Site).fingerprint;
const said = (event: string, more: object = {}): string => JSON.stringify({ event, generation: 1, schema_version: '1', ...more });

/** What sessions have logged. */
const heard: string[] = [];

interface Watched {
  session: Session;
  states: State[];
  failures: string[];
}

/** A session with a program of our own in place of escapelens. */
function session(body: string): Watched {
  const script = join(folder, `${Math.random()}.cjs`);
  writeFileSync(script, `const say = (line) => process.stdout.write(line + '\\n');\nconst lines = require('node:readline').createInterface({ input: process.stdin });\n${body}`);
  const states: State[] = [];
  const failures: string[] = [];
  const log = { info: (text: string) => heard.push(text), warn: () => undefined, error: () => undefined, show: () => undefined };
  const made = new Session(folder, { command: process.execPath, args: [script], cwd: folder }, log, {
    sites: () => undefined,
    state: (one) => {
      if (states.at(-1) !== one.state) states.push(one.state);
    },
    failed: (_, message) => {
      failures.push(message);
    },
  });
  return { session: made, states, failures };
}

async function until(look: () => boolean): Promise<void> {
  for (const start = Date.now(); !look(); await new Promise((resolve) => setTimeout(resolve, 10))) {
    if (Date.now() - start > 10_000) throw new Error('it did not happen');
  }
}

const BUILD = `
say(${JSON.stringify(said('ready', { root: folder, go: report.go, packages: ['./...'], tool: report.tool }))});
say(${JSON.stringify(said('building', { packages: [] }))});
say(${JSON.stringify(said('report', { whole: true, packages: [], removed: [], stale: false, report }))});
say(${JSON.stringify(said('idle', { milliseconds: 5, counts: { sites: 1, functions: 1, files: 1, packages: 1 }, stale: false }))});
`;

test('a build goes from its start to its sites', async () => {
  const { session: one, states } = session(BUILD);
  one.start();
  await until(() => one.state === 'ok');
  assert.deepEqual(states, ['starting', 'building', 'ok']);
  assert.equal([...one.known.all.values()].flat().length, report.sites.length);
  await one.stop();
  assert.equal(one.state, 'stopped');
});

test('a broken build keeps what is known, and says what is wrong', async () => {
  const broken = { import_path: 'p', dir: folder, errors: [{ message: 'undefined: x' }] };
  const { session: one } = session(`${BUILD}
say(${JSON.stringify(said('error', { message: 'p does not build', hint: '', fatal: false, packages: [broken] }))});
say(${JSON.stringify(said('idle', { milliseconds: 5, counts: { sites: 1, functions: 1, files: 1, packages: 1 }, stale: true }))});`);
  one.start();
  await until(() => one.isStale);
  assert.equal(one.broken[0]?.errors?.[0]?.message, 'undefined: x');
  assert.ok(one.known.find(fingerprint));
  await one.stop();
});

test('a question is answered with what was said to it', async () => {
  const suggestion = { id: 'x/y', cause: 'c', rewrite: 'y', title: 't', applicability: 'safe', safety: '' };
  const { session: one } = session(`${BUILD}
lines.on('line', (line) => {
  const { id, command, site } = JSON.parse(line);
  if (command !== 'verify') return;
  say(JSON.stringify({ event: 'progress', generation: 1, schema_version: '1', id, text: 'compiling' }));
  say(JSON.stringify({ event: 'verdict', generation: 1, schema_version: '1', id, site, suggestion: ${JSON.stringify(suggestion)}, files: [] }));
  say(JSON.stringify({ event: 'answer', generation: 1, schema_version: '1', id, ok: site !== 'no', message: 'no such site' }));
});`);
  one.start();
  await until(() => one.state === 'ok');
  const heard: string[] = [];
  const found = await one.verify(fingerprint, (text) => heard.push(text)).found;
  assert.deepEqual(found.map((proof) => proof.suggestion.id), ['x/y']);
  assert.deepEqual(heard, ['compiling']);
  assert.equal(one.proofsOf(fingerprint).length, 1);
  await assert.rejects(one.verify('no', () => undefined).found, /no such site/);
  await one.stop();
});

test('a question that is cancelled, or outlives the program, is refused', async () => {
  const { session: one } = session(BUILD);
  one.start();
  await until(() => one.state === 'ok');
  const { found, cancel } = one.verify(fingerprint, () => undefined);
  cancel();
  await assert.rejects(found, /cancelled/);
  const other = one.verify(fingerprint, () => undefined).found;
  const refused = assert.rejects(other, /has ended/);
  await one.stop();
  await refused;
});

test('a profile is read when it is asked for, and again by a program that is started again', async () => {
  const { session: one } = session(`${BUILD}
lines.on('line', (line) => {
  const { id, command, profile } = JSON.parse(line);
  const ok = command === 'profile' && profile !== 'cpu.pb.gz';
  say(JSON.stringify({ event: 'progress', generation: 1, schema_version: '1', text: command + ' ' + profile }));
  say(JSON.stringify({ event: 'answer', generation: 1, schema_version: '1', id, ok, message: 'it is a CPU profile' }));
});`);
  one.start();
  await until(() => one.state === 'ok');
  await one.measure('mem.pb.gz');
  await assert.rejects(one.measure('cpu.pb.gz'), /CPU profile/);
  await one.stop();
  one.start();
  await until(() => one.state === 'ok');
  await until(() => heard.filter((text) => text.endsWith('profile mem.pb.gz')).length === 2);
  await one.measure(undefined);
  await one.stop();
  await assert.rejects(one.measure('mem.pb.gz'), /does not run/);
});

test('a program ends when it is told so, also one that does not listen', async () => {
  const { session: one } = session(`${BUILD}process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`);
  one.start();
  await until(() => one.state === 'ok');
  const start = Date.now();
  await one.stop();
  assert.ok(Date.now() - start > 3000);
});

test('a usage error is told at once, and not tried again', async () => {
  const { session: one, failures } = session("process.stderr.write('error: no such option --stdio\\n'); process.exitCode = 2; lines.close();");
  one.start();
  await until(() => failures.length > 0);
  assert.equal(one.state, 'failed');
  assert.match(failures[0] ?? '', /no such option/);
});

test('another schema is told at once, and its program ended', async () => {
  const { session: one, failures } = session(`say('{"event":"ready","schema_version":"9"}'); require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(process.pid));`);
  one.start();
  await until(() => failures.length > 0);
  assert.match(failures[0] ?? '', /version 9/);
  await until(() => {
    try {
      process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 0);
      return false;
    } catch {
      return true;
    }
  });
});

test('a program that cannot be started is told', async () => {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined, show: () => undefined };
  const states: State[] = [];
  const one = new Session(folder, { command: join(folder, 'nothing'), args: [], cwd: folder }, log, {
    sites: () => undefined,
    state: ({ state }) => states.push(state),
    failed: () => undefined,
  });
  one.start();
  await until(() => states.filter((state) => state === 'starting').length > 1);
  assert.match(one.message, /ENOENT/);
  await one.stop();
});

test('waiting doubles up to half a minute, and ends', () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 7 }, () => backoff.next(100));
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16000, 30000, undefined]);
  assert.equal(backoff.next(3_600_000), 1000);
});

test('settings become options', () => {
  const settings = { go: '/go', packages: ['./...'], tests: true, tags: 'a,b', goos: 'linux', goarch: '', buildFlags: ['-p=1'] };
  assert.deepEqual(watchArguments(settings), ['watch', '--stdio', '--format', 'jsonl', '--go=/go', '--tags=a,b', '--goos=linux', '--build-flag=-p=1', '--tests', '--', './...']);
  assert.deepEqual(showArguments({ ...settings, go: '', tags: '', goos: '', buildFlags: [], tests: false }, ['x.go'], '--raw'), ['show', '--raw', '--', 'x.go']);
  assert.deepEqual(benchArguments(settings, ['/m/p']), ['bench', '--format=json', '--go=/go', '--tags=a,b', '--goos=linux', '--build-flag=-p=1', '--', '/m/p']);
});
