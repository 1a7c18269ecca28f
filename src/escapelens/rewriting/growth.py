"""Makes a slice with room for everything that a loop appends to it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import Effect, TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, review, safe
from escapelens.rewriting.code import (
    LOOPS,
    Code,
    Refused,
    ancestors,
    arguments,
    around,
    descendants,
    function_around,
    is_plain_statement,
    outermost_in,
    side,
    statement_around,
    within,
)
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.rewriting.turns import Version, check_same_until, leaves, turns_of
from escapelens.types.facts import Name, Object

if TYPE_CHECKING:
    from tree_sitter import Node

_ROOM = 128
"""Bytes of the stack that a slice begins with."""


class Room(NamedTuple):
    """The edits that give a slice its capacity, and what may differ then."""

    variable: str
    length: str
    """The expression that tells how many elements there will be."""
    edits: list[TextEdit]
    is_some: bool
    """Not every turn of the loop appends, so there may be too much room."""
    is_open: bool
    """There may be any number of turns."""
    nil_shows: list[int]
    """Lines that may tell an empty slice from a nil one, if it was nil."""


def made_with_room(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrite of a slice that a loop appends to."""
    yield attempt("room-for-all", lambda: _made_with_room(case))


def _made_with_room(case: RewriteCase) -> Rewrite:
    room = room_for_all(code_of(case), case.node, case.language)
    name = f"`{room.variable}`"
    differs: list[str] = []
    if room.nil_shows:
        line = room.nil_shows[0]
        differs.append(f"Without elements {name} is then empty, and no longer nil (line {line}).")
    if room.is_some:
        differs.append(f"Not every turn appends, so {name} may keep more memory than it uses.")
    if room.is_open:
        differs.append(f"Room for all is made at once: `{room.length}` must be no huge number.")
    title = f"make {name} with room for `{room.length}` elements"
    if differs:
        made = review("room-for-all", title, " ".join(differs), room.edits)
    else:
        same = f"{name} holds the same elements in the same order."
        made = safe("room-for-all", title, same, room.edits)
    return made._replace(effect=Effect.REDUCED)


def room_for_all(code: Code, append: "Node", language: Version) -> Room:
    """Gives the slice of an `append` in a loop room for all turns; raises Refused."""
    variable = _assigned_back(code, append)
    added = arguments(append)[1:]
    if not added or added[-1].type == "variadic_argument":
        raise Refused("how much it appends at once is not known before")
    loop = around(append, *LOOPS)
    if loop is None or function_around(loop) != function_around(append):
        raise Refused("no loop appends to it")
    turns = turns_of(code, loop, language)
    if any(code.object_of(one) is variable for one in descendants(turns.through, "identifier")):
        raise Refused(f"the loop goes through `{variable.name}` itself")
    declared = code.node_of(variable.offset)
    if within(declared, loop) or function_around(declared) != function_around(loop):
        raise Refused(f"`{variable.name}` is declared in the loop or outside of the function")
    statement = statement_around(declared)
    places = None if statement is None else statement.parent
    before = None if places is None else outermost_in(loop, places)
    if statement is None or before is None or variable.role != "local":
        raise Refused(f"`{variable.name}` is not declared in front of the loop")
    outer = around(loop, *LOOPS)
    if outer is not None and not within(declared, outer):
        raise Refused("a loop around it appends more than that")
    typ, was_nil = _made_empty(code, statement, variable)
    _check_empty_until(code, variable, loop, append)
    check_same_until(code, turns.through, statement, before)
    code.require_builtin("len", "make")
    room = turns.number if len(added) == 1 else f"{len(added)}*{turns.number}"
    text = f"{variable.name} := make({typ}, 0, {room})"
    body = loop.child_by_field_name("body")
    inner = around(append, "statement_list")
    is_some = body is None or inner is None or inner.parent != body or leaves(body)
    if is_some and turns.is_open:
        text = code.text(turns.through)
        raise Refused(f"`{text}` turns may be many more than append something")
    shows = _nil_shows(code, variable, append) if was_nil else []
    edit = TextEdit(code.path, statement.start_byte, statement.end_byte, text)
    return Room(variable.name, room, [edit], is_some, turns.is_open, shows)


class Start(NamedTuple):
    """The edit that gives a slice its first elements on the stack, and what may differ then."""

    variable: str
    room: int
    """For how many elements."""
    size: int
    """In bytes."""
    edits: list[TextEdit]
    shows: list[int]
    """Lines that may tell the slice from one that is nil, or without room."""


def room_on_stack(code: Code, append: "Node") -> Start:
    """Makes a slice that stays in its function with some room; raises Refused."""
    variable = _assigned_back(code, append)
    declared = code.node_of(variable.offset)
    statement = statement_around(declared)
    if statement is None or variable.role != "local" or not is_plain_statement(statement):
        raise Refused(f"`{variable.name}` is not declared by a statement of its own")
    typ, was_nil = _made_empty(code, statement, variable)
    element = code.elem(code.type(variable.type))
    if element is None or not 0 < element.size <= _ROOM // 2:
        raise Refused(f"less than two elements have room in {_ROOM} bytes")
    for use in code.uses(variable):
        call = _call_with(code.node_of(use))
        if call is not None and code.calls_builtin(call, "cap"):
            raise Refused(f"line {code.line(use)} asks for its capacity")
    code.require_builtin("make")
    count = _ROOM // element.size
    text = f"{variable.name} := make({typ}, 0, {count})"
    shows = _nil_shows(code, variable, append) if was_nil else []
    shows += [code.line(use) for use in code.uses(variable) if _may_reach_further(code, use)]
    edit = TextEdit(code.path, statement.start_byte, statement.end_byte, text)
    return Start(variable.name, count, count * element.size, [edit], sorted(set(shows)))


def _call_with(argument: "Node") -> "Node | None":
    """The call that takes an argument as it is."""
    listed = argument.parent
    return listed.parent if listed is not None and listed.type == "argument_list" else None


def _may_reach_further(code: Code, use: Name) -> bool:
    """Whether a part of the slice is taken whose end is not told by its own length."""
    node = code.node_of(use)
    outer = node.parent
    if outer is None or outer.type != "slice_expression":
        return False
    if outer.child_by_field_name("operand") != node:
        return False
    end = outer.child_by_field_name("end")
    if end is None or code.integer(end) == 0:
        return False
    return f"len({code.text(node)})" not in code.text(end)


def _assigned_back(code: Code, append: "Node") -> Object:
    """The variable in `xs = append(xs, …)`."""
    if not code.calls_builtin(append, "append"):
        raise Refused("it is no `append`")
    given = arguments(append)
    statement = statement_around(append)
    if statement is None or statement.type != "assignment_statement":
        raise Refused("its result is not assigned to the slice itself")
    left = side(statement, "left")
    known = code.object_of(given[0]) if given[0].type == "identifier" else None
    if known is None or side(statement, "right") != [append] or len(left) != 1:
        raise Refused("its result is not assigned to the slice itself")
    if left[0].type != "identifier" or code.object_of(left[0]) is not known:
        raise Refused("its result is not assigned to the slice itself")
    return known


def _made_empty(code: Code, statement: "Node", variable: Object) -> tuple[str, bool]:
    """The type of a slice that is declared empty, as written, and whether it is nil."""
    if statement.type == "var_declaration":
        specs = [one for one in statement.named_children if one.type == "var_spec"]
        typ = specs[0].child_by_field_name("type") if len(specs) == 1 else None
        if typ is None or len(side(specs[0], "name")) != 1:
            raise Refused(f"`{variable.name}` is declared together with others")
        if specs[0].child_by_field_name("value") is not None:
            raise Refused(f"`{variable.name}` is not declared empty")
        return code.text(typ), True
    left, right = side(statement, "left"), side(statement, "right")
    if statement.type != "short_var_declaration" or len(left) != 1 or len(right) != 1:
        raise Refused(f"`{variable.name}` is not declared empty")
    value = right[0]
    if value.type == "composite_literal":
        typ, body = value.child_by_field_name("type"), value.child_by_field_name("body")
        if typ is not None and body is not None and not body.named_children:
            return code.text(typ), False
    if code.calls_builtin(value, "make") and len(arguments(value)) == 2:
        typ, size = arguments(value)
        if code.integer(size) == 0:
            return code.text(typ), False
    raise Refused(f"`{variable.name}` is not declared empty")


def _check_empty_until(code: Code, variable: Object, loop: "Node", append: "Node") -> None:
    """Nothing else may be assigned to the slice up to the end of the loop."""
    for use in code.uses(variable):
        node = code.node_of(use)
        if use.role == "read" or within(node, append):
            continue
        if statement_around(node) == statement_around(append) or use.offset > loop.end_byte:
            continue
        raise Refused(f"`{variable.name}` is changed by line {code.line(use)}, too")


def _nil_shows(code: Code, variable: Object, append: "Node") -> list[int]:
    """The lines that use the slice in a way that may tell nil from empty."""
    return [
        code.line(use)
        for use in code.uses(variable)
        if use.role == "read" and not _is_blind(code, use, append)
    ]


def _is_blind(code: Code, use: Name, append: "Node") -> bool:
    node = code.node_of(use)
    outer = node.parent
    if outer is None or within(node, append):
        return True
    call = _call_with(node)
    if call is not None:
        return _takes_nil_as_empty(code, call)
    if outer.type in ("index_expression", "range_clause"):
        return True
    return any(one.type == "range_clause" for one in list(ancestors(node))[:2])


def _takes_nil_as_empty(code: Code, call: "Node") -> bool:
    """Whether what is called makes no difference between a nil slice and an empty one."""
    if any(code.calls_builtin(call, name) for name in ("len", "copy", "append")):
        return True
    known = code.called(call)
    if known is None:
        return False
    if known.kind == "type":
        return code.is_string(known)
    return known.package == "strconv" and known.kind == "func" and known.name.startswith("Append")
