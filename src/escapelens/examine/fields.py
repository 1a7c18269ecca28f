"""Which field of a value holds what flows on, and which field is read further on.

To the compiler a variable is one place, whatever its fields: what is stored in one of them counts
as kept where another one is.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from escapelens.parsers.diagnostics import Hop

_FIELD = re.compile(r"[\w)\]]\.(\w+)$")
_READS = ("dot", "dot of pointer")
_ELEMENTS = ("slice-literal-element", "array literal element", "map literal value")
_INDEXES = ("fixed-array-index-of", "range", "range-deref")
_ASSERTIONS = ("switch case", "assign-pair-dot-type")
_ELEMENT, _INTERFACE, _OTHER = "[]", "any", "?"
_NO_FIELDS = (_ELEMENT, _INTERFACE, _OTHER)


class Move(NamedTuple):
    """A step into a field or out of one."""

    is_read: bool
    name: str
    """Empty where the source does not tell which one it is."""


class Apart(NamedTuple):
    """Two fields of one variable: where a value lies, and what is read in its place."""

    stored: str
    """Empty where it is not known, and may be the same."""
    read: str


def moves(told: Sequence[Hop], key_of: Callable[[Hop, Hop | None], str]) -> tuple[Move, ...]:
    """The steps into and out of fields on the way of a flow.

    `key_of` tells for a struct literal and the hop before it which field that one is.
    """
    found: list[Move] = []
    before: Hop | None = None
    for at, hop in enumerate(told):
        if hop.reason == "struct literal element":
            found.append(Move(False, key_of(hop, before)))
        elif hop.reason in _ELEMENTS:
            found.append(Move(False, _ELEMENT))
        elif hop.reason == "interface-converted":
            found.append(Move(False, _INTERFACE))
        elif hop.reason in _ASSERTIONS or (hop.reason == "dot" and hop.expression.endswith(")")):
            found.append(Move(True, _INTERFACE))
        elif hop.reason in _INDEXES or (hop.reason in _READS and hop.expression.endswith("]")):
            found.append(Move(True, _ELEMENT))
        elif hop.reason in _READS and (match := _FIELD.search(hop.expression)):
            # What is sliced or pointed to may be a part of what holds it, which keeps all of it.
            following = told[at + 1].reason if at + 1 < len(told) else ""
            found.append(Move(True, "" if following in ("slice", "address-of") else match[1]))
        elif hop.reason.startswith("assign"):
            left = hop.expression.partition(" = ")[0]
            if left.startswith(f"{hop.target}.") and left != hop.expression:
                parts = left[len(hop.target) + 1 :].split(".")
                found += (Move(False, part) for part in reversed(parts) if part.isidentifier())
        before = hop
    return tuple(found)


def apart(way: Iterable[Move]) -> Apart | None:
    """The first field that is read where the value lies in another one, or may do so."""
    held: list[str] = []
    for is_read, name in way:
        if not is_read:
            held.append(name)
        elif held:
            stored = held.pop()
            if stored != name:
                is_known = stored not in _NO_FIELDS and name not in (*_NO_FIELDS, "")
                return Apart(stored, name) if is_known else None
    return None


def is_held(way: Iterable[Move]) -> bool:
    """Whether a value becomes a field or an element of another one."""
    return any(not move.is_read and move.name != _INTERFACE for move in way)


def is_field(way: Iterable[Move]) -> bool:
    """Whether a value still lies in a field of another one at the end of its way."""
    held: list[str] = []
    for is_read, name in way:
        if not is_read:
            held.append(name)
        elif held:
            held.pop()
    return any(name not in _NO_FIELDS for name in held)


def of_callee(way: Iterable[Move]) -> list[Move]:
    """The steps within a called function, where a field that is not known tells nothing."""
    return [move if move.name else move._replace(name=_OTHER) for move in way]
