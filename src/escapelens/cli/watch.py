"""`escapelens watch`: the sites of Go packages, again at each change."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from escapelens.cli import options, output
from escapelens.errors import BuildFailedError, EscapelensError, UsageError

if TYPE_CHECKING:
    from escapelens.profiles import Named
    from escapelens.reporters.json import WatchCommand
    from escapelens.watch.events import Event
    from escapelens.watch.session import Session


class Format(StrEnum):
    """The outputs a watch can take."""

    TEXT = "text"
    JSONL = "jsonl"


FormatOption = Annotated[Format, Option("--format", help="jsonl is an event a line.")]
Stdio = Annotated[
    bool,
    Option("--stdio", help="Take commands from stdin, as JSON lines, and end when it ends."),
]
Once = Annotated[bool, Option("--once", help="Build once, tell, and end.")]
Clear = Annotated[
    bool, Option("--clear/--no-clear", help="Clear the screen before each change is told.")
]
Poll = Annotated[
    bool,
    Option("--poll", help="Look at the files every second, where the system tells of no changes."),
]


def watch(
    patterns: options.Patterns = None,
    format: FormatOption = Format.TEXT,
    stdio: Stdio = False,
    once: Once = False,
    clear: Clear = True,
    poll: Poll = False,
    files: output.Files = None,
    functions: output.Functions = None,
    causes: output.Causes = None,
    not_causes: output.NotCauses = None,
    no_cold: output.NoCold = False,
    allocating: output.Allocating = False,
    profiles: output.Profiles = None,
    base: output.Base = None,
    sample_index: output.SampleIndexOption = output.SampleIndex.ALLOC_SPACE,
    source_map: output.SourceMap = None,
    directory: options.Directory = None,
    go: options.GoPath = None,
    tags: options.Tags = None,
    goos: options.Goos = None,
    goarch: options.Goarch = None,
    race: options.Race = False,
    mod: options.Mod = None,
    overlay: options.Overlay = None,
    tests: options.Tests = False,
    deps: options.Deps = False,
    pgo: options.Pgo = "off",
    build_flags: options.BuildFlags = None,
) -> None:
    """Tell at each change of the sources what it put on the heap, and what it no longer does."""
    if stdio and format is not Format.JSONL:
        raise UsageError("--stdio needs --format jsonl", "give both, or neither")
    build = options.build_options(
        *(patterns, directory, go, tags, goos, goarch),
        *(race, mod, overlay, tests, pgo, build_flags),
        deps=deps,
    )
    from escapelens.cli.attempts import beginner
    from escapelens.request import Request
    from escapelens.watch.session import Session

    wanted = output.site_filter(files, functions, causes, not_causes, no_cold, allocating)
    profile = output.profiling(profiles, base, sample_index.value, source_map)
    outlet = _Outlet(once)
    if format is Format.JSONL:
        outlet.write = _write_line
    with outlet.told_of_errors():
        session = outlet.session = Session(
            Request(build, filter=wanted),
            os.environ,
            Path.cwd(),
            outlet.say,
            beginner(options.build_words(build), os.environ, Path.cwd()),
            poll=poll,
            suggest=format is Format.TEXT and sys.stdout.isatty() and not once,
            profile=(profile.named, profile.stacks) if profile is not None else None,
        )
        with _shown(session, outlet, format, clear=clear and not once):
            if stdio:
                threading.Thread(target=_read_commands, args=(session,), daemon=True).start()
            session.run()
    if once and outlet.is_stale:
        raise typer.Exit(BuildFailedError.exit_code)


class _Outlet:
    """Hands each event to one reporter, whole, whichever thread tells it; ends with its reader."""

    def __init__(self, once: bool) -> None:
        self.session: Session | None = None
        self.write: Callable[[Event], None] = lambda event: None
        self.is_stale = False
        self._once = once
        self._lock = threading.Lock()

    def say(self, event: "Event") -> None:
        """Writes an event."""
        from escapelens.watch.events import Idle

        try:
            with self._lock:
                self.write(event)
        except BrokenPipeError:
            self._stop()
        if isinstance(event, Idle):
            self.is_stale = event.stale
            if self._once:
                self._stop()

    @contextlib.contextmanager
    def told_of_errors(self) -> Iterator[None]:
        """Tells of what ends the watch, before it is told on stderr."""
        from escapelens.watch.events import Failed

        try:
            yield
        except EscapelensError as error:
            self.say(Failed(0, error.message, error.hint, fatal=True))
            raise
        except Exception as error:
            self.say(Failed(0, f"{type(error).__name__}: {error}", "this is a defect", fatal=True))
            raise

    def _stop(self) -> None:
        if self.session is not None:
            self.session.stop()


@contextlib.contextmanager
def _shown(session: "Session", outlet: _Outlet, form: Format, *, clear: bool) -> Iterator[None]:
    """Gives an outlet the reporter that fits where the output goes."""
    if form is Format.JSONL:
        yield
        return
    if not sys.stdout.isatty():
        from escapelens.reporters.changes import PlainReporter

        outlet.write = PlainReporter(sys.stdout).say
        yield
        return
    from rich.console import Console

    from escapelens.cli import keys
    from escapelens.reporters.live import LiveReporter
    from escapelens.watch.session import Command

    reporter = LiveReporter(Console(), session.known, clear=clear, keys=keys.are_at_hand())
    outlet.write = reporter.say

    def press(key: str) -> None:
        if key == "q":
            session.stop()
        elif key in "\r\n":
            session.command(Command("", "refresh"))
        elif key in "adf":
            reporter.press(key)

    with reporter, keys.pressed(press, reporter.resized):
        yield


def _write_line(event: "Event") -> None:
    from escapelens.reporters.json import render_event

    sys.stdout.buffer.write(render_event(event))
    sys.stdout.buffer.flush()


def _read_commands(session: "Session") -> None:
    """Hands on what stdin asks for; its end ends the watch."""
    from escapelens.reporters.json import read_command
    from escapelens.watch.session import Command

    for line in sys.stdin.buffer:
        read = read_command(line)
        if read is not None:
            profile = _profile(read)
            session.command(Command(read.id, read.command, read.suggestion, read.site, profile))
    session.stop()


def _profile(command: "WatchCommand") -> "Named | None":
    """The profiles that a command names."""
    from escapelens.profiles import Named

    if not command.profile:
        return None
    base = (command.base,) if command.base else ()
    renamed = tuple(command.source_map.items())
    return Named((command.profile,), base, command.sample_index, renamed)
