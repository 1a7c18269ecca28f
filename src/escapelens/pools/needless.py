"""Which pools save nothing: with a new value in place of each Get, the value stays on the stack."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from escapelens.basis import Basis, compile_basis, variation
from escapelens.cache.folder import CacheFolder
from escapelens.edits import apply, by_file, conflict
from escapelens.model import TextEdit
from escapelens.toolchain import list_members
from escapelens.types import Observation, PoolFacts
from escapelens.verify.trial import Trial, new_errors
from escapelens.verify.verifying import changed_packages

NAME = "pool-not-needed"


def needless(
    basis: Basis, pools: Iterable[PoolFacts], scratch: Path, cache: CacheFolder | None
) -> Iterator[Observation]:
    """An observation for each pool whose values the compiler would leave on the stack.

    All pools are tried in one program, which lies in `scratch`.
    """
    tried: list[PoolFacts] = []
    for pool in pools:
        if pool.without and not any(conflict(pool.without, other.without) for other in tried):
            tried.append(pool)
    if not tried:
        return
    edits = [edit for pool in tried for edit in pool.without]
    changed = changed_packages(basis, {edit.file for edit in edits})
    packages = list_members(basis.plan).dependents(changed)
    before = compile_basis(variation(basis.plan, packages, tests=False), cache)
    trial = Trial(before, edits, scratch)
    plan = variation(basis.plan, packages, tests=False, overlay=trial.overlay)
    after = compile_basis(plan, cache)
    if new_errors(before, after):
        return
    on_heap = set(_offsets_of_sites(after))
    places = _places(basis, edits)
    for pool in tried:
        made = [places[edit] for edit in pool.without if edit.new_text]
        if not any((file, at) in on_heap for file, start, end in made for at in range(start, end)):
            use = pool.gets[0]
            yield Observation(
                NAME,
                pool.place,
                pool.place,
                pool.place,
                pool.package,
                "",
                what=made_text(pool),
                other=use.function,
                other_place=use.place,
                edits=pool.without,
            )


def made_text(pool: PoolFacts) -> str:
    """The expression that stands in place of a Get."""
    return next(edit.new_text for edit in pool.without if edit.new_text)


def _offsets_of_sites(after: Basis) -> Iterator[tuple[str, int]]:
    for one in after.found:
        source, position = after.source(one.path), one.site.position
        if source is not None and position.column is not None:
            offset = source.offset(position.line, position.column)
            if offset is not None:
                yield one.path, offset


def _places(basis: Basis, edits: Iterable[TextEdit]) -> dict[TextEdit, tuple[str, int, int]]:
    """Where the text of each edit stands when all are made: file, start and end."""
    places: dict[TextEdit, tuple[str, int, int]] = {}
    for file, of_file in by_file(edits).items():
        source = basis.source(file)
        content = b"" if source is None else source.content
        for number, edit in enumerate(of_file):
            start = len(apply(content[: edit.start], of_file[:number]))
            places[edit] = (file, start, start + len(edit.new_text.encode()))
    return places
