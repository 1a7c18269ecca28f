"""Where positions of one text stand in another one that was made from it by edits.

Pure arithmetic on bytes. What stands inside of changed text has no place in the other text.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import NamedTuple

from escapelens.edits import apply, line_edits
from escapelens.model import TextEdit

_Move = Callable[[int], int | None]


class Change(NamedTuple):
    """Bytes from `start` to `end` of the old text, and from `new_start` to `new_end` of the new."""

    start: int
    end: int
    new_start: int
    new_end: int


class Mapping:
    """Maps the positions of a text before edits to those after them, and back."""

    def __init__(self, before: bytes, edits: Iterable[TextEdit]) -> None:
        edits = tuple(edits)
        self.before = before
        self.after = apply(before, edits)
        self.changes = _changes(edits)
        self._old, self._new = _Lines(before), _Lines(self.after)
        self._starts = [change.start for change in self.changes]
        self._new_starts = [change.new_start for change in self.changes]

    @classmethod
    def between(cls, before: bytes, after: bytes) -> "Mapping":
        """The mapping for a text that was changed line by line."""
        return cls(before, line_edits("", before, after))

    def offset(self, offset: int) -> int | None:
        """Where a byte of the old text is in the new one; None if it was replaced."""
        change = _last(self.changes, self._starts, offset)
        if change is None:
            return offset
        return None if offset < change.end else offset - change.end + change.new_end

    def offset_back(self, offset: int) -> int | None:
        """Where a byte of the new text was in the old one; None if it was inserted."""
        change = _last(self.changes, self._new_starts, offset)
        if change is None:
            return offset
        return None if offset < change.new_end else offset - change.new_end + change.end

    def position(self, line: int, column: int | None) -> tuple[int, int | None] | None:
        """Line and column in the new text; without a column, those of a line left as it was."""
        return self._mapped(line, column, self._old, self._new, self.offset)

    def position_back(self, line: int, column: int | None) -> tuple[int, int | None] | None:
        """Line and column in the old text of what stands in the new one."""
        return self._mapped(line, column, self._new, self._old, self.offset_back)

    def point(self, offset: int) -> tuple[int, int]:
        """Line and column of a byte of the new text."""
        return self._new.point(offset)

    def position_in(
        self, other: "Mapping", line: int, column: int | None
    ) -> tuple[int, int | None] | None:
        """Where what stands in the new text is in another, which some of the same edits made."""
        span = self._new.span(line)
        if span is None:
            return None
        at = span[0] + (column or 1) - 1
        back = self.offset_back(at)
        there = other.offset(back) if back is not None else self._inserted_in(other, at)
        if there is None:
            return None
        place = other.point(there)
        return place if column is not None else (place[0], None)

    def _inserted_in(self, other: "Mapping", at: int) -> int | None:
        """Where a byte that an edit inserted is in a text that the same edit changed."""
        change = _last(self.changes, self._new_starts, at)
        size = None if change is None else _size(change)
        same = next((one for one in other.changes if _size(one) == size), None)
        return None if same is None or change is None else at - change.new_start + same.new_start

    def is_inserted(self, line: int, column: int | None) -> bool:
        """Whether a position of the new text stands in what the edits inserted."""
        return self.position_back(line, column) is None

    def _mapped(
        self, line: int, column: int | None, old: "_Lines", new: "_Lines", move: _Move
    ) -> tuple[int, int | None] | None:
        span = old.span(line)
        if span is None:
            return None
        start, end = span
        if column is not None:
            at = move(start + column - 1)
            return None if at is None else new.point(at)
        first, last = move(start), move(end)
        if first is None or last is None or last - first != end - start:
            return None
        return new.point(first)[0], None


class _Lines:
    """Where the lines of a text begin."""

    def __init__(self, content: bytes) -> None:
        lengths = [len(line) + 1 for line in content.split(b"\n")]
        self._starts = array("Q", accumulate(lengths, initial=0))

    def span(self, line: int) -> tuple[int, int] | None:
        """The offsets of a line's first byte and of its line break."""
        if not 1 <= line < len(self._starts):
            return None
        return self._starts[line - 1], self._starts[line] - 1

    def point(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def _size(change: Change) -> tuple[int, int, int]:
    """What was replaced, and the length of what stands there now."""
    return change.start, change.end, change.new_end - change.new_start


def _changes(edits: Iterable[TextEdit]) -> list[Change]:
    changes: list[Change] = []
    shift = 0
    for edit in sorted(dict.fromkeys(edits), key=lambda edit: (edit.start, edit.end)):
        length = len(edit.new_text.encode("utf-8", "surrogateescape"))
        start = edit.start + shift
        shift += length - (edit.end - edit.start)
        changes.append(Change(edit.start, edit.end, start, start + length))
    return changes


def _last(changes: list[Change], starts: list[int], offset: int) -> Change | None:
    """The last change that begins at or before an offset."""
    index = bisect_right(starts, offset) - 1
    return changes[index] if index >= 0 else None
