/** The count and the state of the folder whose file is shown. */
import * as vscode from 'vscode';
import { disposeAll, type Parts } from '../disposing';
import type { Ctx } from '../ctx';
import type { Session } from '../session';
import { duration, plain } from '../words';
import { escaped } from '../markdown';
import { isInLoop } from '../rank';
import type { Site } from '../schema';

export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('escapelens', vscode.StatusBarAlignment.Left, 0);
  private readonly subscriptions: Parts;

  constructor(private readonly ctx: Ctx) {
    this.item.name = 'escapelens';
    this.item.command = 'escapelens.menu';
    const show = (): void => {
      this.show();
    };
    this.subscriptions = [
      this.item,
      ctx.onDidChangeState(show),
      ctx.onDidChangeSites(show),
      vscode.window.onDidChangeActiveTextEditor(show),
    ];
    this.show();
  }

  dispose(): void {
    disposeAll(this.subscriptions);
  }

  private show(): void {
    const { overall } = this.ctx;
    void vscode.commands.executeCommand('setContext', 'escapelens.state', overall);
    const session = this.session();
    const [text, tooltip, isWarning] = session ? this.ofSession(session) : ofNothing(overall);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.backgroundColor = isWarning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.item.show();
  }

  private session(): Session | undefined {
    const path = vscode.window.activeTextEditor?.document.uri.fsPath;
    return (path === undefined ? undefined : this.ctx.sessionOf(path)) ?? this.ctx.sessions[0];
  }

  private ofSession(session: Session): [string, vscode.MarkdownString, boolean] {
    const folder = vscode.Uri.file(session.folder);
    const sites: Site[] = [...session.known.all.values()].flatMap((some) => this.ctx.shown(folder, some));
    const loops = sites.filter(isInLoop).length;
    const told = `${sites.length} heap${loops ? ` · ${loops} in loops` : ''}`;
    const lines = [`**escapelens** in ${escaped(vscode.workspace.asRelativePath(folder))}`];
    const { go } = session.known;
    if (go) lines.push(`${sites.length} sites on the heap, ${loops} of them in loops; ${escaped(go.version)} ${escaped(go.goos)}/${escaped(go.goarch)}`);
    if (session.state === 'ok') lines.push(`the last change took ${duration(session.milliseconds)}`);
    if (session.message) lines.push(escaped(session.message));
    for (const { import_path: path, errors } of session.broken) {
      const [error] = errors ?? [];
      if (error) lines.push(`${escaped(path)}: ${escaped(plain(error.message, 200))}`);
    }
    const tooltip = new vscode.MarkdownString(lines.join('\n\n'));
    switch (session.state) {
      case 'starting':
      case 'building':
        return [`$(sync~spin) ${go ? told : 'heap: building'}`, tooltip, false];
      case 'broken':
        return [`$(warning) ${told} · does not build`, tooltip, true];
      case 'failed':
        return ['$(error) escapelens stopped', tooltip, true];
      case 'ok':
      case 'stopped':
        return [`$(layers) ${told}`, tooltip, false];
    }
  }
}

function ofNothing(overall: string): [string, vscode.MarkdownString, boolean] {
  switch (overall) {
    case 'untrusted':
      return ['$(shield) escapelens', new vscode.MarkdownString('Nothing is run before the workspace is trusted.'), false];
    case 'missing':
      return ['$(error) escapelens not found', new vscode.MarkdownString('Click to install it or to choose the executable.'), true];
    default:
      return ['$(layers) escapelens', new vscode.MarkdownString('No Go module is open.'), false];
  }
}
