/** Waiting for what another process does. */
import * as vscode from 'vscode';

const PATIENCE = 60_000;

export async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<NonNullable<T>> {
  for (const start = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 30))) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found;
    if (Date.now() - start > PATIENCE) throw new Error(`it did not happen: ${what}`);
  }
}

export function say(what: string): void {
  console.log(`ok ${what}`);
}

export async function open(folder: vscode.Uri, name: string): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder, name));
  return vscode.window.showTextDocument(document);
}

export function found(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter((one) => one.source === 'escapelens');
}

/** The causes and texts of the diagnostics of a document, in the order of the source. */
export function told(document: vscode.TextDocument): string[] {
  return found(document.uri)
    .sort((one, other) => one.range.start.compareTo(other.range.start))
    .map((one) => `${one.range.start.line + 1} ${(one.code as { value: string }).value} ${document.getText(one.range)}`);
}

export async function replace(document: vscode.TextDocument, from: string, to: string): Promise<void> {
  const at = document.getText().indexOf(from);
  if (at < 0) throw new Error(`${from} is not in the text`);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(document.positionAt(at), document.positionAt(at + from.length)), to);
  if (!(await vscode.workspace.applyEdit(edit))) throw new Error('the edit was refused');
}

export async function save(document: vscode.TextDocument): Promise<void> {
  if (await document.save()) return;
  // Where another program wrote the file a moment ago, the workbench asks; the answer here is to overwrite.
  await vscode.workspace.fs.writeFile(document.uri, new TextEncoder().encode(document.getText()));
  await vscode.window.showTextDocument(document);
  await vscode.commands.executeCommand('workbench.action.files.revert');
  if (document.isDirty) throw new Error(`${document.fileName} was not saved`);
}

export function folders(): readonly vscode.WorkspaceFolder[] {
  return vscode.workspace.workspaceFolders ?? [];
}

export function root(): vscode.Uri {
  const [first] = folders();
  if (!first) throw new Error('no folder is open');
  return first.uri;
}

/** A program that the extension ran for a folder, as the system lists it. */
export async function activate(): Promise<void> {
  const extension = await until('the extension is there', () => vscode.extensions.getExtension('escapelens.escapelens'));
  await extension.activate();
}
