/** A proven rewrite as an edit of the workspace, in the text that it was proven for and in no other. */
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { grouped, type Known } from './known';
import type { Proof } from './session';
import { sha256, SourceText } from './text';
import { titleOf } from './proofs';

/** Throws where a file is no longer what was compiled. */
export async function rewriteEdit({ suggestion, files }: Proof, known: Known): Promise<vscode.WorkspaceEdit> {
  const edit = new vscode.WorkspaceEdit();
  const hashes = new Map(files.map(({ file, sha256 }) => [known.absolute(file), sha256]));
  const metadata = {
    label: titleOf(suggestion),
    description: suggestion.safety,
    // What may change the meaning is looked at first.
    needsConfirmation: suggestion.applicability !== 'safe',
  };
  for (const [file, edits] of grouped(suggestion.edits ?? [], (one) => one.file)) {
    const path = known.absolute(file);
    if (path === undefined) throw new Error(`there is no file ${file}`);
    const uri = vscode.Uri.file(path);
    const hash = hashes.get(path) ?? known.hashOf(path);
    const bytes = await compiledBytes(uri, hash);
    if (!bytes) {
      edit.createFile(uri, { contents: Buffer.from(edits.map((one) => one.new_text).join('')) }, metadata);
      continue;
    }
    const text = new SourceText(bytes);
    for (const { start, end, new_text: replacement } of edits) {
      const from = text.point(start);
      const to = text.point(end);
      edit.replace(uri, new vscode.Range(from.line, from.character, to.line, to.character), replacement, metadata);
    }
  }
  return edit;
}

/** The bytes that were compiled, if the editor shows just these; undefined for a file that is not there. */
async function compiledBytes(uri: vscode.Uri, hash: string | undefined): Promise<Buffer | undefined> {
  const document = vscode.workspace.textDocuments.find((one) => one.uri.fsPath === uri.fsPath);
  const shown = document && Buffer.from(document.getText(), 'utf8');
  if (shown && sha256(shown) === hash) return shown;
  const disk = await readFile(uri.fsPath).catch(() => undefined);
  if (!disk && !document) return undefined;
  if (disk && sha256(disk) === hash && document?.isDirty !== true) return disk;
  throw new Error(`${vscode.workspace.asRelativePath(uri)} has changed since the rewrite was compiled; save it and look again`);
}
