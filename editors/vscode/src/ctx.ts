/** What the extension consists of while it is active: a session per watched folder, and what they tell. */
import * as vscode from 'vscode';
import { disposeAll, type Parts } from './disposing';
import { buildSettings, isEnabled, viewSettings } from './config';
import { Documents } from './documents';
import { findExecutable } from './executable';
import { foldersToWatch } from './finding';
import { watchArguments } from './launch';
import type { Log } from './log';
import { innermost } from './modules';
import type { PlacedFinding } from './placing';
import { runOnce } from './runner';
import type { Site } from './schema';
import { Session, type Listener } from './session';

export type Overall = 'untrusted' | 'idle' | 'missing' | 'building' | 'ok' | 'broken' | 'failed';

/** With more modules in a folder than this, each is watched from when a file of it is shown. */
const MODULES_AT_ONCE = 4;

export class Ctx implements vscode.Disposable, Listener {
  readonly documents = new Documents((path) => this.sessionOf(path));
  private readonly running = new Map<string, Session>();
  /** Folders that are watched once a file in them is shown, with the workspace folder of each. */
  private readonly waiting = new Map<string, vscode.WorkspaceFolder>();
  private readonly stateChanged = new vscode.EventEmitter<undefined>();
  private readonly sitesChanged = new vscode.EventEmitter<ReadonlySet<string> | undefined>();
  private readonly missed = new vscode.EventEmitter<undefined>();
  private restarting: Promise<void> = Promise.resolve();
  private isMissing = false;
  readonly onDidChangeState = this.stateChanged.event;
  /** Which sites are known or shown; of some files only, where a set of paths is given. */
  readonly onDidChangeSites = this.sitesChanged.event;
  /** A folder is to be watched, and there is no program to do it. */
  readonly onDidMissProgram = this.missed.event;
  private readonly subscriptions: Parts = [
    this.documents,
    this.stateChanged,
    this.sitesChanged,
    this.missed,
    vscode.window.onDidChangeVisibleTextEditors(() => {
      this.wake();
    }),
  ];

  constructor(readonly log: Log) {}

  dispose(): void {
    disposeAll(this.subscriptions);
  }

  get sessions(): readonly Session[] {
    return [...this.running.values()];
  }

  sessionOf(path: string): Session | undefined {
    const folder = innermost(this.running.keys(), path);
    return folder === undefined ? undefined : this.running.get(folder);
  }

  /** The sites of a file that the settings let through. */
  shown(uri: vscode.Uri, sites: readonly Site[]): Site[] {
    const { hiddenCauses, hideCold } = viewSettings(uri);
    return sites.filter(
      (site) => !site.ignored && !(site.cause && hiddenCauses.has(site.cause)) && !(hideCold && site.triage?.cold),
    );
  }

  /** The findings that the settings let through, and that none of the sites shown tells of. */
  shownFindings(uri: vscode.Uri, findings: readonly PlacedFinding[], sites: ReadonlySet<Site>): PlacedFinding[] {
    const { hiddenCauses } = viewSettings(uri);
    const told = new Set([...sites].map((site) => site.fingerprint));
    return findings.filter(({ finding: { finding, site } }) => !hiddenCauses.has(finding) && !(site && told.has(site)));
  }

  /** What the program prints that is run once, in the folder that is watched around a file. */
  async run(args: readonly string[], about: vscode.Uri | undefined, signal?: AbortSignal): Promise<string> {
    if (!vscode.workspace.isTrusted) throw new Error('nothing is run in a workspace that is not trusted');
    const folder = (about && vscode.workspace.getWorkspaceFolder(about)?.uri) ?? vscode.workspace.workspaceFolders?.[0]?.uri;
    const session = (about && this.sessionOf(about.fsPath)) ?? this.sessions[0];
    const cwd = session?.folder ?? folder?.fsPath;
    const command = session?.program.command ?? (folder && (await findExecutable(folder)));
    if (command === undefined || cwd === undefined) throw new Error('the program escapelens was not found');
    return runOnce({ command, args, cwd }, signal);
  }

  get overall(): Overall {
    if (!vscode.workspace.isTrusted) return 'untrusted';
    const states = new Set(this.sessions.map((session) => session.state));
    if (states.has('failed')) return 'failed';
    if (states.has('starting') || states.has('building')) return 'building';
    if (states.has('broken')) return 'broken';
    if (states.has('ok')) return 'ok';
    return this.isMissing ? 'missing' : 'idle';
  }

  /** Looks for folders and the program anew and watches from the beginning; one at a time. */
  restart(): Promise<void> {
    this.restarting = this.restarting.then(
      () => this.startAll(),
      () => this.startAll(),
    );
    return this.restarting;
  }

  /** Where the program was not found, it may have been installed meanwhile. */
  async lookAgain(): Promise<void> {
    if (this.isMissing) await this.restart();
  }

  async stop(): Promise<void> {
    const sessions = this.sessions;
    this.running.clear();
    this.waiting.clear();
    await Promise.all(sessions.map((session) => session.stop()));
  }

  /** Settings that only concern what is shown have changed. */
  refreshViews(): void {
    this.sitesChanged.fire(undefined);
    this.documents.refreshAll();
  }

  sites(_session: Session, paths: ReadonlySet<string>): void {
    this.documents.refreshAll(paths);
    this.sitesChanged.fire(paths);
  }

  state(): void {
    this.stateChanged.fire(undefined);
  }

  failed(session: Session, message: string): void {
    void vscode.window
      .showErrorMessage(`escapelens: ${message}`, 'Restart', 'Show Output')
      .then((choice) => {
        if (choice === 'Restart' && this.running.has(session.folder)) session.start();
        if (choice === 'Show Output') void vscode.commands.executeCommand('escapelens.showOutput');
      });
  }

  private async startAll(): Promise<void> {
    await this.stop();
    this.isMissing = false;
    if (vscode.workspace.isTrusted) {
      for (const folder of vscode.workspace.workspaceFolders ?? []) {
        if (folder.uri.scheme !== 'file' || !isEnabled(folder.uri)) continue;
        const folders = await foldersToWatch(folder.uri);
        for (const one of folders) this.waiting.set(one, folder);
        if (folders.length <= MODULES_AT_ONCE) await Promise.all(folders.map((one) => this.begin(one)));
      }
      this.wake();
    }
    this.refreshViews();
    this.state();
  }

  /** Begins to watch the folders of the files that are shown. */
  private wake(): void {
    for (const { document } of vscode.window.visibleTextEditors) {
      const folder = innermost(this.waiting.keys(), document.uri.fsPath);
      if (folder !== undefined) void this.begin(folder);
    }
  }

  private async begin(folder: string): Promise<void> {
    const owner = this.waiting.get(folder);
    if (!owner) return;
    this.waiting.delete(folder);
    const command = await findExecutable(owner.uri);
    if (!command) {
      const isFirst = !this.isMissing;
      this.isMissing = true;
      this.log.warn(`${folder}: the program escapelens was not found`);
      if (isFirst) this.missed.fire(undefined);
      this.state();
      return;
    }
    const program = { command, args: watchArguments(buildSettings(owner.uri)), cwd: folder };
    const session = new Session(folder, program, this.log, this);
    this.running.set(folder, session);
    session.start();
  }
}
