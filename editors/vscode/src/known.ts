/** What one watch has told so far: sites by package and by file. */
import { resolve } from 'node:path';
import type { Go, ReportEvent, Site } from './schema';

export class Known {
  private packages = new Map<string, Site[]>();
  private files = new Map<string, Site[]>();
  private hashes = new Map<string, string>();
  go: Go | undefined;
  /** What relative files of sites are relative to. */
  root = '';

  /** Takes a report in, and returns the absolute paths of the files it may tell something new of. */
  take(event: ReportEvent): Set<string> {
    const { report } = event;
    this.root = report.root;
    this.go = report.go;
    const old = event.whole ? [...this.packages.keys()] : [...event.packages, ...event.removed];
    const touched = new Set<string>();
    for (const name of old) this.forget(name, touched);
    const own = report.sites.filter((site) => !site.foreign && this.path(site) !== undefined);
    for (const [name, sites] of grouped(own, (site) => site.package)) {
      this.forget(name, touched);
      this.packages.set(name, sites);
      for (const [file, some] of grouped(sites, (site) => this.path(site) as string)) {
        this.files.set(file, [...(this.files.get(file) ?? []), ...some]);
        touched.add(file);
      }
    }
    // Of a file that changed while it was compiled, no position is certain.
    for (const { file, sha256, changed } of report.files) if (!changed) this.hashes.set(resolve(this.root, file), sha256);
    return touched;
  }

  get all(): ReadonlyMap<string, readonly Site[]> {
    return this.packages;
  }

  sitesOf(path: string): readonly Site[] {
    return this.files.get(path) ?? [];
  }

  /** The SHA-256 of the file's text that was compiled. */
  hashOf(path: string): string | undefined {
    return this.hashes.get(path);
  }

  find(fingerprint: string): Site | undefined {
    for (const sites of this.packages.values()) {
      const found = sites.find((site) => site.fingerprint === fingerprint);
      if (found) return found;
    }
    return undefined;
  }

  /** The absolute path of a file that a report names; undefined for what is no file. */
  absolute(file: string): string | undefined {
    return file.startsWith('<') ? undefined : resolve(this.root, file);
  }

  private path(site: Site): string | undefined {
    return this.absolute(site.position.file);
  }

  private forget(name: string, touched: Set<string>): void {
    const sites = this.packages.get(name);
    if (!sites) return;
    this.packages.delete(name);
    for (const file of new Set(sites.map((site) => this.path(site) as string))) {
      touched.add(file);
      const rest = (this.files.get(file) ?? []).filter((site) => site.package !== name);
      if (rest.length) this.files.set(file, rest);
      else {
        this.files.delete(file);
        this.hashes.delete(file);
      }
    }
  }
}

export function grouped<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}
