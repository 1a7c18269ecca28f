/** Notes at the ends of lines, and lines below the expressions that are on the heap. */
import * as vscode from 'vscode';
import { disposeAll, type Parts } from '../disposing';
import { viewSettings } from '../config';
import type { Ctx } from '../ctx';
import { isGo, rangeOf } from '../documents';
import { grouped } from '../known';
import type { Placed } from '../placing';
import { isInLoop } from '../rank';
import { noteOf } from '../words';

const DIM = '0.45';

export class Notes implements vscode.Disposable {
  private readonly types = {
    note: noteType('escapelens.note'),
    loop: noteType('escapelens.noteInLoop'),
    dimNote: noteType('escapelens.note', DIM),
    dimLoop: noteType('escapelens.noteInLoop', DIM),
    underline: underlineType(),
    dimUnderline: underlineType(DIM),
  };
  private readonly subscriptions: Parts;

  constructor(private readonly ctx: Ctx) {
    this.subscriptions = [
      ...Object.values(this.types),
      ctx.documents.onDidChange((document) => {
        for (const editor of vscode.window.visibleTextEditors) if (editor.document === document) this.draw(editor);
      }),
      ctx.onDidChangeState(() => {
        this.drawAll();
      }),
      ctx.onDidChangeSites((paths) => {
        if (!paths) this.drawAll();
      }),
      vscode.window.onDidChangeVisibleTextEditors(() => {
        this.drawAll();
      }),
    ];
    this.drawAll();
  }

  dispose(): void {
    disposeAll(this.subscriptions);
  }

  private drawAll(): void {
    for (const editor of vscode.window.visibleTextEditors) this.draw(editor);
  }

  private draw(editor: vscode.TextEditor): void {
    const { document } = editor;
    if (!isGo(document)) return;
    const { notes } = viewSettings(document.uri);
    const placement = this.ctx.documents.placement(document);
    const shown = new Set(this.ctx.shown(document.uri, placement.sites.map(({ site }) => site)));
    const sites = placement.sites.filter(({ site }) => shown.has(site));
    const isDim = !placement.isCurrent || this.ctx.sessionOf(document.uri.fsPath)?.isStale === true;
    const told = sites.filter(({ site }) => notes === 'all' || (notes === 'loops' && isInLoop(site)));
    const lines = [...grouped(told, ({ span }) => String(span.start.line)).values()];
    const [loops, others] = [lines.filter(isLoopLine), lines.filter((one) => !isLoopLine(one))];
    const set = (type: vscode.TextEditorDecorationType, on: boolean, options: () => vscode.DecorationOptions[]): void => {
      editor.setDecorations(type, on ? options() : []);
    };
    const underlines = (): vscode.DecorationOptions[] => sites.map(({ span }) => ({ range: rangeOf(span) }));
    for (const dim of [true, false]) {
      const isOn = dim === isDim;
      set(dim ? this.types.dimNote : this.types.note, isOn, () => others.map(option));
      set(dim ? this.types.dimLoop : this.types.loop, isOn, () => loops.map(option));
      set(dim ? this.types.dimUnderline : this.types.underline, isOn, underlines);
    }
  }
}

function isLoopLine(placed: readonly Placed[]): boolean {
  return placed.some(({ site }) => isInLoop(site));
}

/** A note holds on to the first expression of its line, and is shown where the line ends. */
function option(placed: readonly Placed[]): vscode.DecorationOptions {
  const { span } = placed[0] as Placed;
  const contentText = noteOf(placed.map(({ site }) => site));
  return { range: rangeOf(span), renderOptions: { after: { contentText } } };
}

function noteType(color: string, opacity?: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    after: {
      color: new vscode.ThemeColor(color),
      margin: '0 0 0 2.5em',
      fontStyle: 'italic',
      ...(opacity ? { textDecoration: `none; opacity: ${opacity}` } : {}),
    },
  });
}

function underlineType(opacity?: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
    borderColor: new vscode.ThemeColor('escapelens.underline'),
    borderStyle: opacity ? 'none none dotted none' : 'none none solid none',
    borderWidth: '0 0 1px 0',
  });
}
