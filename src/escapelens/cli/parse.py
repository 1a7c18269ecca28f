"""`escapelens parse`: compiler output that was made elsewhere."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from escapelens.cli import output
from escapelens.errors import BuildFailedError, UsageError

LogFile = Annotated[
    str,
    Argument(metavar="[FILE|-]", help="The log; by default standard input.", show_default=False),
]
Root = Annotated[
    Path,
    Option(
        "--root",
        metavar="DIR",
        help="Where the compiler ran: its paths are relative to DIR.",
        show_default="the current folder",
    ),
]


def parse(
    log: LogFile = "-",
    root: Root = Path(),
    format: output.FormatOption = output.Format.TEXT,
    top: output.Top = None,
    all: output.All = False,
    files: output.Files = None,
    functions: output.Functions = None,
    summary: output.Summary = False,
    no_flow: output.NoFlow = False,
    causes: output.Causes = None,
    not_causes: output.NotCauses = None,
    no_cold: output.NoCold = False,
    allocating: output.Allocating = False,
    ignored: output.Ignored = False,
    sort: output.SortOption = output.Order.COST,
    leaks: output.Leaks = False,
    stack: output.Stack = False,
    raw: output.Raw = False,
) -> None:
    """Read the output of `go build -gcflags=-m=2` from a saved or CI log, or from its -json events.

    Lines the compiler did not print may stand around it.
    """
    from escapelens.logs import parse_log
    from escapelens.request import Wanted

    wanted = output.Output(*(format, top, all, leaks, stack, no_flow, raw, summary, ignored, sort))
    wanted.check()
    outcome = parse_log(
        _read(log),
        root,
        Path.cwd(),
        Wanted(every_line=True, leaks=leaks, stack=stack),
        output.site_filter(files, functions, causes, not_causes, no_cold, allocating),
    )
    output.write(outcome, wanted)
    if outcome.broken:
        raise typer.Exit(BuildFailedError.exit_code)


def _read(log: str) -> bytes:
    if log == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(log).read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read {log}: {error.strerror}",
            "save the output with `go build -gcflags=-m=2 ./... 2>build.log`",
        ) from None
