/** Sites as diagnostics, never as errors. */
import * as vscode from 'vscode';
import { disposeAll, type Parts } from '../disposing';
import { viewSettings, type Severity } from '../config';
import type { Ctx } from '../ctx';
import { rangeOf } from '../documents';
import type { Placed, PlacedFinding } from '../placing';
import { plain, shortReason } from '../words';
import { pageUri } from './pages';

const SEVERITIES: Record<Exclude<Severity, 'off'>, vscode.DiagnosticSeverity> = {
  hint: vscode.DiagnosticSeverity.Hint,
  information: vscode.DiagnosticSeverity.Information,
  warning: vscode.DiagnosticSeverity.Warning,
};

export class Diagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('escapelens');
  private readonly subscriptions: Parts;

  constructor(private readonly ctx: Ctx) {
    this.subscriptions = [
      this.collection,
      ctx.documents.onDidChange((document) => {
        this.tell(document);
      }),
      ctx.onDidChangeSites((paths) => {
        if (!paths) for (const document of vscode.workspace.textDocuments) this.tell(document);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.collection.delete(document.uri);
      }),
    ];
  }

  dispose(): void {
    disposeAll(this.subscriptions);
  }

  private tell(document: vscode.TextDocument): void {
    const { severity } = viewSettings(document.uri);
    const { sites, findings } = this.ctx.documents.placement(document);
    if (severity === 'off' || !(sites.length || findings.length)) {
      this.collection.delete(document.uri);
      return;
    }
    const shown = new Set(this.ctx.shown(document.uri, sites.map(({ site }) => site)));
    const told = sites.filter(({ site }) => shown.has(site));
    this.collection.set(document.uri, [
      ...told.map((one) => diagnostic(one, SEVERITIES[severity])),
      ...this.ctx.shownFindings(document.uri, findings, shown).map(found),
    ]);
  }
}

function diagnostic({ site, span }: Placed, severity: vscode.DiagnosticSeverity): vscode.Diagnostic {
  // The hover, which shows both, tells it in full.
  const message = `${plain(site.expression, 60)} is on the heap: ${shortReason(site)}`;
  const made = new vscode.Diagnostic(rangeOf(span), message, severity);
  made.source = 'escapelens';
  if (site.cause) made.code = { value: site.cause, target: pageUri(site.cause) };
  return made;
}

/** What is wrong with a pool stands among the problems, unlike a site, which may be as it should be. */
function found({ finding, span }: PlacedFinding): vscode.Diagnostic {
  const made = new vscode.Diagnostic(rangeOf(span), plain(finding.sentence, Infinity), vscode.DiagnosticSeverity.Information);
  made.source = 'escapelens';
  made.code = { value: finding.finding, target: pageUri(finding.finding) };
  return made;
}
