/** The light bulb: proven rewrites of the site under the cursor, and what else can be done about it. */
import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import { rewriteEdit } from '../edits';
import { isPreferred, isProven, titleOf } from '../proofs';
import type { Site } from '../schema';
import type { Proof, Session } from '../session';
import { plain } from '../words';

class RewriteAction extends vscode.CodeAction {
  constructor(
    readonly proof: Proof,
    readonly session: Session,
    fingerprint: string,
  ) {
    super(titleOf(proof.suggestion), vscode.CodeActionKind.QuickFix);
    this.isPreferred = isPreferred(proof.suggestion);
    if (proof.suggestion.applicability !== 'safe') {
      // What may change the meaning is looked at first.
      this.command = { command: 'escapelens.preview', title: 'Preview', arguments: [{ folder: session.folder, fingerprint, suggestion: proof.suggestion.id }] };
    }
  }
}

export class Actions implements vscode.CodeActionProvider {
  static readonly kinds = [vscode.CodeActionKind.QuickFix];

  constructor(private readonly ctx: Ctx) {}

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
    const session = this.ctx.sessionOf(document.uri.fsPath);
    if (!session || (context.only && !context.only.contains(vscode.CodeActionKind.QuickFix))) return [];
    const placement = this.ctx.documents.placement(document);
    const touched = this.ctx.documents.touching(document, range).map(({ site }) => site);
    const sites = this.ctx.shown(document.uri, touched);
    const canVerify = placement.isCurrent && !session.isStale;
    return sites.flatMap((site) => [
      ...rewrites(site, session, context.diagnostics),
      ...this.others(site, session, sites.length > 1, canVerify),
    ]);
  }

  /** The edit is made when it is wanted, from the text there is then. */
  async resolveCodeAction(action: vscode.CodeAction): Promise<vscode.CodeAction> {
    if (action instanceof RewriteAction && !action.command) action.edit = await rewriteEdit(action.proof, action.session.known);
    return action;
  }

  private others(site: Site, session: Session, isOneOfMany: boolean, canVerify: boolean): vscode.CodeAction[] {
    const of = isOneOfMany ? ` (${plain(site.expression, 30)})` : '';
    const argument = { folder: session.folder, fingerprint: site.fingerprint };
    const proposed = canVerify ? [action(`Look for proven rewrites${of}`, 'escapelens.verify', argument)] : [];
    return [
      ...proposed,
      action(`Explain this: ${site.cause ?? 'the decision'}${of}`, 'escapelens.explain', argument),
      action(`Copy as Markdown${of}`, 'escapelens.copy', argument),
      ...(site.cause ? [action(`Ignore with a reason…${of}`, 'escapelens.ignore', argument)] : []),
    ];
  }
}

function rewrites(site: Site, session: Session, diagnostics: readonly vscode.Diagnostic[]): vscode.CodeAction[] {
  return session
    .proofsOf(site.fingerprint)
    .filter(({ suggestion }) => isProven(suggestion) && suggestion.edits?.length)
    .map((proof) => {
      const made = new RewriteAction(proof, session, site.fingerprint);
      made.diagnostics = diagnostics.filter((one) => one.source === 'escapelens');
      return made;
    });
}

function action(title: string, command: string, argument: object): vscode.CodeAction {
  const made = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  made.command = { command, title, arguments: [argument] };
  return made;
}
