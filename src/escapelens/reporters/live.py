"""A watch in a terminal: what changed on its own source, and below it a line that says how it is.

The line is rich's to keep at the bottom; what stands above it is printed once and scrolls as any
output does.
"""

import threading
import time
from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from escapelens.edits import apply, by_file, unified_diff
from escapelens.model import Report
from escapelens.reporters.changes import (
    Line,
    Tone,
    changed_lines,
    failure_lines,
    gone_lines,
    headline,
    new_findings,
    new_sites,
    totals,
)
from escapelens.reporters.findings import FindingDrawer
from escapelens.reporters.fixes import FixReporter
from escapelens.reporters.selection import select
from escapelens.reporters.summary import summary_lines
from escapelens.reporters.terminal import TerminalReporter, View
from escapelens.reporters.visible import encodable, visible
from escapelens.reporters.wording import place_text
from escapelens.sites import Merged
from escapelens.source import Source
from escapelens.suggesting import Proposal
from escapelens.verify import Standing, standing
from escapelens.watch.events import (
    Building,
    Cancelled,
    Delta,
    Event,
    Failed,
    Idle,
    Judged,
    Progress,
    Reported,
    Stage,
)

_TICK = 0.1
"""Seconds between two looks at how long a build takes."""
_PATIENCE = 0.3
"""Seconds before a build shows that it takes a while."""
_STYLES = {
    Tone.PLAIN: "",
    Tone.GONE: "green",
    Tone.NEW: "yellow",
    Tone.CHANGED: "cyan",
    Tone.BROKEN: "red",
}
_KEYS = "a all · d delta · f fixes · enter again · q quit"
_HANGING = 4
_NARROWEST = 20
"""Columns that a line has at least, however narrow the window is."""
_LOOKING = "looking for fixes"
_NOTHING_PROVEN = "nothing is proven to remove a site here"
_MOST_FIXES = 10
"""Sites whose fixes are looked for at once."""


class _Page(Enum):
    """What stands above the line."""

    DELTA = auto()
    ALL = auto()
    FIXES = auto()


_VIEWS = {"a": _Page.ALL, "d": _Page.DELTA, "f": _Page.FIXES}


class Known(Protocol):
    """What is known of the packages that are watched."""

    def report(self) -> Report:
        """Everything."""

    def read(self, file: str) -> Source | None:
        """The source behind a file name of the report."""

    def site(self, fingerprint: str) -> Merged | None:
        """The site of a fingerprint."""

    def suggest(self, fingerprints: Iterable[str]) -> None:
        """Has what would remove sites compiled; what comes of it is told."""


class LiveReporter:
    """Shows a watch on one console; events and keys may come from any thread."""

    def __init__(
        self,
        console: Console,
        known: Known,
        *,
        clear: bool,
        keys: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._known = known
        self._clear = clear
        self._keys = keys
        self._clock = clock
        self._lock = threading.RLock()
        self._page = _Page.DELTA
        self._first: Report | None = None
        """The report to begin with, until something changes."""
        self._told: list[Reported] = []
        """What the last change did, as far as it did something."""
        self._failed: Failed | None = None
        self._idle: Idle | None = None
        self._building: Building | None = None
        self._since = 0.0
        self._notes: list[str] = []
        """What a reader should know."""
        self._doing = ""
        """What goes on beside the builds."""
        self._proven: dict[str, Judged] = {}
        """What was compiled and removes a site, by the id of the suggestion."""
        self._is_fresh = True
        """Nothing was told of this generation yet."""
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            get_renderable=self._line,
        )

    def __enter__(self) -> "LiveReporter":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._building = None
            self._live.stop()

    def say(self, event: Event) -> None:
        """Shows what an event tells."""
        with self._lock:
            match event:
                case Building():
                    self._begin(event)
                case Reported():
                    self._report(event)
                case Failed():
                    self._fail(event)
                case Idle():
                    self._end(event)
                case Cancelled():
                    self._building = None
                    self._refresh()
                case Progress():
                    self._progress(event)
                case Judged():
                    self._judge(event)
                case _:
                    pass

    def press(self, key: str) -> None:
        """Takes the key of a view: `a`, `d` or `f`."""
        with self._lock:
            if self._idle is None or self._building is not None:
                return
            self._page = _VIEWS[key]
            if self._page is _Page.FIXES and not self._proven and not self._doing:
                sites = select(self._known.report().sites, _MOST_FIXES)
                self._known.suggest(site.fingerprint for site in sites)
                self._doing = _LOOKING
            self._draw(self._print_page)

    def resized(self) -> None:
        """Draws anew, since the terminal has another size."""
        with self._lock:
            if self._clear:
                self._draw(self._print_page)
            else:
                self._refresh()

    def _progress(self, event: Progress) -> None:
        if event.stage is Stage.NOTE:
            self._notes.append(event.text)
            note = (Tone.PLAIN, visible(f"note: {event.text}"))
            self._draw(self._print_page if self._clear else lambda: self._print([note]))
            return
        self._doing = event.text if event.stage is Stage.BEGUN else ""
        if self._page is _Page.FIXES and event.stage is Stage.DONE:
            self._draw(self._print_page)
        else:
            self._refresh()

    def _judge(self, event: Judged) -> None:
        verdict = event.suggestion.verdict
        if verdict is None or standing(verdict) is not Standing.PROVEN:
            return
        self._proven[event.suggestion.id] = event
        if self._clear and self._page in (_Page.DELTA, _Page.FIXES):
            self._draw(self._print_page)
        elif not self._clear:
            self._draw(lambda: self._print([self._proof_line(event)]))

    def _begin(self, event: Building) -> None:
        self._proven.clear()
        if self._page is _Page.FIXES:
            self._page = _Page.DELTA
        self._building, self._since, self._is_fresh = event, self._clock(), True
        ticker = threading.Thread(target=self._tick, args=(event,), daemon=True)
        ticker.start()
        self._refresh()

    def _tick(self, building: Building) -> None:
        """Shows every moment how long a build has taken, until it ends."""
        while True:
            time.sleep(_TICK)
            with self._lock:
                if self._building is not building:
                    return
                self._refresh()

    def _report(self, event: Reported) -> None:
        if event.delta is None:
            self._first, self._is_fresh = event.report, False
            self._draw(self._print_page)
            return
        if not event.delta:
            # Nothing is new on the heap, but a profile may have been read.
            if event.whole and self._clear and self._page is _Page.ALL:
                self._draw(self._print_page)
            return
        self._told = [event] if self._is_fresh else [*self._told, event]
        self._first, self._is_fresh = None, False
        self._page = _Page.DELTA
        self._draw(self._print_page if self._clear else lambda: self._print_delta([event]))

    def _fail(self, event: Failed) -> None:
        if self._is_fresh:
            self._told, self._first = [], None
        self._failed, self._is_fresh, self._page = event, False, _Page.DELTA
        if self._clear:
            self._draw(self._print_page)
        else:
            self._draw(lambda: self._print(failure_lines(event)))

    def _end(self, event: Idle) -> None:
        self._building, self._idle = None, event
        if not event.stale:
            self._failed = None
        if self._is_fresh:
            self._told, self._first, self._is_fresh = [], None, False
            if self._page is _Page.DELTA:
                self._draw(self._print_page)
                return
        is_older = self._failed is not None and self._failed.generation != event.generation
        if self._clear and (self._page is _Page.ALL or is_older):
            self._draw(self._print_page)
            return
        self._refresh()

    def _draw(self, print_page: Callable[[], None]) -> None:
        """Prints above the line, in place of what stood there or below it."""
        self._live.stop()
        if self._clear:
            self._console.clear()
        print_page()
        self._live.start()
        self._refresh()

    def _print_page(self) -> None:
        if self._clear:
            self._print((Tone.PLAIN, visible(f"note: {note}")) for note in self._notes)
        if self._page is _Page.ALL:
            view = View(top=0)
            TerminalReporter(view, self._console).print(self._known.report(), self._known.read)
        elif self._page is _Page.FIXES:
            self._print_fixes()
        elif self._first is not None:
            self._print_first(self._first)
        else:
            self._print_delta(self._told)

    def _print_first(self, report: Report) -> None:
        self._print((Tone.PLAIN, line) for line in summary_lines(report))

    def _print_delta(self, told: Iterable[Reported]) -> None:
        told = list(told)
        failed, building = self._failed, self._building
        if failed is not None and building is not None and failed.generation < building.generation:
            failed = None
        if not told and failed is None:
            self._print([(Tone.PLAIN, headline(Delta()))])
        if told:
            deltas = [one.delta for one in told if one.delta is not None]
            both = Delta(
                tuple(new for delta in deltas for new in delta.new),
                tuple(gone for delta in deltas for gone in delta.gone),
                tuple(changed for delta in deltas for changed in delta.changed),
                tuple(new for delta in deltas for new in delta.new_findings),
                tuple(gone for delta in deltas for gone in delta.gone_findings),
            )
            self._console.print(Text(headline(both), "bold"))
        for one in told:
            assert one.delta is not None
            self._print(gone_lines(one.delta))
            self._print(changed_lines(one.report, one.delta))
        for one in told:
            assert one.delta is not None
            sites = new_sites(one.report, one.delta)
            if sites:
                self._console.print()
                view = View(top=None)
                reporter = TerminalReporter(view, self._console)
                reporter.print_sites(sites, one.report, self._known.read)
            findings = new_findings(one.report, one.delta)
            if findings:
                self._console.print()
                for finding in findings:
                    FindingDrawer(self._console).finding(finding, self._known.read)
        self._print(self._proof_line(one) for one in self._proven.values())
        if failed is not None and self._clear:
            self._print(failure_lines(failed))

    def _proof_line(self, event: Judged) -> Line:
        """That something was proven to remove a site, in one line."""
        one, site = event.suggestion, self._known.site(event.site)
        place = place_text(site.site.position) if site is not None else ""
        go = one.verdict.go if one.verdict is not None else ""
        text = f"fix: {place} {one.title} [{one.cause}/{one.rewrite}], proven with {go}"
        return Tone.GONE, visible(text)

    def _print_fixes(self) -> None:
        """What was proven to remove sites, with its edits."""
        reporter = FixReporter(self._console)
        for event in self._proven.values():
            site = self._known.site(event.site)
            if site is not None:
                proposal = Proposal(site, event.suggestion, event.suggestion.edits, repair=False)
                reporter.rewrite([proposal], self._diff(event))
        if not self._proven:
            self._print([(Tone.PLAIN, _LOOKING if self._doing else _NOTHING_PROVEN)])

    def _diff(self, event: Judged) -> str:
        parts = []
        for file, edits in by_file(event.suggestion.edits).items():
            source = self._known.read(file)
            if source is not None and (file, source.sha256) in event.files:
                parts.append(unified_diff(file, source.content, apply(source.content, edits)))
        return "".join(parts)

    def _print(self, lines: Iterable[Line]) -> None:
        encoding = self._console.encoding
        for tone, line in lines:
            text = line if encoding.startswith("utf") else encodable(line, encoding)
            indent = len(text) - len(text.lstrip())
            width = max(self._console.width - indent - _HANGING, _NARROWEST)
            first = True
            for part in Text(text.lstrip(), _STYLES[tone]).wrap(self._console, width):
                part.rstrip()
                start = " " * (indent if first else indent + _HANGING)
                whole = Text(start).append_text(part)
                self._console.print(whole, soft_wrap=True, markup=False, highlight=False)
                first = False

    def _refresh(self) -> None:
        if self._live.is_started:
            self._live.refresh()

    def _line(self) -> Text:
        """How it is: building, broken or well, and what can be done."""
        text = Text(no_wrap=True, overflow="ellipsis")
        building, idle = self._building, self._idle
        took = self._clock() - self._since
        if building is not None and (took > _PATIENCE or idle is None):
            text.append(f"building {took:.1f} s", "bold yellow")
            if building.packages:
                text.append(f" · {visible(', '.join(building.packages))}")
        elif idle is None:
            text.append("starting", "bold")
        elif idle.stale:
            text.append("broken", "bold red")
            text.append(f" · older: {totals(idle)}")
        else:
            text.append("ok", "bold green")
            text.append(f" · {totals(idle)}")
        if idle is not None and building is None:
            if self._doing:
                text.append(f" · {_LOOKING}", "yellow")
            elif self._keys:
                text.append(f" · {_KEYS}", "dim")
        encoding = self._console.encoding
        if not encoding.startswith("utf"):
            text.plain = encodable(text.plain, encoding)
        return text
