"""Pools in a terminal: what each holds, where it is taken and put back, and what was found."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from escapelens.edits import apply, by_file, unified_diff
from escapelens.model import (
    Effect,
    Finding,
    Measured,
    Pool,
    PoolCall,
    PoolReport,
    Report,
    Suggestion,
    TextEdit,
    Verdict,
)
from escapelens.reporters.findings import FindingDrawer, Read
from escapelens.reporters.fixes import diff_lines
from escapelens.reporters.pool_figures import figure_lines
from escapelens.reporters.summary import broken_lines
from escapelens.reporters.visible import visible
from escapelens.reporters.wording import number, percent, size

_INDENT = 4
_MOST = 12
"""So many calls of one pool are listed."""


class PoolReporter:
    """Prints pools, each with the findings about it, and a summary."""

    def __init__(self, console: Console, *, findings_only: bool = False) -> None:
        self._draw = FindingDrawer(console)
        self._findings_only = findings_only
        self._shown: set[tuple[TextEdit, ...]] = set()
        """Changes whose diff was printed: several findings may ask for the same."""

    def print(self, report: Report, found: PoolReport, read: Read) -> None:
        """Prints everything; `read` gives the source of a file as the report names it."""
        for pool in found.pools:
            about = [
                finding
                for finding in found.findings
                if finding.pool == pool.id and finding.ignored is None
            ]
            if about or not self._findings_only:
                self._print_pool(pool, about, read)
        for line in broken_lines(report.packages):
            self._draw.line(Text(line))
        for note in found.notes:
            self._draw.line(Text(f"note: {visible(note)}", "dim"))
        self._draw.line(Text(_summary(found)))

    def _print_pool(self, pool: Pool, findings: list[Finding], read: Read) -> None:
        head = Text(visible(pool.name), "bold")
        if pool.element:
            head.append(visible(f" of {pool.element}"), "cyan")
        head.append(visible(f"  {pool.position.file}:{pool.position.line}"), "dim")
        if not pool.has_new:
            head.append("  without New", "dim")
        self._draw.line(head)
        for label, calls in (("taken", pool.gets), ("put back", pool.puts)):
            for text in _calls(label, calls):
                self._draw.wrapped(Text(visible(text), "dim"), 14)
        if pool.profile is not None and pool.has_new:
            self._draw.line(Text(visible(f"  {_made(pool.profile)}")))
        for line in figure_lines(pool, findings):
            self._draw.line(Text(line))
        for finding in findings:
            self._print_finding(finding, read)
        self._draw.line(Text())

    def _print_finding(self, finding: Finding, read: Read) -> None:
        self._draw.finding(finding, read, "  ")
        for one in finding.suggestions:
            self._print_suggestion(one, read)

    def _print_suggestion(self, one: Suggestion, read: Read) -> None:
        state = "" if one.verdict is None else f", {_proof(one.verdict)}"
        self._draw.suggestion(one, state)
        if one.verdict is None or one.edits in self._shown:
            return
        self._shown.add(one.edits)
        for file, edits in by_file(one.edits).items():
            source = read(file)
            if source is None:
                continue
            before = source.content
            for line in diff_lines(unified_diff(file, before, apply(before, edits))):
                self._draw.line(line)


def _made(profile: Measured) -> str:
    """How much New still allocates."""
    if not profile.objects:
        return "New made nothing in the profile"
    objects = number(profile.objects, "object")
    return f"New made {objects}, {size(profile.bytes)}: {percent(profile.share)} of the profile"


def _calls(label: str, calls: tuple[PoolCall, ...]) -> Iterator[str]:
    """One line for the calls that are no wrapper's, and one for each wrapper that is called."""
    if not calls:
        yield f"  {label:<10}nowhere in the analysed packages"
        return
    shown = ", ".join(_call(call) for call in calls[:_MOST])
    more = f", and {len(calls) - _MOST} more" if len(calls) > _MOST else ""
    yield f"  {label:<10}{shown}{more}"


def _call(call: PoolCall) -> str:
    where = f"{call.position.file}:{call.position.line} {call.function}".rstrip()
    how = [f"by {call.through}"] if call.through else []
    how += ["deferred"] if call.deferred else []
    return f"{where} ({', '.join(how)})" if how else where


def _summary(found: PoolReport) -> str:
    ignored = sum(finding.ignored is not None for finding in found.findings)
    told = number(len(found.findings) - ignored, "finding")
    more = f", {ignored:,} ignored by comments" if ignored else ""
    return f"{number(len(found.pools), 'pool')}, {told}{more}"


def _proof(verdict: Verdict) -> str:
    """What compiling a change showed."""
    if not verdict.builds:
        return f"{verdict.go}: does not build"
    if verdict.effect is Effect.NONE:
        return f"{verdict.go}: {verdict.message}"
    gone = len(verdict.gone_sites)
    new = [site.expression for site in verdict.new_sites]
    clauses = ["compiles", "it is not found any more"]
    clauses += [f"{number(gone, 'site')} gone"] if gone else []
    clauses += [f"{number(len(new), 'new site')}: {', '.join(new[:3])}"] if new else []
    others = len(verdict.compiled_with)
    clauses += [f"compiled together with {number(others, 'other')}"] if others else []
    return f"{verdict.go}: {', '.join(clauses)}"
