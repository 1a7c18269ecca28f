"""Reads the compiler's marks for what it calls on the heap although nothing is allocated for it.

`-d=closure=1` marks function literals, `-d=escapedebug=1` (Go 1.25) values in interfaces. The lines
that tell how a literal captures a variable mark those that are too large to be copied into it.
"""

import re
from collections import Counter
from typing import NamedTuple

from escapelens.parsers.diagnostics import Place, Text, parse_place

READ_ONLY = "read-only"
NO_SIZE = "no-size"
ONE_BYTE = "one-byte"
STATIC = "static"

_BOX = b": convert: using global for "
_CLOSURE = b": closure converted to global"
_BY_REFERENCE = b" capturing by ref: "
_UNCHANGED = re.compile(rb"\(addr=false assign=false width=(?P<width>\d+)\)")
"""What the literal could hold a copy of (Go 1.27, escape/escape.go, flowClosure)."""
_VALUE = b"interface value: "
_KINDS = {b"": READ_ONLY, b"zero value ": READ_ONLY, b"zero-sized ": NO_SIZE}
_KINDS[b"single-byte "] = ONE_BYTE


class Marks(NamedTuple):
    """What needs no memory of its own when it runs."""

    at: dict[Place, Counter[str]]
    """How often a place is marked for which reason."""
    variables: dict[str, dict[Place, str]]
    """A variable is marked where it is declared, wherever it is used: the reasons by its name."""
    wide: dict[Place, int]
    """The bytes of a variable that a literal holds by its address only since they are too many."""


def scan_marks(text: Text) -> Marks:
    """Finds the marks of a block."""
    at: dict[Place, Counter[str]] = {}
    variables: dict[str, dict[Place, str]] = {}
    places: dict[bytes, Place] = {}
    for prefix, message in (*_lines(text, _BOX), *_lines(text, _CLOSURE)):
        place = places.get(prefix)
        if place is None:
            place = places[prefix] = parse_place(prefix)
        kind, has_value, value = message[len(_BOX) :].partition(_VALUE)
        reason = _KINDS.get(kind) if has_value else STATIC
        if reason is not None:
            at.setdefault(place, Counter())[reason] += 1
        if reason in (NO_SIZE, ONE_BYTE):
            variables.setdefault(value.decode("utf-8", "replace"), {})[place] = reason
    wide = {
        parse_place(prefix.rpartition(b": ")[0]): int(match["width"])
        for prefix, message in _lines(text, _BY_REFERENCE)
        if (match := _UNCHANGED.search(message))
    }
    return Marks(at, variables, wide)


def _lines(text: Text, mark: bytes) -> list[tuple[bytes, bytes]]:
    """The position and the message of each line whose message begins with `mark`."""
    found = []
    hit = text.find(mark)
    while hit >= 0:
        end = text.find(b"\n", hit)
        end = len(text) if end < 0 else end
        start = text.rfind(b"\n", 0, hit) + 1
        found.append((bytes(text[start:hit]), bytes(text[hit:end])))
        hit = text.find(mark, end)
    return found
