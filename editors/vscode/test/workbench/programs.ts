/** The real programs that the tests run: escapelens of this checkout, and the newest Go of its tests. */
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export const EXTENSION = join(__dirname, '../../..');

export function program(): string {
  return process.env['ESCAPELENS'] ?? join(EXTENSION, '../../.venv/bin/escapelens');
}

/** As `python -m tests.toolchains` installs it. */
export function newestGo(): { version: string; go: string; cache: string } {
  const folder = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'escapelens');
  const versions = readdirSync(join(folder, 'go')).filter((name) => /^\d+(\.\d+)+$/.test(name));
  versions.sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
  const version = versions.at(-1);
  if (version === undefined) throw new Error('no Go is installed for the tests: make toolchains');
  return { version, go: join(folder, 'go', version, 'go/bin/go'), cache: join(folder, 'gocache', version) };
}
