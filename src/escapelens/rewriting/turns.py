"""How often a loop turns, as far as that is known before it begins."""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.rewriting.code import (
    LOOPS,
    Code,
    Refused,
    arguments,
    descendants,
    function_around,
    operands,
    side,
)
from escapelens.types.facts import Type

if TYPE_CHECKING:
    from tree_sitter import Node

Version = tuple[int, int]

_MANY = 1 << 16
"""Turns for which room is still made at once without a question."""
_MAX_SINCE = (1, 21)
_NUMBERS = ("int", "uint")
_COUNTABLE = ("slice", "array", "map", "string", "pointer", "untyped string")


class Turns(NamedTuple):
    """How often a loop turns, as far as that is known before it begins."""

    through: "Node"
    """What the loop goes through, or the number that it counts up to."""
    number: str
    """An expression for it, which is not negative."""
    is_open: bool
    """It may be any number."""


def turns_of(code: Code, loop: "Node", language: Version) -> Turns:
    """How often a loop turns if it is not left; raises Refused."""
    clause = next((one for one in loop.named_children if one.type.endswith("_clause")), None)
    limit = None if clause is None else clause.child_by_field_name("right")
    is_number = False
    if clause is not None and clause.type == "for_clause":
        limit = _limit_of(code, loop, clause)
        length = None if limit is None else _measured(code, limit)
        is_number = length is None
        limit = length or limit
    if limit is None:
        raise Refused("how often the loop turns is not known before")
    known, text = code.type_of(limit), code.text(limit)
    if not code.is_repeatable(limit):
        raise Refused(f"`{text}` does something each time it is evaluated")
    if known is not None and known.kind.startswith(_NUMBERS):
        return Turns(limit, *_number(code, limit, known, language))
    if is_number or known is None or known.kind not in _COUNTABLE:
        raise Refused(f"how often the loop turns is not the length of `{text}`")
    return Turns(limit, f"len({text})", False)


def _number(code: Code, limit: "Node", known: Type, language: Version) -> tuple[str, bool]:
    """An expression for a number of turns, and whether it may be any."""
    text, value = code.text(limit), code.integer(limit)
    if value is not None:
        if not 0 < value <= _MANY:
            raise Refused(f"`{text}` turns are too many to make room for")
        return text, False
    if known.kind.startswith("uint"):
        return text, True
    if language < _MAX_SINCE:
        raise Refused(f"`{text}` may be negative, and there is no `max` before Go 1.21")
    code.require_builtin("max")
    return f"max({text}, 0)", True


def _measured(code: Code, limit: "Node") -> "Node | None":
    """`xs` in `len(xs)`."""
    given = arguments(limit) if code.calls_builtin(limit, "len") else []
    return given[0] if given else None


def _limit_of(code: Code, loop: "Node", clause: "Node") -> "Node | None":
    """`n` in `for i := 0; i < n; i++`, where neither changes in the loop."""
    first, condition, step = (
        clause.child_by_field_name(name) for name in ("initializer", "condition", "update")
    )
    if first is None or condition is None or step is None or step.type != "inc_statement":
        return None
    names, values = side(first, "left"), side(first, "right")
    if first.type != "short_var_declaration" or len(names) != 1 or code.integer(values[0]) != 0:
        return None
    turn = code.object_of(names[0])
    operator, sides = condition.child_by_field_name("operator"), list(operands(condition))
    if turn is None or operator is None or code.text(operator) != "<" or len(sides) != 2:
        return None
    if any(code.object_of(one) is not turn for one in (sides[0], step.named_children[0])):
        return None
    changed = [use for use in code.uses(turn) if use.role != "read" and use.offset > step.end_byte]
    limit = sides[1]
    if code.constant(limit) is not None:
        return None if changed else limit
    counted = _measured(code, limit) or limit
    known = code.object_of(counted) if counted.type == "identifier" else None
    if known is None or known.kind != "var" or known.role == "global":
        return None
    changed += [
        use
        for use in code.uses(known)
        if use.role in ("address", "receiver")
        or (use.role == "write" and loop.start_byte < use.offset < loop.end_byte)
    ]
    return None if changed else limit


def check_same_until(code: Code, counted: "Node", statement: "Node", before: "Node") -> None:
    """What is counted must be as long where the slice is declared as when the loop begins."""
    if _next(statement) == before and before.type in LOOPS:
        names = [
            code.object_of(one) for one in descendants(counted, "identifier", "field_identifier")
        ]
        if any(one is None for one in names):
            raise Refused(f"`{code.text(counted)}` is not understood")
        return
    if code.constant(counted) is not None:
        return
    known = code.object_of(counted) if counted.type == "identifier" else None
    if known is None or known.kind != "var" or known.role == "global":
        raise Refused(f"`{code.text(counted)}` may change in between")
    if known.offset > statement.start_byte:
        raise Refused(f"`{known.name}` is declared later")
    for use in code.uses(known):
        later = statement.start_byte < use.offset < before.end_byte
        if use.role in ("address", "receiver") or (use.role in ("write", "part") and later):
            raise Refused(f"`{known.name}` may change in between (line {code.line(use)})")
        if use.role == "write" and function_around(code.node_of(use)) != function_around(before):
            raise Refused(f"`{known.name}` may change in between (line {code.line(use)})")


def _next(statement: "Node") -> "Node | None":
    """The statement behind another one."""
    following = statement.next_named_sibling
    while following is not None and following.type == "comment":
        following = following.next_named_sibling
    return following


def leaves(body: "Node") -> bool:
    """Whether a turn of the loop may end early."""
    leaving = ("break_statement", "continue_statement", "return_statement", "goto_statement")
    return next(descendants(body, *leaving), None) is not None
