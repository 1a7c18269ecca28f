"""Rewrites with their diffs and what compiling them showed, in a terminal."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from rich.console import Console
from rich.text import Text

from escapelens.model import (
    Applicability,
    Effect,
    Kind,
    OutcomeOfTests,
    SiteReference,
    Suggestion,
    Verdict,
)
from escapelens.reporters.excerpt import SITE_STYLE
from escapelens.reporters.visible import encodable, visible
from escapelens.reporters.wording import frequency, measured, number, place_text, quoted
from escapelens.rewriting.rewrite import Refusal
from escapelens.sites import Merged
from escapelens.suggesting import Proposal
from escapelens.verify import Standing, standing
from escapelens.verify.measuring import Benchmarks, Compared

_TAB = 4
_MOST_NEW = 3
_COLUMNS = ("ns/op", "B/op", "allocs/op", "collections")
_CELL = 28
"""How wide a figure is with its change."""
_NONE: Mapping[str, Merged] = MappingProxyType({})
_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


class FixReporter:
    """Prints rewrites on one console."""

    def __init__(self, console: Console, shown: Mapping[str, Merged] = _NONE) -> None:
        self._console = console
        self._shown = shown
        """The sites as they were shown, by fingerprint; they tell what a profile has of them."""

    def rewrite(
        self, alike: Sequence[Proposal], diff: str, benchmarks: Benchmarks | None = None
    ) -> None:
        """A rewrite that is offered for one site or more: what it is, its diff and its proof."""
        for one in alike:
            self._head(one.site, one.suggestion)
        self._diff(diff)
        for said in proofs(alike):
            self._wrapped(Text(visible(said)), 6, start=4)
        if benchmarks is not None:
            for line in benchmark_lines(benchmarks, self._console.width - 4):
                self._line(Text(f"    {line}"))
        notes = (
            one.suggestion.safety
            for one in alike
            if one.suggestion.applicability is not Applicability.SAFE
        )
        for note in dict.fromkeys(filter(None, notes)):
            self._wrapped(Text(visible(f"note: {note}"), "dim"), 6, start=4)
        self._line(Text())

    def rejected(self, one: Proposal) -> None:
        """A rewrite that does not do what it should, in the compiler's words."""
        self._head(one.site, one.suggestion, "rejected")
        verdict = one.suggestion.verdict
        if verdict is not None:
            for line in _why(verdict).splitlines():
                self._wrapped(Text(visible(line)), 4, start=4)
        self._line(Text())

    def refused(self, site: Merged, refusal: Refusal) -> None:
        """A rewrite that cannot be made, with the reason."""
        text = f"{place_text(site.site.position)} {site.site.cause}/{refusal.rewrite}: not made, "
        self._wrapped(Text(visible(f"{text}since {refusal.reason}")), 4)

    def advice(self, site: Merged, suggestion: Suggestion) -> None:
        """What can be done where no edit can be made."""
        self._head(site, suggestion)
        self._wrapped(Text(visible(suggestion.advice or suggestion.safety)), 4, start=4)
        for line in suggestion.code.splitlines():
            self._line(Text(visible(f"    {line.expandtabs(4)}")))
        self._line(Text())

    def unanswered(self, site: Merged) -> None:
        """A site for which nothing is known that would help."""
        what = quoted(site.site.expression)
        text = f"{place_text(site.site.position)} nothing is suggested for {what}: "
        self._wrapped(Text(visible(f"{text}{_why_left(site)}")), 4)

    def tell(self, text: str, style: str = "") -> None:
        """A line of its own."""
        self._wrapped(Text(visible(text), style), 2)

    def _head(self, site: Merged, suggestion: Suggestion, state: str = "") -> None:
        text = Text(visible(place_text(site.site.position)) + " ")
        title = Text(visible(suggestion.title))
        title.highlight_regex(r"`[^`]*`", SITE_STYLE)
        text.append_text(title)
        words = " · ".join(filter(None, (suggestion.applicability.value, state)))
        text.append(visible(f" [{suggestion.cause}/{suggestion.rewrite}] {words}"), "dim")
        shown = self._shown.get(site.site.fingerprint, site).site.cost
        if shown is not None and shown.profile is not None:
            text.append("".join(f", {part}" for part in measured(shown.profile)))
        self._wrapped(text, 4)

    def _diff(self, diff: str) -> None:
        for line in diff_lines(diff):
            self._line(line)

    def _wrapped(self, text: Text, hanging: int, start: int = 0) -> None:
        width = max(self._console.width - hanging, 20)
        for index, line in enumerate(text.wrap(self._console, width)):
            line.rstrip()
            self._line(Text(" " * (hanging if index else start)).append_text(line))

    def _line(self, text: Text) -> None:
        encoding = self._console.encoding
        if not encoding.startswith("utf"):
            text.plain = encodable(text.plain, encoding)
        self._console.print(text, soft_wrap=True, markup=False, highlight=False, emoji=False)


def _why_left(one: Merged) -> str:
    """Why nothing is suggested for a site."""
    site = one.site
    if site.generated:
        return "its file is generated"
    if site.ignored is not None:
        return f"a comment says why it is there: {site.ignored.reason}"
    if site.range is None:
        return "its source is not known, or was changed since it was compiled"
    return f"no rewrite and no advice is known ({site.cause or 'no cause'})"


def diff_lines(diff: str) -> Iterator[Text]:
    """A patch in colours, indented."""
    for line in diff.splitlines():
        parts = (visible(part) for part in line.split("\t"))
        text = "\t".join(parts)
        shown = text[:1] + text[1:].expandtabs(_TAB)
        style = "bold" if text.startswith(("+++", "---")) else _DIFF_STYLES.get(text[:1], "")
        yield Text(f"    {shown}", style)


def proofs(alike: Sequence[Proposal]) -> Iterator[str]:
    """What one compilation showed of the sites that it frees, those told alike in one line."""
    freed = {one.site.site.fingerprint for one in alike}
    told: dict[str, list[Merged]] = {}
    verdicts = [(one.site, one.suggestion.verdict) for one in alike if one.suggestion.verdict]
    for site, verdict in verdicts:
        told.setdefault(proof([site], verdict, freed, "…"), []).append(site)
    for sites in told.values():
        verdict = next(verdict for site, verdict in verdicts if site is sites[0])
        yield proof(sites, verdict, freed)


def proof(
    sites: Sequence[Merged], verdict: Verdict, freed: Collection[str] = (), what: str = ""
) -> str:
    """What one compilation showed of sites, in a line; `freed` are told of beside it."""
    clauses = [_outcome(sites, verdict, what), _others(verdict)]
    gone = [one for one in verdict.gone_sites if one.fingerprint not in freed]
    if gone:
        clauses.append(f"{number(len(gone), 'other site')} gone with it")
    clauses.append(_tests(verdict))
    if verdict.effect in (Effect.GONE, Effect.MOVED):
        clauses.append(verdict.message)
    if verdict.allocations is not None:
        before, after = verdict.allocations.before, verdict.allocations.after
        clauses.append(f"{before:g} → {after:g} allocs/op")
    return f"{verdict.go}: {', '.join(filter(None, clauses))}"


def _outcome(sites: Sequence[Merged], verdict: Verdict, what: str) -> str:
    named = list(dict.fromkeys(quoted(one.site.expression) for one in sites))
    what = what or ", ".join(named)
    be, stay = ("is", "stays") if len(named) == 1 else ("are", "stay")
    match verdict.effect:
        case Effect.GONE:
            is_moved = all(one.site.kind is Kind.MOVED for one in sites)
            return f"{what} {f'{stay} on the stack' if is_moved else f'{be} not on the heap'}"
        case Effect.MOVED:
            return f"{what} {be} no longer on the heap; {_listed(verdict.new_sites)}"
        case Effect.REDUCED:
            return f"{what} {be} on the heap only where the rewritten code still puts it"
        case _:
            return f"{what} {be} still on the heap"


def _others(verdict: Verdict) -> str:
    where = "this package"
    if verdict.dependents:
        where = f"{number(verdict.dependents, 'dependent package')}" + " and this one"
    if verdict.effect is Effect.GONE:
        return f"no new heap site in {where}"
    return f"{where} build{'' if verdict.dependents else 's'}"


def _listed(sites: Sequence[SiteReference]) -> str:
    named = [_new(site) for site in sorted(sites, key=_matters_less)[:_MOST_NEW]]
    more = len(sites) - len(named)
    be = "is" if len(sites) == 1 else "are"
    return ", ".join(named) + (f" and {more} more" if more else "") + f" {be} instead"


def _matters_less(site: SiteReference) -> tuple[bool, bool]:
    """Puts constant texts, for which nothing is allocated, and what rarely runs last."""
    is_cold = site.triage is not None and site.triage.cold is not None
    return site.expression.startswith(('"', "`")), is_cold


def _new(site: SiteReference) -> str:
    often = ", ".join(frequency(site.triage)) if site.triage is not None else ""
    place = place_text(site.position).rstrip(":")
    return f"{quoted(site.expression)} ({place}{f', {often}' if often else ''})"


def _tests(verdict: Verdict) -> str:
    match verdict.tests:
        case OutcomeOfTests.PASSED:
            return "tests pass"
        case OutcomeOfTests.FAILED:
            return "tests fail"
        case _:
            return "tests compile"


def _why(verdict: Verdict) -> str:
    """Why a rewrite is not offered."""
    if not verdict.builds:
        return f"it does not build:\n{verdict.message}"
    if not verdict.tests_build:
        return f"the tests do not build:\n{verdict.message}"
    if verdict.tests is OutcomeOfTests.FAILED:
        return f"tests fail:\n{verdict.message}"
    if verdict.allocations is not None:
        return "no fewer allocations were measured, as where a benchmark does not get there"
    return f"{verdict.go}: {verdict.message}" if verdict.message else "it is still on the heap"


def standing_words(found: Iterable[Sequence[Proposal]]) -> str:
    """How many rewrites are proven for one of their sites, and how many are not."""
    counts = dict.fromkeys(Standing, 0)
    for alike in found:
        verdicts = (one.suggestion.verdict for one in alike)
        stands = [standing(verdict) for verdict in verdicts if verdict is not None]
        if stands:
            is_proven = Standing.PROVEN in stands
            counts[Standing.PROVEN if is_proven else stands[0]] += 1
    words = [f"{number(counts[Standing.PROVEN], 'rewrite')} proven"]
    if counts[Standing.UNMEASURED]:
        words.append(f"{counts[Standing.UNMEASURED]} whose gain --bench would have to show")
    return ", ".join(words)


def benchmark_lines(found: Benchmarks, room: int) -> Iterator[str]:
    """A table of benchmarks before and after, as benchstat prints it.

    Where a row is longer than there is room, each figure has a line of its own.
    """
    for problem in found.problems:
        yield visible(problem)
    if not found.benchmarks:
        yield "no benchmark matches"
        return
    width = max(len(one.name) for one in found.benchmarks)
    head = f"{'':{width}}  " + "  ".join(f"{column:>{_CELL}}" for column in _COLUMNS)
    if len(head) > room:
        for one in found.benchmarks:
            yield one.name
            for column, cell in zip(_COLUMNS, one.figures, strict=True):
                yield f"  {_cell(cell)} {column}"
        return
    yield head
    for one in found.benchmarks:
        yield f"{one.name:{width}}  " + "  ".join(f"{_cell(cell):>{_CELL}}" for cell in one.figures)


def _cell(one: Compared) -> str:
    change = "~"
    if one.differs and one.before:
        change = f"{(one.after - one.before) / one.before:+.1%}"
    return f"{one.before:.4g} → {one.after:.4g} {change} p={one.chance:.3f}"
