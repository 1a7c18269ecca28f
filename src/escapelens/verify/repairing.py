"""Mends callers of a changed signature by what the compiler says they lack: `&` or `*`."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from escapelens.basis import Basis
from escapelens.model import BuildError, TextEdit
from escapelens.source import Source
from escapelens.verify.trial import Trial

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_ROUNDS = 4
"""A compiler tells ten errors of a package at once."""
_MISFIT = re.compile(
    r"cannot use (?P<what>.+) \((?P<kind>variable|value) of (?:\w+ )?type (?P<is>.+)\) "
    r"as (?P<wanted>.+?) value in ",
    re.DOTALL,
)
_NO_POINTER = re.compile(
    r"invalid operation: cannot indirect (?P<what>.+) \((?:variable|value) of (?:\w+ )?type .+\)",
    re.DOTALL,
)
_ADDRESSABLE = ("identifier", "selector_expression", "index_expression")


def repaired(trial: Trial, after: Basis, errors: Iterable[BuildError]) -> list[TextEdit] | None:
    """The edits of a trial and those that mend its errors; None if one cannot be mended."""
    mended: dict[TextEdit, None] = {}
    for error in errors:
        edit = _mend(trial, after, error)
        if edit is None:
            return None
        mended.setdefault(edit)
    if not mended:
        return None
    return [*trial.edits, *(edit for edit in mended if edit not in trial.edits)]


def _mend(trial: Trial, after: Basis, error: BuildError) -> TextEdit | None:
    """The edit, in the text before all edits, that makes one error go away."""
    if error.position is None or error.position.column is None:
        return None
    path = after.path_of(error.position.file)
    source = after.source(path)
    if source is None:
        return None
    offset = source.offset(error.position.line, error.position.column)
    if offset is None:
        return None
    misfit = _MISFIT.match(error.message)
    if misfit is not None:
        node = _expression(source, offset, misfit["what"])
        if node is None:
            return None
        given, wanted = _bare(misfit["is"]), _bare(misfit["wanted"])
        if wanted == f"*{given}" and node.type in _ADDRESSABLE and misfit["kind"] == "variable":
            return _inserted(trial, path, node.start_byte, "&")
        if given == f"*{wanted}" and node.type != "unary_expression":
            return _inserted(trial, path, node.start_byte, "*")
        return None
    pointer = _NO_POINTER.match(error.message)
    if pointer is not None:
        node = _expression(source, offset, pointer["what"])
        star = None if node is None else node.parent
        if star is None or star.type != "unary_expression" or source.text(star)[:1] != "*":
            return None
        return _replaced(trial, path, star.start_byte, star.start_byte + 1)
    return None


def _expression(source: Source, offset: int, text: str) -> "Node | None":
    """The expression that begins at an offset, or around it, and reads as the compiler says."""
    wanted = re.sub(r"\s", "", text)
    node = source.root.descendant_for_byte_range(offset, offset + 1)
    while node is not None:
        if node.is_named and re.sub(r"\s", "", source.text(node)) == wanted:
            return node
        node = node.parent
    return None


def _bare(typ: str) -> str:
    """A type without the name of a package, which the compiler leaves out for its own."""
    return re.sub(r"[\w./]+\.(?=\w)", "", typ.strip())


def _inserted(trial: Trial, path: str, offset: int, text: str) -> TextEdit | None:
    at = _before(trial, path, offset)
    return None if at is None else TextEdit(path, at, at, text)


def _replaced(trial: Trial, path: str, start: int, end: int) -> TextEdit | None:
    first, last = _before(trial, path, start), _before(trial, path, end)
    if first is None or last is None or last - first != end - start:
        return None
    return TextEdit(path, first, last, "")


def _before(trial: Trial, path: str, offset: int) -> int | None:
    """An offset of the rewritten text in the text on the disk."""
    mapping = trial.mappings.get(path)
    return offset if mapping is None else mapping.offset_back(offset)
