/** How long to wait before a program that ended by itself is started again. */
const FIRST = 1000;
const LONGEST = 30_000;
/** A run of this many milliseconds was a good one. */
const GOOD = 60_000;
const TRIES = 6;

export class Backoff {
  private failures = 0;

  /** The milliseconds to wait after a run that lasted so long; undefined when it is hopeless. */
  next(lasted: number): number | undefined {
    if (lasted >= GOOD) this.failures = 0;
    this.failures++;
    return this.failures > TRIES ? undefined : Math.min(FIRST * 2 ** (this.failures - 1), LONGEST);
  }

  reset(): void {
    this.failures = 0;
  }
}
