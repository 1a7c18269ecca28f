"""escapelens shows which values the Go compiler puts on the heap, where, and why."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from escapelens.model import Report

__version__ = "0.1.0"


def analyze(
    *patterns: str,
    directory: str | None = None,
    go: str | None = None,
    tests: bool = False,
    leaks: bool = False,
) -> "Report":
    """The report on Go packages, named as for `go build`; `./...` below `directory` by default.

    Raises `escapelens.errors.EscapelensError` where nothing could be compiled; packages that do not
    build are part of the report.
    """
    import os
    from pathlib import Path

    from escapelens.request import Request, Wanted
    from escapelens.run import run
    from escapelens.toolchain import BuildOptions

    build = BuildOptions(
        patterns=patterns,
        directory=Path(directory) if directory is not None else None,
        go=go,
        tests=tests,
    )
    return run(Request(build, Wanted(leaks=leaks)), os.environ, Path.cwd()).report


__all__ = ["__version__", "analyze"]
