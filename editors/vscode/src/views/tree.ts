/** All sites as a tree: package, function, site. */
import { relative } from 'node:path';
import * as vscode from 'vscode';
import { disposeAll, type Parts } from '../disposing';
import type { Ctx } from '../ctx';
import { grouped } from '../known';
import { compareRanks, compareSites, isInLoop, rank, type Rank } from '../rank';
import type { Site } from '../schema';
import type { Session } from '../session';
import { countsOf, plain, shortReason } from '../words';
import { storyOf } from './hover';

export type Order = 'cost' | 'source';

interface FolderNode {
  kind: 'folder';
  session: Session;
}
interface PackageNode {
  kind: 'package';
  session: Session;
  name: string;
  sites: readonly Site[];
}
interface FunctionNode {
  kind: 'function';
  parent: PackageNode;
  name: string;
  sites: readonly Site[];
}
export interface SiteNode {
  kind: 'site';
  session: Session;
  parent: FunctionNode;
  site: Site;
}
type Node = FolderNode | PackageNode | FunctionNode | SiteNode;

export class Tree implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly view: vscode.TreeView<Node>;
  private readonly subscriptions: Parts;
  private packages = new Map<Session, PackageNode[]>();
  private order: Order = 'cost';

  constructor(private readonly ctx: Ctx) {
    this.view = vscode.window.createTreeView<Node>('escapelens.sites', { treeDataProvider: this, showCollapseAll: true });
    const refresh = (): void => {
      this.refresh();
    };
    this.subscriptions = [this.changed, this.view, ctx.onDidChangeSites(refresh)];
  }

  dispose(): void {
    disposeAll(this.subscriptions);
  }

  sortBy(order: Order): void {
    this.order = order;
    void vscode.commands.executeCommand('setContext', 'escapelens.order', order);
    this.refresh();
  }

  /** Shows the tree, and in it the function that holds a site. */
  async show(session?: Session, fingerprint?: string): Promise<void> {
    await vscode.commands.executeCommand('escapelens.sites.focus');
    if (!session || fingerprint === undefined) return;
    for (const parent of this.packagesOf(session)) {
      if (!parent.sites.some((site) => site.fingerprint === fingerprint)) continue;
      const found = this.functionsOf(parent).find(({ sites }) => sites.some((site) => site.fingerprint === fingerprint));
      if (found) await this.view.reveal(found, { select: true, focus: true, expand: true });
    }
  }

  getChildren(node?: Node): Node[] {
    switch (node?.kind) {
      case undefined: {
        const sessions = this.ctx.sessions.filter((session) => this.packagesOf(session).length);
        const [only] = sessions;
        if (only && sessions.length === 1) return this.packagesOf(only);
        return sessions.map((session) => ({ kind: 'folder', session }));
      }
      case 'folder':
        return this.packagesOf(node.session);
      case 'package':
        return this.functionsOf(node);
      case 'function':
        return node.sites.map((site) => ({ kind: 'site', session: node.parent.session, parent: node, site }));
      case 'site':
        return [];
    }
  }

  getParent(node: Node): Node | undefined {
    if (node.kind === 'site') return node.parent;
    if (node.kind === 'function') return node.parent;
    if (node.kind === 'package' && this.getChildren()[0]?.kind === 'folder') return { kind: 'folder', session: node.session };
    return undefined;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const item = itemOf(node);
    item.id = idOf(node);
    const isOnly = node.kind === 'package' && this.packagesOf(node.session).length === 1;
    if (isOnly || node.kind === 'folder') item.collapsibleState = vscode.TreeItemCollapsibleState.Expanded;
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, node: Node): vscode.TreeItem {
    if (node.kind === 'site') item.tooltip = storyOf(node, node.session);
    return item;
  }

  private refresh(): void {
    this.packages = new Map();
    const count = this.ctx.sessions.reduce((sum, one) => sum + this.packagesOf(one).reduce((all, { sites }) => all + sites.length, 0), 0);
    this.view.description = count ? `${count} sites` : '';
    this.changed.fire(undefined);
  }

  private packagesOf(session: Session): PackageNode[] {
    const known = this.packages.get(session);
    if (known) return known;
    const folder = vscode.Uri.file(session.folder);
    const nodes = [...session.known.all]
      .map(([name, sites]): PackageNode => ({ kind: 'package', session, name, sites: this.sorted(this.ctx.shown(folder, sites)) }))
      .filter(({ sites }) => sites.length);
    const sorted = this.sortedGroups(nodes);
    this.packages.set(session, sorted);
    return sorted;
  }

  private functionsOf(parent: PackageNode): FunctionNode[] {
    // Functions of one name may be in several files, as `init` is.
    const groups = grouped(parent.sites, (site) => `${site.position.file}\n${site.function}`);
    const nodes = [...groups.values()].map(
      (sites): FunctionNode => ({ kind: 'function', parent, name: sites[0]?.function ?? '', sites }),
    );
    return this.order === 'cost' ? nodes : nodes.sort((one, other) => compareSites(one.sites[0] as Site, other.sites[0] as Site));
  }

  private sorted(sites: Site[]): Site[] {
    if (this.order === 'source') return sites.sort(compareSites);
    const ranks = new Map(sites.map((site) => [site, rank(site)]));
    return sites.sort(
      (one, other) => compareRanks(ranks.get(one) as Rank, ranks.get(other) as Rank) || compareSites(one, other),
    );
  }

  private sortedGroups(nodes: PackageNode[]): PackageNode[] {
    const byName = (one: PackageNode, other: PackageNode): number => (one.name < other.name ? -1 : 1);
    if (this.order === 'source') return nodes.sort(byName);
    const first = ({ sites }: PackageNode): Rank => rank(sites[0] as Site);
    return nodes.sort((one, other) => compareRanks(first(one), first(other)) || byName(one, other));
  }
}

function itemOf(node: Node): vscode.TreeItem {
  switch (node.kind) {
    case 'folder':
      return group(vscode.workspace.asRelativePath(node.session.folder), 'root-folder', '');
    case 'package':
      return group(node.name, 'package', countsOf(node.sites, ''));
    case 'function':
      return group(node.name || 'package level', 'symbol-method', countsOf(node.sites, ''));
    case 'site':
      return leaf(node);
  }
}

function group(label: string, icon: string, description: string): vscode.TreeItem {
  const item = new vscode.TreeItem(plain(label), vscode.TreeItemCollapsibleState.Collapsed);
  item.iconPath = new vscode.ThemeIcon(icon);
  item.description = description;
  return item;
}

function leaf({ site, session }: SiteNode): vscode.TreeItem {
  const item = new vscode.TreeItem(plain(site.expression, 60));
  const file = session.known.absolute(site.position.file) ?? '';
  item.description = `${shortReason(site)} · ${relative(session.folder, file)}:${site.position.line}`;
  item.iconPath = isInLoop(site)
    ? new vscode.ThemeIcon('sync', new vscode.ThemeColor('escapelens.noteInLoop'))
    : new vscode.ThemeIcon(site.triage?.cold ? 'circle-outline' : 'circle-filled', new vscode.ThemeColor('escapelens.note'));
  item.contextValue = 'site';
  item.command = { command: 'escapelens.open', title: 'Open', arguments: [{ folder: session.folder, fingerprint: site.fingerprint }] };
  return item;
}

function idOf(node: Node): string {
  switch (node.kind) {
    case 'folder':
      return node.session.folder;
    case 'package':
      return `${node.session.folder}\n${node.name}`;
    case 'function':
      return `${idOf(node.parent)}\n${node.sites[0]?.position.file ?? ''}\n${node.name}`;
    case 'site':
      return `${idOf(node.parent)}\n${node.site.fingerprint}`;
  }
}
