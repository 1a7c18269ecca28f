/** The reports that the tests of the program itself are held against. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Document, Finding, ReportEvent, Site } from '../../src/schema';

export const GOLDEN = join(__dirname, '../../../../tests/golden');

export interface Golden {
  name: string;
  folder: string;
  report: Document;
}

/** Every golden report, with the absolute folder that its files lie in as its root. */
export function goldens(): Golden[] {
  return readdirSync(GOLDEN)
    .filter((name) => existsSync(join(GOLDEN, name, 'go.mod')))
    .flatMap((name) => {
      const folder = join(GOLDEN, name);
      return readdirSync(folder)
        .filter((file) => /^report\..*\.json$/.test(file))
        .map((file) => {
          const report = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Document;
          return { name: `${name}/${file}`, folder, report: { ...report, root: folder } };
        });
    });
}

export function golden(name: string): Golden {
  const found = goldens().find((one) => one.name === name);
  if (!found) throw new Error(`no golden ${name}`);
  return found;
}

export function reported(report: Document, more: Partial<ReportEvent> = {}): ReportEvent {
  const packages = [...new Set(report.sites.map((one) => one.package))];
  return { event: 'report', generation: 1, schema_version: '1', whole: true, packages, removed: [], stale: false, report, ...more };
}

/** A site with what a test is about. */
export function site(more: Partial<Site> = {}): Site {
  return {
    fingerprint: '0123456789abcdef',
    package: 'example.com/m',
    function: 'F',
    kind: 'moved',
    expression: 'x',
    position: { file: 'm.go', line: 4, column: 2 },
    decisions: [],
    flows: [],
    cause: 'returned-pointer',
    sentence: '`x` is on the heap because `return &x` (line 5) hands its address to the caller',
    ...more,
  };
}

/** A finding about a pool with what a test is about. */
export function finding(more: Partial<Finding> = {}): Finding {
  return {
    fingerprint: 'fedcba9876543210',
    pool: 'example.com/m.buffers',
    finding: 'pool-used-after-put',
    position: { file: 'pool.go', line: 4, column: 2 },
    range: { start: { line: 4, column: 2 }, end: { line: 4, column: 8 } },
    package: 'example.com/m',
    function: 'F',
    sentence: '`b` is used after `pool.Put(b)` (line 3) gave it back',
    ...more,
  };
}
