"""`escapelens pools`: every sync.Pool, how it is used, and what is wrong with that."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from escapelens.cli import options, output
from escapelens.errors import BuildFailedError

if TYPE_CHECKING:
    from escapelens.basis import Basis
    from escapelens.model import PoolReport
    from escapelens.source import Source


class Format(StrEnum):
    """The outputs that pools can take."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[
    Format,
    Option(
        "--format", help="json is the document of `show`, with pools, findings and their sites."
    ),
]
Prove = Annotated[
    bool,
    Option(
        "--prove", help="Compile each suggested change, and show its diff with what came of it."
    ),
]
Bench = Annotated[
    str | None,
    Option(
        "--bench",
        metavar="REGEXP",
        help="Run benchmarks with each pool as it is, with each suggested change, and without it.",
    ),
]
BenchTime = Annotated[
    str, Option("--benchtime", metavar="TIME", help="As for `go test`: 1s or 100x.")
]
FindingsOnly = Annotated[
    bool, Option("--findings", help="Only pools about which something was found.")
]


def pools(
    patterns: options.Patterns = None,
    format: FormatOption = Format.TEXT,
    findings_only: FindingsOnly = False,
    profiles: output.Profiles = None,
    base: output.Base = None,
    sample_index: output.SampleIndexOption = output.SampleIndex.ALLOC_SPACE,
    source_map: output.SourceMap = None,
    prove: Prove = False,
    bench: Bench = None,
    bench_time: BenchTime = "",
    no_cache: output.NoCache = False,
    directory: options.Directory = None,
    go: options.GoPath = None,
    tags: options.Tags = None,
    goos: options.Goos = None,
    goarch: options.Goarch = None,
    race: options.Race = False,
    mod: options.Mod = None,
    overlay: options.Overlay = None,
    tests: options.Tests = False,
    pgo: options.Pgo = "off",
    build_flags: options.BuildFlags = None,
) -> None:
    """List every sync.Pool: what it holds, where it is taken and put back, and what is wrong."""
    build = options.build_options(
        *(patterns, directory, go, tags, goos, goarch),
        *(race, mod, overlay, tests, pgo, build_flags),
    )
    profile = output.profiling(profiles, base, sample_index.value, source_map)
    from escapelens.basis import compile_basis
    from escapelens.cache.folder import CacheFolder, cache_folder
    from escapelens.pools.finding import find_pools
    from escapelens.toolchain import plan_build

    plan = plan_build(build, os.environ, Path.cwd())
    folder = cache_folder(os.environ)
    types = folder / "types"
    cache = None if no_cache else CacheFolder(folder)
    with output.ProgressLine() as line:
        basis = compile_basis(plan, cache, with_test_files=tests, progress=line.update)
        with TemporaryDirectory(prefix="escapelens-", ignore_cleanup_errors=True) as scratch:
            found = find_pools(basis, types, tries=True)
            if prove or bench is not None:
                from escapelens.pools.proving import Prover

                found = Prover(basis, Path(scratch), types, cache).prove(found)
            if bench is not None:
                from escapelens.pools.measuring import Bench as Benchmarks

                found = Benchmarks(basis, Path(scratch), bench, bench_time).measured(found)
    if profile is not None:
        basis, found = _profiled(basis, found, profile)
    _write(basis, found, format, findings_only=findings_only)
    if any(package.errors or package.silenced_by for package in basis.report.packages):
        raise typer.Exit(BuildFailedError.exit_code)


def _profiled(
    basis: "Basis", found: "PoolReport", profile: output.Profiling
) -> "tuple[Basis, PoolReport]":
    """What a profile says of the sites, and how much the pools still make."""
    from escapelens.pools.misses import with_misses

    def read(file: str) -> "Source | None":
        return basis.source(basis.path_of(file))

    found = with_misses(found, basis.report, profile.named, profile.stacks, read)
    return basis.measured(profile.measured(basis.report, read)), found


def _write(
    basis: "Basis",
    found: "PoolReport",
    format: Format,
    *,
    findings_only: bool,
) -> None:
    if format is Format.JSON:
        from msgspec.structs import replace

        from escapelens.model import Site
        from escapelens.question import restricted
        from escapelens.reporters import json

        about = {finding.site for finding in found.findings}
        part = restricted(
            basis.report, lambda one: isinstance(one, Site) and one.fingerprint in about
        )
        part = replace(part, pools=found.pools, findings=found.findings, notes=found.notes)
        for piece in json.render(part):
            sys.stdout.buffer.write(piece)
        return
    from rich.console import Console

    from escapelens.reporters.pools import PoolReporter

    PoolReporter(Console(), findings_only=findings_only).print(
        basis.report, found, lambda file: basis.source(basis.path_of(file))
    )
