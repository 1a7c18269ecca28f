/** One watched folder: its child, what it told, and the state that this is in. */
import { Backoff } from './backoff';
import type { Event } from './events';
import { Known } from './known';
import type { Log } from './log';
import { Child, type Ended, type Program } from './runner';
import type { BrokenPackage, DigestedFile, IdleCounts, ReportEvent, Suggestion, VerdictEvent } from './schema';
import { duration } from './words';

export type State = 'starting' | 'building' | 'ok' | 'broken' | 'failed' | 'stopped';

export interface Listener {
  /** The files of which something new may be known. */
  sites(session: Session, paths: ReadonlySet<string>): void;
  state(session: Session): void;
  /** It ended for good, for a reason that the user should be told. */
  failed(session: Session, message: string): void;
}

/** A suggestion that was compiled, and the text that its edits count in. */
export interface Proof {
  suggestion: Suggestion;
  files: readonly DigestedFile[];
}

interface Question {
  found: Proof[];
  progress: (text: string) => void;
  resolve: (found: Proof[]) => void;
  reject: (error: Error) => void;
}

export class Session {
  readonly known = new Known();
  state: State = 'stopped';
  counts: IdleCounts | undefined;
  milliseconds = 0;
  message = '';
  broken: readonly BrokenPackage[] = [];
  private readonly proofs = new Map<string, Map<string, Proof>>();
  private readonly questions = new Map<string, Question>();
  private readonly backoff = new Backoff();
  private child: Child | undefined;
  private timer: NodeJS.Timeout | undefined;
  private asked = 0;
  /** The profile that sites are measured by; a program that is started again reads it again. */
  private profile: string | undefined;

  constructor(
    readonly folder: string,
    readonly program: Program,
    private readonly log: Log,
    private readonly listener: Listener,
  ) {}

  /** What is known is older than the sources. */
  get isStale(): boolean {
    return this.state === 'broken';
  }

  start(): void {
    clearTimeout(this.timer);
    this.log.info(`${this.folder}: ${this.program.command} ${this.program.args.join(' ')}`);
    this.become('starting');
    const child = new Child(
      this.program,
      (event, at) => {
        this.take(event, at);
      },
      (error) => {
        this.give(error.message);
      },
    );
    this.child = child;
    void child.ended.then((ended) => {
      if (this.child === child) this.over(ended);
    });
  }

  async stop(): Promise<void> {
    clearTimeout(this.timer);
    const child = this.child;
    this.child = undefined;
    this.abandon('the watch has ended');
    this.become('stopped');
    await child?.stop();
  }

  refresh(): void {
    this.send({ command: 'refresh' });
  }

  /** Has the suggestions of a site compiled. */
  verify(fingerprint: string, progress: (text: string) => void): { found: Promise<Proof[]>; cancel: () => void } {
    if (!this.child) return { found: Promise.reject(new Error('escapelens does not run')), cancel: () => undefined };
    const id = this.send({ command: 'verify', site: fingerprint });
    const found = new Promise<Proof[]>((resolve, reject) => {
      this.questions.set(id, { found: [], progress, resolve, reject });
    });
    const cancel = (): void => {
      this.send({ command: 'cancel', site: fingerprint });
      this.questions.get(id)?.reject(new Error('cancelled'));
      this.questions.delete(id);
    };
    return { found, cancel };
  }

  /** Has sites measured by an allocation profile, a file or an address; by none, if there is none. */
  measure(profile: string | undefined): Promise<void> {
    if (!this.child) return Promise.reject(new Error('escapelens does not run'));
    const id = this.send({ command: 'profile', ...(profile === undefined ? {} : { profile }) });
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.profile = profile;
        resolve();
      };
      this.questions.set(id, { found: [], progress: () => undefined, resolve: done, reject });
    });
  }

  /** What was compiled for a site since its text last changed. */
  proofsOf(fingerprint: string): readonly Proof[] {
    return [...(this.proofs.get(fingerprint)?.values() ?? [])];
  }

  private send(command: object): string {
    const id = String(++this.asked);
    this.child?.send({ id, ...command });
    return id;
  }

  private take(event: Event, at: number): void {
    switch (event.event) {
      case 'ready':
        this.backoff.reset();
        this.log.info(`${this.folder}: ${event.go.version}, ${event.packages.join(' ')}`);
        if (this.profile !== undefined) this.send({ command: 'profile', profile: this.profile });
        break;
      case 'building':
        if (this.state !== 'broken') this.become('building');
        break;
      case 'report':
        this.report(event);
        this.log.info(`${this.folder}: ${event.report.sites.length} sites of ${event.packages.length} packages shown in ${(performance.now() - at).toFixed(1)} ms`);
        break;
      case 'error':
        this.message = event.message;
        this.broken = event.packages;
        this.log.warn(`${this.folder}: ${event.message}${event.hint ? ` (${event.hint})` : ''}`);
        for (const one of this.broken) {
          for (const error of one.errors ?? []) this.log.warn(`  ${placed(error)}`);
        }
        this.become('broken');
        break;
      case 'idle':
        this.counts = event.counts;
        this.milliseconds = event.milliseconds;
        if (!event.stale) this.broken = [];
        this.become(event.stale ? 'broken' : 'ok');
        this.log.info(`${this.folder}: ${event.counts.sites} sites after ${duration(event.milliseconds)}${event.stale ? ', stale' : ''}`);
        break;
      case 'cancelled':
        break;
      case 'progress':
        if (event.id) this.questions.get(event.id)?.progress(event.text);
        else this.log.info(`${this.folder}: ${event.text}`);
        break;
      case 'verdict':
        this.judge(event);
        break;
      case 'answer': {
        const question = this.questions.get(event.id);
        this.questions.delete(event.id);
        if (event.ok) question?.resolve(question.found);
        else question?.reject(new Error(event.message ?? 'it could not be done'));
        break;
      }
    }
  }

  private report(event: ReportEvent): void {
    const paths = this.known.take(event);
    for (const site of event.report.sites) this.proofs.delete(site.fingerprint);
    for (const one of event.delta?.gone ?? []) this.proofs.delete(one.fingerprint);
    this.listener.sites(this, paths);
  }

  private judge(event: VerdictEvent): void {
    const proof = { suggestion: event.suggestion, files: event.files };
    const known = this.proofs.get(event.site) ?? new Map<string, Proof>();
    this.proofs.set(event.site, known.set(event.suggestion.id, proof));
    if (event.id) this.questions.get(event.id)?.found.push(proof);
    this.listener.state(this);
  }

  private over(ended: Ended): void {
    this.child = undefined;
    this.abandon('escapelens has ended');
    const how = ended.signal ?? `exit code ${ended.code ?? 'unknown'}`;
    this.log.error(`${this.folder}: ended with ${how} after ${duration(ended.milliseconds)}${ended.said ? `\n${ended.said}` : ''}`);
    // A usage error or a missing Go does not mend itself.
    const wait = ended.code === 2 || ended.code === 3 ? undefined : this.backoff.next(ended.milliseconds);
    if (wait === undefined) {
      this.give(firstLines(ended.said) || `escapelens ended with ${how}`);
      return;
    }
    this.log.info(`${this.folder}: starting again in ${duration(wait)}`);
    this.message = firstLines(ended.said);
    this.become('starting');
    this.timer = setTimeout(() => {
      this.start();
    }, wait);
  }

  private give(message: string): void {
    this.child = undefined;
    this.message = message;
    this.become('failed');
    this.listener.failed(this, message);
  }

  private abandon(why: string): void {
    for (const question of this.questions.values()) question.reject(new Error(why));
    this.questions.clear();
  }

  private become(state: State): void {
    this.state = state;
    if (state === 'ok') this.message = '';
    this.listener.state(this);
  }
}

function placed(error: { message: string; position?: { file: string; line: number } }): string {
  return error.position ? `${error.position.file}:${error.position.line}: ${error.message}` : error.message;
}

function firstLines(text: string): string {
  return text.split('\n').slice(-2).join(' ').slice(0, 300);
}
