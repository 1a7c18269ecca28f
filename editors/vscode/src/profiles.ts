/** Commands about what sites really allocate: profiles, and benchmarks that make one. */
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { buildSettings } from './config';
import type { Ctx } from './ctx';
import { benchArguments } from './launch';
import { paying } from './rank';
import type { Document } from './schema';
import type { Session } from './session';
import { measured, plain } from './words';

const FILE = '$(file) A file…';
const ADDRESS = '$(globe) The address of a running server…';
const EXAMPLE = 'http://localhost:6060/debug/pprof/allocs';

/** Asks for a profile unless one is named, and has all that is watched measured by it. */
export async function loadProfile(ctx: Ctx, named?: string): Promise<void> {
  if (named !== undefined) return measureBy(ctx, named);
  const kind = await vscode.window.showQuickPick([FILE, ADDRESS], { title: 'Load an allocation profile' });
  if (kind === undefined) return;
  const profile = kind === FILE ? await chooseFile() : await vscode.window.showInputBox({ title: 'Address of an allocation profile', value: EXAMPLE });
  if (profile) await measureBy(ctx, profile);
}

export async function measureBy(ctx: Ctx, profile: string | undefined): Promise<void> {
  const title = profile === undefined ? 'Forgetting the profile' : 'Reading the profile';
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, async () => {
    const outcomes = await Promise.allSettled(ctx.sessions.map((session) => session.measure(profile)));
    const problems = outcomes.flatMap((one) => (one.status === 'rejected' ? [(one.reason as Error).message] : []));
    if (problems.length) void vscode.window.showErrorMessage(`escapelens: ${[...new Set(problems)].join('; ')}`);
  });
}

async function chooseFile(): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({ title: 'Allocation profile', canSelectMany: false, filters: { Profiles: ['gz', 'pb', 'prof', 'out'], All: ['*'] } });
  return chosen?.[0]?.fsPath;
}

/** Runs the benchmarks of the package around a file, and leads to the sites that pay for them. */
export async function runBenchmarks(ctx: Ctx, file: vscode.Uri | undefined): Promise<void> {
  const session = file && ctx.sessionOf(file.fsPath);
  if (!file || !session) {
    void vscode.window.showInformationMessage('Open a Go file of the package whose benchmarks are to run.');
    return;
  }
  const folder = vscode.workspace.getWorkspaceFolder(file)?.uri ?? file;
  const args = benchArguments(buildSettings(folder), [dirname(file.fsPath)]);
  const options = { location: vscode.ProgressLocation.Notification, title: `Running the benchmarks of ${vscode.workspace.asRelativePath(dirname(file.fsPath))}`, cancellable: true };
  const text = await vscode.window.withProgress(options, async (_, token) => {
    const abort = new AbortController();
    token.onCancellationRequested(() => {
      abort.abort();
    });
    try {
      return await ctx.run(args, file, abort.signal);
    } catch (error) {
      if (token.isCancellationRequested) return undefined;
      throw error;
    }
  });
  if (text !== undefined) await choose(JSON.parse(text) as Document, session);
}

async function choose(report: Document, session: Session): Promise<void> {
  const figures = (report.benchmarks ?? []).map((one) => `${one.name}: ${one.allocations} allocs/op, ${one.bytes} B/op`).join(' · ');
  const items = paying(report.sites).map((site) => ({
    label: plain(site.expression, 60),
    description: `${site.position.file}:${site.position.line}`,
    detail: site.cost?.profile ? measured(site.cost.profile) : '',
    site,
  }));
  if (!items.length) {
    void vscode.window.showInformationMessage(figures || 'No benchmark allocates anything there.');
    return;
  }
  const chosen = await vscode.window.showQuickPick(items, { title: plain(figures, 200) || 'Sites that pay', matchOnDescription: true });
  if (chosen) await vscode.commands.executeCommand('escapelens.open', { folder: session.folder, fingerprint: chosen.site.fingerprint });
}
