"""One run over real packages: plan, compile, read while the compiler writes, report."""

import fnmatch
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as with_changes
from pathlib import Path

from msgspec.structs import replace

from escapelens.analysis import Analysis, Keep, Owner, Wanted, owners
from escapelens.cache import AnalysisCache, cache_folder
from escapelens.drafts import Paths
from escapelens.model import BuildError, Go, Package, Report
from escapelens.parsers.buildlog import compiler_text
from escapelens.parsers.diagnostics import (
    Block,
    build_errors,
    has_position,
    split_blocks,
    unrecognised_lines,
)
from escapelens.source import Source
from escapelens.toolchain import Build, BuildOptions, Plan, explain_packages, plan_build

Progress = Callable[[int, str], None]
"""Told how many package blocks were read, and the last one's import path."""

_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Filter:
    """Which sites of the packages are wanted; everything where nothing is named."""

    files: tuple[str, ...] = ()
    """Ends of paths or patterns with `*`, matched against absolute paths."""
    functions: tuple[str, ...] = ()
    """Names or patterns: `F`, `M`, `(*T).M`, `F.func1`, `Write*`."""

    def keeps(self, path: str, function: str, declared: str) -> bool:
        """Whether a site is wanted that stands in a file and in a function of a declared one."""
        return self._keeps_file(path) and self._keeps_function({function, declared})

    def _keeps_file(self, path: str) -> bool:
        slashed = path.replace(os.sep, "/")
        return not self.files or any(
            slashed == file or fnmatch.fnmatchcase(slashed, f"*/{file.removeprefix('./')}")
            for file in self.files
        )

    def _keeps_function(self, functions: set[str]) -> bool:
        names = functions | {function.rpartition(".")[2] for function in functions}
        return not self.functions or any(
            fnmatch.fnmatchcase(name, wanted) for wanted in self.functions for name in names if name
        )


@dataclass(frozen=True)
class Request:
    """What one run is asked for."""

    build: BuildOptions
    wanted: Wanted = field(default_factory=Wanted)
    filter: Filter = field(default_factory=Filter)
    use_cache: bool = True


@dataclass(frozen=True)
class Outcome:
    """A report, and how to read the sources it speaks of."""

    report: Report
    read: Callable[[str], Source | None]
    """The source behind a file name of the report."""

    @property
    def broken(self) -> bool:
        """Whether a package that was asked for could not be compiled."""
        return any(package.errors or package.silenced_by for package in self.report.packages)


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
    paths = Paths(str(plan.root), str(plan.cwd), str(plan.goroot))
    cache = AnalysisCache(cache_folder(environ)) if request.use_cache else None
    overlay = _overlay(request.build.overlay, plan)
    keep = _keep(request.filter, plan)
    # Which sites a filter keeps shows only when they are complete.
    wanted = with_changes(request.wanted, detail=request.wanted.detail or keep is not None)
    analysis = Analysis(paths, wanted, cache, overlay)
    with Build(plan) as build:
        for number, block in enumerate(split_blocks(build.stderr()), 1):
            analysis.add(block)
            if progress is not None:
                progress(number, block.package)
    listed = build.packages
    for package in listed:
        if package.block:
            text = package.block.encode()
            analysis.add(Block(package.import_path, package.variant, text), is_error=True)
    packages = explain_packages(listed, plan.root, unrecognised_lines)
    owner_of = owners(
        ((p.import_path, p.dir, p.files, not p.dep_only) for p in listed), str(plan.goroot)
    )
    notes = (*plan.notes, *build.notes())
    if wanted.detail:
        report = analysis.report(str(plan.cwd), plan.go, packages, owner_of, keep=keep, notes=notes)
    else:
        report = analysis.summary(str(plan.cwd), plan.go, packages, owner_of, notes=notes)
    return Outcome(report, analysis.read)


def parse_log(log: bytes, root: Path, cwd: Path, wanted: Wanted, filter: Filter) -> Outcome:
    """Reports what a log of the compiler says; its paths are relative to `root`.

    Packages are those with a header in the log. Lines without a position that have no known form
    are taken for the log's own and only counted. Whether a source changed since then shows in what
    stands at the places; file times tell nothing, since a checkout renews them.
    """
    root = Path(os.path.abspath(cwd / root))  # noqa: PTH100  (keeps symbolic links as spelled)
    paths = Paths(str(root), str(cwd), os.environ.get("GOROOT", ""))
    analysis = Analysis(paths, wanted)
    packages: dict[tuple[str, str | None], Package] = {}
    for block in split_blocks([compiler_text(log)]):
        errors = build_errors(block.text)
        analysis.add(block, is_error=bool(errors))
        if block.package:
            key = (block.package, block.variant)
            found = tuple(BuildError(e.message, paths.position(e.place)) for e in errors)
            known = packages.get(key, Package(block.package, "", block.variant))
            packages[key] = replace(known, errors=(*known.errors, *found))
    report = analysis.report(
        root=str(cwd),
        go=Go("", "", "", False, (), ""),
        packages=tuple(packages.values()),
        owner_of=_owners_by_module({package for package, _ in packages}),
        keep=filter.keeps if filter != Filter() else None,
    )
    return Outcome(_without_others_lines(report), analysis.read)


def _owners_by_module(compiled: set[str]) -> Owner:
    """The Owner that a log allows: the module around a file, and the headers that were seen."""
    modules: dict[Path, str] = {}

    def package_of(folder: Path) -> str:
        known = modules.get(folder)
        if known is None:
            try:
                match = _MODULE.search((folder / "go.mod").read_text(errors="replace"))
                known = match[1] if match else ""
            except OSError:
                above = package_of(folder.parent) if folder.parent != folder else ""
                known = f"{above}/{folder.name}" if above else ""
            modules[folder] = known
        return known

    def owner_of(path: str) -> tuple[str, bool]:
        package = package_of(Path(path).parent) if path else ""
        names = {package, f"{package}_test", "command-line-arguments"}
        return package, not package or bool(names & compiled)

    return owner_of


def _without_others_lines(report: Report) -> Report:
    """The report of a log without the lines that others wrote into it; a note counts them."""
    ours = tuple(one for one in report.unrecognised if has_position(one.line))
    others = len(report.unrecognised) - len(ours)
    if not others:
        return report
    counts = replace(report.counts, unrecognised=len(ours))
    note = f"{others} other {'line' if others == 1 else 'lines'} in the log"
    return replace(report, unrecognised=ours, counts=counts, notes=(*report.notes, note))


def _keep(wanted: Filter, plan: Plan) -> Keep | None:
    only = {str(file) for file in plan.only_files}
    if not only and not wanted.files and not wanted.functions:
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
