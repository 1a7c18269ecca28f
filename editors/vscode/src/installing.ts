/** What to do where the program is not there. */
import * as vscode from 'vscode';
import { choosePath } from './config';

const COMMAND = "pipx install 'escapelens[go]'";

export async function offerToInstall(): Promise<void> {
  const [install, choose] = ['Install With pipx', 'Choose Executable…'];
  const choice = await vscode.window.showWarningMessage(
    'The program escapelens was not found: neither in the settings, the selected Python environment, nor on PATH.',
    install,
    choose,
  );
  if (choice === install) typeInstall();
  if (choice === choose) await chooseExecutable();
}

/** The command is typed into a terminal, for the user to run. */
function typeInstall(): void {
  const terminal = vscode.window.createTerminal('escapelens');
  terminal.show();
  terminal.sendText(COMMAND, false);
}

export async function chooseExecutable(): Promise<void> {
  const chosen = await vscode.window.showOpenDialog({ title: 'The escapelens executable', canSelectMany: false });
  if (chosen?.[0]) await choosePath(chosen[0].fsPath);
}
