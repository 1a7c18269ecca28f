/** Markdown about sites. What comes from sources is either a code span or has its marks escaped. */
import type { Finding, Position, Site, Suggestion } from './schema';
import { proofOf } from './proofs';
import { costOf, plain } from './words';

/** Where a link to a position leads; undefined where there is no file. */
export type LinkTo = (position: Position) => string | undefined;

/** Text that shows as it is. */
export function escaped(text: string): string {
  return plain(text, Infinity).replace(/[\\`*_{}[\]()#+\-.!~<>|&:@$^="']/g, (mark) => (mark === '<' ? '&lt;' : mark === '&' ? '&amp;' : `\\${mark}`));
}

/** Text as a code span, whatever marks are in it. */
export function code(text: string, longest = 120): string {
  const line = plain(text, longest);
  if (!line.trim()) return '';
  const longestRun = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longestRun + 1);
  const pad = line.startsWith('`') || line.endsWith('`') || (line.startsWith(' ') && line.endsWith(' ')) ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A sentence of escapelens, which quotes the source between backticks. */
export function sentence(text: string): string {
  const parts = text.split('`');
  // A raw string within a quotation has such marks too; then none is told from another.
  if (parts.length % 2 === 0) return escaped(text);
  return parts.map((part, index) => (index % 2 ? code(part, Infinity) : escaped(part))).join('');
}

function place(position: Position, link: LinkTo): string {
  const name = `${position.file.split(/[\\/]/).pop() ?? ''}:${position.line}`;
  const target = link(position);
  return target ? `[${escaped(name)}](${target})` : escaped(name);
}

/** The steps by which a value got to the heap, then the functions that keep it. */
export function steps(site: Site, link: LinkTo): string[] {
  const lines: string[] = [];
  for (const step of site.flows[0]?.steps ?? []) {
    if (!step.position || step.reason === 'spill') continue;
    lines.push(`${place(step.position, link)} ${code(step.expression)} ${escaped(step.note)}`);
  }
  for (const one of site.chain ?? []) {
    const at = one.position ? `${place(one.position, link)} ` : '';
    lines.push(`${at}${code(one.text)} in ${code(one.function || one.package)}`);
  }
  return [...new Set(lines)].map((line, index) => `${index + 1}. ${line}`);
}

/** "Allocates each time, 48 bytes"; empty where nothing is known of it. */
function expense(site: Site): string {
  const { cost } = site;
  if (!cost || cost.allocates === 'unknown') return '';
  if (cost.allocates === 'no') return 'Allocates nothing';
  return [`Allocates ${escaped(cost.because)}`, ...[costOf(site)].filter(Boolean)].join(', ');
}

/** What the hover tells of a site. */
export function hoverText(site: Site, link: LinkTo, suggestions: readonly Suggestion[]): string {
  const why = site.sentence ? sentence(site.sentence) : `${code(site.expression)} is on the heap`;
  const triage = site.triage ?? {};
  const where = [
    ...(triage.loop_depth ? [triage.loop_depth === 1 ? 'in a loop' : `in ${triage.loop_depth} loops`] : []),
    ...(triage.cold ? [escaped(triage.cold.replaceAll('-', ' '))] : []),
    ...(site.origin?.function ? [`inlined from ${code(site.origin.function)}`] : []),
    ...(site.ignored ? [`ignored: ${escaped(site.ignored.reason)}`] : []),
  ];
  const parts = [why + (where.length ? ` — ${where.join(', ')}` : ''), steps(site, link).join('\n'), expense(site)];
  for (const one of suggestions) {
    const proof = proofOf(one);
    const text = one.advice ? sentence(one.advice) : `${sentence(one.title)}${proof ? ` — ${escaped(proof)}` : ''}`;
    parts.push(`Rewrite: ${text}`);
  }
  return parts.filter(Boolean).join('\n\n');
}

/** What the hover tells of a finding about a pool, with what would mend it. */
export function findingText({ finding, sentence: told, suggestions }: Finding): string {
  const [best] = suggestions ?? [];
  const mend = best ? `Rewrite: ${sentence(best.title)} — ${code('escapelens pools --prove')} compiles it` : '';
  return [`${sentence(told)} — ${code(finding)}`, mend].filter(Boolean).join('\n\n');
}

/** A site for a chat or an issue; its links are plain places. */
export function copyText(site: Site): string {
  const none: LinkTo = () => undefined;
  const head = `**${escaped(site.position.file)}:${site.position.line}** in ${code(site.function || site.package)}`;
  const cause = site.cause ? `Cause: ${site.cause}` : '';
  return [head, sentence(site.sentence ?? ''), steps(site, none).join('\n'), cause].filter(Boolean).join('\n\n') + '\n';
}
