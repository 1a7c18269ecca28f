// Bundles the extension into dist/, the unit tests into out/unit/, or the workbench tests into
// out/host/ (what runs inside the extension host) and test/workbench/out/ (what drives it).
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const extension = dirname(dirname(fileURLToPath(import.meta.url)));
const common = { bundle: true, platform: 'node', target: 'node20', format: 'cjs', absWorkingDir: extension, logLevel: 'warning' };

const main = () =>
  build({ ...common, entryPoints: ['src/main.ts'], outfile: 'dist/main.js', external: ['vscode'], minify: true, legalComments: 'none' });

const unit = () => {
  rmSync(join(extension, 'out/unit'), { recursive: true, force: true });
  const tests = readdirSync(join(extension, 'test/unit')).filter((name) => name.endsWith('.test.ts'));
  return build({ ...common, entryPoints: tests.map((name) => `test/unit/${name}`), outdir: 'out/unit', outExtension: { '.js': '.cjs' }, sourcemap: 'inline' });
};

const workbench = () =>
  Promise.all([
    main(),
    build({ ...common, entryPoints: ['test/host/index.ts'], outdir: 'out/host', external: ['vscode'], sourcemap: 'inline' }),
    build({ ...common, entryPoints: ['test/workbench/run.ts'], outfile: 'test/workbench/out/run.cjs', packages: 'external', sourcemap: 'inline' }),
  ]);

await { main, unit, workbench }[process.argv[2] ?? 'main']();
