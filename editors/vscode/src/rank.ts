/** Which sites come first: those likely to cost most, as in the terminal. */
import type { Site } from './schema';

/** Compares by likely cost, the likeliest least. */
export type Rank = readonly number[];

/** Sizes of allocations, in bytes, that make a difference. */
const LARGE = [64, 1024]

export function rank(site: Site): Rank {
  const { triage = {}, cost } = site;
  const isCopy = site.origin !== undefined || site.decisions.every((one) => one.context === 'inlined');
  return [
    Number(Boolean(site.generated) || Boolean(site.foreign)),
    -(cost?.profile?.share ?? 0),
    Number(cost?.allocates === 'no'),
    Number(triage.cold !== undefined),
    -(triage.loop_depth ?? 0),
    Number(cost?.allocates === 'sometimes'),
    -LARGE.filter((limit) => (cost?.bytes ?? 0) > limit).length,
    Number(isCopy),
  ];
}

export function compareRanks(one: Rank, other: Rank): number {
  for (let index = 0; index < one.length; index++) {
    const difference = (one[index] as number) - (other[index] as number);
    if (difference) return difference;
  }
  return 0;
}

/** The order of the source. */
export function compareSites(one: Site, other: Site): number {
  const [a, b] = [one.position, other.position];
  return a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || (a.column ?? 0) - (b.column ?? 0);
}

export function isInLoop(site: Site): boolean {
  return (site.triage?.loop_depth ?? 0) > 0;
}

/** The sites that a profile has something of, the dearest first. */
export function paying(sites: readonly Site[]): Site[] {
  const share = (site: Site): number => site.cost?.profile?.share ?? 0;
  return sites.filter((site) => share(site) > 0).sort((one, other) => share(other) - share(one));
}
