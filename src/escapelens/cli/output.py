"""How `show` and `parse` print a report, and the options they share for it."""

import difflib
import os
import sys
import threading
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

from typer import Option

from escapelens.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from escapelens.model import Report, Site
    from escapelens.profiles import Named, Stacks
    from escapelens.request import Filter, Outcome
    from escapelens.source import Source
    from escapelens.toolchain import BuildOptions

    Suggester = Callable[[Sequence[Site]], Sequence[Site]]

_WHAT = "What to show"
_PATIENCE = 1.0
"""Seconds before the progress of a build is shown."""


class Format(StrEnum):
    """The outputs a report can take."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


class Order(StrEnum):
    """What comes first in text."""

    COST = "cost"
    SOURCE = "source"


class SampleIndex(StrEnum):
    """What of a profile sites are ranked by."""

    ALLOC_SPACE = "alloc_space"
    ALLOC_OBJECTS = "alloc_objects"
    INUSE_SPACE = "inuse_space"
    INUSE_OBJECTS = "inuse_objects"


FormatOption = Annotated[
    Format, Option("--format", help="jsonl is a record a line.", rich_help_panel=_WHAT)
]
Top = Annotated[
    int | None,
    Option(
        "--top",
        metavar="N",
        min=1,
        help="Show N sites; else about a screenful of many.",
        rich_help_panel=_WHAT,
    ),
]
All = Annotated[
    bool,
    Option("--all", help="Show every site, hidden ones too.", rich_help_panel=_WHAT),
]
Files = Annotated[
    list[str] | None,
    Option(
        "--file",
        metavar="FILE",
        help="Only sites in files whose path ends so; repeatable.",
        show_default=False,
        rich_help_panel=_WHAT,
    ),
]
Functions = Annotated[
    list[str] | None,
    Option(
        "--func",
        metavar="NAME",
        help="Only sites in functions of this name, such as '(*T).M', 'M' or 'New*'; repeatable.",
        show_default=False,
        rich_help_panel=_WHAT,
    ),
]
Causes = Annotated[
    list[str] | None,
    Option(
        "--cause",
        metavar="CAUSE",
        help="Only sites of this cause, or findings of this name; repeatable. `escapelens causes` "
        "lists causes.",
        show_default=False,
        rich_help_panel=_WHAT,
    ),
]
NotCauses = Annotated[
    list[str] | None,
    Option(
        "--exclude-cause",
        metavar="CAUSE",
        help="No sites of this cause, and no findings of this name; repeatable.",
        show_default=False,
        rich_help_panel=_WHAT,
    ),
]
NoCold = Annotated[
    bool,
    Option(
        "--no-cold",
        help="Without sites on error paths, in init, tests and initialisers.",
        rich_help_panel=_WHAT,
    ),
]
Allocating = Annotated[
    bool,
    Option(
        "--allocating-only",
        help="Without sites that allocate nothing when they run.",
        rich_help_panel=_WHAT,
    ),
]
Ignored = Annotated[
    bool,
    Option("--ignored", help="Only what //escapelens:ignore comments hide.", rich_help_panel=_WHAT),
]
SortOption = Annotated[
    Order,
    Option("--sort", help="Likely cost first, or as in the source.", rich_help_panel=_WHAT),
]
Leaks = Annotated[
    bool, Option("--leaks", help="Also the parameters that leak.", rich_help_panel=_WHAT)
]
Stack = Annotated[bool, Option("--stack", help="Also what does not escape.", rich_help_panel=_WHAT)]
NoFlow = Annotated[
    bool, Option("--no-flow", help="Without the steps to the heap.", rich_help_panel=_WHAT)
]
Raw = Annotated[bool, Option("--raw", help="With the compiler's own words.", rich_help_panel=_WHAT)]
Profiles = Annotated[
    list[str] | None,
    Option(
        "--profile",
        metavar="FILE|URL",
        help="An allocation profile, which ranks the sites by what they really cost; repeatable.",
        show_default=False,
        rich_help_panel=_WHAT,
    ),
]
Base = Annotated[
    list[str] | None,
    Option(
        "--base",
        metavar="FILE|URL",
        help="An earlier profile that is subtracted: what is left is growth; repeatable.",
        show_default=False,
        rich_help_panel=_WHAT,
    ),
]
SampleIndexOption = Annotated[
    SampleIndex,
    Option("--sample-index", help="What of the profile counts.", rich_help_panel=_WHAT),
]
SourceMap = Annotated[
    list[str] | None,
    Option(
        "--source-map",
        metavar="OLD=NEW",
        help="Where files of the profile are whose names begin with OLD; repeatable.",
        show_default=False,
        rich_help_panel=_WHAT,
    ),
]
Summary = Annotated[bool, Option("--summary", help="Only the totals.", rich_help_panel=_WHAT)]
Suggest = Annotated[
    bool | None,
    Option(
        "--suggest/--no-suggest",
        help="What would remove each site; by default in text, of not too many sites.",
        show_default=False,
        rich_help_panel=_WHAT,
    ),
]
Strict = Annotated[
    bool,
    Option(
        "--strict",
        help="Check every line of the compiler, not only those about the heap.",
        rich_help_panel=_WHAT,
    ),
]
NoCache = Annotated[
    bool, Option("--no-cache", help="Analyse anew what was analysed before.", rich_help_panel=_WHAT)
]


@dataclass(frozen=True)
class Profiling:
    """The profiles that were named, read before anything is compiled."""

    named: "Named"
    stacks: "Stacks"

    def measured(self, report: "Report", read: "Callable[[str], Source | None]") -> "Report":
        """A report with what its sites allocated."""
        from escapelens.profiled import with_profile

        return with_profile(report, self.stacks, self.named.index, read, self.named.renamed)


def profiling(
    profiles: list[str] | None, base: list[str] | None, index: str, source_map: list[str] | None
) -> Profiling | None:
    """Reads the profiles that were named, if any; raises UsageError."""
    if base and not profiles:
        raise UsageError("--base needs --profile", "the later profile is named by --profile")
    if not profiles:
        return None
    from escapelens.profiles import Named, load, renamings

    named = Named(tuple(profiles), tuple(base or ()), index, renamings(source_map or ()))
    return Profiling(named, load(named))


@dataclass(frozen=True)
class Output:
    """What the shared options ask for."""

    format: Format
    top: int | None
    all: bool
    leaks: bool
    stack: bool
    no_flow: bool
    raw: bool
    summary: bool
    ignored: bool
    sort: Order
    hint: str = ""
    """What is said at the end of text."""

    def check(self) -> None:
        """Raises UsageError for options that exclude each other."""
        if self.all and self.top is not None:
            raise UsageError("--all and --top exclude each other", "give one of them")


def site_filter(
    files: list[str] | None,
    functions: list[str] | None,
    causes: list[str] | None,
    not_causes: list[str] | None,
    no_cold: bool,
    allocating: bool = False,
) -> "Filter":
    """What the options keep of the sites; raises UsageError for a name that no cause has."""
    from escapelens.request import Filter

    wanted = Filter(
        tuple(files or ()),
        tuple(functions or ()),
        tuple(causes or ()),
        tuple(not_causes or ()),
        no_cold,
        allocating,
    )
    if wanted.causes or wanted.not_causes:
        _check_causes(wanted.causes + wanted.not_causes)
    return wanted


def _check_causes(names: tuple[str, ...]) -> None:
    from escapelens.causes import all_causes
    from escapelens.pools.findings import all_findings

    known = {**all_causes(), **all_findings()}
    for name in names:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]}?" if close else "`escapelens causes` lists them"
            raise UsageError(f"there is no cause {name}", hint)


def suggester(build: "BuildOptions", *, use_cache: bool) -> "Suggester":
    """Gives the sites that text shows their suggestions."""

    def suggest(sites: "Sequence[Site]") -> "Sequence[Site]":
        from escapelens.fixing import glance
        from escapelens.toolchain import plan_build

        plan = plan_build(build, os.environ, Path.cwd())
        return glance(plan, os.environ, sites, use_cache=use_cache)

    return suggest


def write(outcome: "Outcome", output: Output, suggest: "Suggester | None" = None) -> None:
    """Prints a report on stdout in the asked format, in text with suggestions if there are any."""
    if output.format is Format.TEXT:
        _write_text(outcome, output, suggest)
    else:
        _write_bytes(outcome, output.format)


def _write_bytes(outcome: "Outcome", form: Format) -> None:
    from escapelens.reporters import json

    if form is Format.JSON:
        pieces = json.render(*outcome.encoded)
    else:
        pieces = json.render_lines(outcome.report)
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _write_text(outcome: "Outcome", output: Output, suggest: "Suggester | None") -> None:
    if output.summary:
        from escapelens.reporters.summary import summary_lines

        sys.stdout.write("".join(f"{line}\n" for line in summary_lines(outcome.encoded[0])))
        return
    from rich.console import Console

    from escapelens.reporters.terminal import TerminalReporter, View

    view = View(
        top=0 if output.all else output.top,
        flow=not output.no_flow,
        raw=output.raw,
        leaks=output.leaks,
        stack=output.stack,
        show_hidden=output.all,
        ignored=output.ignored,
        by_cost=output.sort is Order.COST,
    )
    TerminalReporter(view, Console(), suggest).print(outcome.report, outcome.read)
    if output.hint:
        sys.stdout.write(f"{output.hint}\n")


class ProgressLine:
    """Shows on stderr how far a run is, if that is a terminal and the run takes a while.

    Within a stage, the line is written over at most ten times a second; it is removed at the end.
    """

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._started = self._last = time.monotonic()
        self._stage = ""
        # Dependencies may compile for long before the first package of the user's is read.
        self._first = threading.Timer(_PATIENCE, self._write, ("compiling…",))
        self._first.daemon = True

    def __enter__(self) -> Self:
        if self._is_terminal:
            self._first.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._first.cancel()
        if self._last != self._started:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def update(self, text: str) -> None:
        """Tells what the run is busy with, a new stage at once."""
        self._first.cancel()
        now, stage = time.monotonic(), text.partition(":")[0]
        if not self._is_terminal or now - self._started < _PATIENCE:
            return
        if stage != self._stage or now - self._last >= 0.1:
            self._stage = stage
            self._write(text)

    def _write(self, text: str) -> None:
        self._last = time.monotonic()
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
