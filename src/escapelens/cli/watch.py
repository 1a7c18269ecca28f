"""`escapelens watch`: the sites of Go packages, again at each change."""

import contextlib
import gc
import os
import sys
import threading
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from escapelens.cli import options, output
from escapelens.errors import BuildFailedError, InterruptedRunError, UsageError

if TYPE_CHECKING:
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
    from escapelens.request import Request
    from escapelens.watch.session import Session

    wanted = output.site_filter(files, functions, causes, not_causes, no_cold)
    # A watch lives long, unlike other commands.
    gc.enable()
    teller = _Teller(once)
    session = Session(Request(build, filter=wanted), os.environ, Path.cwd(), teller.say, poll=poll)
    teller.session = session
    if stdio:
        threading.Thread(target=_read_commands, args=(session,), daemon=True).start()
    try:
        session.run()
    except KeyboardInterrupt:
        raise typer.Exit(InterruptedRunError.exit_code) from None
    if once and teller.is_stale:
        raise typer.Exit(BuildFailedError.exit_code)


class _Teller:
    """Writes events to stdout, each whole, whichever thread tells it."""

    def __init__(self, once: bool) -> None:
        self.session: Session | None = None
        self.is_stale = False
        self._once = once
        self._lock = threading.Lock()

    def say(self, event: "Event") -> None:
        from escapelens.reporters.json import render_event
        from escapelens.watch.events import Idle

        line = render_event(event)
        with self._lock, contextlib.suppress(BrokenPipeError):
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
        if isinstance(event, Idle) and self._once and self.session is not None:
            self.is_stale = event.stale
            self.session.stop()


def _read_commands(session: "Session") -> None:
    """Hands on what stdin asks for; its end ends the watch."""
    from escapelens.reporters.json import read_command
    from escapelens.watch.session import Command

    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        read = read_command(line)
        if read is not None:
            session.command(Command(read.id, read.command, read.suggestion, read.site))
    session.stop()
