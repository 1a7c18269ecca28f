/** The only reader of settings. */
import * as vscode from 'vscode';
import type { BuildSettings } from './launch';

export type Notes = 'all' | 'loops' | 'off';
export type Severity = 'hint' | 'information' | 'warning' | 'off';

export interface ViewSettings {
  notes: Notes;
  severity: Severity;
  codeLens: boolean;
  hiddenCauses: ReadonlySet<string>;
  hideCold: boolean;
}

/** Settings on which the child's command line depends. */
const OF_BUILD = ['enable', 'path', 'go', 'packages', 'tests', 'tags', 'goos', 'goarch', 'buildFlags'];

export function viewSettings(scope: vscode.Uri | undefined): ViewSettings {
  const config = section(scope);
  return {
    notes: config.get<Notes>('notes', 'all'),
    severity: config.get<Severity>('severity', 'hint'),
    codeLens: config.get('codeLens', true),
    hiddenCauses: new Set(config.get<string[]>('hiddenCauses', [])),
    hideCold: config.get('hideCold', false),
  };
}

export function buildSettings(scope: vscode.Uri): BuildSettings {
  const config = section(scope);
  const packages = config.get<string[]>('packages', []);
  return {
    go: config.get('go', ''),
    packages: packages.length ? packages : ['./...'],
    tests: config.get('tests', false),
    tags: config.get('tags', ''),
    goos: config.get('goos', ''),
    goarch: config.get('goarch', ''),
    buildFlags: config.get<string[]>('buildFlags', []),
  };
}

export function isEnabled(scope: vscode.Uri): boolean {
  return section(scope).get('enable', true);
}

/** The executable that the user named; empty for none. */
export function executablePath(scope: vscode.Uri): string {
  return section(scope).get('path', '').trim();
}

export function changesBuild(event: vscode.ConfigurationChangeEvent): boolean {
  return OF_BUILD.some((name) => event.affectsConfiguration(`escapelens.${name}`));
}

export function changesViews(event: vscode.ConfigurationChangeEvent): boolean {
  return event.affectsConfiguration('escapelens') && !changesBuild(event);
}

export async function choosePath(path: string): Promise<void> {
  await section(undefined).update('path', path, vscode.ConfigurationTarget.Global);
}

export async function setNotes(notes: Notes): Promise<void> {
  await section(undefined).update('notes', notes, target());
}

export async function setHiddenCauses(causes: readonly string[]): Promise<void> {
  await section(undefined).update('hiddenCauses', causes.length ? causes : undefined, target());
}

function target(): vscode.ConfigurationTarget {
  return vscode.workspace.workspaceFolders ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
}

function section(scope: vscode.Uri | undefined): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration('escapelens', scope ?? null);
}
