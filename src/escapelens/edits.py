"""Edits on the bytes of files: applied, held against each other, shown as diffs.

Offsets are 0-based and count bytes of a file as it was read. Nothing here reads or writes files.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from escapelens.model import TextEdit

_CONTEXT = 3
_MOST_LINES = 4000
"""Where more lines than these differ, all between the first and the last counts as changed."""


class ConflictError(Exception):
    """Edits that cannot be applied together, or not to this text."""


def by_file(edits: Iterable[TextEdit]) -> dict[str, list[TextEdit]]:
    """The edits of each file, each edit once, in the order of files and offsets.

    Edits at one offset stay in the order in which they came.
    """
    files: dict[str, list[TextEdit]] = {}
    for edit in dict.fromkeys(edits):
        files.setdefault(edit.file, []).append(edit)
    return {file: sorted(files[file], key=lambda edit: edit.start) for file in sorted(files)}


def apply(content: bytes, edits: Iterable[TextEdit]) -> bytes:
    """The bytes of one file after its edits; raises ConflictError where two overlap.

    What several edits insert at one offset follows each other in the order of the edits.
    """
    pieces: list[bytes] = []
    at = 0
    for edit in sorted(dict.fromkeys(edits), key=lambda edit: (edit.start, edit.end)):
        if not at <= edit.start <= edit.end <= len(content):
            raise ConflictError(f"edits overlap at byte {edit.start}")
        pieces += (content[at : edit.start], edit.new_text.encode("utf-8", "surrogateescape"))
        at = edit.end
    return b"".join((*pieces, content[at:]))


def conflict(some: Iterable[TextEdit], others: Iterable[TextEdit]) -> bool:
    """Whether two sets of edits change the same bytes of a file, or insert at the same offset."""
    files = by_file(some)
    for edit in others:
        for one in files.get(edit.file, ()):
            if one == edit:
                continue
            apart = one.end < edit.start or edit.end < one.start
            touching = one.end == edit.start or edit.end == one.start
            inserts = one.start == one.end or edit.start == edit.end
            if not apart and (inserts or not touching):
                return True
    return False


def narrowed(content: bytes, edit: TextEdit) -> TextEdit:
    """The same edit without what it leaves as it is, at its beginning and at its end."""
    old, new = content[edit.start : edit.end].decode("utf-8", "surrogateescape"), edit.new_text
    shorter = min(len(old), len(new))
    first = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - first
    last = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    start = edit.start + len(old[:first].encode("utf-8", "surrogateescape"))
    end = edit.end - len(old[len(old) - last :].encode("utf-8", "surrogateescape"))
    return TextEdit(edit.file, start, end, new[first : len(new) - last])


def with_line_ends_of(content: bytes, edit: TextEdit) -> TextEdit:
    """The same edit with the line breaks of the text, where all of that end in CR and LF."""
    breaks = content.count(b"\n")
    if "\n" not in edit.new_text or not breaks or content.count(b"\r\n") != breaks:
        return edit
    new = edit.new_text.replace("\r\n", "\n").replace("\n", "\r\n")
    return TextEdit(edit.file, edit.start, edit.end, new)


class _Change(NamedTuple):
    """Lines `low` to `high` of one text, in place of which `first` to `last` are in the other."""

    low: int
    high: int
    first: int
    last: int


def unified_diff(name: str, before: bytes, after: bytes, *, context: int = _CONTEXT) -> str:
    """A patch of one file, as `git apply` and `patch -p1` take it; empty without a difference."""
    old, new = _lines(before), _lines(after)
    made: list[str] = []
    for group in _hunks(_changes(old, new), context):
        start = max(0, group[0].low - context)
        end = min(len(old), group[-1].high + context)
        if not made:
            made += [f"--- a/{name}\n", f"+++ b/{name}\n"]
        first = start + group[0].first - group[0].low
        last = end + group[-1].last - group[-1].high
        made.append(f"@@ -{_range(start, end)} +{_range(first, last)} @@\n")
        for change in group:
            made += [f" {line}" for line in old[start : change.low]]
            made += [f"-{line}" for line in old[change.low : change.high]]
            made += [f"+{line}" for line in new[change.first : change.last]]
            start = change.high
        made += [f" {line}" for line in old[start:end]]
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in made
    )


def _hunks(changes: Iterable[_Change], context: int) -> list[list[_Change]]:
    """The changes, those together whose context would touch."""
    hunks: list[list[_Change]] = []
    for change in changes:
        if hunks and change.low - hunks[-1][-1].high <= 2 * context:
            hunks[-1].append(change)
        else:
            hunks.append([change])
    return hunks


def _range(start: int, end: int) -> str:
    """Lines as the head of a hunk names them."""
    length = end - start
    if length == 1:
        return f"{start + 1}"
    return f"{start + 1 if length else start},{length}"


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[_Change]:
    """Where two texts differ."""
    # Lines that stand in a text very often are no landmarks to begin with, else this takes long.
    for tag, low, high, first, last in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            continue
        if high - low + last - first > _MOST_LINES:
            yield _Change(low, high, first, last)
            continue
        inner = difflib.SequenceMatcher(None, old[low:high], new[first:last], autojunk=False)
        for of_part, start, end, begin, stop in inner.get_opcodes():
            if of_part != "equal":
                yield _Change(low + start, low + end, first + begin, first + stop)


def line_edits(file: str, before: bytes, after: bytes) -> list[TextEdit]:
    """Edits of whole lines that turn one text into the other."""
    old, new = _lines(before), _lines(after)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line.encode("utf-8", "surrogateescape")))
    # Finding what two long texts share takes long, and most edits leave all but a few lines alone.
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(old) + len(new) > _MOST_LINES:
        return [TextEdit(file, starts[head], starts[head + len(old)], "".join(new))]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [
        TextEdit(file, starts[head + low], starts[head + high], "".join(new[first:last]))
        for tag, low, high, first, last in matcher.get_opcodes()
        if tag != "equal"
    ]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines two texts begin with alike."""
    shorter = min(len(one), len(other))
    return next((index for index in range(shorter) if one[index] != other[index]), shorter)


def _lines(content: bytes) -> list[str]:
    """The lines with their breaks; only a line feed breaks a line, unlike in `str.splitlines`."""
    text = content.decode("utf-8", "surrogateescape")
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
