"""The lines of a watch, and that nothing in sources, paths or messages reaches a terminal as it is."""

import io
from collections.abc import Iterable

import msgspec
import pytest
from rich.console import Console

from escapelens.model import (
    BuildError,
    Context,
    Counts,
    Coverage,
    Decision,
    Go,
    Kind,
    Position,
    Report,
    Site,
    SiteReference,
)
from escapelens.reporters.changes import PlainReporter, headline
from escapelens.reporters.live import LiveReporter
from escapelens.watch.events import (
    BrokenPackage,
    Building,
    CauseChange,
    Delta,
    Event,
    Failed,
    Idle,
    Progress,
    Reported,
)

EVIL = "x\x1b[31m[bold]\u202e"
COUNTS = Counts(3, 3, 2, 1, 1, 0, 0, 0, {}, {}, {"m": 3})
PLACE = Position(f"{EVIL}.go", 3, 7)


def site(fingerprint: str, cause: str = "map-insert") -> Site:
    return Site(
        fingerprint,
        "m",
        f"F{EVIL}",
        Kind.ESCAPES,
        f"&{EVIL}",
        PLACE,
        (Decision("m", PLACE, "escapes", 1, Context.OWN),),
        msgspec.Raw(b"[]"),
        cause=cause,
        sentence=f"`{EVIL}` is on the heap",
    )


def report(*sites: Site) -> Report:
    go = Go("go1.27.3", "linux", "amd64", True, (), "")
    return Report("/r", Coverage.DECISIONS, go, (), (), sites, (), (), (), COUNTS)


def reported(generation: int, delta: Delta | None, *sites: Site, stale: bool = False) -> Reported:
    return Reported(generation, delta is None, ("m",), (), stale, delta, report(*sites))


def reference(fingerprint: str) -> SiteReference:
    return SiteReference(fingerprint, "m", "F", f"&{EVIL}", PLACE, "map-insert")


class Nothing:
    """A watch of which only its sites are known."""

    def report(self) -> Report:
        return report(site("2"))

    def read(self, file: str) -> None:
        return None

    def site(self, fingerprint: str) -> None:
        return None

    def suggest(self, fingerprints: Iterable[str]) -> None:
        return None


EVENTS: list[Event] = [
    Building(1, ()),
    reported(1, None, site("1"), site("2")),
    Idle(1, 120, COUNTS, False),
    Building(2, (f"m/{EVIL}",)),
    reported(
        2,
        Delta(("3",), (reference("1"),), (CauseChange("2", "closure-capture", "map-insert"),)),
        site("2"),
        site("3"),
    ),
    Idle(2, 90, COUNTS, False),
    Building(3, ("m",)),
    Failed(3, EVIL, EVIL, False),
    Failed(3, "m", "", False, (BrokenPackage("m", "/r", (BuildError(EVIL, PLACE),)),)),
    Progress(3, EVIL),
    Idle(3, 90, COUNTS, True),
    Building(4, ("m",)),
    reported(4, Delta(), site("2")),
    Idle(4, 80, COUNTS, False),
]


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (Delta(), "nothing changed on the heap"),
        (Delta(("1",)), "1 new"),
        (Delta(("1",), (reference("2"), reference("3"))), "2 gone, 1 new"),
        (Delta(changed=(CauseChange("1", None, "a"),)), "1 changed its cause"),
        (
            Delta(("1",), (reference("2"),), (CauseChange("3", "a", "b"),) * 2),
            "1 gone, 1 new, 2 changed their causes",
        ),
    ],
)
def test_headline(delta: Delta, text: str) -> None:
    assert headline(delta) == text


def test_plain_lines() -> None:
    raw = io.BytesIO()
    reporter = PlainReporter(io.TextIOWrapper(raw, encoding="utf-8", newline="\n"))
    for event in EVENTS:
        reporter.say(event)

    name = r"x\x1b[31m[bold]\u202e"
    assert raw.getvalue().decode().splitlines() == [
        "3 sites on the heap: ",
        "in 2 functions, 1 file, 1 package",
        "3 sites in 2 functions · 0.12 s",
        "1 gone, 1 new, 1 changed its cause",
        f"- {name}.go:3:7: `&{name}` [map-insert]",
        f"+ {name}.go:3:7: `{name}` is on the heap [map-insert]",
        f"~ {name}.go:3:7: `{name}` is on the heap [map-insert], was [closure-capture]",
        "3 sites in 2 functions · 0.09 s",
        name,
        f"hint: {name}",
        "1 package did not compile:",
        "  m",
        f"    {name}.go:3:7: {name}",
        f"note: {name}",
        "3 sites in 2 functions · 0.09 s · older than the sources",
        "nothing changed on the heap",
        "3 sites in 2 functions · 0.08 s",
    ]


def test_plain_lines_where_there_is_no_unicode() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    PlainReporter(out).say(Idle(1, 120, COUNTS, True))

    assert raw.getvalue().splitlines()[-1] == (
        b"3 sites in 2 functions - 0.12 s - older than the sources"
    )


@pytest.mark.parametrize("clear", [True, False])
def test_nothing_acts_on_a_terminal(clear: bool) -> None:
    """All that the terminal is told to do is what an empty watch tells it too."""
    written = io.StringIO()
    console = Console(
        file=written, force_terminal=True, width=80, color_system=None, legacy_windows=False
    )
    with LiveReporter(console, Nothing(), clear=clear, keys=True) as reporter:
        for event in EVENTS:
            reporter.say(event)
            reporter.press("a")
            reporter.press("f")
            reporter.press("d")
            reporter.resized()

    text = written.getvalue()
    assert r"x\x1b[31m[bold]\u202e" in text
    assert "\x1b[31m" not in text
    assert "\u202e" not in text


def shown(events: list[Event], *, clear: bool = True) -> str:
    """What a screen of some events ends with, in plain text behind its last clearing."""
    written = io.StringIO()
    console = Console(file=written, width=80, color_system=None)
    reporter = LiveReporter(console, Nothing(), clear=clear, keys=False)
    for event in events:
        reporter.say(event)
    return written.getvalue()


def test_errors_vanish_when_they_are_mended() -> None:
    before = shown(EVENTS[:11], clear=True)
    after = shown(EVENTS, clear=True)

    assert "did not compile" in before
    assert "did not compile" not in after[len(before) :]
    assert "nothing changed on the heap" in after[len(before) :]


def test_errors_stay_while_something_else_is_built() -> None:
    other: list[Event] = [
        Building(4, ("n",)),
        reported(4, Delta(("3",)), site("3")),
        Idle(4, 80, COUNTS, True),
    ]
    before = shown(EVENTS[:11])
    after = shown([*EVENTS[:11], *other])[len(before) :]

    assert "1 new" in after
    assert "did not compile" in after
