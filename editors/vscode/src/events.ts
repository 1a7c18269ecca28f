/** What `escapelens watch --format jsonl` says: one JSON object a line. */
import {
  SCHEMA_VERSION,
  type AnswerEvent,
  type BuildingEvent,
  type CancelledEvent,
  type ErrorEvent,
  type IdleEvent,
  type ProgressEvent,
  type ReadyEvent,
  type ReportEvent,
  type VerdictEvent,
} from './schema';

export type Event =
  | ReadyEvent
  | BuildingEvent
  | ReportEvent
  | ErrorEvent
  | IdleEvent
  | CancelledEvent
  | ProgressEvent
  | VerdictEvent
  | AnswerEvent;

const KNOWN: Record<Event['event'], true> = {
  ready: true,
  building: true,
  report: true,
  error: true,
  idle: true,
  cancelled: true,
  progress: true,
  verdict: true,
  answer: true,
};

/** The program speaks a schema that this extension does not know. */
export class SchemaError extends Error {
  constructor(readonly version: string) {
    super(`escapelens speaks version ${version} of its schema; this extension knows version ${SCHEMA_VERSION}`);
  }
}

/** The event on a line; undefined for one that a newer program may send, and for what is no JSON. */
export function readEvent(line: string): Event | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('event' in value)) return undefined;
  const { event, schema_version: version } = value as { event: unknown; schema_version?: unknown };
  if (version !== SCHEMA_VERSION) throw new SchemaError(String(version));
  return typeof event === 'string' && Object.hasOwn(KNOWN, event) ? (value as Event) : undefined;
}
