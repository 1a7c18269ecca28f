"""What a watch tells, in lines: what is gone, new or changed, and how things stand."""

from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import TextIO

from escapelens.model import Finding, Package, Report, Site
from escapelens.reporters.summary import broken_lines, summary_lines
from escapelens.reporters.visible import encodable, visible
from escapelens.reporters.wording import number, place_text, quoted
from escapelens.watch.events import (
    BrokenPackage,
    CauseChange,
    Delta,
    Event,
    Failed,
    Idle,
    Progress,
    Reported,
    Stage,
)


class Tone(Enum):
    """What a line is about, for who has colours."""

    PLAIN = auto()
    GONE = auto()
    NEW = auto()
    CHANGED = auto()
    BROKEN = auto()


Line = tuple[Tone, str]


def headline(delta: Delta) -> str:
    """How many sites are gone, new, or there for another reason."""
    parts = []
    if delta.gone:
        parts.append(f"{len(delta.gone):,} gone")
    if delta.new:
        parts.append(f"{len(delta.new):,} new")
    if delta.changed:
        many = "its cause" if len(delta.changed) == 1 else "their causes"
        parts.append(f"{len(delta.changed):,} changed {many}")
    if delta.gone_findings:
        parts.append(f"{number(len(delta.gone_findings), 'finding')} about pools gone")
    if delta.new_findings:
        parts.append(f"{number(len(delta.new_findings), 'new finding')} about pools")
    return ", ".join(parts) or "nothing changed on the heap"


def gone_lines(delta: Delta) -> Iterator[Line]:
    """A line for each site and finding that is gone, where it was."""
    for site in delta.gone:
        cause = f" [{site.cause}]" if site.cause else ""
        place = place_text(site.position)
        yield Tone.GONE, visible(f"- {place} {quoted(site.expression)}{cause}")
    for one in delta.gone_findings:
        yield Tone.GONE, visible(f"- {place_text(one.position)} [{one.finding}]")


def changed_lines(report: Report, delta: Delta) -> Iterator[Line]:
    """A line for each site that is there for another reason."""
    by_fingerprint = {site.fingerprint: site for site in report.sites}
    for change in delta.changed:
        site = by_fingerprint[change.fingerprint]
        yield Tone.CHANGED, visible(f"~ {_told(site)}, was {_was(change)}")


def new_lines(report: Report, delta: Delta) -> Iterator[Line]:
    """A line for each new site and finding."""
    for site in new_sites(report, delta):
        yield Tone.NEW, visible(f"+ {_told(site)}")
    for one in new_findings(report, delta):
        place = place_text(one.position)
        yield Tone.NEW, visible(f"+ {place} {one.sentence} [{one.finding}]")


def new_sites(report: Report, delta: Delta) -> list[Site]:
    """The sites that are new, in the order of the report."""
    new = set(delta.new)
    return [site for site in report.sites if site.fingerprint in new]


def new_findings(report: Report, delta: Delta) -> list[Finding]:
    """The findings that are new, but for those that a new site tells of."""
    new, sites = set(delta.new_findings), set(delta.new)
    return [one for one in report.findings if one.fingerprint in new and one.site not in sites]


def failure_lines(event: Failed) -> Iterator[Line]:
    """What failed, with what the compiler or the go command says."""
    if event.packages:
        found = [_package(one) for one in event.packages]
        yield from ((Tone.BROKEN, line) for line in broken_lines(found))
        return
    for line in event.message.split("\n"):
        yield Tone.BROKEN, visible(line.replace("\t", "  "))
    if event.hint:
        yield Tone.PLAIN, visible(f"hint: {event.hint}")


def totals(event: Idle) -> str:
    """How much is on the heap, and how long it took to find out."""
    counts = event.counts
    if not counts.sites:
        return f"nothing on the heap · {seconds(event)}"
    many = counts.packages > 1
    places = number(counts.packages, "package") if many else number(counts.functions, "function")
    return f"{number(counts.sites, 'site')} in {places} · {seconds(event)}"


def seconds(event: Idle) -> str:
    """The time from the change until all was told."""
    return f"{event.milliseconds / 1000:.2f} s"


class PlainReporter:
    """Writes lines that nobody takes back, for a pipe or a file."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._quiet = True
        """Nothing was told of this generation."""

    def say(self, event: Event) -> None:
        """Writes what an event tells."""
        if isinstance(event, Reported):
            self._quiet = False
            if event.delta is None:
                self._write(summary_lines(event.report))
            elif event.delta:
                self._write([headline(event.delta)])
                self._write(line for _, line in _delta_lines(event.report, event.delta))
            else:
                self._quiet = True
        elif isinstance(event, Failed):
            self._quiet = False
            self._write(line for _, line in failure_lines(event))
        elif isinstance(event, Progress) and event.stage is Stage.NOTE:
            self._write([visible(f"note: {event.text}")])
        elif isinstance(event, Idle):
            if self._quiet:
                self._write([headline(Delta())])
            self._quiet = True
            self._write([totals(event) + (" · older than the sources" if event.stale else "")])

    def _write(self, lines: Iterable[str]) -> None:
        encoding = self._out.encoding
        for line in lines:
            text = line if encoding.startswith("utf") else encodable(line, encoding)
            self._out.write(f"{text}\n")
        self._out.flush()


def _delta_lines(report: Report, delta: Delta) -> Iterator[Line]:
    yield from gone_lines(delta)
    yield from new_lines(report, delta)
    yield from changed_lines(report, delta)


def _told(site: Site) -> str:
    cause = f" [{site.cause}]" if site.cause else ""
    return f"{place_text(site.position)} {site.sentence}{cause}"


def _was(change: CauseChange) -> str:
    return f"[{change.was}]" if change.was else "without a known cause"


def _package(broken: BrokenPackage) -> Package:
    return Package(
        broken.import_path, broken.dir, errors=broken.errors, silenced_by=broken.silenced_by
    )
