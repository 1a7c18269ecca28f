/** A rewrite that is looked at before it is made: its difference in an editor, and a question beside it. */
import * as vscode from 'vscode';
import { rewriteEdit, rewrittenTexts } from '../edits';
import { titleOf } from '../proofs';
import type { Proof, Session } from '../session';
import { plain } from '../words';
import type { Pages } from './pages';

export async function preview(proof: Proof, session: Session, pages: Pages): Promise<void> {
  const title = titleOf(proof.suggestion);
  const texts = await rewrittenTexts(proof, session.known);
  const pairs = texts.map(([uri, text]) => [uri, uri, pages.make(`/rewritten${uri.path}`, text)] as const);
  const [only] = pairs;
  if (only && pairs.length === 1) await vscode.commands.executeCommand('vscode.diff', only[1], only[2], title, { preview: true });
  else await vscode.commands.executeCommand('vscode.changes', title, pairs);

  const [apply, discard] = ['Apply', 'Discard'];
  const choice = await vscode.window.showInformationMessage(`${title}. ${plain(proof.suggestion.safety, 400)}`, apply, discard);
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  await vscode.window.tabGroups.close(tabs.filter((tab) => tab.label === title));
  // The texts may have changed while it was looked at, which is noticed here.
  if (choice === apply) await vscode.workspace.applyEdit(await rewriteEdit(proof, session.known));
}
