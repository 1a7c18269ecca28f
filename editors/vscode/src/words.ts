/** What is said of sites at the end of a line, above a function and in the status bar. */
import { isInLoop, rank, compareRanks } from './rank';
import type { Cause, Measured, Site } from './schema';

/** Ends "heap: …"; a cause that is not listed is told by its name. */
const SHORT: Partial<Record<Cause, string>> = {
  'address-outlives-loop': 'its address outlives the loop',
  'callee-keeps-argument': 'kept by the function it is passed to',
  'channel-send': 'sent on a channel',
  'closure-capture': 'captured by a function literal',
  'constant-boxed': 'a constant in an interface',
  'deferred-call': 'a call kept for later',
  'dynamic-call-argument': 'passed to a call the compiler cannot see into',
  'error-value': 'put in an error',
  'formatted-argument': 'put in an interface to be formatted',
  'generic-dictionary': 'a generic function used as a value',
  'goroutine-argument': 'passed to a goroutine',
  'goroutine-closure': 'run by a goroutine',
  'interface-conversion': 'put in an interface',
  'loop-variable': 'a loop variable that outlives its turn',
  'map-insert': 'stored in a map',
  'method-value': 'a method used as a value',
  'no-body': 'passed to code the compiler cannot see',
  'over-aligned': 'needs more alignment than the stack has',
  'package-initialiser': 'the value of a package variable',
  'panic-argument': 'passed to panic',
  'pool-put-by-value': 'put in a pool by value',
  'range-over-func': 'the body of a loop over a function',
  'reflective-call': 'passed to reflect',
  'returned-closure': 'returned to the caller',
  'returned-map': 'returned to the caller',
  'returned-pointer': 'returned to the caller',
  'returned-slice': 'returned to the caller',
  'slice-element-stored': 'stored in a slice',
  'slice-growth': 'append may grow it',
  'slice-of-pointers': 'kept in a slice as a pointer',
  'stored-in-global': 'stored in a package variable',
  'stored-in-outer-variable': 'stored in a variable of the function around',
  'stored-through-pointer': 'stored behind a pointer',
  'string-bytes-conversion': 'a conversion that copies',
  'string-concatenation': 'strings joined with +',
  'too-large-for-stack': 'too large for the stack',
  'unreported-allocation': 'the compiler says nothing of it',
  'variable-size-make': 'its size is known only at run time',
  'variadic-slice': 'the slice of variadic arguments',
  'zero-sized-element': 'its elements have no size',
};

/** What stands behind "heap:" for a site. */
export function shortReason(site: Site): string {
  return site.cause ? (SHORT[site.cause] ?? site.cause.replaceAll('-', ' ')) : 'by decision of the compiler';
}

/** The note at the end of a line that holds some sites. */
export function noteOf(sites: readonly Site[]): string {
  const ordered = [...sites].sort((one, other) => compareRanks(rank(one), rank(other)));
  const reasons = [...new Set(ordered.map(shortReason))];
  const told = reasons.slice(0, 2).join(' · ') + (reasons.length > 2 ? ' · …' : '');
  const [only] = sites;
  const cost = only && sites.length === 1 ? costOf(only) : '';
  const head = sites.length === 1 ? 'heap' : `${sites.length} on the heap`;
  return `${head}${sites.some(isInLoop) ? ', in a loop' : ''}: ${told}${cost && ` · ${cost}`}`;
}

/** What a site takes, in a word or two; empty where that is not known. */
export function costOf({ cost }: Site): string {
  if (!cost) return '';
  if (cost.allocates === 'no') return 'allocates nothing';
  if (cost.profile) return measured(cost.profile);
  return cost.bytes === undefined ? '' : bytes(cost.bytes);
}

/** What a profile has of a site: "12.5 % of the profile: 300 objects, 4,800 bytes". */
export function measured({ objects, bytes: taken, share, among }: Measured): string {
  const alike = among !== undefined && among > 1 ? `, one of ${among} alike on the line` : '';
  return `${(100 * share).toFixed(1)} % of the profile: ${objects.toLocaleString('en')} object${objects === 1 ? '' : 's'}, ${bytes(taken)}${alike}`;
}

function bytes(count: number): string {
  return `${count.toLocaleString('en')} byte${count === 1 ? '' : 's'}`;
}

/** The counts of some sites: "3 on the heap · 1 in a loop"; `where` stands for "on the heap". */
export function countsOf(sites: readonly Site[], where = ' on the heap'): string {
  const loops = sites.filter(isInLoop).length;
  return `${sites.length}${where}${loops ? ` · ${loops} in ${loops === 1 ? 'a loop' : 'loops'}` : ''}`;
}

/** Words of a source on one line, none of them able to steer what shows them. */
export function plain(text: string, longest = 80): string {
  // eslint-disable-next-line no-control-regex -- these are what must not come through
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** Seconds or milliseconds, as one would say them. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
