/** What one watch has told so far: sites and findings by package and by file. */
import { resolve } from 'node:path';
import type { Finding, Go, Position, ReportEvent, Site } from './schema';

interface Told {
  package: string;
  position: Position;
}

/** Records of one kind, by the package that they belong to and by the absolute path of their file. */
class ByPackage<T extends Told> {
  readonly packages = new Map<string, T[]>();
  private readonly files = new Map<string, T[]>();
  private readonly paths = new Map<T, string>();

  of(path: string): readonly T[] {
    return this.files.get(path) ?? [];
  }

  /** Forgets the records of some packages, or of all, and adds others; notes the files of both. */
  take(records: readonly T[], old: readonly string[] | undefined, pathOf: (file: string) => string | undefined, touched: Set<string>): void {
    for (const name of old ?? [...this.packages.keys()]) this.forget(name, touched);
    const placed = records.filter((one) => {
      const path = pathOf(one.position.file);
      if (path !== undefined) this.paths.set(one, path);
      return path !== undefined;
    });
    for (const [name, some] of grouped(placed, (one) => one.package)) {
      this.forget(name, touched);
      this.packages.set(name, some);
      for (const [path, few] of grouped(some, (one) => this.paths.get(one) as string)) {
        this.files.set(path, [...this.of(path), ...few]);
        touched.add(path);
      }
    }
  }

  private forget(name: string, touched: Set<string>): void {
    const records = this.packages.get(name) ?? [];
    this.packages.delete(name);
    for (const path of new Set(records.map((one) => this.paths.get(one) as string))) {
      touched.add(path);
      const rest = this.of(path).filter((one) => one.package !== name);
      if (rest.length) this.files.set(path, rest);
      else this.files.delete(path);
    }
    for (const one of records) this.paths.delete(one);
  }
}

export class Known {
  private readonly sites = new ByPackage<Site>();
  private readonly findings = new ByPackage<Finding>();
  private readonly hashes = new Map<string, string>();
  go: Go | undefined;
  /** What relative files of sites are relative to. */
  root = '';

  /** Takes a report in, and returns the absolute paths of the files it may tell something new of. */
  take(event: ReportEvent): Set<string> {
    const { report } = event;
    this.root = report.root;
    this.go = report.go;
    const old = event.whole ? undefined : [...event.packages, ...event.removed];
    const touched = new Set<string>();
    this.sites.take(report.sites.filter((site) => !site.foreign), old, (file) => this.absolute(file), touched);
    this.findings.take(report.findings ?? [], old, (file) => this.absolute(file), touched);
    for (const path of touched) {
      if (!this.sites.of(path).length && !this.findings.of(path).length) this.hashes.delete(path);
    }
    // Of a file that changed while it was compiled, no position is certain.
    for (const { file, sha256, changed } of report.files) if (!changed) this.hashes.set(resolve(this.root, file), sha256);
    return touched;
  }

  get all(): ReadonlyMap<string, readonly Site[]> {
    return this.sites.packages;
  }

  sitesOf(path: string): readonly Site[] {
    return this.sites.of(path);
  }

  /** What was found about pools in a file; what a comment hides is not among it. */
  findingsOf(path: string): readonly Finding[] {
    return this.findings.of(path).filter((one) => !one.ignored);
  }

  /** The SHA-256 of the file's text that was compiled. */
  hashOf(path: string): string | undefined {
    return this.hashes.get(path);
  }

  find(fingerprint: string): Site | undefined {
    for (const sites of this.sites.packages.values()) {
      const found = sites.find((site) => site.fingerprint === fingerprint);
      if (found) return found;
    }
    return undefined;
  }

  /** The absolute path of a file that a report names; undefined for what is no file. */
  absolute(file: string): string | undefined {
    return file.startsWith('<') ? undefined : resolve(this.root, file);
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
