"""`escapelens bench`: the figures of benchmarks, and the sites that pay for them."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from typer import Option

from escapelens.cli import options, output
from escapelens.errors import BuildFailedError, UsageError

_ENOUGH = 0.95
"""The share of all objects that is accounted for by what is shown unasked."""

Pattern = Annotated[
    str, Option("--bench", metavar="REGEXP", help="Which benchmarks, as for `go test -bench`.")
]
Time = Annotated[
    str,
    Option("--benchtime", metavar="TIME", help="How long each runs, as for `go test`: 1s or 100x."),
]


def bench(
    patterns: options.Patterns = None,
    pattern: Pattern = ".",
    time: Time = "",
    format: output.FormatOption = output.Format.TEXT,
    top: output.Top = None,
    all: output.All = False,
    no_flow: output.NoFlow = False,
    no_cache: output.NoCache = False,
    sample_index: output.SampleIndexOption = output.SampleIndex.ALLOC_OBJECTS,
    directory: options.Directory = None,
    go: options.GoPath = None,
    tags: options.Tags = None,
    mod: options.Mod = None,
    overlay: options.Overlay = None,
    pgo: options.Pgo = "off",
    build_flags: options.BuildFlags = None,
) -> None:
    """Run benchmarks, and show which sites allocate what they allocate."""
    build = options.build_options(
        *(patterns, directory, go, tags, None, None),
        *(False, mod, overlay, True, pgo, build_flags),
        machine_code=True,
    )
    from msgspec.structs import replace

    from escapelens.benching import bench as run_all
    from escapelens.benching import enough
    from escapelens.profiled import with_profile
    from escapelens.reporters.figures import figure_lines
    from escapelens.request import Outcome, Request
    from escapelens.run import run
    from escapelens.toolchain import plan_build

    with output.ProgressLine() as line:
        outcome = run(Request(build, use_cache=not no_cache), os.environ, Path.cwd(), line.update)
        report = outcome.report
        plan = plan_build(build, os.environ, Path.cwd())
        packages = sorted(
            {(one.import_path, one.dir) for one in report.packages if _is_plain(one.import_path)}
        )
        with TemporaryDirectory(prefix="escapelens-") as folder:
            benched = run_all(plan, packages, Path(folder), pattern, time=time)
    if not benched.benchmarks:
        for problem in benched.problems:
            raise BuildFailedError(problem, "`go test -bench` should say the same")
        raise UsageError(
            f"no benchmark matches {pattern}", "benchmarks are `func BenchmarkX(b *testing.B)`"
        )
    report = with_profile(report, benched.stacks, sample_index.value, outcome.read)
    notes = (*report.notes, *benched.problems)
    report = replace(report, benchmarks=benched.benchmarks, notes=notes)
    measured = [site.cost.profile.share for site in report.sites if site.cost and site.cost.profile]
    wanted = output.Output(
        *(format, top, all, False, False, no_flow, False, False, False, output.Order.COST)
    )
    wanted.check()
    if format is output.Format.TEXT:
        sys.stdout.write("".join(f"{text}\n" for text in figure_lines(report)))
        if top is None and not all:
            assert report.profile is not None
            lines = [one.share for one in report.profile.lines]
            shown = max(enough(measured, lines, _ENOUGH), 1)
            wanted = output.Output(
                *(format, shown, all, False, False),
                *(no_flow, False, False, False, output.Order.COST),
            )
    output.write(Outcome(report, outcome.read), wanted)
    if outcome.broken:
        raise typer.Exit(BuildFailedError.exit_code)


def _is_plain(import_path: str) -> bool:
    """Whether a package can be tested: no external test package, which belongs to another one."""
    return not import_path.endswith((".test", "_test"))
