"""`escapelens fix`: rewrites that remove sites, proven by compiling them."""

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from escapelens.cli import options, output
from escapelens.cli.places import file_of
from escapelens.errors import BuildFailedError, UsageError

if TYPE_CHECKING:
    from escapelens.basis import Basis
    from escapelens.fixing import Workshop
    from escapelens.question import Place
    from escapelens.request import Filter
    from escapelens.sites import Merged
    from escapelens.suggesting import Proposal
    from escapelens.toolchain import Plan

_WHICH = "Which rewrites"
_HOW = "What to do with them"
_MOST = 20


class Format(StrEnum):
    """The outputs that rewrites can take."""

    TEXT = "text"
    JSON = "json"


Patterns = Annotated[
    list[str] | None,
    Argument(
        metavar="PACKAGES|FILE:LINE[:COL]",
        help="Packages as for `go build`, Go files, or places; by default ./...",
        show_default=False,
    ),
]
Unsafe = Annotated[
    bool,
    Option(
        "--unsafe",
        help="Write also what needs a review, was not measured, or gains only in failing code.",
        rich_help_panel=_WHICH,
    ),
]
Api = Annotated[
    bool,
    Option(
        "--api",
        help="Also offer what changes the signature of an exported function.",
        rich_help_panel=_WHICH,
    ),
]
Most = Annotated[
    int,
    Option(
        "--max", metavar="N", min=1, help="Try rewrites of N sites at most.", rich_help_panel=_WHICH
    ),
]
Rejected = Annotated[
    bool,
    Option("--rejected", help="Also what failed or was refused, and why.", rich_help_panel=_WHICH),
]
RunTests = Annotated[
    bool,
    Option("--tests", help="Run the tests that a rewrite may affect.", rich_help_panel=_HOW),
]
Bench = Annotated[
    str | None,
    Option(
        "--bench",
        metavar="RE",
        help="Run benchmarks with and without each rewrite, in turn.",
        rich_help_panel=_HOW,
    ),
]
BenchTime = Annotated[
    str,
    Option("--benchtime", metavar="TIME", help="As for `go test`.", rich_help_panel=_HOW),
]
Write = Annotated[
    bool,
    Option("--write", help="Change the files, after a test of all together.", rich_help_panel=_HOW),
]
Interactive = Annotated[
    bool,
    Option("--interactive", "-i", help="Ask for each rewrite, then write.", rich_help_panel=_HOW),
]
AllowDirty = Annotated[
    bool,
    Option("--allow-dirty", help="Write though git has uncommitted changes.", rich_help_panel=_HOW),
]
Patch = Annotated[
    Path | None,
    Option("--patch", metavar="FILE", help="Put the diff in a file.", rich_help_panel=_HOW),
]
FormatOption = Annotated[
    Format,
    Option("--format", help="json is the document of `show`.", rich_help_panel=_HOW),
]


def fix(
    patterns: Patterns = None,
    format: FormatOption = Format.TEXT,
    causes: output.Causes = None,
    not_causes: output.NotCauses = None,
    files: output.Files = None,
    functions: output.Functions = None,
    no_cold: output.NoCold = False,
    profiles: output.Profiles = None,
    base: output.Base = None,
    sample_index: output.SampleIndexOption = output.SampleIndex.ALLOC_SPACE,
    source_map: output.SourceMap = None,
    unsafe: Unsafe = False,
    api: Api = False,
    most: Most = _MOST,
    rejected: Rejected = False,
    run_tests: RunTests = False,
    bench: Bench = None,
    bench_time: BenchTime = "",
    write: Write = False,
    interactive: Interactive = False,
    allow_dirty: AllowDirty = False,
    patch: Patch = None,
    no_cache: output.NoCache = False,
    directory: options.Directory = None,
    go: options.GoPath = None,
    tags: options.Tags = None,
    goos: options.Goos = None,
    goarch: options.Goarch = None,
    machine_code: options.MachineCode = False,
    race: options.Race = False,
    mod: options.Mod = None,
    overlay: options.Overlay = None,
    pgo: options.Pgo = "off",
    build_flags: options.BuildFlags = None,
) -> None:
    """Offer changes that keep values off the heap, each compiled to prove it."""
    if overlay is not None and (write or interactive):
        raise UsageError("--overlay and --write exclude each other", "write to the files it names")
    if interactive and not (sys.stdin.isatty() and format is Format.TEXT):
        raise UsageError("--interactive asks on a terminal", "--write asks nothing")
    packages, places = _places(patterns or [], directory)
    build = options.build_options(
        *(packages, directory, go, tags, goos, goarch),
        *(race, mod, overlay, False, pgo, build_flags),
        machine_code=machine_code,
    )
    from escapelens.fixing import Wishes, work
    from escapelens.toolchain import plan_build

    keeps = output.site_filter(files, functions, causes, not_causes, no_cold)
    profile = output.profiling(profiles, base, sample_index.value, source_map)
    plan = plan_build(build, os.environ, Path.cwd())
    _recover(plan)
    is_writing = write or interactive
    if is_writing and not allow_dirty:
        _refuse_dirty(plan, ())
    wishes = Wishes(
        lambda basis: _chosen(basis, keeps, places),
        most,
        run_tests,
        bench,
        bench_time,
        not no_cache,
        api,
        bool(places) or unsafe,
        lambda basis: basis if profile is None else _measured(basis, profile),
    )
    with TemporaryDirectory(prefix="escapelens-", ignore_cleanup_errors=True) as scratch:
        with output.ProgressLine() as line:
            workshop = work(plan, os.environ, wishes, Path(scratch), line.update)
        from escapelens.cli.offers import Offers

        offers = Offers(workshop, places, rejected=rejected)
        offered = _offered(workshop, unsafe=unsafe, named=bool(places))
        if format is Format.TEXT:
            offers.write_text(asks=interactive)
        if interactive:
            offered = offers.ask(workshop.best)
        if patch is not None:
            _write_patch(workshop, patch, offered)
        written: list[str] = []
        if is_writing and offered:
            if not allow_dirty:
                _refuse_dirty(plan, [edit.file for one in offered for edit in one.edits])
            with output.ProgressLine():
                written = _apply(workshop, offered, Path(scratch))
        if format is Format.JSON:
            offers.write_json()
        elif is_writing:
            offers.tell_written(written, offered, asked=interactive)
        elif patch is not None:
            offers.tell_patch(patch, offered)
        else:
            offers.tell_how(offered, api=api)
    if workshop.shown.errors:
        from escapelens.reporters.summary import broken_lines

        for said in broken_lines(workshop.shown.report.packages):
            typer.echo(said, err=True)
        raise typer.Exit(BuildFailedError.exit_code)


def _places(
    patterns: list[str], directory: Path | None
) -> "tuple[list[str], list[tuple[Path, Place]]]":
    """The patterns, those of the packages around places included, and the places."""
    from escapelens.question import read_question

    packages: list[str] = []
    places: list[tuple[Path, Place]] = []
    for pattern in patterns:
        question = read_question(pattern, {})
        place = question.place if question is not None and question.meaning is None else None
        if place is None:
            packages.append(pattern)
            continue
        path = file_of(place, directory)
        packages.append(str(path.parent))
        places.append((path, place))
    return packages, places


def _measured(basis: "Basis", profile: output.Profiling) -> "Basis":
    return basis.measured(
        profile.measured(basis.report, lambda file: basis.source(basis.path_of(file)))
    )


def _chosen(basis: "Basis", keeps: "Filter", places: "list[tuple[Path, Place]]") -> "list[Merged]":
    """The sites that were asked for, those first that cost most or are likely to."""
    from escapelens.counting import is_hidden
    from escapelens.question import File
    from escapelens.reporters.selection import rank

    for path, place in places:
        _check_compiled(basis, path, place)
    named = {
        site.fingerprint
        for path, place in places
        for site in File(basis.report, path).at(place.line, place.column).sites
    }
    only = {str(file) for file in basis.plan.only_files}
    found = [
        one
        for one in basis.found
        if not is_hidden(one.site)
        and (not only or one.path in only)
        and (not places or one.site.fingerprint in named)
        and keeps.keeps(one.path, one.site.function, one.declared)
        and keeps.keeps_site(one.site)
    ]
    return sorted(found, key=lambda one: rank(one.site))


def _check_compiled(basis: "Basis", path: Path, place: "Place") -> None:
    """Raises UsageError for a file that nothing is known of."""
    real = os.path.realpath(path)
    if any(os.path.realpath(file) == real for one in basis.packages for file in one.files):
        return
    hint = "build constraints exclude it; --tags, --goos and --goarch choose others"
    if path.name.endswith("_test.go"):
        hint = "rewrites are for code that is no test; `explain` tells of tests too"
    raise UsageError(f"{_visible(place.file)} is not compiled", hint)


def _offered(workshop: "Workshop", *, unsafe: bool, named: bool) -> "list[Proposal]":
    """The rewrites that --write writes, as far as they can be applied together.

    Who names a place has looked at it, so that a rewrite there needs no other review. Else what
    gains only where something fails is left as it reads best.
    """
    from escapelens.fixing import together
    from escapelens.model import Applicability
    from escapelens.verify import Standing, standing

    def is_wanted(one: "Proposal") -> bool:
        suggestion = one.suggestion
        assert suggestion.verdict is not None
        proven = standing(suggestion.verdict) is Standing.PROVEN
        is_safe = suggestion.applicability is Applicability.SAFE and not one.is_seldom
        return unsafe or (proven and (named or is_safe))

    return together(filter(is_wanted, workshop.best))


def _recover(plan: "Plan") -> None:
    """Completes what an earlier --write was kept from completing."""
    from escapelens.writing import recover, was_interrupted

    if not was_interrupted(plan.root):
        return
    changed = recover(plan.root)
    typer.echo("an interrupted --write was completed", err=True)
    for path in changed:
        typer.echo(f"changed since, and left as it is: {_visible(path)}", err=True)


def _refuse_dirty(plan: "Plan", files: Sequence[str]) -> None:
    from escapelens.applying import refuse_dirty

    refuse_dirty(plan.root, files, os.environ)


def _write_patch(workshop: "Workshop", patch: Path, offered: "list[Proposal]") -> None:
    from escapelens.applying import diff_of

    text = diff_of(workshop, offered).encode("utf-8", "surrogateescape")
    try:
        (Path.cwd() / patch).write_bytes(text)
    except OSError as error:
        raise UsageError(
            f"cannot write {patch}: {error.strerror}", "--patch takes a file"
        ) from None


def _apply(workshop: "Workshop", offered: "list[Proposal]", scratch: Path) -> list[str]:
    from escapelens.applying import apply

    return apply(workshop, offered, scratch / "apply")


def _visible(text: str) -> str:
    from escapelens.reporters.visible import visible

    return visible(text)
