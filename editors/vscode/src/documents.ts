/** The open Go documents, with the places of their sites, which move with each edit. */
import { readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { disposeAll, type Parts } from './disposing';
import { after, place, type Placed, type PlacedFinding, type Placement } from './placing';
import type { Session } from './session';
import type { Span } from './text';

const NOTHING: Placement = { sites: [], findings: [], isCurrent: true };

export class Documents implements vscode.Disposable {
  private readonly placements = new Map<vscode.TextDocument, Placement>();
  private readonly changed = new vscode.EventEmitter<vscode.TextDocument>();
  /** The places in a document, or whether they are those of its text, may be others now. */
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: Parts;

  constructor(private readonly sessionOf: (path: string) => Session | undefined) {
    this.subscriptions = [
      this.changed,
      vscode.workspace.onDidOpenTextDocument((document) => {
        this.refresh(document);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.placements.delete(document);
      }),
      vscode.workspace.onDidChangeTextDocument((event) => {
        this.edited(event);
      }),
    ];
  }

  dispose(): void {
    disposeAll(this.subscriptions);
  }

  placement(document: vscode.TextDocument): Placement {
    return this.placements.get(document) ?? NOTHING;
  }

  /** The sites whose expressions a range touches, the smallest first. */
  touching(document: vscode.TextDocument, range: vscode.Range): Placed[] {
    const size = ({ span }: Placed): number => span.end.character - span.start.character;
    return this.placement(document)
      .sites.filter(({ span }) => rangeOf(span).intersection(range) !== undefined)
      .sort((one, other) => size(one) - size(other));
  }

  /** The findings about pools that a range touches. */
  findingsAt(document: vscode.TextDocument, range: vscode.Range): PlacedFinding[] {
    return this.placement(document).findings.filter(({ span }) => rangeOf(span).intersection(range) !== undefined);
  }

  /** Places the sites of open documents anew, what is visible first. */
  refreshAll(paths?: ReadonlySet<string>): void {
    const visible = new Set(vscode.window.visibleTextEditors.map((editor) => editor.document));
    const touched = (document: vscode.TextDocument): boolean => !paths || paths.has(document.uri.fsPath);
    for (const document of visible) if (touched(document)) this.refresh(document);
    setImmediate(() => {
      for (const document of vscode.workspace.textDocuments) {
        if (!visible.has(document) && touched(document)) this.refresh(document);
      }
    });
  }

  refresh(document: vscode.TextDocument): void {
    if (!isGo(document)) return;
    const path = document.uri.fsPath;
    const known = this.sessionOf(path)?.known;
    const sites = known?.sitesOf(path) ?? [];
    const findings = known?.findingsOf(path) ?? [];
    const hash = known?.hashOf(path);
    const before = this.placements.get(document);
    if ((!sites.length && !findings.length) || hash === undefined) this.placements.delete(document);
    else {
      const now = place(sites, hash, document.getText(), () => contentOf(path), findings);
      // Else the file was saved again meanwhile, and a report of that text is on its way.
      if (now) this.placements.set(document, now);
      else if (before) this.placements.set(document, { ...before, isCurrent: false });
    }
    if (before || this.placements.has(document)) this.changed.fire(document);
  }

  private edited({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const before = this.placements.get(document);
    if (!before || !contentChanges.length) return;
    this.placements.set(document, contentChanges.reduce(after, before));
    // Undone or read anew from the disk, it may be what was compiled.
    if (document.isDirty) this.changed.fire(document);
    else this.refresh(document);
  }
}

export function isGo(document: vscode.TextDocument): boolean {
  return document.languageId === 'go' && document.uri.scheme === 'file';
}

export function rangeOf({ start, end }: Span): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
