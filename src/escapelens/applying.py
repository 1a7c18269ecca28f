"""Applies a set of rewrites: compiled and tested together first, then written as a whole."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from escapelens.edits import apply as applied
from escapelens.edits import by_file, unified_diff
from escapelens.errors import BuildFailedError, UsageError
from escapelens.fixing import Workshop
from escapelens.model import TextEdit
from escapelens.suggesting import Proposal
from escapelens.toolchain.git import uncommitted
from escapelens.verify.measuring import newly_failing_tests
from escapelens.verify.trial import Trial, new_errors, settled
from escapelens.verify.verifying import changed_packages
from escapelens.writing import Replacement, write


def diff_of(workshop: Workshop, chosen: Sequence[Proposal]) -> str:
    """The patch that some rewrites make together, by files as the report names them."""
    edits = settled(workshop.before, [edit for one in chosen for edit in one.edits])
    texts = _texts(workshop, edits)
    return "".join(
        unified_diff(workshop.before.shown(path).lstrip("/"), _content(workshop, path), text)
        for path, text in texts.items()
    )


def refuse_dirty(root: Path, files: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raises if git could not bring back what a write changes."""
    dirty = uncommitted(root, files, environ)
    if dirty:
        more = f" and {len(dirty) - 1} more" if len(dirty) > 1 else ""
        raise UsageError(
            f"git has uncommitted changes: {dirty[0]}{more}", "commit them, or add --allow-dirty"
        )


def apply(workshop: Workshop, chosen: Sequence[Proposal], scratch: Path) -> list[str]:
    """Compiles and tests exactly these rewrites together, then writes them.

    The names of the files that were written. Raises an EscapelensError, and writes nothing, where
    they do not stand the test or a file changed meanwhile.
    """
    before = workshop.before
    edits = [edit for one in chosen for edit in one.edits]
    trial = Trial(before, edits, scratch / "all")
    changed = changed_packages(before, trial.mappings)
    packages = workshop.members.dependents(changed)
    after = trial.compile(packages, None, with_test_files=False)
    errors = [error for found in new_errors(before, after).values() for error in found]
    if errors:
        raise BuildFailedError(
            f"the rewrites do not build together: {errors[0].message}",
            "nothing was written; --interactive, --cause and FILE:LINE choose fewer",
        )
    failing = newly_failing_tests(before, workshop.members, packages, trial.overlay)
    if failing:
        raise BuildFailedError(
            f"tests fail with the rewrites: {failing}",
            "nothing was written; --tests tells which of the rewrites break them",
        )
    texts = _texts(workshop, trial.edits)
    write(
        before.plan.root,
        [Replacement(path, _content(workshop, path), text) for path, text in texts.items()],
    )
    return [before.shown(path) for path in texts]


def _texts(workshop: Workshop, edits: Sequence[TextEdit]) -> dict[str, bytes]:
    return {
        path: applied(_content(workshop, path), of_file) for path, of_file in by_file(edits).items()
    }


def _content(workshop: Workshop, path: str) -> bytes:
    source = workshop.before.source(path)
    return b"" if source is None else source.content
