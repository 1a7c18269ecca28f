"""Where lines went between two texts of one file."""

from collections.abc import Sequence
from difflib import SequenceMatcher

_MOST = 4000
"""More changed lines than these are not compared with each other, which would take long."""


class LineMap:
    """Tells for each line of the old text which line of the new one it is."""

    def __init__(self, old: bytes, new: bytes) -> None:
        before, after = old.split(b"\n"), new.split(b"\n")
        self._head = _common(before, after)
        tail = _common(before[self._head :][::-1], after[self._head :][::-1])
        self._end = len(before) - tail
        self._shift = len(after) - len(before)
        self._inside = _matched(
            before[self._head : self._end], after[self._head : self._end + self._shift]
        )
        self._images = frozenset(self._inside.values())

    def line(self, line: int) -> int | None:
        """The new number of an old line, both from 1; None if the line changed or is gone."""
        index = line - 1
        if index < self._head:
            return line
        if index >= self._end:
            return line + self._shift
        found = self._inside.get(index - self._head)
        return None if found is None else found + self._head + 1

    def is_new(self, line: int) -> bool:
        """Whether a line of the new text, from 1, is none of the old one."""
        index = line - 1
        if index < self._head or index >= self._end + self._shift:
            return False
        return index - self._head not in self._images


def _common(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """How many lines two texts begin with alike."""
    shorter = min(len(one), len(other))
    return next((index for index in range(shorter) if one[index] != other[index]), shorter)


def _matched(old: Sequence[bytes], new: Sequence[bytes]) -> dict[int, int]:
    if not old or not new or len(old) + len(new) > _MOST:
        return {}
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return {
        block.a + step: block.b + step
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    }
