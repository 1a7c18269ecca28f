/** A module, from the first build to its last edit. */
import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { activate, found, open, replace, root, save, say, told, until } from './until';

export async function store(): Promise<void> {
  await activate();
  const editor = await open(root(), 'store.go');
  await firstBuild(editor.document);
  await columns();
  await unsavedEdits(editor);
  await brokenAndMended(editor);
  await changedOnDisk(editor.document);
  await ignored(editor.document);
  await rewritten();
  await pools();
  await profiles(editor.document);
  await settings(editor.document);
  await restarted(editor.document);
}

async function firstBuild(document: vscode.TextDocument): Promise<void> {
  await until('diagnostics', () => found(document.uri).length > 0);
  const all = told(document);
  assert.ok(all.includes('37 returned-pointer u'), all.join('\n'));
  assert.ok(all.includes('80 slice-of-pointers &User{ID: user.ID, Name: user.Name}'), all.join('\n'));
  assert.ok(found(document.uri).every((one) => one.severity === vscode.DiagnosticSeverity.Hint));
  say(`${all.length} diagnostics, all of them hints`);

  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, new vscode.Position(36, 1));
  const texts = hovers.flatMap((one) => one.contents as vscode.MarkdownString[]);
  const story = texts.find((one) => one.value.includes('hands its address to the caller'));
  assert.ok(story, texts.map((one) => one.value).join('\n---\n'));
  assert.match(story.value, /\]\(file:.*store\.go#L38%2C2\) `return &u`/);
  assert.ok(!story.isTrusted && !story.value.includes('command:'));
  say('the hover tells why, with the steps as links, and runs nothing that a source says');

  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri);
  const titles = lenses.map((one) => `${one.range.start.line + 1} ${one.command?.title ?? ''}`);
  assert.ok(titles.includes('36 1 on the heap'), titles.join('\n'));
  assert.ok(titles.includes('74 3 on the heap · 2 in loops'), titles.join('\n'));
  say('code lenses stand above the functions');

  const actions = await codeActions(document, new vscode.Range(36, 1, 36, 1));
  for (const title of ['Look for proven rewrites', 'Explain this: returned-pointer', 'Copy as Markdown', 'Ignore with a reason…']) {
    assert.ok(actions.some((one) => one.title === title), `${title} of ${actions.map((one) => one.title).join(', ')}`);
  }
  const copy = actions.find((one) => one.title === 'Copy as Markdown')?.command;
  await vscode.commands.executeCommand(copy?.command ?? '', ...((copy?.arguments ?? []) as unknown[]));
  const page = await vscode.workspace.openTextDocument(vscode.Uri.parse('escapelens:/causes/returned-pointer.md'));
  assert.match(page.getText(), /returned-pointer/);
  say('the light bulb offers what there is, and the page of the cause opens');
}

async function columns(): Promise<void> {
  const { document } = await open(root(), 'text.go');
  await until('diagnostics of text.go', () => found(document.uri).length > 0);
  assert.deepEqual(told(document), [
    '5 string-concatenation "🦫 naïve" +\t"ß"',
    '5 returned-pointer gruß',
    '5 string-concatenation "🦫🦫" + naïve[:größe%2]',
  ].filter((line) => told(document).includes(line)));
  assert.ok(told(document).includes('5 returned-pointer gruß'));
  say(`byte columns behind ß, ï and 🦫: ${told(document).join(' | ')}`);

  const windows = (await open(root(), 'crlf.go')).document;
  await until('diagnostics of crlf.go', () => found(windows.uri).length > 0);
  assert.deepEqual(told(windows), ['4 returned-pointer n']);
  say('columns in a file with CRLF');
}

async function unsavedEdits(editor: vscode.TextEditor): Promise<void> {
  const { document } = await vscode.window.showTextDocument(editor.document);
  const before = told(document);
  await replace(document, 'func NewUser', '// A comment that moves all below.\n\nfunc NewUser');
  const moved = before.map((line) => line.replace(/^\d+/, (number) => String(Number(number) + (Number(number) >= 36 ? 2 : 0))));
  await until('what is below moves', () => told(document).join() === moved.join());
  say('an edit that is not saved moves what is below it');
  await save(document);
  const saved = document.version;
  await until('a report of the saved text', async () => told(document).join() === moved.join() && (await lensOf(document, 38)));
  assert.equal(document.version, saved);

  // A change of meaning: the variable no longer leaves.
  await replace(document, 'return &u\n', 'return &User{ID: u.ID}\n');
  await save(document);
  await until('the variable is gone and the literal is there', () => {
    const now = told(document);
    return now.includes('40 returned-pointer &User{ID: u.ID}') && !now.some((line) => line.startsWith('39 '));
  });
  say('a save shows what changed');
}

async function brokenAndMended(editor: vscode.TextEditor): Promise<void> {
  const { document } = editor;
  const before = told(document);
  await replace(document, 'return &User{ID: u.ID}\n', 'return &User{ID: u.ID\n');
  await save(document);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const kept = told(document);
  assert.ok(kept.length >= before.length - 1, `${kept.length} of ${before.length} are left`);
  say('a broken build keeps what was known');
  await replace(document, 'return &User{ID: u.ID\n', 'return &User{ID: u.ID}\n');
  await save(document);
  await until('all is there again', () => told(document).join() === before.join());
  say('a mended build shows all again');
}

async function changedOnDisk(document: vscode.TextDocument): Promise<void> {
  const before = told(document);
  const text = readFileSync(document.uri.fsPath, 'utf8');
  writeFileSync(document.uri.fsPath, text.replace('package store', '// Written by another program.\npackage store'));
  const moved = before.map((line) => line.replace(/^\d+/, (number) => String(Number(number) + 1)));
  await until('all moves', () => told(document).join() === moved.join());
  writeFileSync(document.uri.fsPath, text);
  await until('all moves back', () => told(document).join() === before.join());
  say('what another program writes is followed');
}

async function ignored(document: vscode.TextDocument): Promise<void> {
  const before = told(document);
  await replace(document, '\trenamed := *old', '\t//escapelens:ignore callee-keeps-argument it is a registry\n\trenamed := *old');
  await save(document);
  await until('the ignored site is gone', () => told(document).length === before.length - 1);
  await replace(document, '\t//escapelens:ignore callee-keeps-argument it is a registry\n', '');
  await save(document);
  await until('it is back', () => told(document).join() === before.join());
  say('a comment hides its site');
}

async function rewritten(): Promise<void> {
  const { document } = await open(root(), 'longest.go');
  await until('the variable is on the heap', () => told(document).includes('18 closure-capture longest'));
  const range = new vscode.Range(17, 2, 17, 2);
  const fix = await proven(document, range, 'Make the function literal after the last assignment to longest · proven with go1.');
  assert.ok(fix.edit);
  assert.equal(fix.isPreferred, true);
  assert.equal((await codeActions(document, range)).filter((one) => one.isPreferred).length, 1);

  await previewed(document);

  // In another text the edit has no place.
  await replace(document, 'package store\n', 'package store\n\n');
  const late = (await codeActions(document, new vscode.Range(18, 2, 18, 2))).find((one) => one.title === fix.title);
  assert.equal(late?.edit, undefined);
  await vscode.commands.executeCommand('undo');
  assert.equal(document.isDirty, false);

  assert.ok(await vscode.workspace.applyEdit(fix.edit));
  assert.match(document.getText(), /}\n\tget := func/);
  await save(document);
  await until('the site is gone', () => !told(document).some((line) => line.includes('closure-capture')));
  say('a proven rewrite takes its site away');
}

/** The rewrite of a title, once it has been looked for; the list that offers it is left. */
async function proven(document: vscode.TextDocument, range: vscode.Range, title: string): Promise<vscode.CodeAction> {
  begin((await codeActions(document, range)).find((one) => one.title === 'Look for proven rewrites'));
  const action = await until(title, async () => (await codeActions(document, range)).find((one) => one.title.startsWith(title)));
  await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
  return action;
}

/** Runs the command of an action, which may wait for an answer. */
function begin(action: vscode.CodeAction | undefined): void {
  assert.ok(action?.command);
  void vscode.commands.executeCommand(action.command.command, ...(action.command.arguments as unknown[])).then(undefined, (error: unknown) => {
    console.log(`failed ${String(error)}`);
  });
}

/** What may change the meaning is shown as a difference first. */
async function previewed(document: vscode.TextDocument): Promise<void> {
  const range = new vscode.Range(5, 1, 5, 1);
  const fix = await proven(document, range, 'Return the pair by value · proven with go1.');
  assert.ok(fix.command && !fix.edit && !fix.isPreferred);
  begin(fix);
  const tab = await until('the difference', () =>
    vscode.window.tabGroups.activeTabGroup.tabs.find((one) => one.input instanceof vscode.TabInputTextDiff),
  );
  const { modified } = tab.input as vscode.TabInputTextDiff;
  const text = (await vscode.workspace.openTextDocument(modified)).getText();
  assert.equal(text, document.getText().replace('*pair {', 'pair {').replace('return &p', 'return p'));
  await vscode.window.tabGroups.close(tab);
  await vscode.commands.executeCommand('notifications.clearAll');
  await vscode.window.showTextDocument(document);
  say('a rewrite that may change the meaning is previewed');
}

async function pools(): Promise<void> {
  const { document } = await open(root(), 'pooled.go');
  await until('the finding', () => told(document).some((line) => line.startsWith('16 pool-used-after-put ')));
  const one = found(document.uri).find(({ code }) => (code as { value: string }).value === 'pool-used-after-put');
  assert.equal(one?.severity, vscode.DiagnosticSeverity.Information);
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, one.range.start);
  const texts = hovers.flatMap(({ contents }) => contents as vscode.MarkdownString[]).map(({ value }) => value);
  assert.ok(texts.some((text) => text.includes('`pool-used-after-put`')), texts.join());
  const page = await vscode.workspace.openTextDocument(vscode.Uri.parse('escapelens:/causes/pool-used-after-put.md'));
  assert.match(page.getText(), /pool-used-after-put/);

  const line = document.lineAt(15).text;
  await replace(document, line, `${line} //escapelens:ignore pool-used-after-put nobody else runs`);
  await save(document);
  await until('the finding is hidden', () => !told(document).some((text) => text.includes('pool-used-after-put')));
  say('what is wrong with a pool stands among the problems, until a comment hides it');
}

/** What a benchmark of the module allocated, as the go command wrote it down. */
async function profiles(document: vscode.TextDocument): Promise<void> {
  await vscode.window.showTextDocument(document);
  const go = vscode.workspace.getConfiguration('escapelens').get('go', 'go');
  const file = join(root().fsPath, 'mem.pb.gz');
  const words = ['test', '-run=^$', '-bench=Add', '-benchtime=1000x', '-memprofilerate=1', `-memprofile=${file}`, `-o=${join(root().fsPath, 'store.test')}`, '.'];
  execFileSync(go, words, { cwd: root().fsPath });
  const at = document.positionAt(document.getText().indexOf('NewUser(id, name)'));
  const story = async (): Promise<string> => {
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, at);
    return hovers.flatMap(({ contents }) => contents as vscode.MarkdownString[]).map(({ value }) => value).join('\n');
  };
  await vscode.commands.executeCommand('escapelens.loadProfile', file);
  await until('what the site took', async () => /\d % of the profile: 1,\d+ objects/.test((await story()).replaceAll('\\', '')));
  await vscode.commands.executeCommand('escapelens.clearProfile');
  await until('it is forgotten', async () => !(await story()).includes('of the profile'));
  say('a profile tells what sites took, until it is cleared');
}

async function settings(document: vscode.TextDocument): Promise<void> {
  const config = vscode.workspace.getConfiguration('escapelens');
  const before = told(document).length;
  await config.update('severity', 'information', vscode.ConfigurationTarget.Workspace);
  await until('information', () => found(document.uri).some((one) => one.severity === vscode.DiagnosticSeverity.Information));
  await config.update('severity', 'off', vscode.ConfigurationTarget.Workspace);
  await until('no diagnostics', () => found(document.uri).length === 0);
  await config.update('severity', undefined, vscode.ConfigurationTarget.Workspace);
  await config.update('hiddenCauses', ['slice-growth'], vscode.ConfigurationTarget.Workspace);
  await until('hidden causes', () => told(document).length > 0 && !told(document).some((line) => line.includes('slice-growth')));
  await config.update('hiddenCauses', undefined, vscode.ConfigurationTarget.Workspace);
  await until('all', () => told(document).length === before);
  say('settings take effect at once');
}

async function restarted(document: vscode.TextDocument): Promise<void> {
  const before = told(document);
  await vscode.commands.executeCommand('escapelens.restart');
  await until('all is told again', () => told(document).join() === before.join());
  say('a restart leads to the same');
}

async function lensOf(document: vscode.TextDocument, line: number): Promise<boolean> {
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', document.uri);
  return lenses.some((one) => one.range.start.line + 1 === line);
}

function codeActions(document: vscode.TextDocument, range: vscode.Range): Thenable<vscode.CodeAction[]> {
  return vscode.commands.executeCommand<vscode.CodeAction[]>('vscode.executeCodeActionProvider', document.uri, range, vscode.CodeActionKind.QuickFix.value, 20);
}
