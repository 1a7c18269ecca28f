"""Reads a running build to its end and makes the report of it."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace as with_changes
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from escapelens.analysis import Analysis, Keep, Measure
from escapelens.cache.blocks import AnalysisCache
from escapelens.cache.folder import CacheFolder
from escapelens.cache.reports import LastReport
from escapelens.drafts import Paths, Sources
from escapelens.inquiry import inquiring
from escapelens.model import BuildError, Package
from escapelens.owning import owners
from escapelens.parsers.diagnostics import Block, split_blocks, unrecognised_lines
from escapelens.pools.telling import Try
from escapelens.progress import Progress, packages_read
from escapelens.request import Filter, Outcome, Request
from escapelens.toolchain import Build, ListedPackage, Plan, explain_packages
from escapelens.types.answers import Answers, Span, TypeName
from escapelens.types.pools import Observation, PoolFacts


def read_again(
    build: Build, request: Request, cache: CacheFolder | None, last: str
) -> Outcome | None:
    """The report of this name in the cache, if the build turns out to be the one it was made of."""
    if cache is None or not build.is_apart or not build.is_listed():
        return None
    plan = build.plan
    finished = LastReport(cache, last).load(_essence(build))
    if finished is None:
        return None
    sources, paths = Sources(_overlay(request.build.overlay, plan)), _paths(plan)
    return Outcome(finished, lambda file: sources.show(paths.real_of_shown(file)))


def read_build(
    build: Build,
    request: Request,
    cache: CacheFolder | None,
    last: str,
    programs: Path,
    progress: Progress,
) -> Outcome:
    """The report of a build that was started; `progress` hears of each package block
    and of what follows.

    It is kept in the cache under the name `last`, if the next such build may say the same. What
    asks the type checker is kept in the folder `programs`.
    """
    plan = build.plan
    paths = _paths(plan)
    keep = _keep(request.filter, plan)
    # Which sites a filter keeps shows only when they are complete.
    filtered = keep is not None or request.filter.is_by_reason
    wanted = with_changes(request.wanted, detail=request.wanted.detail or filtered)
    sources = Sources(_overlay(request.build.overlay, plan))
    blocks = AnalysisCache(cache) if cache is not None else None
    analysis = Analysis(paths, wanted, sources, blocks)
    for number, block in enumerate(split_blocks(build.stderr(analysis.work)), 1):
        analysis.add(block)
        progress(packages_read(number, block.package))
    progress("looking at the sources")
    listed = build.packages
    for package in listed:
        if package.block:
            text = package.block.encode()
            analysis.add(Block(package.import_path, package.variant, text), is_error=True)
    explained = explain_packages(listed, plan.root, unrecognised_lines)
    packages = [in_terms_of(paths, package) for package in explained]
    owner_of = owners(
        ((p.import_path, p.dir, p.files, not p.dep_only) for p in listed), str(plan.goroot)
    )
    notes = (*plan.notes, *build.notes())
    if wanted.detail:
        folders = {package.import_path: package.dir for package in listed if package.dir}
        report = analysis.report(
            str(plan.cwd),
            plan.go,
            packages,
            owner_of,
            folders=folders,
            files=[str(file) for one in listed if not one.dep_only for file in one.files],
            around=_around(listed),
            keep=keep,
            wanted=request.filter if request.filter.is_by_reason else None,
            inquire=inquiring(plan, listed, _overlay(request.build.overlay, plan), progress),
            measure=measuring(plan, listed, _overlay(request.build.overlay, plan), programs),
            try_pools=trying(plan, listed, _overlay(request.build.overlay, plan), sources),
            notes=notes,
        )
    else:
        report = analysis.summary(str(plan.cwd), plan.go, packages, owner_of, notes=notes)
    if cache is not None:
        # What did not compile has no build ID, and a line that was not understood may be gcc's,
        # which is not replayed.
        if analysis.is_settled and not report.unrecognised and all(p.compiled for p in listed):
            LastReport(cache, last).store(_essence(build), report)
        cache.prune()
    return Outcome(report, lambda file: sources.show(paths.real_of_shown(file)))


def measuring(
    plan: Plan, listed: Sequence[ListedPackage], overlay: Mapping[str, str], programs: Path
) -> Measure:
    """How the type checker is asked what values take, by a program kept in a folder."""

    def measure(asked: Collection[Span], types: Collection[TypeName]) -> Answers:
        from escapelens.types import ask

        in_order = sorted(asked)

        def answered(folder: Path) -> Answers:
            return ask(
                *(plan, listed, folder),
                values=in_order,
                types=sorted(types),
                implementers=False,
                overlay=overlay,
            )

        answers = answered(programs)
        if answers.notes:  # the folder may be one that cannot be written
            with TemporaryDirectory(prefix="escapelens-") as folder:
                answers = answered(Path(folder))
        return answers

    return measure


def trying(
    plan: Plan, listed: Sequence[ListedPackage], overlay: Mapping[str, str], sources: Sources
) -> Try:
    """How pools are tried, for which packages are compiled once more."""

    def tried(pools: Iterable[PoolFacts]) -> tuple[Sequence[Observation], tuple[str, ...]]:
        from escapelens.pools.needless import Program, needless

        return needless(Program(plan, listed, overlay, sources.get), pools)

    return tried


def _around(listed: Sequence[ListedPackage]) -> Iterator[str]:
    """The files of the same modules that were not asked for, but compiled for what was."""
    modules = {one.module_dir for one in listed if not one.dep_only and one.module_dir}
    for one in listed:
        if one.dep_only and one.module_dir in modules:
            yield from map(str, one.files)


def _paths(plan: Plan) -> Paths:
    return Paths(str(plan.root), str(plan.cwd), str(plan.goroot))


def _essence(build: Build) -> bytes:
    """What a report rests on besides the request."""
    return b"\0".join((build.listing, *map(str.encode, build.notes())))


def _keep(wanted: Filter, plan: Plan) -> Keep | None:
    only = {str(file) for file in plan.only_files}
    if not only and not wanted.is_by_place:
        return None
    return lambda path, *functions: (not only or path in only) and wanted.keeps(path, *functions)


def _overlay(file: Path | None, plan: Plan) -> dict[str, str]:
    """What the build reads instead of files on the disk, by absolute path; the plan checked it."""
    if file is None:
        return {}
    replacements = json.loads((plan.cwd / file).read_text())["Replace"]
    return dict(_absolute(replacements, plan.cwd))


def _absolute(replacements: Mapping[str, str], cwd: Path) -> Iterator[tuple[str, str]]:
    for path, other in replacements.items():
        yield str(cwd / path), str(cwd / other) if other else ""


def in_terms_of(paths: Paths, package: Package) -> Package:
    """A package whose errors name files as the report does."""
    return replace(package, errors=tuple(_shown(paths, error) for error in package.errors))


def _shown(paths: Paths, error: BuildError) -> BuildError:
    position = error.position
    if position is None:
        return error
    return replace(error, position=replace(position, file=paths.shown(position.file)))
