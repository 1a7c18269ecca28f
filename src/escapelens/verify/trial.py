"""A program with some files rewritten, compiled without touching the files on the disk."""

from collections.abc import Collection, Sequence
from pathlib import Path

from escapelens.basis import Basis, compile_basis, variation, write_overlay
from escapelens.cache.folder import CacheFolder
from escapelens.edits import apply, by_file, line_edits, with_line_ends_of
from escapelens.mapping import Mapping
from escapelens.model import BuildError, TextEdit
from escapelens.progress import Progress, silent
from escapelens.rewriting.imports import change_imports, imports_end, no_longer_used
from escapelens.source import Source

Errors = dict[tuple[str, str], tuple[BuildError, ...]]
"""What does not build, by import path and test variant."""


class Trial:
    """Rewritten files in a folder of their own, and what the compiler says of them."""

    def __init__(self, before: Basis, edits: Sequence[TextEdit], folder: Path) -> None:
        """Writes the rewritten files; raises ConflictError if the edits overlap."""
        self.before = before
        self.edits = settled(before, edits)
        self.mappings = {
            path: Mapping(_content(before, path), of_file)
            for path, of_file in by_file(self.edits).items()
        }
        texts = {path: mapping.after for path, mapping in self.mappings.items()}
        self.overlay = write_overlay(folder, texts, before.overlay)

    def compile(
        self,
        packages: Collection[str],
        cache: CacheFolder | None,
        *,
        with_test_files: bool,
        tests: bool = True,
        progress: Progress = silent,
    ) -> Basis:
        """Compiles packages, and their tests unless told otherwise, with the rewritten files."""
        plan = variation(self.before.plan, packages, tests=tests, overlay=self.overlay)
        return compile_basis(
            plan, cache, with_test_files=with_test_files, settle=False, progress=progress
        )


def settled(before: Basis, edits: Sequence[TextEdit]) -> tuple[TextEdit, ...]:
    """Edits that also import no more what all of them together leave unused."""
    made: list[TextEdit] = []
    for path, of_file in by_file(edits).items():
        source = before.source(path)
        made += of_file if source is None else _without_unused(path, source, of_file)
    return tuple(made)


def _without_unused(path: str, source: Source, edits: list[TextEdit]) -> list[TextEdit]:
    after = Source(apply(source.content, edits))
    unused = no_longer_used(source, after)
    if not unused:
        return edits
    # Some of the edits may change the same lines, so those of the imports are made anew.
    end = imports_end(source)
    of_imports = [edit for edit in edits if edit.end <= end]
    head = source.content[:end]
    changed = apply(apply(head, of_imports), change_imports(path, after, remove=unused))
    narrower = (with_line_ends_of(head, edit) for edit in line_edits(path, head, changed))
    return [*narrower, *(edit for edit in edits if edit.end > end)]


def _content(before: Basis, path: str) -> bytes:
    source = before.source(path)
    return b"" if source is None else source.content


def new_errors(before: Basis, after: Basis) -> Errors:
    """What does not build any more.

    A package that only imports such a one has no errors of its own.
    """
    found: Errors = {}
    for key, errors in after.errors.items():
        known = {error.message for error in before.errors.get(key, ())}
        fresh = tuple(error for error in errors if error.message not in known)
        if fresh or key not in before.errors:
            found[key] = fresh
    return found
