"""A watch in a terminal: what changed on its own source, and below it a line that says how it is.

The line is rich's to keep at the bottom; what stands above it is printed once and scrolls as any
output does.
"""

import threading
import time
from collections.abc import Callable, Iterable
from enum import Enum, auto

from rich.console import Console
from rich.live import Live
from rich.text import Text

from escapelens.model import Report
from escapelens.reporters.changes import (
    Line,
    Tone,
    changed_lines,
    failure_lines,
    gone_lines,
    headline,
    new_sites,
    standing,
)
from escapelens.reporters.summary import summary_lines
from escapelens.reporters.terminal import TerminalReporter, View
from escapelens.reporters.visible import encodable, visible
from escapelens.source import Source
from escapelens.watch.events import (
    Building,
    Cancelled,
    Delta,
    Event,
    Failed,
    Idle,
    Progress,
    Reported,
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
_KEYS = "a all · d delta · enter again · q quit"


class _Page(Enum):
    """What stands above the line."""

    DELTA = auto()
    ALL = auto()


class LiveReporter:
    """Shows a watch on one console; events and keys may come from any thread."""

    def __init__(
        self,
        console: Console,
        whole: Callable[[], Report],
        read: Callable[[str], Source | None],
        *,
        clear: bool,
        keys: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._whole = whole
        """The report of everything that is known."""
        self._read = read
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
                    self._draw(lambda: self._print([(Tone.PLAIN, visible(event.text))]))
                case _:
                    pass

    def press(self, key: str) -> None:
        """Takes the key of a view: `a` or `d`."""
        with self._lock:
            if self._idle is None:
                return
            self._page = _Page.ALL if key == "a" else _Page.DELTA
            self._draw(self._print_page)

    def resized(self) -> None:
        """Draws anew, since the terminal has another size."""
        with self._lock:
            if self._clear:
                self._draw(self._print_page)
            else:
                self._refresh()

    def _begin(self, event: Building) -> None:
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
            self._draw(lambda: self._print_first(event.report))
            return
        if not event.delta:
            return
        self._told = [event] if self._is_fresh else [*self._told, event]
        self._first, self._is_fresh = None, False
        self._page = _Page.DELTA
        only = event if not self._clear else None
        self._draw(lambda: self._print_delta([only] if only else self._told))

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
                self._draw(lambda: self._print_delta([]))
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
        if self._page is _Page.ALL:
            view = View(top=0)
            TerminalReporter(view, self._console).print(self._whole(), self._read)
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
                reporter.print_sites(sites, one.report, self._read)
        if failed is not None and self._clear:
            self._print(failure_lines(failed))

    def _print(self, lines: Iterable[Line]) -> None:
        encoding = self._console.encoding
        for tone, line in lines:
            text = line if encoding.startswith("utf") else encodable(line, encoding)
            self._console.print(
                Text(text, _STYLES[tone]), soft_wrap=True, markup=False, highlight=False
            )

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
            text.append(f" · older: {standing(idle)}")
        else:
            text.append("ok", "bold green")
            text.append(f" · {standing(idle)}")
        if self._keys and idle is not None and building is None:
            text.append(f" · {_KEYS}", "dim")
        encoding = self._console.encoding
        if not encoding.startswith("utf"):
            text.plain = encodable(text.plain, encoding)
        return text
