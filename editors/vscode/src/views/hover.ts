/** The whole story of a site, where the pointer rests on its expression. */
import * as vscode from 'vscode';
import type { Ctx } from '../ctx';
import { rangeOf } from '../documents';
import { findingText, hoverText, type LinkTo } from '../markdown';
import type { Placed } from '../placing';
import type { Session } from '../session';

/** The only commands that a hover can run. */
const ACTIONS = { 'escapelens.explain': 'Explain', 'escapelens.copy': 'Copy', 'escapelens.verify': 'Look for proven rewrites' };

export class Hovers implements vscode.HoverProvider {
  constructor(private readonly ctx: Ctx) {}

  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    const session = this.ctx.sessionOf(document.uri.fsPath);
    const found = this.ctx.documents.touching(document, new vscode.Range(position, position));
    const shown = new Set(this.ctx.shown(document.uri, found.map(({ site }) => site)));
    const told = found.filter(({ site }) => shown.has(site));
    const findings = this.ctx.shownFindings(document.uri, this.ctx.documents.findingsAt(document, new vscode.Range(position, position)), shown);
    const first = told[0] ?? findings[0];
    if (!session || !first) return undefined;
    return new vscode.Hover(
      [
        ...told.flatMap((one) => [storyOf(one, session), actionsOf(one, session)]),
        ...findings.map(({ finding }) => new vscode.MarkdownString(findingText(finding))),
      ],
      rangeOf(first.span),
    );
  }
}

/** What comes from sources: it can lead to places, and run nothing. */
export function storyOf({ site }: Pick<Placed, 'site'>, session: Session): vscode.MarkdownString {
  const suggestions = session.proofsOf(site.fingerprint).map((one) => one.suggestion);
  return new vscode.MarkdownString(hoverText(site, linkTo(session), suggestions));
}

/** Our own words and commands; nothing of a source is in it but the fingerprint of a site. */
function actionsOf({ site }: Placed, session: Session): vscode.MarkdownString {
  const links = Object.entries(ACTIONS).map(([command, title]) => {
    const args = encodeURIComponent(JSON.stringify([{ folder: session.folder, fingerprint: site.fingerprint }]));
    return `[${title}](command:${command}?${args})`;
  });
  const text = new vscode.MarkdownString(links.join(' · '));
  text.isTrusted = { enabledCommands: Object.keys(ACTIONS) };
  return text;
}

function linkTo(session: Session): LinkTo {
  return ({ file, line, column }) => {
    const path = session.known.absolute(file);
    if (path === undefined) return undefined;
    // Columns of other files are not converted: their texts are not at hand.
    const fragment = `L${line}${column === undefined ? '' : `,${column}`}`;
    return vscode.Uri.file(path).with({ fragment }).toString();
  };
}
