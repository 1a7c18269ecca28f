// Written by `npm run types` from `escapelens schema`; not edited by hand.

export const SCHEMA_VERSION = '1';

/** The named patterns behind sites. */
export type Cause =
  | 'address-outlives-loop'
  | 'callee-keeps-argument'
  | 'channel-send'
  | 'closure-capture'
  | 'constant-boxed'
  | 'deferred-call'
  | 'dynamic-call-argument'
  | 'error-value'
  | 'formatted-argument'
  | 'generic-dictionary'
  | 'goroutine-argument'
  | 'goroutine-closure'
  | 'interface-conversion'
  | 'loop-variable'
  | 'map-insert'
  | 'method-value'
  | 'no-body'
  | 'over-aligned'
  | 'package-initialiser'
  | 'panic-argument'
  | 'pool-put-by-value'
  | 'range-over-func'
  | 'reflective-call'
  | 'returned-closure'
  | 'returned-map'
  | 'returned-pointer'
  | 'returned-slice'
  | 'slice-element-stored'
  | 'slice-growth'
  | 'slice-of-pointers'
  | 'stored-in-global'
  | 'stored-in-outer-variable'
  | 'stored-through-pointer'
  | 'string-bytes-conversion'
  | 'string-concatenation'
  | 'too-large-for-stack'
  | 'unreported-allocation'
  | 'variable-size-make'
  | 'variadic-slice'
  | 'zero-sized-element';

/** Whether anything is allocated at run time where the compiler decided on the heap. */
export type Allocates =
  | 'no'
  | 'sometimes'
  | 'unknown'
  | 'yes';

/** Allocations per operation, measured with and without a rewrite. */
export interface Allocations {
  before: number;
  after: number;
}

/** The last that is said to a command. */
export interface AnswerEvent {
  event: 'answer';
  generation: number;
  schema_version: string;
  id: string;
  ok: boolean;
  message?: string;
}

/** What the author of a rewrite claims about it; what was measured is a Verdict. */
export type Applicability =
  | 'idea'
  | 'review'
  | 'safe';

/** The figures of one benchmark, measured without a profile. */
export interface Benchmark {
  package: string;
  name: string;
  nanoseconds: number;
  bytes: number;
  allocations: number;
  collections: number;
}

/** A package that does not build, with what the compiler or the go command says. */
export interface BrokenPackage {
  import_path: string;
  dir: string;
  errors?: BuildError[];
  silenced_by?: string;
}

/** What the go command or the compiler said about a package that does not build. */
export interface BuildError {
  message: string;
  position?: Position;
}

/** A build begins; without packages, of all. */
export interface BuildingEvent {
  event: 'building';
  generation: number;
  schema_version: string;
  packages: string[];
}

/** The build of a generation was given up for a newer one. */
export interface CancelledEvent {
  event: 'cancelled';
  generation: number;
  schema_version: string;
}

/** A site that is on the heap for another reason than before. */
export interface CauseChange {
  fingerprint: string;
  was: string | null;
  now: string | null;
}

/** How sure it is which declaration an inlined copy came from. */
export type Certainty =
  | 'exact'
  | 'inferred'
  | 'unknown';

/** One function that a value is handed on through, and the statement that does so. */
export interface ChainLink {
  package: string;
  function: string;
  text: string;
  position?: Position;
}

/** How likely it is that figures differ so much though two programs do the same. */
export interface Chances {
  nanoseconds: number;
  bytes: number;
  allocations: number;
  collections: number;
}

/** Why a place is not part of what a program does over and over. */
export type Cold =
  | 'error-path'
  | 'init'
  | 'package-initialiser'
  | 'panics'
  | 'test-file';

/** Where a decision was taken, seen from the source place it belongs to. */
export type Context =
  | 'generated'
  | 'inlined'
  | 'instance'
  | 'own'
  | 'wrapper';

/** What a site takes at run time, and how that is known. */
export interface Cost {
  allocates: Allocates;
  because: string;
  bytes?: number;
  profile?: Measured;
}

/** Totals over a report; sites are those that stand in the packages asked for. */
export interface Counts {
  sites: number;
  decisions: number;
  functions: number;
  files: number;
  packages: number;
  hidden: number;
  ignored: number;
  unrecognised: number;
  by_kind: Record<string, number>;
  by_cause: Record<string, number>;
  by_package: Record<string, number>;
  by_allocates?: Record<string, number>;
  in_loops?: number;
}

/** Which lines were checked against the known forms. */
export type Coverage =
  | 'all'
  | 'decisions';

/** One final line of the compiler, with how often one compilation printed it. */
export interface Decision {
  package: string;
  position: Position;
  message: string;
  count: number;
  context: Context;
  variant?: string;
}

/** What a change did to the sites and findings, as far as a report tells it. */
export interface Delta {
  new?: string[];
  gone?: SiteReference[];
  changed?: CauseChange[];
  new_findings?: string[];
  gone_findings?: FindingReference[];
}

/** A file that edits count in, as it was read. */
export interface DigestedFile {
  file: string;
  sha256: string;
}

/** A call of an interface method, of which only the running program knows what it calls. */
export interface Dispatch {
  interface: string;
  method: string;
  types?: string[];
  more?: number;
}

/** A whole report. */
export interface Document {
  schema_version: string;
  tool: Tool;
  go: Go;
  root: string;
  coverage: Coverage;
  files: SourceFile[];
  packages: Package[];
  sites: Site[];
  leaks: Leak[];
  stack: Stay[];
  unrecognised: Unrecognised[];
  counts: Counts;
  notes: string[];
  profile: Profiled | null;
  pools?: Pool[];
  findings?: Finding[];
  benchmarks?: Benchmark[];
}

/** What compiling a rewritten program showed about its site. */
export type Effect =
  | 'gone'
  | 'moved'
  | 'none'
  | 'reduced';

/** A build failed; what was told before stays, and is stale. */
export interface ErrorEvent {
  event: 'error';
  generation: number;
  schema_version: string;
  message: string;
  hint: string;
  fatal: boolean;
  packages: BrokenPackage[];
}

/** Something about the use of a pool that costs what it should save, or is wrong. */
export interface Finding {
  fingerprint: string;
  pool: string;
  finding: 'pool-used-after-put' | 'pool-put-twice' | 'pool-wrong-type' | 'pool-get-without-new' | 'pool-put-of-nil' | 'pool-not-reset' | 'pool-copied' | 'pool-not-put-back' | 'pool-put-address' | 'pool-put-by-value' | 'pool-unbounded' | 'pool-not-needed' | 'pool-growth-lost';
  position: Position;
  range: Range;
  package: string;
  function: string;
  sentence: string;
  site?: string;
  ignored?: Ignored;
  suggestions?: Suggestion[];
}

/** What is left to say of a finding about a pool. */
export interface FindingReference {
  fingerprint: string;
  pool: string;
  finding: string;
  package: string;
  function: string;
  position: Position;
}

/** One explanation of the compiler: the steps from a value to what keeps it. */
export interface Flow {
  to: string;
  steps: Step[];
  truncated?: boolean;
}

/** The toolchain, target and flags of a run; empty strings where a log does not tell. */
export interface Go {
  version: string;
  goos: string;
  goarch: string;
  cgo_enabled: boolean;
  tags: string[];
  gcflags: string;
}

/** How much is on the heap in all packages. */
export interface IdleCounts {
  sites: number;
  functions: number;
  files: number;
  packages: number;
}

/** All of a generation was said. */
export interface IdleEvent {
  event: 'idle';
  generation: number;
  schema_version: string;
  milliseconds: number;
  counts: IdleCounts;
  stale: boolean;
}

/** An `//escapelens:ignore` comment that hides a site or finding. */
export interface Ignored {
  reason: string;
  position: Position;
}

/** What the compiler decided at a site. */
export type Kind =
  | 'deferred-call'
  | 'escapes'
  | 'moved'
  | 'unreported';

/** A parameter whose pointee flows out of its function. */
export interface Leak {
  package: string;
  function: string;
  parameter: string;
  to: string;
  derefs: number;
  position: Position;
  flows: Flow[];
  foreign?: boolean;
}

/** What a profile has of a site. */
export interface Measured {
  objects: number;
  bytes: number;
  share: number;
  cumulative: number;
  among?: number;
}

/** The declaration an inlined copy came from. */
export interface Origin {
  certainty: Certainty;
  function?: string;
  position?: Position;
}

/** What came of the affected tests with a rewrite applied. */
export type OutcomeOfTests =
  | 'failed'
  | 'not_run'
  | 'passed';

/** One package that was asked for, and why it could not be analysed if it could not. */
export interface Package {
  import_path: string;
  dir: string;
  variant?: string;
  errors?: BuildError[];
  silenced_by?: string;
}

/** A line and byte column, both 1-based. */
export interface Point {
  line: number;
  column: number;
}

/** A `sync.Pool`: a variable or field that is one, or that keeps the pointer to one. */
export interface Pool {
  id: string;
  name: string;
  package: string;
  position: Position;
  element: string;
  has_new: boolean;
  gets: PoolCall[];
  puts: PoolCall[];
  allocations?: Allocations;
  benchmarks?: PoolBenchmark[];
  profile?: Measured;
}

/** What one benchmark takes in one of these programs: medians of runs that were made in turn. */
export interface PoolBenchmark {
  package: string;
  name: string;
  program: PoolProgram;
  operations: number;
  nanoseconds: number;
  bytes: number;
  allocations: number;
  collections: number;
  suggestion?: string;
  chances?: Chances;
}

/** A call that takes a value from a pool or puts one back; its position is that of its `(`. */
export interface PoolCall {
  position: Position;
  package: string;
  function: string;
  type?: string;
  through?: string;
  deferred?: boolean;
}

/** What is run to see what a pool does. */
export type PoolProgram =
  | 'as-it-is'
  | 'changed'
  | 'without';

/** A place as the compiler gives it; `column` is absent where the compiler prints none. */
export interface Position {
  file: string;
  line: number;
  column?: number;
}

/** A line of a profile that allocates and that no site accounts for. */
export interface ProfileLine {
  function: string;
  file: string;
  line: number;
  objects: number;
  bytes: number;
  share: number;
  reason: string;
  through?: Position;
}

/** What is known from allocation profiles. */
export interface Profiled {
  index: string;
  objects: number;
  bytes: number;
  matched: number;
  lines: ProfileLine[];
  changed?: string[];
}

/** What a reader should know, or how far something that takes long has come. */
export interface ProgressEvent {
  event: 'progress';
  generation: number;
  schema_version: string;
  text: string;
  id?: string;
  suggestion?: string;
}

/** The source text of one syntax node, end exclusive. */
export interface Range {
  start: Point;
  end: Point;
}

/** A watch begins. */
export interface ReadyEvent {
  event: 'ready';
  generation: number;
  schema_version: string;
  root: string;
  tool: Tool;
  go: Go;
  packages: string[];
}

/** What is on the heap in some packages; `whole` stands in place of everything before. */
export interface ReportEvent {
  event: 'report';
  generation: number;
  schema_version: string;
  whole: boolean;
  packages: string[];
  removed: string[];
  stale: boolean;
  report: Document;
  delta?: Delta;
}

/** One place in the source where the compiler decided on the heap. */
export interface Site {
  fingerprint: string;
  package: string;
  function: string;
  kind: Kind;
  expression: string;
  position: Position;
  decisions: Decision[];
  flows: Flow[];
  range?: Range;
  origin?: Origin;
  foreign?: boolean;
  generated?: boolean;
  cause?: Cause;
  sentence?: string;
  chain?: ChainLink[];
  dispatch?: Dispatch;
  triage?: Triage;
  cost?: Cost;
  ignored?: Ignored;
  suggestions?: Suggestion[];
}

/** A site that a rewrite makes or removes; its position is that of the text it stands in. */
export interface SiteReference {
  fingerprint: string;
  package: string;
  function: string;
  expression: string;
  position: Position;
  cause?: string;
  triage?: Triage;
}

/** A file that holds sites or findings, as it was when it was read. */
export interface SourceFile {
  file: string;
  sha256: string;
  generated: boolean;
  changed: boolean;
}

/** A value the compiler may keep on the stack: `X does not escape`. */
export interface Stay {
  package: string;
  function: string;
  expression: string;
  position: Position;
  foreign?: boolean;
}

/** One hop of a flow: `target` receives `value` because of `expression`. */
export interface Step {
  expression: string;
  reason: string;
  note: string;
  target: string;
  value: string;
  position?: Position;
}

/** A rewrite of one site, or advice where no edit can be made. */
export interface Suggestion {
  id: string;
  cause: string;
  rewrite: string;
  title: string;
  applicability: Applicability;
  safety: string;
  advice?: string;
  code?: string;
  edits?: TextEdit[];
  verdict?: Verdict;
  gains?: string;
}

/** Replaces the bytes from `start` to `end`, both 0-based offsets, of a file as it was read. */
export interface TextEdit {
  file: string;
  start: number;
  end: number;
  new_text: string;
}

/** Which program wrote the document. */
export interface Tool {
  name?: string;
  version?: string;
}

/** What the syntax around a place tells of how often it runs and who can reach it. */
export interface Triage {
  loop_depth?: number;
  cold?: Cold;
  exported?: boolean;
}

/** A line of compiler output that no known form explains. */
export interface Unrecognised {
  package: string;
  line: string;
}

/** What compiling, and where asked for running, the rewritten program showed in this run. */
export interface Verdict {
  builds: boolean;
  tests_build: boolean;
  tests: OutcomeOfTests;
  effect: Effect;
  site_gone: boolean;
  go: string;
  new_sites?: SiteReference[];
  gone_sites?: SiteReference[];
  allocations?: Allocations;
  with?: string[];
  dependents?: number;
  message?: string;
}

/** A suggestion was compiled. */
export interface VerdictEvent {
  event: 'verdict';
  generation: number;
  schema_version: string;
  site: string;
  suggestion: Suggestion;
  files: DigestedFile[];
  id?: string;
}
