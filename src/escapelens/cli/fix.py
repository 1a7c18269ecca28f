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
_FEW = 10
"""So much advice is printed unasked."""
_NEAREST = 3
"""So many lines with sites are named where a line has none."""


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
        help="Write also what needs a review, and what may allocate less but was not measured.",
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
        lambda basis: basis if profile is None else _measured(basis, profile),
    )
    with TemporaryDirectory(prefix="escapelens-", ignore_cleanup_errors=True) as scratch:
        with output.ProgressLine() as line:
            workshop = work(plan, os.environ, wishes, Path(scratch), line.update)
        offered = _offered(workshop, unsafe=unsafe, named=bool(places))
        if format is Format.TEXT:
            _write_text(workshop, places, rejected=rejected)
        if interactive:
            offered = _asked(workshop, offered)
        if patch is not None:
            _write_patch(workshop, patch, offered)
        written: list[str] = []
        if is_writing and offered:
            if not allow_dirty:
                _refuse_dirty(plan, [edit.file for one in offered for edit in one.edits])
            with output.ProgressLine():
                written = _apply(workshop, offered, Path(scratch))
        if format is Format.JSON:
            _write_json(workshop, rejected=rejected)
        elif is_writing:
            _tell_written(workshop, plan, written, len({one.edits for one in offered}))
        elif patch is None:
            _tell_how(workshop, offered, named=bool(places))
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
        path = Path(os.path.abspath(Path.cwd() / (directory or "") / place.file))  # noqa: PTH100
        try:
            lines = len(path.read_bytes().splitlines())
        except OSError:
            raise UsageError(
                f"cannot read {place.file}", "a place is FILE:LINE or FILE:LINE:COL"
            ) from None
        if not 1 <= place.line <= lines:
            raise UsageError(f"{place.file} has no line {place.line}", f"its last line is {lines}")
        packages.append(str(path.parent))
        places.append((path, place))
    return packages, places


def _measured(basis: "Basis", profile: output.Profiling) -> "Basis":
    return basis.measured(
        profile.measured(basis.report, lambda file: basis.source(basis.path_of(file)))
    )


def _chosen(basis: "Basis", keeps: "Filter", places: "list[tuple[Path, Place]]") -> "list[Merged]":
    """The sites that were asked for, those first that cost most or are likely to."""
    from escapelens.analysis import is_hidden
    from escapelens.question import File
    from escapelens.reporters.selection import rank

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


def _offered(workshop: "Workshop", *, unsafe: bool, named: bool) -> "list[Proposal]":
    """The rewrites that --write writes, as far as they can be applied together.

    Who names a place has looked at it, so that a rewrite there needs no other review.
    """
    from escapelens.fixing import together
    from escapelens.model import Applicability
    from escapelens.verify import Standing, standing

    def is_wanted(one: "Proposal") -> bool:
        suggestion = one.suggestion
        assert suggestion.verdict is not None
        proven = standing(suggestion.verdict) is Standing.PROVEN
        return unsafe or (proven and (named or suggestion.applicability is Applicability.SAFE))

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


def _write_text(
    workshop: "Workshop", places: "list[tuple[Path, Place]]", *, rejected: bool
) -> None:
    """All that is offered with its proof, and what else was asked for."""
    named = bool(places)
    from rich.console import Console

    from escapelens.applying import diff_of
    from escapelens.reporters.fixes import FixReporter, standing_words
    from escapelens.reporters.summary import profile_lines
    from escapelens.reporters.wording import number

    reporter = FixReporter(Console(), workshop.shown.by_fingerprint)
    for alike in workshop.offers:
        first = alike[0]
        reporter.rewrite(alike, diff_of(workshop, [first]), workshop.benchmarks.get(first.id))
    better = {one.site.site.fingerprint for one in workshop.best}
    ideas = [
        (one.site, one.suggestion)
        for merged in workshop.chosen
        for one in workshop.suggested.proposals.get(merged.site.fingerprint, ())
        if not one.edits and merged.site.fingerprint not in better
    ]
    if named or len(ideas) <= _FEW:
        for site, suggestion in ideas:
            reporter.advice(site, suggestion)
    if rejected:
        for one in workshop.rejected:
            reporter.rejected(one)
    for merged in workshop.chosen:
        refusals = workshop.suggested.refusals.get(merged.site.fingerprint, ())
        is_answered = merged.site.fingerprint in workshop.suggested.proposals
        if rejected or (named and not is_answered):
            for refusal in refusals:
                reporter.refused(merged, refusal)
        if named and not is_answered and not refusals:
            reporter.unanswered(merged)
    if not workshop.chosen:
        reporter.tell(_nothing(workshop, places))
        return
    sites = number(len(workshop.chosen), "site")
    reporter.tell(f"{standing_words(alike[0] for alike in workshop.offers)}, of {sites}", "bold")
    if workshop.rejected and not rejected:
        reporter.tell(f"{len(workshop.rejected)} rejected; --rejected tells why")
    if workshop.untried:
        reporter.tell(f"rewrites of {number(workshop.untried, 'more site')} with --max")
    if ideas and not named and len(ideas) > _FEW:
        reporter.tell(f"{len(ideas)} pieces of advice; name a line as FILE:LINE to read them")
    for line in profile_lines(workshop.shown.report.profile):
        reporter.tell(line)
        break  # what no site accounts for, `show` tells
    for note in (*workshop.shown.report.notes, *workshop.suggested.notes):
        reporter.tell(f"note: {note}")


def _nothing(workshop: "Workshop", places: "list[tuple[Path, Place]]") -> str:
    """Why there is nothing to tell, with the lines that have sites where a line was named."""
    from escapelens.analysis import is_hidden

    if not places:
        return "no heap site was asked for"
    path, place = places[0]
    lines = {
        one.site.position.line
        for one in workshop.shown.found
        if one.path == str(path) and not is_hidden(one.site)
    }
    nearest = sorted(sorted(lines, key=lambda line: abs(line - place.line))[:_NEAREST])
    there = "no heap site that was asked for stands there"
    if place.line not in lines:
        there = f"nothing is on the heap at line {place.line} of {place.file}"
    near = f"; the nearest lines with heap sites are {', '.join(map(str, nearest))}"
    return there + (near if nearest else "; nor is anything else in that file")


def _asked(workshop: "Workshop", offered: "list[Proposal]") -> "list[Proposal]":
    """Those of the offered rewrites that the user says yes to."""
    from rich.console import Console

    from escapelens.applying import diff_of
    from escapelens.reporters.fixes import FixReporter

    reporter = FixReporter(Console(), workshop.shown.by_fingerprint)
    taken: list[Proposal] = []
    for one in offered:
        reporter.rewrite([one], diff_of(workshop, [one]), workshop.benchmarks.get(one.id))
        answer = typer.prompt("Apply? [y]es, [n]o, [q]uit", default="n", show_default=False)
        if answer.lower().startswith("q"):
            break
        if answer.lower().startswith("y"):
            taken.append(one)
    return taken


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


def _tell_written(workshop: "Workshop", plan: "Plan", written: list[str], count: int) -> None:
    """What was written, and what the compiler says of it now."""
    from escapelens.basis import compile_basis

    if not written:
        typer.echo("nothing was written: only what is safe and proven is, unless a place is named")
        if workshop.best:
            typer.echo("--bench RE proves by measuring; --unsafe writes without that or a review")
        return
    now = compile_basis(plan, None)
    before, after = workshop.shown.report.counts.sites, now.report.counts.sites
    rewrites = f"{count} rewrite{'s' if count > 1 else ''}"
    typer.echo(
        f"{rewrites} written to {', '.join(map(_visible, written))}: {before} → {after} sites"
    )


def _tell_how(workshop: "Workshop", offered: "list[Proposal]", *, named: bool) -> None:
    """How what was shown is applied."""
    if offered:
        count = len({one.edits for one in offered})
        typer.echo(f"--write applies {count} of {len(workshop.offers)}")
    elif workshop.best and named:
        typer.echo("--write --unsafe applies it")
    elif workshop.best:
        typer.echo("`fix --write FILE:LINE` applies what is proven there, --unsafe all of it")


def _write_json(workshop: "Workshop", *, rejected: bool) -> None:
    from msgspec.structs import replace

    from escapelens.fixing import edited_files, suggestions_of
    from escapelens.reporters import json

    report = workshop.shown.report
    chosen = {one.site.fingerprint for one in workshop.chosen}
    sites = tuple(
        replace(
            site, suggestions=tuple(suggestions_of(workshop, site.fingerprint, rejected=rejected))
        )
        if site.fingerprint in chosen
        else site
        for site in report.sites
    )
    notes = (*report.notes, *workshop.suggested.notes)
    files = edited_files(workshop, sites)
    for piece in json.render(replace(report, files=files, sites=sites, notes=notes)):
        sys.stdout.buffer.write(piece)


def _visible(text: str) -> str:
    from escapelens.reporters.visible import visible

    return visible(text)
