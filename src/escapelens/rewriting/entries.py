"""Makes a map with room for the entries that loops put in it.

The size of a map is a hint: what is in it, and when, stays the same. A hint that is too high takes
memory for nothing, so that only a loop which adds an entry in each of its turns is certain to gain.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import Effect, TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, review, safe
from escapelens.rewriting.code import (
    LOOPS,
    Code,
    Refused,
    arguments,
    around,
    descendants,
    function_around,
    is_plain_statement,
    is_target,
    only,
    outermost_in,
    side,
    statement_around,
    within,
)
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.rewriting.turns import Turns, Version, check_same_until, leaves, turns_of

if TYPE_CHECKING:
    from tree_sitter import Node

_EACH_ONCE = ("slice", "array", "map", "pointer", "int", "uint")
"""What a loop goes through whose first variable is another one in each turn, without gaps."""


class Entries(NamedTuple):
    """The edit that gives a map its size."""

    map: str
    length: str
    """The expression that tells how many entries there will be."""
    is_exact: bool
    """Each turn of the one loop adds an entry of its own."""
    is_open: bool
    """There may be any number of turns."""
    edits: list[TextEdit]


class _Made(NamedTuple):
    """The empty map that a statement makes, and what it is known by from there on."""

    statement: "Node"
    value: "Node"
    type: str
    name: str
    is_part: bool
    """It is an element of a literal."""


class _Filling(NamedTuple):
    """A loop behind the statement that makes a map, and where it puts an entry."""

    loop: "Node"
    entry: "Node"


def room_in_map(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrite of a map that begins empty, if one is made or filled at a site."""
    code = case.code
    if code is None or case.site.origin is not None:
        return
    if _entry_of(case.node) is not None or _type_made(code, case.node) is not None:
        yield attempt("room-for-entries", lambda: _room_for_entries(case))


def _room_for_entries(case: RewriteCase) -> Rewrite:
    entries = room_for_entries(code_of(case), case.node, case.language)
    name = "room-for-entries"
    title = f"make `{entries.map}` with room for `{entries.length}` entries"
    if entries.is_open:
        safety = f"Room for all is made at once: `{entries.length}` must be no huge number."
        made = review(name, title, safety, entries.edits)
    elif entries.is_exact:
        made = safe(name, title, "It holds the same, and that many entries.", entries.edits)
    else:
        safety = "A map that gets fewer entries keeps the room for all of them."
        made = review(name, title, safety, entries.edits)
    return made._replace(effect=Effect.REDUCED)


def room_for_entries(code: Code, site: "Node", language: Version) -> Entries:
    """Gives the map that a site makes or fills room for what loops put in it; raises Refused."""
    made = _made_at(code, site)
    found = _filling(code, made)
    if not found:
        raise Refused(f"no loop behind the line that makes `{made.name}` fills it")
    all_turns: list[Turns] = []
    for one in found:
        turns = turns_of(code, one.loop, language)
        if code.text(turns.through) == made.name:
            raise Refused(f"the loop goes through `{made.name}` itself")
        check_same_until(code, turns.through, made.statement, one.loop)
        all_turns.append(turns)
    code.require_builtin("len", "make")
    length = "+".join(dict.fromkeys(one.number for one in all_turns))
    is_exact = len(found) == 1 and _is_exact(code, made, found[0], all_turns[0])
    is_open = any(one.is_open for one in all_turns)
    if is_open and not is_exact:
        text = code.text(next(one.through for one in all_turns if one.is_open))
        raise Refused(f"`{text}` turns may be many more than there are entries")
    edits = [_sized(code, made, length)]
    return Entries(made.name, length, is_exact, is_open, edits)


def _entry_of(site: "Node") -> "Node | None":
    """The entry of a map in a statement that assigns to it or counts it."""
    if site.type == "assignment_statement":
        target = only(side(site, "left"))
    else:
        is_counted = site.type in ("inc_statement", "dec_statement")
        target = site.named_child(0) if is_counted else site
    return target if target is not None and target.type == "index_expression" else None


def _made_at(code: Code, site: "Node") -> _Made:
    entry = _entry_of(site)
    if entry is None:
        return _made(code, site)
    operand = entry.child_by_field_name("operand")
    known = None if operand is None or operand.type != "identifier" else code.object_of(operand)
    if known is None or known.kind != "var" or not code.is_local(known):
        raise Refused("the map is not made in the function")
    declared = code.node_of(known.offset)
    statement = statement_around(declared)
    value = None if statement is None else _value_of(statement, declared)
    if value is None or function_around(declared) != function_around(site):
        raise Refused(f"`{known.name}` is not declared empty in front of a loop")
    return _made(code, value)


def _made(code: Code, value: "Node") -> _Made:
    """The statement that makes a map, where it does nothing else with it."""
    typ, statement = _type_made(code, value), statement_around(value)
    if typ is None:
        raise Refused(f"`{code.text(value)}` is no empty map")
    if statement is None or not is_plain_statement(statement):
        raise Refused("it is not made by a statement of its own")
    target = _target_of(code, statement, value)
    if target is None:
        raise Refused("it is not assigned to a variable or field of its own")
    is_part = around(value, "composite_literal") is not None
    return _Made(statement, value, typ, target, is_part)


def _sized(code: Code, made: _Made, length: str) -> TextEdit:
    """The edit that gives a map its size, within the `make` that makes it, if there is one."""
    value = made.value
    if value.type == "composite_literal":
        text = f"make({made.type}, {length})"
        return TextEdit(code.path, value.start_byte, value.end_byte, text)
    typ, *size = arguments(value)
    start, end = typ.end_byte, size[0].end_byte if size else typ.end_byte
    return TextEdit(code.path, start, end, f", {length}")


def _type_made(code: Code, value: "Node") -> str | None:
    """The type of a map that begins empty and without a size, as it is written."""
    known = code.type_of(value)
    if known is None or known.kind != "map":
        return None
    if value.type == "composite_literal":
        typ, body = value.child_by_field_name("type"), value.child_by_field_name("body")
        is_empty = body is not None and not body.named_children
        return code.text(typ) if typ is not None and is_empty else None
    if not code.calls_builtin(value, "make"):
        return None
    typ, *size = arguments(value)
    is_empty = not size or code.integer(size[0]) == 0
    return code.text(typ) if is_empty else None


def _value_of(statement: "Node", name: "Node") -> "Node | None":
    """What a statement declares a name with."""
    if statement.type == "short_var_declaration":
        names, values = side(statement, "left"), side(statement, "right")
    else:
        spec = around(name, "var_spec")
        names = [] if spec is None else side(spec, "name")
        values = [] if spec is None else side(spec, "value")
    return only(values) if names == [name] else None


def _target_of(code: Code, statement: "Node", value: "Node") -> str | None:
    """What a map is known by that a statement makes: a variable, or a field of one."""
    names: list[Node] = []
    field = ""
    inner = value
    if value.parent is not None and value.parent.type == "literal_element":
        element = value.parent.parent
        literal = around(value, "composite_literal")
        key = None if element is None else element.named_child(0)
        if literal is None or key is None or element is None or element.type != "keyed_element":
            return None
        field, inner = f".{code.text(key)}", literal
        if literal.parent is not None and literal.parent.type == "unary_expression":
            inner = literal.parent
    if statement.type in ("short_var_declaration", "assignment_statement"):
        names = side(statement, "left") if side(statement, "right") == [inner] else []
    elif statement.type == "var_declaration":
        spec = around(value, "var_spec")
        names = side(spec, "name") if spec is not None and side(spec, "value") == [inner] else []
    target = only(names)
    if target is None or target.type not in ("identifier", "selector_expression"):
        return None
    return f"{code.text(target)}{field}" if code.is_repeatable(target) else None


def _filling(code: Code, made: _Made) -> list[_Filling]:
    """The loops behind a statement that put entries in its map, each with the first of these."""
    found: list[_Filling] = []
    places = made.statement.parent
    assert places is not None
    for entry in descendants(places, "index_expression"):
        operand, loop = entry.child_by_field_name("operand"), outermost_in(entry, places)
        if operand is None or code.text(operand) != made.name or not is_target(entry):
            continue
        if loop is None or loop.start_byte < made.statement.end_byte:
            continue
        if function_around(entry) != function_around(made.statement):
            continue
        inner = around(entry, *LOOPS)
        if inner is None or not within(inner, loop):
            continue
        if inner != loop:
            raise Refused(f"how many entries `{made.name}` gets is not known before")
        if not found or found[-1].loop != loop:
            found.append(_Filling(loop, entry))
    return found


def _is_exact(code: Code, made: _Made, filling: _Filling, turns: Turns) -> bool:
    """Whether each turn of a loop adds an entry under a key that no other turn has.

    And whether nothing can tell that the length is asked for before the map is there.
    """
    through = turns.through
    is_declared = made.statement.type != "assignment_statement" and not made.is_part
    if not is_declared and not code.cannot_fail(through):
        return False
    body, key = filling.loop.child_by_field_name("body"), filling.entry.child_by_field_name("index")
    places = around(filling.entry, "statement_list")
    if body is None or key is None or places is None or places.parent != body or leaves(body):
        return False
    clause = next(one for one in filling.loop.named_children if one.type.endswith("_clause"))
    known = code.type_of(through)
    first = clause.child_by_field_name("initializer") or clause
    variables = side(first, "left")
    if not variables or known is None or not known.kind.startswith(_EACH_ONCE):
        return False
    variable = code.object_of(variables[0])
    if key.type != "identifier" or variable is None or code.object_of(key) is not variable:
        return False
    return all(use.role == "read" for use in code.uses(variable) if within(code.node_of(use), body))
