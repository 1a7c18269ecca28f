"""One run over real packages: plan, start the compiler, read it to its end."""

from collections.abc import Callable, Mapping
from pathlib import Path

from escapelens.request import Outcome, Request
from escapelens.toolchain import Build, plan_build

Progress = Callable[[int, str], None]
"""Told how many package blocks were read, and the last one's import path."""


def run(
    request: Request,
    environ: Mapping[str, str],
    cwd: Path,
    progress: Progress | None = None,
) -> Outcome:
    """Compiles what is asked for and reports what the compiler said.

    Raises an EscapelensError where nothing could be compiled; packages that do not build are
    part of the report.
    """
    plan = plan_build(request.build, environ, cwd)
    with Build(plan) as build:
        # What reads the compiler's output is loaded while the compiler starts.
        from escapelens.reading import read_build

        return read_build(build, request, environ, progress)
