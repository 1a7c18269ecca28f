"""A program with some files rewritten, compiled without touching the files on the disk."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from escapelens.basis import Basis, compile_basis, variation, write_overlay
from escapelens.cache.folder import CacheFolder
from escapelens.edits import by_file
from escapelens.mapping import Mapping
from escapelens.model import BuildError, TextEdit

Errors = dict[tuple[str, str], tuple[BuildError, ...]]
"""What does not build, by import path and test variant."""


class Trial:
    """Rewritten files in a folder of their own, and what the compiler says of them."""

    def __init__(self, before: Basis, edits: Sequence[TextEdit], folder: Path) -> None:
        """Writes the rewritten files; raises ConflictError if the edits overlap."""
        self.before = before
        self.edits = tuple(edits)
        self.mappings = {
            path: Mapping(_content(before, path), of_file)
            for path, of_file in by_file(edits).items()
        }
        texts = {path: mapping.after for path, mapping in self.mappings.items()}
        self.overlay = write_overlay(folder, texts, before.overlay)

    def compile(
        self,
        packages: Collection[str],
        cache: CacheFolder | None,
        *,
        with_test_files: bool,
        progress: Callable[[int, str], None] | None = None,
    ) -> Basis:
        """Compiles packages, and their tests, with the rewritten files."""
        plan = variation(self.before.plan, packages, tests=True, overlay=self.overlay)
        return compile_basis(
            plan, cache, with_test_files=with_test_files, settle=False, progress=progress
        )


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
