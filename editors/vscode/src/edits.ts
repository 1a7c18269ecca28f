/** A proven rewrite as an edit of the workspace, in the text that it was proven for and in no other. */
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { grouped, type Known } from './known';
import type { TextEdit } from './schema';
import type { Proof } from './session';
import { sha256, SourceText } from './text';

interface FileChange {
  uri: vscode.Uri;
  /** The text as it was compiled; undefined for a file that is new. */
  before: SourceText | undefined;
  /** Byte offsets, in the order of the text. */
  edits: readonly TextEdit[];
}

/** The edit that carries a rewrite out; throws where a file is no longer what was compiled. */
export async function rewriteEdit(proof: Proof, known: Known): Promise<vscode.WorkspaceEdit> {
  const edit = new vscode.WorkspaceEdit();
  for (const { uri, before, edits } of await changes(proof, known)) {
    if (!before) edit.createFile(uri, { contents: Buffer.from(rewritten(undefined, edits)) });
    else {
      for (const { start, end, new_text: text } of edits) {
        const [from, to] = [before.point(start), before.point(end)];
        edit.replace(uri, new vscode.Range(from.line, from.character, to.line, to.character), text);
      }
    }
  }
  return edit;
}

/** The texts of the files as the rewrite makes them. */
export async function rewrittenTexts(proof: Proof, known: Known): Promise<[vscode.Uri, string][]> {
  return (await changes(proof, known)).map(({ uri, before, edits }) => [uri, rewritten(before, edits)]);
}

async function changes({ suggestion, files }: Proof, known: Known): Promise<FileChange[]> {
  const hashes = new Map(files.map(({ file, sha256 }) => [known.absolute(file), sha256]));
  const groups = [...grouped(suggestion.edits ?? [], (one) => one.file)];
  return Promise.all(
    groups.map(async ([file, edits]) => {
      const path = known.absolute(file);
      if (path === undefined) throw new Error(`there is no file ${file}`);
      const uri = vscode.Uri.file(path);
      const bytes = await compiledBytes(uri, hashes.get(path) ?? known.hashOf(path));
      const ordered = [...edits].sort((one, other) => one.start - other.start || one.end - other.end);
      return { uri, before: bytes && new SourceText(bytes), edits: ordered };
    }),
  );
}

function rewritten(before: SourceText | undefined, edits: readonly TextEdit[]): string {
  const bytes = before?.bytes ?? Buffer.alloc(0);
  const parts: Buffer[] = [];
  let at = 0;
  for (const { start, end, new_text: text } of edits) {
    parts.push(bytes.subarray(at, start), Buffer.from(text));
    at = end;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]).toString('utf8');
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
