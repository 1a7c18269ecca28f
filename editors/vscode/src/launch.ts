/** The command lines of the program. */
export interface BuildSettings {
  /** The go binary; empty where the program is to find one. */
  go: string;
  packages: readonly string[];
  tests: boolean;
  tags: string;
  goos: string;
  goarch: string;
  buildFlags: readonly string[];
}

export function watchArguments(settings: BuildSettings): string[] {
  return ['watch', '--stdio', '--format', 'jsonl', ...buildArguments(settings), '--', ...settings.packages];
}

export function showArguments(settings: BuildSettings, patterns: readonly string[], ...more: string[]): string[] {
  return ['show', ...more, ...buildArguments(settings), '--', ...patterns];
}

/** `bench` compiles the tests of a package by itself. */
export function benchArguments(settings: BuildSettings, patterns: readonly string[]): string[] {
  return ['bench', '--format=json', ...buildArguments({ ...settings, tests: false }), '--', ...patterns];
}

function buildArguments(settings: BuildSettings): string[] {
  const named: [string, string][] = [
    ['--go', settings.go],
    ['--tags', settings.tags],
    ['--goos', settings.goos],
    ['--goarch', settings.goarch],
    ...settings.buildFlags.map((flag): [string, string] => ['--build-flag', flag]),
  ];
  const words = named.filter(([, value]) => value).map(([name, value]) => `${name}=${value}`);
  return settings.tests ? [...words, '--tests'] : words;
}
