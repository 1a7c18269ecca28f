"""One compiled state of some packages, with all that is known of its sites.

A report tells what was found; a basis also holds why, in the terms that rewrites and their
verification need. It may be of files that lie elsewhere than the ones they stand for.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from msgspec.structs import replace as with_changes

from escapelens.analysis import Analysis
from escapelens.cache.blocks import AnalysisCache
from escapelens.cache.folder import CacheFolder
from escapelens.directives import Directives
from escapelens.drafts import Paths, Sources
from escapelens.inquiry import inquiring
from escapelens.model import BuildError, Package, Report
from escapelens.owning import owners
from escapelens.parsers.diagnostics import Block, split_blocks, unrecognised_lines
from escapelens.progress import Progress, packages_read, silent
from escapelens.reading import in_terms_of, measuring
from escapelens.request import Wanted
from escapelens.sites import Merged
from escapelens.source import Source
from escapelens.toolchain import Build, ListedPackage, Plan, explain_packages

_TEST = ".test"


class Basis:
    """What the compiler said of some packages, and what it was said of."""

    def __init__(
        self,
        plan: Plan,
        packages: tuple[ListedPackage, ...],
        report: Report,
        found: tuple[Merged, ...],
        blocks: Mapping[str, bytes],
        sources: Sources,
        paths: Paths,
        overlay: Mapping[str, str],
    ) -> None:
        self.plan = plan
        self.packages = packages
        self.report = report
        self.found = found
        """All sites, those of dependencies that were inlined too."""
        self.blocks = blocks
        """What the compiler printed for each package, its test variants left out."""
        self.overlay = overlay
        """What was read instead of files on the disk."""
        self._sources = sources
        self._paths = paths

    def source(self, path: str) -> Source | None:
        """The file at an absolute path, as it was compiled."""
        return self._sources.show(path)

    def path_of(self, shown: str) -> str:
        """The absolute path of a file as the report names it."""
        return self._paths.real_of_shown(shown)

    def shown(self, path: str) -> str:
        """A file as the report names it."""
        return self._paths.shown(path)

    def printed(self, file: str) -> str:
        """The absolute path of a file as the compiler prints it."""
        return self._paths.real(file)

    def directives(self) -> Directives:
        """The comments that hide sites and findings."""
        return Directives(self._paths, self._sources)

    def measured(self, report: Report) -> "Basis":
        """The same with the costs that the sites of a report have."""
        costs = {site.fingerprint: site.cost for site in report.sites}
        found = tuple(
            one._replace(site=with_changes(one.site, cost=costs.get(one.site.fingerprint)))
            for one in self.found
        )
        return Basis(
            *(self.plan, self.packages, report, found),
            *(self.blocks, self._sources, self._paths, self.overlay),
        )

    @cached_property
    def by_fingerprint(self) -> dict[str, Merged]:
        return {one.site.fingerprint: one for one in self.found}

    @cached_property
    def listed(self) -> dict[str, ListedPackage]:
        """The compilations by their ids."""
        return {package.id: package for package in self.packages}

    @cached_property
    def errors(self) -> dict[tuple[str, str], tuple[BuildError, ...]]:
        """What does not build, by import path and test variant."""
        return {
            (one.import_path, one.variant or ""): one.errors
            for one in self.report.packages
            if one.errors or one.silenced_by
        }


def compile_basis(
    plan: Plan,
    cache: CacheFolder | None,
    *,
    with_test_files: bool = False,
    only: Collection[str] | None = None,
    settle: bool = True,
    programs: Path | None = None,
    progress: Progress = silent,
) -> Basis:
    """Compiles what a plan says and gathers the sites.

    Where tests are compiled too, the sites in them count only `with_test_files`; of all packages
    those count that are in `only`. The type checker is asked what the compiler leaves open unless
    `settle` is false, and what values take if `programs` names a folder for what asks it. Raises an
    EscapelensError where nothing could be compiled.
    """
    overlay = _overlay_of(plan)
    sources = Sources(overlay)
    paths = Paths(str(plan.root), str(plan.cwd), str(plan.goroot))
    blocks = AnalysisCache(cache) if cache is not None else None
    analysis = Analysis(paths, Wanted(), sources, blocks)
    texts: dict[str, bytes] = {}
    with Build(plan) as build:
        for number, block in enumerate(split_blocks(build.stderr(analysis.work)), 1):
            is_of_test = block.variant is not None and block.variant.endswith(_TEST)
            is_wanted = only is None or block.package in only
            if is_wanted and (with_test_files or not is_of_test):
                analysis.add(block)
            if is_wanted and not is_of_test:
                texts[block.package] = texts.get(block.package, b"") + bytes(block.text)
            progress(packages_read(number, block.package))
        progress("looking at the sources")
        packages = build.packages
        notes = (*plan.notes, *build.notes())
    for package in packages:
        if package.block and (package.variant is None or with_test_files):
            text = package.block.encode()
            analysis.add(Block(package.import_path, package.variant, text), is_error=True)
    explained = explain_packages(packages, plan.root, unrecognised_lines)
    owner_of = owners(
        ((p.import_path, p.dir, p.files, not p.dep_only) for p in packages), str(plan.goroot)
    )
    report = analysis.report(
        str(plan.cwd),
        plan.go,
        [in_terms_of(paths, _in_place(package, overlay)) for package in explained],
        owner_of,
        folders={package.import_path: package.dir for package in packages if package.dir},
        inquire=inquiring(plan, packages, overlay, progress) if settle else None,
        measure=measuring(plan, packages, overlay, programs) if programs is not None else None,
        notes=notes,
    )
    found = tuple(analysis.found)
    if only is not None:
        packages = tuple(
            replace(one, dep_only=one.dep_only or one.import_path not in only) for one in packages
        )
    return Basis(plan, packages, report, found, texts, sources, paths, overlay)


def _in_place(package: Package, overlay: Mapping[str, str]) -> Package:
    """A package whose errors name the files of the user, not those that were read instead."""
    places = {other: path for path, other in overlay.items() if other}

    def moved(error: BuildError) -> BuildError:
        message = error.message
        for other, path in places.items():
            message = message.replace(other, path)
        position = error.position
        if position is not None and position.file in places:
            position = with_changes(position, file=places[position.file])
        return BuildError(message, position)

    if not places or not package.errors:
        return package
    return with_changes(package, errors=tuple(map(moved, package.errors)))


def variation(
    plan: Plan,
    patterns: Collection[str],
    *,
    tests: bool,
    overlay: Path | None = None,
) -> Plan:
    """A plan for other packages of the same build, with an overlay in place of the plan's own.

    Under an overlay, dependencies are not listed: what they are is known without it.
    """
    flags = plan.flags
    if overlay is not None:
        kept = tuple(flag for flag in flags if not flag.startswith("-overlay="))
        flags = (*kept, f"-overlay={overlay}")
    return replace(
        plan,
        patterns=tuple(patterns),
        only_files=(),
        tests=tests,
        flags=flags,
        lists_dependencies=overlay is None,
    )


def write_overlay(folder: Path, texts: Mapping[str, bytes], kept: Mapping[str, str]) -> Path:
    """The overlay that puts texts in place of files, by absolute path, besides one that is kept.

    It lies in a new folder, with the texts in the order in which they are given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = {path: folder / f"{number}-{Path(path).name}" for number, path in enumerate(texts)}
    for path, text in texts.items():
        written[path].write_bytes(text)
    overlay = folder / "overlay.json"
    overlay.write_text(json.dumps({"Replace": {**kept, **{p: str(f) for p, f in written.items()}}}))
    return overlay


def _overlay_of(plan: Plan) -> dict[str, str]:
    """What the build reads instead of files, by absolute path."""
    for flag in plan.flags:
        if flag.startswith("-overlay="):
            replacements: dict[str, str] = json.loads(
                Path(flag.removeprefix("-overlay=")).read_bytes()
            )["Replace"]
            root = plan.root
            return {
                str(root / path): str(root / other) if other else ""
                for path, other in replacements.items()
            }
    return {}
