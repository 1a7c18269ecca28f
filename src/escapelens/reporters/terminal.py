"""The report in a terminal: the user's own source, what of it is on the heap, and how it got there.

Owns what stands where; the words are `wording`'s and `story`'s, the drawing is `excerpt`'s.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from escapelens import dialect
from escapelens.counting import is_hidden
from escapelens.model import (
    Allocates,
    Finding,
    Flow,
    Leak,
    Position,
    Report,
    Site,
    Stay,
    Suggestion,
)
from escapelens.reporters.excerpt import SITE_STYLE, Note, excerpt
from escapelens.reporters.findings import FindingDrawer
from escapelens.reporters.selection import MANY, SCREENFUL, by_cost, select, telling
from escapelens.reporters.story import Heap, Lookup, Mark, Stop, mark_of, stops
from escapelens.reporters.summary import summary_lines
from escapelens.reporters.visible import encodable, visible
from escapelens.reporters.wording import (
    badges,
    leak_sentence,
    named,
    number,
    place_text,
    quoted,
    remedy,
)
from escapelens.reporters.wrapping import wrapped
from escapelens.sites import flows_of
from escapelens.source import Source


@dataclass(frozen=True)
class View:
    """What of a report to show."""

    top: int | None
    """How many sites; None for a screenful of many, 0 for all."""
    flow: bool = True
    raw: bool = False
    """The compiler's own lines below each sentence."""
    leaks: bool = False
    stack: bool = False
    show_hidden: bool = False
    """Also sites in other packages' code and in no source file."""
    ignored: bool = False
    """Only the sites that a comment says are there on purpose; else none of them."""
    by_cost: bool = True
    """Likely cost first; else as in the source."""


class _Entry(NamedTuple):
    """A site or leak, and how it is drawn."""

    record: Site | Leak
    sentence: str
    badges: list[str]
    mark: Mark | None
    stories: list[list[Stop]]
    """Its flows; drawn is the first."""


class TerminalReporter:
    """Prints reports on one console."""

    def __init__(
        self,
        view: View,
        console: Console,
        suggest: Callable[[Sequence[Site]], Sequence[Site]] | None = None,
    ) -> None:
        """`suggest` gives the sites that are shown with what would remove them."""
        self._view = view
        self._console = console
        self._suggest = suggest
        self._heap = Heap()
        self._shown: set[str] = set()
        """Fingerprints of the sites that were shown."""

    def print(self, report: Report, read: Callable[[str], Source | None]) -> None:
        """Prints a report; `read` finds the source of a file named as the report names it."""
        view = self._view
        sources = Sources(report, read)
        sites = [
            site
            for site in report.sites
            if (view.show_hidden or not is_hidden(site)) and (site.ignored is None) != view.ignored
        ]
        self._print_selected(sites, report, sources)
        self._print_findings(report.findings, sources)
        if view.leaks:
            self._print_leaks(report.leaks, sources)
        if view.stack:
            self._print_stack(report.stack)
        for index, line in enumerate(summary_lines(report, show_hidden=view.show_hidden)):
            indent = len(line) - len(line.lstrip())
            self._wrapped(Text(line, "" if index else "bold"), hanging=indent + 2)

    def print_sites(
        self, sites: Sequence[Site], report: Report, read: Callable[[str], Source | None]
    ) -> None:
        """Prints some sites of a report, and nothing else of it."""
        self._print_selected(sites, report, Sources(report, read))

    def _print_findings(self, findings: Sequence[Finding], sources: "Sources") -> None:
        """What is wrong with pools, but for what the site tells that it makes."""
        told = [
            one
            for one in findings
            if (one.ignored is not None) == self._view.ignored and one.site not in self._shown
        ]
        shown = told[: self._limit(len(told))]
        draw = FindingDrawer(self._console)
        if shown:
            self._head("sync.Pool")
        for one in shown:
            draw.finding(one, sources.lookup)
            for suggestion in one.suggestions[:1]:
                draw.suggestion(suggestion, ", `pools --prove` compiles it")
            self._line(Text())
        if len(shown) < len(told):
            self._say_limit(len(shown), len(told), "finding")

    def _print_selected(self, sites: Sequence[Site], report: Report, sources: "Sources") -> None:
        self._heap = Heap(report.sites)
        shown = self._select(sites)
        if self._suggest is not None and shown:
            shown = list(self._suggest(shown))
        self._shown = {site.fingerprint for site in shown}
        self._print_all((self._site(site, sources.lookup) for site in shown), sources)
        if len(shown) < len(sites):
            self._say_limit(len(shown), len(sites), "site")

    def _select(self, sites: Sequence[Site]) -> list[Site]:
        chosen = select(sites, self._limit(len(sites)))
        return by_cost(chosen) if self._view.by_cost else chosen

    def _limit(self, many: int) -> int:
        """How many of so many records to show."""
        top = self._view.top
        if top is None:
            return SCREENFUL if many > MANY else many
        return top or many

    def _site(self, site: Site, lookup: Lookup) -> _Entry:
        source = lookup(site.position.file)
        mark = mark_of(source, site.range) if source is not None and site.range else None
        return _Entry(site, site.sentence, badges(site), mark, self._told(site, lookup))

    def _told(self, record: Site | Leak, lookup: Lookup) -> list[list[Stop]]:
        if not self._view.flow or self._view.raw:
            return []
        flows: Iterable[Flow] = flows_of(record)
        told = [stops(flow, record.position, lookup, self._heap) for flow in flows]
        return [story for index, story in enumerate(told) if story and story not in told[:index]]

    def _print_all(self, entries: Iterable[_Entry], sources: "Sources", what: str = "") -> None:
        for file, in_file in groupby(entries, lambda entry: entry.record.position.file):
            self._head(file, ", ".join(filter(None, (what, sources.why_not(file)))))
            for function, in_function in groupby(in_file, lambda entry: entry.record.function):
                self._wrapped(Text(titled(function), "bold"), hanging=4)
                for block in _blocks(in_function):
                    self._print_block(block, sources.lookup)
                    self._line(Text())
            sources.done(file)

    def _head(self, file: str, what: str = "") -> None:
        text = Text(no_wrap=True).append(visible(file), "bold underline")
        if what:
            text.append(f" · {what}")
        rule = self._console.width - text.cell_len - 1
        self._wrapped(text.append(" " + "─" * rule if rule > 0 else "", "dim"), hanging=2)

    def _print_block(self, block: Sequence[_Entry], lookup: Lookup) -> None:
        """Sites that share a line and a flow: a head for each, the source once."""
        for entry in block:
            self._print_head(entry)
            if self._view.raw:
                self._print_raw(entry.record)
        first = block[0].record.position
        source = lookup(first.file)
        stories = block[0].stories
        main, others = (stories[0], stories[1:]) if stories else ([], [])
        if source is None or not 1 <= first.line <= len(source.line_starts):
            for index, stop in enumerate(main, 1):
                self._hint(f"{index} {place_text(stop.position)} {stop.note}")
            return
        notes, elsewhere = _notes(block, main)
        for text in excerpt(source, notes, self._console):
            self._line(text)
        for file, there in groupby(
            elsewhere, lambda item: item[1].position.file if item[1].position else ""
        ):
            self._print_elsewhere(file, list(there), lookup)
        for story in others:
            self._hint("also " + "; ".join(f"{_line_of(stop, first)}{stop.note}" for stop in story))

    def _print_elsewhere(
        self, file: str, there: Sequence[tuple[int, Stop]], lookup: Lookup
    ) -> None:
        source = lookup(file)
        if source is None:
            for index, stop in there:
                self._hint(f"{index} {place_text(stop.position)} {stop.note}")
            return
        self._hint(place_text(there[0][1].position))
        for text in excerpt(source, [_stop_note(i, stop) for i, stop in there], self._console):
            self._line(text)

    def _print_head(self, entry: _Entry) -> None:
        text = Text(visible(place_text(entry.record.position)) + " ", "")
        said = Text(visible(entry.sentence))
        said.highlight_regex(r"`[^`]*`", SITE_STYLE)
        text.append_text(said)
        if isinstance(entry.record, Site) and entry.record.cause:
            text.append(f" [{entry.record.cause}]", "dim")
        if entry.badges:
            text.append(visible(f" ({', '.join(entry.badges)})"), "dim")
        self._wrapped(text, hanging=4)
        if isinstance(entry.record, Site) and (best := worth_telling(entry.record)):
            self._print_suggestion(best)

    def _print_suggestion(self, best: Suggestion) -> None:
        """What would remove a site, which nobody has compiled yet."""
        text = Text("    → ").append(visible(remedy(best)))
        text.highlight_regex(r"`[^`]*`", SITE_STYLE)
        self._wrapped(text.append(f" ({remedy_kind(best)})", "dim"), hanging=6)

    def _print_raw(self, record: Site | Leak) -> None:
        for line in raw_lines(record):
            self._line(Text("    " + visible(line), "dim"))

    def _print_leaks(self, found: Sequence[Leak], sources: "Sources") -> None:
        leaks = telling(leak for leak in found if self._view.show_hidden or not is_hidden(leak))
        shown = leaks[: self._limit(len(leaks))]
        entries = (self._leak(leak, sources.lookup) for leak in shown)
        self._print_all(entries, sources, "parameters that leak")
        if len(shown) < len(leaks):
            self._say_limit(len(shown), len(leaks), "leak")

    def _leak(self, leak: Leak, lookup: Lookup) -> _Entry:
        source = lookup(leak.position.file)
        mark = _name_mark(source, leak) if source is not None else None
        return _Entry(leak, leak_sentence(leak), [], mark, self._told(leak, lookup))

    def _print_stack(self, stack: Sequence[Stay]) -> None:
        """What does not escape, a line each."""
        stays = [stay for stay in stack if self._view.show_hidden or not is_hidden(stay)]
        shown = stays[: self._limit(len(stays))]
        for file, in_file in groupby(shown, lambda stay: stay.position.file):
            self._head(file, "what does not escape")
            for function, in_function in groupby(in_file, lambda stay: stay.function):
                self._wrapped(Text(titled(function), "bold"), hanging=4)
                for stay in in_function:
                    text = f"{place_text(stay.position)} {quoted(named(stay.expression))}"
                    self._wrapped(Text(visible(text)), hanging=4)
            self._line(Text())
        if len(shown) < len(stays):
            self._say_limit(len(shown), len(stays), "value on the stack", "values on the stack")

    def _say_limit(self, shown: int, all_of_them: int, word: str, words: str = "") -> None:
        self._wrapped(
            Text(
                f"showing {shown:,} of {number(all_of_them, word, words)}; "
                "--all shows the rest, --top N as many as you say",
                "italic",
            )
        )
        self._line(Text())

    def _hint(self, text: str) -> None:
        self._wrapped(Text(" " * 9 + visible(text)), hanging=11)

    def _wrapped(self, text: Text, hanging: int = 0) -> None:
        for line in wrapped(text, self._console, hanging):
            self._line(line)

    def _line(self, text: Text) -> None:
        encoding = self._console.encoding
        if not encoding.startswith("utf"):
            text.plain = encodable(text.plain, encoding)
        self._console.print(text, soft_wrap=True, markup=False, highlight=False, emoji=False)


def titled(function: str) -> str:
    """The heading of what stands in a function, or in none."""
    return visible(f"func {dialect.function(function)}" if function else "package level")


class Sources:
    """The sources that are what was compiled; others must not be annotated."""

    def __init__(self, report: Report, read: Callable[[str], Source | None]) -> None:
        self._files = {file.file: file for file in report.files}
        self._read = read
        self._sources: dict[str, Source | None] = {}

    def lookup(self, file: str) -> Source | None:
        """The source of a file, if it is what was compiled."""
        if file not in self._sources:
            known = self._files.get(file)
            source = None if known is not None and known.changed else self._read(file)
            if source is not None and known is not None and source.sha256 != known.sha256:
                source = None
            # The analysis may have left a syntax tree of parts of the file only.
            self._sources[file] = None if source is None else Source(source.content)
        return self._sources[file]

    def why_not(self, file: str) -> str:
        """Why a file is not shown; empty if it is."""
        if self.lookup(file) is not None or file.startswith("<"):
            return ""
        return "changed since the build" if file in self._files else "source not found"

    def done(self, file: str) -> None:
        """Frees what was built for a file; it can be looked up again."""
        self._sources.pop(file, None)


def _blocks(entries: Iterable[_Entry]) -> Iterator[list[_Entry]]:
    """Entries that follow each other, on one line and with the same flows."""
    block: list[_Entry] = []
    for entry in entries:
        if block and not _belongs(block[-1], entry):
            yield block
            block = []
        block.append(entry)
    if block:
        yield block


def _belongs(before: _Entry, entry: _Entry) -> bool:
    return (
        before.record.position.line == entry.record.position.line
        and before.stories == entry.stories
        and before.mark is not None
        and entry.mark is not None
        and (before.mark == entry.mark or before.mark.end <= entry.mark.start)
    )


def _notes(
    block: Sequence[_Entry], story: Sequence[Stop]
) -> tuple[list[Note], list[tuple[int, Stop]]]:
    """What to draw in the file of a block, and its stops in other files."""
    position = block[0].record.position
    marks = tuple(dict.fromkeys(entry.mark for entry in block if entry.mark is not None))
    line = marks[0].line if marks else position.line
    notes: list[Note] = []
    elsewhere: list[tuple[int, Stop]] = []
    at_site = ""
    for index, stop in enumerate(story, 1):
        if stop.position == position and len(block) == 1:
            at_site = f"{index} {stop.note}"
        elif stop.position is not None and stop.position.file != position.file:
            elsewhere.append((index, stop))
        else:
            notes.append(_stop_note(index, stop, line))
    return [Note(line, marks, at_site, is_site=True), *notes], elsewhere


def _stop_note(index: int, stop: Stop, line: int = 1) -> Note:
    if stop.mark is not None:
        return Note(stop.mark.line, (stop.mark,), f"{index} {stop.note}", is_site=False)
    return Note(
        stop.position.line if stop.position else line, (), f"{index} {stop.note}", is_site=False
    )


def worth_telling(site: Site) -> Suggestion | None:
    """The best suggestion of a site; that nothing is allocated its sentence has told already."""
    nothing = site.cost is not None and site.cost.allocates is Allocates.NO
    best = next(iter(site.suggestions), None)
    return None if best is None or (nothing and not best.edits) else best


def remedy_kind(best: Suggestion) -> str:
    """What kind of help a suggestion is that nobody has compiled yet."""
    return f"{best.applicability.value}, `fix` tries it" if best.edits else "idea"


def _name_mark(source: Source, leak: Leak) -> Mark | None:
    """The parameter's name where it is declared."""
    place, name = leak.position, leak.parameter.encode()
    start = (place.column or 0) - 1
    if start >= 0 and source.line(place.line)[start : start + len(name)] == name:
        return Mark(place.line, start + 1, start + 1 + len(name))
    return None


def _line_of(stop: Stop, first: Position) -> str:
    place = stop.position
    if place is None:
        return ""
    return f"line {place.line}: " if place.file == first.file else f"{place_text(place)} "


def raw_lines(record: Site | Leak) -> Iterator[str]:
    """The lines of the compiler that a record was made of."""
    if isinstance(record, Leak):
        leak = f"parameter {record.parameter} leaks to {record.to} with derefs={record.derefs}:"
        yield f"{place_text(record.position)} {leak}"
    else:
        for decision in record.decisions:
            times = f"  ×{decision.count}" if decision.count > 1 else ""
            variant = f" [{decision.variant}]" if decision.variant else ""
            yield f"{place_text(decision.position)} {decision.message}{times}{variant}"
    for flow in flows_of(record):
        last: tuple[str, str] | None = None
        for step in flow.steps:
            if (step.target, step.value) != last:
                last = (step.target, step.value)
                yield f"  flow: {step.target} ← {step.value}:"
            if step.reason:
                place = place_text(step.position).rstrip(":")
                yield f"    from {step.expression} ({step.reason}) at {place}"
