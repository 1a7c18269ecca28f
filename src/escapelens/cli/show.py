"""`escapelens show`: the sites of Go packages, in their own source."""

import os
from dataclasses import replace as with_changes
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Option

from escapelens.cli import options, output
from escapelens.errors import BuildFailedError

if TYPE_CHECKING:
    from escapelens.request import Outcome, Request

_SUGGESTED_UNASKED = 5000
"""Sites up to which suggestions are looked for unasked: it takes as long as finding the sites."""
_UNASKED = "--suggest adds what would remove them; with so many sites that takes a while"

PrintCommand = Annotated[
    bool,
    Option("--print-command", help="Print the equivalent go build line and do nothing else."),
]


def show(
    patterns: options.Patterns = None,
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
    profiles: output.Profiles = None,
    base: output.Base = None,
    sample_index: output.SampleIndexOption = output.SampleIndex.ALLOC_SPACE,
    source_map: output.SourceMap = None,
    ignored: output.Ignored = False,
    sort: output.SortOption = output.Order.COST,
    leaks: output.Leaks = False,
    stack: output.Stack = False,
    raw: output.Raw = False,
    suggest: output.Suggest = None,
    strict: output.Strict = False,
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
    deps: options.Deps = False,
    machine_code: options.MachineCode = False,
    pgo: options.Pgo = "off",
    build_flags: options.BuildFlags = None,
    print_command: PrintCommand = False,
) -> None:
    """Show what the compiler puts on the heap, in the source, and why."""
    build = options.build_options(
        *(patterns, directory, go, tags, goos, goarch),
        *(race, mod, overlay, tests, pgo, build_flags),
        deps=deps,
        machine_code=machine_code,
    )
    if print_command:
        from escapelens.toolchain import plan_build

        typer.echo(plan_build(build, os.environ, Path.cwd()).paste_command)
        return
    from escapelens.request import Outcome, Request, Wanted
    from escapelens.run import run

    wanted_output = output.Output(
        *(format, top, all, leaks, stack, no_flow, raw, summary, ignored, sort)
    )
    wanted_output.check()
    profile = output.profiling(profiles, base, sample_index.value, source_map)
    only_totals = summary and format is output.Format.TEXT and not (profiles or machine_code)
    request = Request(
        build,
        Wanted(
            detail=not only_totals,
            every_line=strict,
            leaks=leaks,
            stack=stack,
        ),
        output.site_filter(files, functions, causes, not_causes, no_cold, allocating),
        use_cache=not no_cache,
    )
    with output.ProgressLine() as line:
        outcome = run(request, os.environ, Path.cwd(), line.update)
    if profile is not None:
        outcome = Outcome(profile.measured(outcome.report, outcome.read), outcome.read)
    if suggest and format is not output.Format.TEXT:
        outcome = _with_suggestions(outcome, request)
    wants_text = format is output.Format.TEXT and not summary
    if wants_text and suggest is None:
        suggest = outcome.encoded[0].counts.sites <= _SUGGESTED_UNASKED
        if not suggest:
            wanted_output = with_changes(wanted_output, hint=_UNASKED)
    suggester = output.suggester(request.build, use_cache=request.use_cache)
    output.write(outcome, wanted_output, suggester if wants_text and suggest else None)
    if outcome.broken:
        raise typer.Exit(BuildFailedError.exit_code)


def _with_suggestions(outcome: "Outcome", request: "Request") -> "Outcome":
    """The same with the suggestions of all sites; all that depends on them is compiled for it."""
    from msgspec.structs import replace

    from escapelens.counting import is_hidden
    from escapelens.fixing import prepare
    from escapelens.request import Outcome
    from escapelens.toolchain import plan_build

    plan = plan_build(request.build, os.environ, Path.cwd())
    wanted = {site.fingerprint for site in outcome.report.sites if not is_hidden(site)}
    workshop = prepare(
        plan,
        os.environ,
        lambda basis: [one for one in basis.found if one.site.fingerprint in wanted],
        use_cache=request.use_cache,
    )
    report = outcome.report
    sites = tuple(
        replace(site, suggestions=workshop.suggested.of(site.fingerprint)) for site in report.sites
    )
    notes = (*report.notes, *workshop.suggested.notes)
    return Outcome(replace(report, sites=sites, notes=notes), outcome.read)
