/** Pages that the program writes, as read-only documents: of a cause, and what the compiler said. */
import * as vscode from 'vscode';
import { disposeAll, type Parts } from '../disposing';
import { buildSettings } from '../config';
import type { Ctx } from '../ctx';
import { showArguments } from '../launch';

const SCHEME = 'escapelens';
const CAUSE = /^\/causes\/([a-z][a-z-]*)\.md$/;

/** The page of a cause. */
export function pageUri(cause: string): vscode.Uri {
  return vscode.Uri.from({ scheme: SCHEME, path: `/causes/${cause}.md` });
}

export class Pages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  /** Documents that were made on demand, by their path. */
  private readonly made = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: Parts = [
    this.changed,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
  ];

  constructor(private readonly ctx: Ctx) {}

  dispose(): void {
    disposeAll(this.subscriptions);
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const cause = CAUSE.exec(uri.path)?.[1];
    if (cause === undefined) return this.made.get(uri.path) ?? '';
    return this.ctx.run(['explain', cause, '--format', 'markdown'], undefined);
  }

  /** Opens the page of a cause, as it is meant to be read. */
  async explain(cause: string): Promise<void> {
    await vscode.commands.executeCommand('markdown.showPreviewToSide', pageUri(cause));
  }

  /** Opens what the compiler said of a file, under its sites. */
  async showRaw(file: vscode.Uri): Promise<void> {
    const text = await this.ctx.run(showArguments(this.settings(file), [file.fsPath], '--raw', '--all'), file);
    await this.open(`/raw${file.path}.txt`, text);
  }

  /** Opens the document of `show --format json` of the folder around a file. */
  async showReport(file: vscode.Uri | undefined): Promise<void> {
    const session = this.ctx.sessionOf(file?.fsPath ?? '') ?? this.ctx.sessions[0];
    if (!session) return;
    const folder = vscode.Uri.file(session.folder);
    const settings = this.settings(folder);
    const text = await this.ctx.run(showArguments(settings, settings.packages, '--format=json'), folder);
    await this.open(`/report${folder.path}.json`, JSON.stringify(JSON.parse(text), null, 2));
  }

  private settings(uri: vscode.Uri): ReturnType<typeof buildSettings> {
    return buildSettings(vscode.workspace.getWorkspaceFolder(uri)?.uri ?? uri);
  }

  /** A document with a text, in place of an earlier one of that path. */
  make(path: string, text: string): vscode.Uri {
    this.made.set(path, text);
    const uri = vscode.Uri.from({ scheme: SCHEME, path });
    this.changed.fire(uri);
    return uri;
  }

  private async open(path: string, text: string): Promise<void> {
    await vscode.window.showTextDocument(this.make(path, text), { preview: true });
  }
}
