/** Runs the tests in a real workbench: `node run.cjs [--times N] [NAME...]`. Each has a server and data of its own. */
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { write, writeLarge, writeMany, writeStore } from './fixtures';
import { EXTENSION, program } from './programs';
import { Server, type Options } from './server';
import { look } from './look';
import { CHROMIUM, launch, PATIENCE, Window } from './window';

interface Test {
  options: Options;
  /** Writes what is opened, and returns its path. */
  prepare: (data: string) => string;
  /** Without it, the test is one inside the extension host. */
  inPage?: (window: Window, server: Server, place: string) => Promise<void>;
  /** Looks at what the extension logged in the host. */
  inLog?: (log: readonly string[]) => void;
}

const VSIX = join(EXTENSION, 'dist/escapelens.vsix');

const TESTS: Record<string, Test> = {
  store: { options: {}, prepare: (data) => storeIn(join(data, 'store')) },
  large: {
    options: {},
    prepare: (data) => {
      const folder = join(data, 'large');
      writeLarge(folder);
      return folder;
    },
    inLog: swift,
  },
  many: { options: {}, prepare: (data) => writeMany(join(data, 'm')) },
  untrusted: {
    options: { trust: true, machine: { 'escapelens.path': undefined } },
    prepare: (data) => {
      const folder = storeIn(join(data, 'untrusted'));
      const script = join(folder, 'malicious.sh');
      writeFileSync(script, `#!/bin/sh\ntouch '${folder}/it-ran'\n`, { mode: 0o755 });
      write(folder, { '.vscode/settings.json': JSON.stringify({ 'escapelens.path': script }) });
      return folder;
    },
  },
  missing: {
    options: { machine: { 'escapelens.path': './escapelens' } },
    prepare: (data) => {
      const folder = storeIn(join(data, 'missing'));
      write(folder, { real: program() });
      return folder;
    },
  },
  look: { options: { vsix: VSIX }, prepare: (data) => storeIn(join(data, 'shop')), inPage: look },
};

function storeIn(folder: string): string {
  mkdirSync(folder);
  writeStore(folder);
  return folder;
}

async function run(name: string, test: Test, browser: Browser): Promise<string[]> {
  const problems: string[] = [];
  const server = await Server.start({ driver: !test.inPage, ...test.options });
  const window = await Window.open(browser);
  try {
    const place = test.prepare(server.data);
    if (test.inPage) await test.inPage(window, server, place);
    else {
      const log = await inHost(window, server, place);
      test.inLog?.(log);
    }
    await window.page.close();
    problems.push(...(await leftOver(server.data)));
  } catch (error) {
    problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    mkdirSync(join(EXTENSION, 'out/shots'), { recursive: true });
    // What was said meanwhile is behind the bell.
    await window.page.click('#status\\.notifications', { timeout: 2000 }).catch(() => undefined);
    await window.page.screenshot({ path: join(EXTENSION, `out/shots/failed-${name}.png`) }).catch(() => undefined);
  } finally {
    await window.page.close();
    await server.stop();
  }
  return [...problems, ...window.outside.map((url) => `a request left the machine: ${url}`)];
}

/** Runs out/host inside the extension host; throws what it throws. */
async function inHost(window: Window, server: Server, place: string): Promise<string[]> {
  const { page } = window;
  const log: string[] = [];
  const ends = new Set<string>();
  await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
    const text = args.map(String).join(' ');
    if (/^(ok|host) /.test(text)) console.log(`    ${text}`);
    if (text === 'done') ends.add(text);
    else if (/^(failed|log) /.test(text)) log.push(text.slice(0, 3000));
  });
  const done = new Promise<number>((resolve, reject) => {
    setTimeout(() => {
      reject(new Error('the tests did not end in time'));
    }, 2 * PATIENCE).unref();
    page.exposeFunction('codeAutomationExit', resolve).catch(reject);
  });
  const development = server.remote(EXTENSION);
  await page.goto(
    server.page(place, [
      ['extensionDevelopmentPath', development],
      ['extensionTestsPath', `${development}/out/host/index.js`],
    ]),
  );
  if ((await done) !== 0 || !ends.has('done')) {
    throw new Error(log.join('\n') || 'it failed without a word');
  }
  return log;
}

/** A report is to be shown within 50 ms of extension time; other work on the machine may delay one. */
function swift(log: readonly string[]): void {
  const times = log.flatMap((line) => /sites of \d+ packages shown in ([\d.]+) ms/.exec(line)?.[1] ?? []).map(Number);
  const [first, ...later] = times;
  const middle = later.sort((one, other) => one - other)[Math.floor(later.length / 2)];
  console.log(`    ok 2,000 sites shown in ${first} ms, those of a save in ${middle} ms (middle of ${later.length})`);
  if (first === undefined || middle === undefined || middle > 50) throw new Error(`too slow: ${times.join(', ')} ms`);
}

/** Programs that still run in a folder some seconds after its window was closed. */
async function leftOver(folder: string): Promise<string[]> {
  const started = Date.now();
  for (;;) {
    const found = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && runsIn(pid, folder));
    if (!found.length || Date.now() - started > 20_000) return found.map((pid) => `process ${pid} is left over`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function runsIn(pid: string, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) && /escapelens|watch/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false;
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { times: { type: 'string', default: '1' } }, allowPositionals: true });
  if (!existsSync(CHROMIUM)) {
    console.log(`There is no ${CHROMIUM}: the workbench is not tested.`);
    process.exitCode = process.env['CI'] ? 1 : 0;
    return;
  }
  const names = positionals.length ? positionals : Object.keys(TESTS);
  const browser = await launch();
  let failures = 0;
  for (let round = 1; round <= Number(values.times); round++) {
    for (const name of names) {
      const start = Date.now();
      const problems = await run(name, TESTS[name] as Test, browser);
      console.log(`${problems.length ? 'FAILED' : 'passed'} ${name} in ${((Date.now() - start) / 1000).toFixed(1)} s`);
      for (const problem of problems) console.log(`    ${problem}`);
      failures += Number(problems.length > 0);
    }
  }
  await browser.close();
  process.exitCode = failures ? 1 : 0;
}

void main();
