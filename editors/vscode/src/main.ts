/** Activation: which parts there are, and what they are connected to. */
import * as vscode from 'vscode';
import { commands } from './commands';
import { changesBuild, changesViews } from './config';
import { Ctx } from './ctx';
import { offerToInstall } from './installing';
import { openLog } from './log';
import { Actions } from './views/actions';
import { Diagnostics } from './views/diagnostics';
import { Hovers } from './views/hover';
import { Lenses } from './views/lenses';
import { Notes } from './views/notes';
import { Pages } from './views/pages';
import { Status } from './views/status';
import { Tree } from './views/tree';

const GO: vscode.DocumentSelector = { language: 'go', scheme: 'file' };

let active: Ctx | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const ctx = new Ctx(openLog(context));
  active = ctx;
  const tree = new Tree(ctx);
  const pages = new Pages(ctx);
  const lenses = new Lenses(ctx);
  context.subscriptions.push(
    ctx,
    tree,
    pages,
    lenses,
    new Notes(ctx),
    new Diagnostics(ctx),
    new Status(ctx),
    vscode.languages.registerHoverProvider(GO, new Hovers(ctx)),
    vscode.languages.registerCodeLensProvider(GO, lenses),
    vscode.languages.registerCodeActionsProvider(GO, new Actions(ctx), { providedCodeActionKinds: Actions.kinds }),
    ...Object.entries(commands(ctx, tree, pages)).map(([name, run]) =>
      vscode.commands.registerCommand(`escapelens.${name}`, run),
    ),
    ctx.onDidMissProgram(() => void offerToInstall()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void ctx.restart()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => void ctx.restart()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (changesBuild(event)) void ctx.restart();
      else if (changesViews(event)) ctx.refreshViews();
    }),
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) void ctx.lookAgain();
    }),
  );
  void ctx.restart();
}

/** Ends all children before the window does. */
export async function deactivate(): Promise<void> {
  await active?.stop();
}
