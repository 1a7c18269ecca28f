/** The program as a child of this process: one that is watched over, or one that runs once. */
import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readEvent, SchemaError, type Event } from './events';
import { Lines } from './lines';

export interface Program {
  command: string;
  args: readonly string[];
  cwd: string;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last of what it wrote on stderr. */
  said: string;
  milliseconds: number;
}

/** What is written to a pipe before its reader has gone is lost without harm. */
const KEPT = 4000;
/** Milliseconds for a child to end after its stdin did, and again after it was told to. */
const GRACE = 2000;

export class Child {
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly started = Date.now();
  private said = '';
  private isOver = false;
  readonly ended: Promise<Ended>;

  constructor(
    program: Program,
    /** With the time at which its line was whole. */
    onEvent: (event: Event, at: number) => void,
    onSchema: (error: SchemaError) => void,
  ) {
    // The folder as it is spelled here: behind a symbolic link, files are named by it.
    const env = { ...process.env, PWD: program.cwd, PYTHONIOENCODING: 'utf-8' };
    this.process = spawn(program.command, program.args, { cwd: program.cwd, env, stdio: 'pipe', windowsHide: true });
    const lines = new Lines((line) => {
      if (this.isOver) return;
      const at = performance.now();
      try {
        const event = readEvent(line);
        if (event) onEvent(event, at);
      } catch (error) {
        if (!(error instanceof SchemaError)) throw error;
        void this.stop();
        onSchema(error);
      }
    });
    this.process.stdout.on('data', (chunk: Buffer) => {
      lines.push(chunk);
    });
    this.process.stderr.on('data', (chunk: Buffer) => {
      this.said = (this.said + chunk.toString('utf8')).slice(-KEPT);
    });
    this.process.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null): void => {
        resolve({ code, signal, said: this.said.trim(), milliseconds: Date.now() - this.started });
      };
      this.process.on('error', (error) => {
        this.said ||= error.message;
        end(null, null);
      });
      this.process.on('close', end);
    });
  }

  send(command: object): void {
    this.process.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** Ends the child, which ends what it started; after this no event comes from it. */
  async stop(): Promise<void> {
    this.isOver = true;
    this.process.stdin.end();
    const timers = [
      setTimeout(() => this.process.kill('SIGTERM'), GRACE),
      setTimeout(() => this.process.kill('SIGKILL'), 2 * GRACE),
    ];
    await this.ended;
    timers.forEach(clearTimeout);
  }
}

/** What a program that runs once prints; what it complains about where it fails. */
export function runOnce(program: Program, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PWD: program.cwd, NO_COLOR: '1', COLUMNS: '100', PYTHONIOENCODING: 'utf-8' };
    const options = { cwd: program.cwd, env, maxBuffer: 1 << 30, ...(signal ? { signal } : {}) };
    execFile(program.command, [...program.args], options, (error, stdout, stderr) => {
      // A broken build is reported as far as it goes.
      if (error && !stdout) reject(new Error(stderr.trim() || error.message));
      else resolve(stdout);
    });
  });
}
