"""Lets gofmt see what proposals make of formatted files."""

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from escapelens.basis import Basis
from escapelens.edits import ConflictError, apply, by_file, line_edits, narrowed
from escapelens.model import TextEdit
from escapelens.suggesting import Proposal, as_shown
from escapelens.toolchain.formatting import formatted, unformatted


def tidied(
    basis: Basis, proposals: Mapping[str, tuple[Proposal, ...]], folder: Path
) -> dict[str, tuple[Proposal, ...]]:
    """The proposals with edits that leave a file formatted that was.

    Files are written to `folder`; proposals whose own edits overlap are left out.
    """
    texts = {
        one.id: made
        for of_site in proposals.values()
        for one in of_site
        if (made := _texts(basis, one)) is not None
    }
    numbered = [(name, path) for name, of_files in texts.items() for path in of_files]
    files = [folder / f"{number}.go" for number in range(len(numbered))]
    for (name, path), file in zip(numbered, files, strict=True):
        file.write_bytes(texts[name][path])
    wrong = set(unformatted(basis.plan, files))
    untidy = {key for key, file in zip(numbered, files, strict=True) if file in wrong}
    result: dict[str, tuple[Proposal, ...]] = {}
    for fingerprint, of_site in proposals.items():
        kept = [one for one in of_site if one.id in texts]
        tidy = tuple(
            _tidy(basis, one, texts[one.id], [p for p in texts[one.id] if (one.id, p) in untidy])
            for one in kept
        )
        if tidy:
            result[fingerprint] = tidy
    return result


def _texts(basis: Basis, one: Proposal) -> dict[str, bytes] | None:
    """The files of a proposal with its edits; None where these overlap."""
    try:
        return {
            path: apply(_content(basis, path), edits) for path, edits in by_file(one.edits).items()
        }
    except ConflictError:
        return None


def _content(basis: Basis, path: str) -> bytes:
    source = basis.source(path)
    return source.content if source is not None else b""


def _tidy(basis: Basis, one: Proposal, texts: dict[str, bytes], untidy: list[str]) -> Proposal:
    """A proposal whose edits include those of gofmt in files that were formatted before."""
    edits: list[TextEdit] = [edit for edit in one.edits if edit.file not in untidy]
    for path in untidy:
        before = _content(basis, path)
        if formatted(basis.plan, before) != before:
            edits += [edit for edit in one.edits if edit.file == path]
        else:
            made = line_edits(path, before, formatted(basis.plan, texts[path]))
            edits += [narrowed(before, edit) for edit in made]
    if tuple(edits) == one.edits:
        return one
    suggestion = replace(one.suggestion, edits=as_shown(basis, edits))
    return one._replace(edits=tuple(edits), suggestion=suggestion)
