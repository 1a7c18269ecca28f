/** Counts above each function that has something on the heap. */
import * as vscode from 'vscode';
import { disposeAll, type Parts } from '../disposing';
import { viewSettings } from '../config';
import type { Ctx } from '../ctx';
import { declarationLine } from '../functions';
import { grouped } from '../known';
import { countsOf } from '../words';

export class Lenses implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;
  private readonly subscriptions: Parts;

  constructor(private readonly ctx: Ctx) {
    const fire = (): void => {
      this.changed.fire();
    };
    this.subscriptions = [this.changed, ctx.documents.onDidChange(fire), ctx.onDidChangeSites(fire)];
  }

  dispose(): void {
    disposeAll(this.subscriptions);
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!viewSettings(document.uri).codeLens) return [];
    const session = this.ctx.sessionOf(document.uri.fsPath);
    const { sites } = this.ctx.documents.placement(document);
    const shown = new Set(this.ctx.shown(document.uri, sites.map(({ site }) => site)));
    const lineAt = (line: number): string => document.lineAt(line).text;
    const lines = grouped(
      sites.filter(({ site }) => shown.has(site)),
      ({ site, span }) => String(declarationLine(lineAt, span.start.line, site.function) ?? ''),
    );
    lines.delete('');
    return [...lines].map(([line, placed]) => {
      const found = placed.map(({ site }) => site);
      const argument = { folder: session?.folder, fingerprint: found[0]?.fingerprint };
      return new vscode.CodeLens(new vscode.Range(Number(line), 0, Number(line), 0), {
        title: countsOf(found),
        tooltip: 'Show them in the tree',
        command: 'escapelens.showSites',
        arguments: [argument],
      });
    });
  }
}
