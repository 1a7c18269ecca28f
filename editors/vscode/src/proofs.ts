/** What compiling a suggestion proved, and how it is told. */
import type { Suggestion } from './schema';

/** Whether a verdict shows that the rewrite helps and breaks nothing. */
export function isProven(suggestion: Suggestion): boolean {
  const verdict = suggestion.verdict;
  if (!verdict || !verdict.builds || !verdict.tests_build || verdict.tests === 'failed') return false;
  if (verdict.effect === 'gone') return verdict.site_gone;
  const counted = verdict.allocations;
  return (verdict.effect === 'moved' || verdict.effect === 'reduced') && counted !== undefined && counted.after < counted.before;
}

/** Applied without a look at it first: the same meaning by construction, and proven. */
export function isSafe(suggestion: Suggestion): boolean {
  return suggestion.applicability === 'safe' && isProven(suggestion);
}

/** Applied without a second thought: it is also of use elsewhere than in code that rarely runs. */
export function isPreferred(suggestion: Suggestion): boolean {
  return isSafe(suggestion) && !suggestion.gains;
}

/** "proven with go1.27.3 · 2 → 1 allocations"; undefined where nothing was proven. */
export function proofOf(suggestion: Suggestion): string | undefined {
  const verdict = suggestion.verdict;
  if (!verdict || !isProven(suggestion)) return undefined;
  const counted = verdict.allocations;
  const parts = [
    `proven with ${verdict.go}`,
    ...(verdict.tests === 'passed' ? ['tests pass'] : []),
    ...(counted ? [`${counted.before} → ${counted.after} allocations`] : []),
    ...(suggestion.applicability === 'review' ? ['review'] : []),
  ];
  return parts.join(' · ');
}

/** The title of the action that applies it: "Return User by value · proven with go1.27.3". */
export function titleOf(suggestion: Suggestion): string {
  const title = suggestion.title.replaceAll('`', '');
  return `${title.slice(0, 1).toUpperCase()}${title.slice(1)} · ${proofOf(suggestion) ?? 'not proven'}`;
}

/** Why the suggestions of a site came to nothing, for who asked. */
export function rejectionOf(suggestions: readonly Suggestion[]): string {
  const said = suggestions.flatMap((one) => [one.verdict?.message, one.advice]).find(Boolean);
  return said ? `No rewrite was proven: ${said}` : 'There is no rewrite for this.';
}
