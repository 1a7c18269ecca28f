"""Which pools save nothing: with a new value in place of each Get, the value stays on the stack.

The packages of the pools are compiled once more, with rewritten files. The compiler must say that
each new value stays; where it says nothing, as of generic code that nobody uses, nothing is found.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from escapelens.basis import variation, write_overlay
from escapelens.drafts import Paths
from escapelens.edits import by_file, conflict
from escapelens.errors import EscapelensError
from escapelens.mapping import Mapping as Moved
from escapelens.model import TextEdit
from escapelens.parsers.diagnostics import Block, Place, scan, scan_stack, split_blocks
from escapelens.rewriting.imports import remove_import
from escapelens.source import Source
from escapelens.toolchain import Build, ListedPackage, Plan
from escapelens.types import Observation, PoolFacts

NAME = "pool-not-needed"


class Program(NamedTuple):
    """What pools are tried in."""

    plan: Plan
    listed: Sequence[ListedPackage]
    overlay: Mapping[str, str]
    """What is read instead of files on the disk, by absolute path."""
    source: Callable[[str], Source | None]
    """The file at an absolute path, as it was compiled."""


def needless(
    program: Program, pools: Iterable[PoolFacts]
) -> tuple[list[Observation], tuple[str, ...]]:
    """An observation for each pool whose values would stay on the stack; why nothing was tried."""
    tried = candidates(pools, program.listed, program.plan.modcache)
    if not tried:
        return [], ()
    with TemporaryDirectory(prefix="escapelens-", ignore_cleanup_errors=True) as folder:
        trial = Without(program, tried, Path(folder))
        try:
            with Build(trial.plan) as build:
                blocks = list(split_blocks(build.stderr()))
        except EscapelensError as error:
            return [], (f"no pool was tried without: {error.message}",)
    return [observed(pool, program.source) for pool in trial.unneeded(blocks)], ()


def candidates(
    pools: Iterable[PoolFacts], listed: Iterable[ListedPackage], modcache: Path
) -> tuple[PoolFacts, ...]:
    """The pools in files that were asked for whose Gets can all be replaced in one program.

    For a module that was fetched to `modcache`, the go command takes no other files.
    """
    files = {
        str(file)
        for one in listed
        if not one.dep_only and not Path(one.dir).is_relative_to(modcache)
        for file in one.files
    }
    tried: list[PoolFacts] = []
    for pool in pools:
        edits = pool.without
        is_there = edits and all(edit.file in files for edit in edits)
        if is_there and not any(conflict(edits, other.without) for other in tried):
            tried.append(pool)
    return tuple(tried)


def observed(pool: PoolFacts, read: Callable[[str], Source | None]) -> Observation:
    """What there is to say of a pool that saves nothing."""
    use = pool.gets[0]
    return Observation(
        NAME,
        *(pool.place, pool.place, pool.place),
        pool.package,
        "",
        what=next(edit.new_text for edit in pool.without if edit.new_text),
        other=use.function,
        other_place=use.place,
        edits=(*pool.without, *pool.declaration, *_import(pool, read(pool.place.file))),
    )


def _import(pool: PoolFacts, source: Source | None) -> Iterable[TextEdit]:
    """The removal of what only the declaration of a pool needs."""
    if not pool.declaration or not pool.alone or source is None:
        return ()
    return remove_import(pool.place.file, source, "sync")


class Without:
    """A program in which new values stand in place of what some pools give."""

    def __init__(self, program: Program, pools: Sequence[PoolFacts], folder: Path) -> None:
        """Writes the rewritten files to a folder."""
        self._pools = pools
        self._paths = Paths(*map(str, (program.plan.root, program.plan.cwd, program.plan.goroot)))
        edits = by_file(edit for pool in pools for edit in pool.without)
        texts: dict[str, bytes] = {}
        self._made: dict[TextEdit, _Made] = {}
        for file, of_file in edits.items():
            source = program.source(file)
            moved = Moved(b"" if source is None else source.content, of_file)
            texts[file] = moved.after
            after = Source(moved.after)
            for edit, change in zip(of_file, moved.changes, strict=True):
                span = after.point(change.new_start), after.point(change.new_end)
                self._made[edit] = _Made(file, *span)
        overlay = write_overlay(folder, texts, program.overlay)
        packages = _packages(program.listed, edits)
        tests = program.plan.tests
        self.plan = variation(program.plan, packages, tests=tests, overlay=overlay)
        """What compiles the packages of the pools."""

    def unneeded(self, blocks: Iterable[Block]) -> Iterable[PoolFacts]:
        """The pools whose values all stay on the stack, by what the compiler printed."""
        heap: list[Place] = []
        stack: list[Place] = []
        for block in blocks:
            heap += (one.place for one in scan(block.text).decisions)
            stack += (place for place, _ in scan_stack(block.text))
        for pool in self._pools:
            made = [self._made[edit] for edit in pool.without if edit.new_text]
            if all(self._is_at(one, stack) and not self._is_at(one, heap) for one in made):
                yield pool

    def _is_at(self, made: "_Made", places: Iterable[Place]) -> bool:
        return any(
            made.start <= (one.line, one.column) < made.end
            and self._paths.real(one.file) == made.file
            for one in places
        )


class _Made(NamedTuple):
    """Where a new value stands in a rewritten file."""

    file: str
    start: tuple[int, int]
    end: tuple[int, int]


def _packages(listed: Iterable[ListedPackage], files: Collection[str]) -> set[str]:
    """The packages that files belong to; an external test belongs to the package it tests."""
    found: set[str] = set()
    for one in listed:
        if any(str(file) in files for file in one.files):
            tested = (one.variant or "").removesuffix(".test")
            is_external = bool(tested) and one.import_path == f"{tested}_test"
            found.add(tested if is_external else one.import_path)
    return found
