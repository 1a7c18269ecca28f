"""Everything about a few sites: the terminal's view of each, and what else is known of it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from escapelens import dialect
from escapelens.causes import Cause, all_causes
from escapelens.messages import Meaning
from escapelens.model import Context, Finding, Report, Site, Stay, Suggestion, Triage
from escapelens.reporters.excerpt import SITE_STYLE
from escapelens.reporters.pages import sentence
from escapelens.reporters.story import Heap
from escapelens.reporters.summary import remarks
from escapelens.reporters.terminal import (
    Sources,
    TerminalReporter,
    View,
    raw_lines,
    remedy_kind,
    titled,
)
from escapelens.reporters.visible import visible
from escapelens.reporters.wording import (
    first_sentence,
    frequency,
    leak_sentence,
    named,
    number,
    place_text,
    quoted,
)
from escapelens.source import Source

_CONTEXTS = {
    Context.OWN: "in the function itself",
    Context.INLINED: "in the body of a function inlined here",
    Context.INSTANCE: "in an instance of the generic function",
    Context.WRAPPER: "in a wrapper that the compiler made",
    Context.GENERATED: "in code that stands in no source file",
}
_INDENT = 4
_LABEL = 10


@dataclass(frozen=True)
class Answer:
    """What there is to say of a place or of functions."""

    subject: str
    """What was asked about, in words: `line 12 of a.go`."""
    part: Report
    """The sites, leaks and values on the stack that were asked about."""
    whole: Report
    """The report that they come from."""
    read: Callable[[str], Source | None]
    nearest: tuple[Site, ...] = ()
    """The first sites of other lines; empty if there are sites."""
    notes: tuple[str, ...] = ()
    """What else to know about the question."""
    meaning: Meaning | None = None
    """The message that asked."""


class Fact(NamedTuple):
    """One thing that is known of a site, under its label."""

    label: str
    lines: tuple[str, ...]


def facts(site: Site) -> Iterator[Fact]:
    """What is known of a site besides its source and flow."""
    if site.sentence:
        yield Fact("why", (site.sentence,))
    cause = all_causes().get(site.cause or "")
    if cause is not None:
        yield Fact("cause", (f"{cause.name}: {cause.summary}",))
    if site.chain:
        yield Fact("chain", tuple(_links(site)))
    yield Fact("where", (_where(site),))
    if site.triage is not None:
        yield Fact("runs", (_runs(site.triage),))
    if site.suggestions:
        yield Fact("remedy", tuple(_remedy(site.suggestions[0])))
    if site.decisions:
        yield Fact("decided", tuple(_decided(site)))
    if site.ignored is not None:
        comment = place_text(site.ignored.position).rstrip(":")
        yield Fact("ignored", (f"by the comment at {comment}: {site.ignored.reason}",))


def _remedy(best: Suggestion) -> Iterator[str]:
    """What would remove a site, in full."""
    yield f"{best.title} ({remedy_kind(best)})"
    yield from filter(None, (best.advice, best.safety))


def _links(site: Site) -> Iterator[str]:
    for index, link in enumerate(site.chain, 1):
        is_own = link.package == site.package
        function = link.function if is_own else f"{link.package}.{link.function}"
        if link.position is None:
            yield f"{index} {function}: {link.text}"
        else:
            code = dialect.first_line(link.text)
            yield f"{index} {function}, {place_text(link.position)} `{code}`"


def _where(site: Site) -> str:
    function = f"func {dialect.function(site.function)}" if site.function else "the package level"
    where = f"{place_text(site.position).rstrip(':')}, {function} of {site.package}"
    return f"{where}, generated code" if site.generated else where


def _runs(triage: Triage) -> str:
    """How often, and for whom, as far as the syntax tells."""
    often = list(frequency(triage)) or ["outside of loops"]
    return ", ".join([*often, "in an exported function"] if triage.exported else often)


def _decided(site: Site) -> Iterator[str]:
    """How often the compiler decided so, context by context."""
    for context, words in _CONTEXTS.items():
        found = [one for one in site.decisions if one.context is context]
        if not found:
            continue
        count = sum(one.count for one in found)
        line = f"{number(count, 'time')} {words}"
        packages = {one.package for one in found} - {site.package}
        if packages:
            line += f", compiling {', '.join(sorted(packages))}"
        variants = {one.variant for one in found if one.variant}
        yield line + (f", for {', '.join(sorted(variants))}" if variants else "")


def causes_of(sites: Iterable[Site]) -> list[Cause]:
    """The causes of some sites, each once, in their order."""
    names = dict.fromkeys(site.cause for site in sites if site.cause)
    return [all_causes()[name] for name in names if name in all_causes()]


def in_short(cause: Cause) -> tuple[str, str]:
    """What the page of a cause says, in two lines."""
    return sentence(first_sentence(cause.why)), sentence(first_sentence(cause.leave_it))


def page_command(cause: Cause) -> str:
    """What to type for the page of a cause."""
    return f"escapelens explain {cause.name}"


def _finding_command(finding: Finding) -> str:
    return f"escapelens explain {finding.finding}"


def _told(finding: Finding) -> str:
    return f"{place_text(finding.position)} {finding.sentence}"


class Explainer(TerminalReporter):
    """Prints answers on one console."""

    def __init__(self, console: Console) -> None:
        super().__init__(View(top=0, show_hidden=True), console)

    def _print_suggestion(self, best: Suggestion) -> None:
        """Nothing: it is one of the facts."""

    def explain(self, answer: Answer) -> None:
        """Prints everything that an answer holds."""
        sources = Sources(answer.whole, answer.read)
        self._heap = Heap(answer.whole.sites)
        if answer.meaning is not None:
            self.tell(answer.meaning)
        self._print_sites(answer.part.sites, sources)
        self._shown = {site.fingerprint for site in answer.part.sites}
        self._print_findings(answer.part.findings, sources)
        for finding in answer.part.findings:
            if finding.site in self._shown:
                continue
            self._line(Text(" " * _INDENT).append(_finding_command(finding), "italic"))
            self._line(Text())
        if not (answer.part.sites or answer.part.findings):
            self._print_nothing(answer)
        for cause in causes_of(answer.part.sites):
            self._print_cause(cause)
        if answer.part.leaks:
            self._print_leaks(answer.part.leaks, sources)
        self._print_stack(answer.part.stack)
        notes = [*(f"note: {note}" for note in answer.notes), *remarks(answer.part)]
        for note in notes:
            self._wrapped(Text(visible(note)), hanging=2)

    def tell(self, meaning: Meaning) -> None:
        """Prints what a message means."""
        self._wrapped(Text(visible(f"`{meaning.message}`"), SITE_STYLE), hanging=_INDENT)
        self._paragraph(meaning.words)
        self._line(Text())

    def _print_sites(self, sites: Iterable[Site], sources: Sources) -> None:
        for file, in_file in groupby(sites, lambda site: site.position.file):
            self._head(file, sources.why_not(file))
            for function, in_function in groupby(in_file, lambda site: site.function):
                self._wrapped(Text(titled(function), "bold"), hanging=_INDENT)
                for site in in_function:
                    self._print_site(site, sources)
            sources.done(file)

    def _print_site(self, site: Site, sources: Sources) -> None:
        entry = self._site(site, sources.lookup)
        self._print_block([entry], sources.lookup)
        self._line(Text())
        for fact in facts(site):
            if fact.lines != (entry.sentence,):
                self._print_fact(fact)
        self._line(Text(" " * _INDENT).append("compiler", "dim"))
        for line in raw_lines(site):
            self._line(Text(" " * (_INDENT + 2) + visible(line), "dim"))
        self._line(Text())

    def _print_fact(self, fact: Fact) -> None:
        label = fact.label
        for line in fact.lines:
            said = Text(visible(line))
            said.highlight_regex(r"`[^`]*`", "bold")
            text = Text(" " * _INDENT).append(f"{label:<{_LABEL}}", "dim").append_text(said)
            self._wrapped(text, hanging=_INDENT + _LABEL + 2)
            label = ""

    def _print_nothing(self, answer: Answer) -> None:
        first, *more = _nothing(answer)
        self._wrapped(Text(visible(first), "bold"))
        for line in more:
            self._wrapped(Text(visible(line)))
        if answer.nearest:
            self._wrapped(Text("The nearest lines that have sites:"))
        for site in answer.nearest:
            self._wrapped(Text(" " * _INDENT + _sited(site)), hanging=2 * _INDENT)
        self._line(Text())

    def _print_cause(self, cause: Cause) -> None:
        self._line(Text(cause.name, "bold"))
        for line in in_short(cause):
            self._paragraph(line)
        self._line(Text(" " * _INDENT).append(page_command(cause), "italic"))
        self._line(Text())

    def _paragraph(self, text: str) -> None:
        said = Text(" " * _INDENT + visible(text))
        said.highlight_regex(r"`[^`]*`", "bold")
        self._wrapped(said, hanging=_INDENT)


def _nothing(answer: Answer) -> Iterator[str]:
    """What is said of where no site is, which may be for want of an answer of the compiler."""
    packages = answer.whole.packages
    if any(package.errors or package.silenced_by for package in packages):
        yield f"No site is known in {answer.subject}; not all packages were compiled, see below."
        return
    yield f"The compiler puts nothing in {answer.subject} on the heap."
    if answer.part.stack:
        yield (
            "What does not escape may need memory there all the same, such as a `make` whose size "
            "is only known when it runs; --asm tells."
        )


def markdown(answer: Answer) -> str:
    """An answer as Markdown; what comes from sources and the compiler stands in code."""
    blocks = [f"# {visible(answer.subject)}"]
    if answer.meaning is not None:
        blocks.append(meaning_markdown(answer.meaning).strip())
    if not (answer.part.sites or answer.part.findings):
        blocks += map(visible, _nothing(answer))
    if answer.nearest:
        blocks.append("The nearest lines that have sites:")
        blocks.append(_list(_sited(site) for site in answer.nearest))
    for site in answer.part.sites:
        blocks += _site_blocks(site)
    for finding in answer.part.findings:
        blocks += [f"## {finding.finding}", visible(sentence(_told(finding)))]
        blocks.append(f"See `{_finding_command(finding)}`.")
    for cause in causes_of(answer.part.sites):
        blocks += [f"## {cause.name}", sentence(cause.summary), " ".join(in_short(cause))]
        blocks.append(f"See `{page_command(cause)}`.")
    if answer.part.leaks:
        leaks = (
            f"{visible(place_text(leak.position))} {visible(leak_sentence(leak))}"
            for leak in answer.part.leaks
        )
        blocks += ["## Parameters that leak", _list(leaks)]
    if answer.part.stack:
        blocks += ["## What does not escape", _list(map(_sited, answer.part.stack))]
    notes = [*answer.notes, *remarks(answer.part)]
    if notes:
        blocks.append(_list(visible(note) for note in notes))
    return "\n\n".join(blocks) + "\n"


def meaning_markdown(meaning: Meaning) -> str:
    """What a message means, as Markdown."""
    return f"{_fenced([meaning.message])}\n\n{meaning.words}\n"


def _site_blocks(site: Site) -> Iterator[str]:
    yield f"## {_sited(site)}"
    yield _list(f"{fact.label}: {visible('; '.join(fact.lines))}" for fact in facts(site))
    yield _fenced(raw_lines(site))


def _sited(record: Site | Stay) -> str:
    expression = dialect.shorten(quoted(named(record.expression)), 60)
    return visible(f"{place_text(record.position)} {expression}")


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _fenced(lines: Iterable[str]) -> str:
    shown = [visible(line) for line in lines]
    fence = "```"
    while any(fence in line for line in shown):
        fence += "`"
    return "\n".join((f"{fence}text", *shown, fence))
