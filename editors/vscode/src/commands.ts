/** What each command does. */
import * as vscode from 'vscode';
import { setHiddenCauses, setNotes, viewSettings, type Notes } from './config';
import type { Ctx } from './ctx';
import { insertion } from './directive';
import { isGo, rangeOf } from './documents';
import { rewriteEdit } from './edits';
import { chooseExecutable, offerToInstall } from './installing';
import { copyText } from './markdown';
import { loadProfile, measureBy, runBenchmarks } from './profiles';
import { isProven, isSafe, rejectionOf, titleOf } from './proofs';
import type { Site } from './schema';
import type { Session } from './session';
import type { Pages } from './views/pages';
import { preview } from './views/preview';
import type { SiteNode, Tree } from './views/tree';
import { plain } from './words';

/** How views name a site to a command. */
export interface SiteArgument {
  folder: string;
  fingerprint: string;
}

interface Found {
  session: Session;
  site: Site;
}

type Handler = (argument?: unknown) => unknown;

const NEXT_NOTES: Record<Notes, Notes> = { all: 'loops', loops: 'off', off: 'all' };

export function commands(ctx: Ctx, tree: Tree, pages: Pages): Record<string, Handler> {
  const withSite =
    (run: (found: Found) => unknown): Handler =>
    (argument) => {
      const found = find(ctx, argument);
      return found ? run(found) : gone();
    };
  return {
    restart: () => ctx.restart(),
    refresh: () => {
      for (const session of ctx.sessions) session.refresh();
    },
    showOutput: () => {
      ctx.log.show();
    },
    showRaw: () => {
      const document = vscode.window.activeTextEditor?.document;
      return document && isGo(document) ? pages.showRaw(document.uri) : undefined;
    },
    showReport: () => pages.showReport(vscode.window.activeTextEditor?.document.uri),
    showSites: (argument) => {
      const found = find(ctx, argument);
      return tree.show(found?.session, found?.site.fingerprint);
    },
    menu: () => menu(ctx),
    choosePath: chooseExecutable,
    toggleNotes: async () => {
      const next = NEXT_NOTES[viewSettings(undefined).notes];
      await setNotes(next);
      vscode.window.setStatusBarMessage(`escapelens notes: ${next}`, 2000);
    },
    loadProfile: (argument) => loadProfile(ctx, typeof argument === 'string' ? argument : undefined),
    clearProfile: () => measureBy(ctx, undefined),
    runBenchmarks: () => runBenchmarks(ctx, vscode.window.activeTextEditor?.document.uri),
    filterCauses: () => filterCauses(ctx),
    sortByCost: () => {
      tree.sortBy('cost');
    },
    sortBySource: () => {
      tree.sortBy('source');
    },
    open: withSite((found) => open(ctx, found)),
    explain: withSite(({ site }) => (site.cause ? pages.explain(site.cause) : undefined)),
    copy: withSite(async ({ site }) => {
      await vscode.env.clipboard.writeText(copyText(site));
      vscode.window.setStatusBarMessage('escapelens: copied', 2000);
    }),
    verify: withSite((found) => verify(found, pages)),
    preview: (argument) => {
      const found = find(ctx, argument);
      const id = (argument as { suggestion?: string }).suggestion;
      const proof = found?.session.proofsOf(found.site.fingerprint).find(({ suggestion }) => suggestion.id === id);
      return found && proof ? preview(proof, found.session, pages) : gone();
    },
    ignore: withSite((found) => ignore(ctx, found)),
  };
}

function gone(): Thenable<unknown> {
  return vscode.window.showInformationMessage('This site is no longer there.');
}

function find(ctx: Ctx, argument: unknown): Found | undefined {
  if (typeof argument !== 'object' || argument === null) return undefined;
  if ('kind' in argument) {
    const { session, site } = argument as SiteNode;
    return { session, site };
  }
  const { folder, fingerprint } = argument as SiteArgument;
  const session = ctx.sessions.find((one) => one.folder === folder);
  const site = session?.known.find(fingerprint);
  return session && site ? { session, site } : undefined;
}

async function open(ctx: Ctx, { session, site }: Found): Promise<vscode.TextEditor | undefined> {
  const path = session.known.absolute(site.position.file);
  if (path === undefined) return undefined;
  const document = await vscode.workspace.openTextDocument(path);
  ctx.documents.refresh(document);
  const placed = ctx.documents.placement(document).sites.find((one) => one.site.fingerprint === site.fingerprint);
  const line = Math.min(site.position.line, document.lineCount) - 1;
  const range = placed ? rangeOf(placed.span) : new vscode.Range(line, 0, line, 0);
  const editor = await vscode.window.showTextDocument(document, { preview: true });
  editor.selection = new vscode.Selection(range.start, range.start);
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  return editor;
}

/** Has the rewrites of a site compiled, and offers those that are proven. */
async function verify({ session, site }: Found, pages: Pages): Promise<void> {
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: `Compiling rewrites of ${plain(site.expression, 40)}`,
    cancellable: true,
  };
  const proofs = await vscode.window.withProgress(options, async (progress, token) => {
    const { found, cancel } = session.verify(site.fingerprint, (message) => {
      progress.report({ message });
    });
    token.onCancellationRequested(cancel);
    try {
      return await found;
    } catch (error) {
      if (token.isCancellationRequested) return undefined;
      throw error;
    }
  });
  if (!proofs) return;
  const proven = proofs.filter(({ suggestion }) => isProven(suggestion) && suggestion.edits?.length);
  if (!proven.length) {
    void vscode.window.showInformationMessage(rejectionOf(proofs.map((one) => one.suggestion)));
    return;
  }
  // A menu of our own: the light bulb's, opened by a command, is closed by whatever asks for actions meanwhile.
  const items = proven.map((proof) => ({ label: titleOf(proof.suggestion), detail: plain(proof.suggestion.safety, 200), proof }));
  const chosen = await vscode.window.showQuickPick(items, { title: `What would remove ${plain(site.expression, 40)}` });
  if (!chosen) return;
  if (isSafe(chosen.proof.suggestion)) await vscode.workspace.applyEdit(await rewriteEdit(chosen.proof, session.known));
  else await preview(chosen.proof, session, pages);
}

async function ignore(ctx: Ctx, found: Found): Promise<void> {
  const { site } = found;
  if (!site.cause) return;
  const reason = await vscode.window.showInputBox({
    title: `Ignore ${site.cause} here`,
    prompt: 'Why is it fine on the heap?',
    validateInput: (text) => (text.trim() ? undefined : 'A reason is needed'),
  });
  if (!reason) return;
  const editor = await open(ctx, found);
  if (!editor) return;
  const { document } = editor;
  const placed = ctx.documents.placement(document).sites.find((one) => one.site.fingerprint === site.fingerprint);
  const lines = document.getText().split(/\r\n|\r|\n/);
  const comment = placed && insertion(lines, placed.span.start.line, site.cause, reason);
  if (!comment) {
    void vscode.window.showWarningMessage('A comment cannot stand at this line.');
    return;
  }
  await editor.edit((edit) => {
    edit.insert(new vscode.Position(comment.line, comment.character), comment.text);
  });
}

async function filterCauses(ctx: Ctx): Promise<void> {
  const { hiddenCauses } = viewSettings(undefined);
  const counts = new Map<string, number>([...hiddenCauses].map((cause) => [cause, 0]));
  for (const session of ctx.sessions) {
    for (const { cause } of [...session.known.all.values()].flat()) {
      if (cause) counts.set(cause, (counts.get(cause) ?? 0) + 1);
    }
  }
  const items = [...counts].sort().map(([label, count]) => ({ label, description: `${count}`, picked: !hiddenCauses.has(label) }));
  const chosen = await vscode.window.showQuickPick(items, { title: 'Causes that are shown', canPickMany: true });
  if (!chosen) return;
  const kept = new Set(chosen.map(({ label }) => label));
  await setHiddenCauses(items.map(({ label }) => label).filter((label) => !kept.has(label)));
}

async function menu(ctx: Ctx): Promise<void> {
  if (ctx.overall === 'missing') return offerToInstall();
  if (ctx.overall === 'untrusted') {
    await vscode.commands.executeCommand('workbench.trust.manage');
    return;
  }
  const items = [
    { label: '$(list-tree) Show heap sites', command: 'showSites' },
    { label: '$(eye) Notes: on, only in loops, off', command: 'toggleNotes' },
    { label: '$(filter) Choose the causes that are shown…', command: 'filterCauses' },
    { label: '$(flame) Load an allocation profile…', command: 'loadProfile' },
    { label: '$(beaker) Run benchmarks and show their sites', command: 'runBenchmarks' },
    { label: '$(refresh) Build again', command: 'refresh' },
    { label: '$(debug-restart) Restart', command: 'restart' },
    { label: '$(output) Show output', command: 'showOutput' },
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: 'escapelens' });
  if (chosen) await vscode.commands.executeCommand(`escapelens.${chosen.command}`);
}
