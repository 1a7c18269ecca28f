"""Reads a running build to its end and makes the report of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace as with_changes
from pathlib import Path

from msgspec.structs import replace

from escapelens.analysis import Analysis, Keep, owners
from escapelens.cache import AnalysisCache, cache_folder
from escapelens.drafts import Paths
from escapelens.model import BuildError, Package
from escapelens.parsers.diagnostics import Block, split_blocks, unrecognised_lines
from escapelens.request import Filter, Outcome, Request
from escapelens.toolchain import Build, Plan, explain_packages


def read_build(
    build: Build,
    request: Request,
    environ: Mapping[str, str],
    progress: Callable[[int, str], None] | None,
) -> Outcome:
    """The report of a build that was just started; `progress` hears of each package block."""
    plan = build.plan
    paths = Paths(str(plan.root), str(plan.cwd), str(plan.goroot))
    cache = AnalysisCache(cache_folder(environ)) if request.use_cache else None
    keep = _keep(request.filter, plan)
    # Which sites a filter keeps shows only when they are complete.
    filtered = keep is not None or request.filter.is_by_reason
    wanted = with_changes(request.wanted, detail=request.wanted.detail or filtered)
    analysis = Analysis(paths, wanted, cache, _overlay(request.build.overlay, plan))
    for number, block in enumerate(split_blocks(build.stderr()), 1):
        analysis.add(block)
        if progress is not None:
            progress(number, block.package)
    listed = build.packages
    for package in listed:
        if package.block:
            text = package.block.encode()
            analysis.add(Block(package.import_path, package.variant, text), is_error=True)
    explained = explain_packages(listed, plan.root, unrecognised_lines)
    packages = [_in_terms_of(paths, package) for package in explained]
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
            keep=keep,
            wanted=request.filter.keeps_site if request.filter.is_by_reason else None,
            notes=notes,
        )
    else:
        report = analysis.summary(str(plan.cwd), plan.go, packages, owner_of, notes=notes)
    return Outcome(report, analysis.read)


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


def _in_terms_of(paths: Paths, package: Package) -> Package:
    """A package whose errors name files as the report does."""
    return replace(package, errors=tuple(_shown(paths, error) for error in package.errors))


def _shown(paths: Paths, error: BuildError) -> BuildError:
    position = error.position
    if position is None:
        return error
    return replace(error, position=replace(position, file=paths.shown(position.file)))
