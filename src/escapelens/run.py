"""One run over real packages: plan, start the compiler, read what it says or what was found."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from escapelens.cache.folder import CacheFolder, cache_folder, name_of
from escapelens.progress import Progress, silent
from escapelens.request import Outcome, Request
from escapelens.toolchain import Build, plan_build


def run(
    request: Request,
    environ: Mapping[str, str],
    cwd: Path,
    progress: Progress = silent,
) -> Outcome:
    """Compiles what is asked for and reports what the compiler said.

    Raises an EscapelensError where nothing could be compiled; packages that do not build are
    part of the report.
    """
    plan = plan_build(request.build, environ, cwd)
    cache = CacheFolder(cache_folder(environ)) if request.use_cache else None
    # What else the environment changes shows in what the go command lists.
    last = name_of("reports", request, replace(plan, env={}))
    with Build(plan, apart=cache is not None and cache.path(last).exists()) as build:
        # What reads the compiler's output is loaded while the compiler starts.
        from escapelens.reading import read_again, read_build

        outcome = read_again(build, request, cache, last)
        return outcome or read_build(
            build, request, cache, last, cache_folder(environ) / "types", progress
        )
