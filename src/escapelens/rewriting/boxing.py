"""Puts a value in an interface once, where a loop or several statements do so again and again.

The interface holds a copy, and nobody can change that. So one copy does for all of them as long as
the value stays the same.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.evidence import Subject
from escapelens.model import Effect, TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, safe
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
from escapelens.types.facts import Object, Type

if TYPE_CHECKING:
    from tree_sitter import Node

_SEVERAL = 2
"""How often a value must be put in an interface for one copy to save any."""
_NEAR = 12
"""Lines within which a name for a copy can be read."""
_FORMATTERS = ("fmt", "log", "log/slog", "testing")
_INITIALISMS = ("api", "id", "ip", "url", "uri")


class Boxed(NamedTuple):
    """The edits that declare an interface, and hand that over where the value was."""

    name: str
    where: str
    """In front of what it is declared."""
    effect: Effect
    edits: list[TextEdit]


class _Place(NamedTuple):
    """Where an interface is declared, and what it holds from there on."""

    first: "Node"
    """The statement behind its declaration."""
    values: "list[Node]"


def boxed_again(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrite of a value that a loop or several statements put in an interface."""
    is_own = case.site.origin is None and case.evidence.subject is Subject.BOX
    if is_own and case.code is not None:
        yield attempt("box-once", lambda: _boxed_once(case))


def _boxed_once(case: RewriteCase) -> Rewrite:
    code = code_of(case)
    boxed = box_once(code, case.node)
    value = code.text(case.node)
    return safe(
        "box-once",
        f"put `{value}` in an interface once, as `{boxed.name}` in front of {boxed.where}",
        f"`{value}` stays the same, and so does a copy in an interface.",
        boxed.edits,
    )._replace(effect=boxed.effect)


def box_once(code: Code, value: "Node") -> Boxed:
    """Gives a boxed value a variable of its interface's type; raises Refused.

    It stands in front of all loops that allow it, or of the first of several statements. All that
    these put in the same interface become that variable.
    """
    variable, taken = _variable(code, value), _interface(code, value)
    _check_unaddressed(code, variable, value)
    if taken is None or taken.kind != "interface":
        raise Refused("it is not handed over or stored as an interface by itself")
    if not taken.writable or not code.is_visible(taken):
        raise Refused("the interface has no name here")
    place = _place(code, value, variable, taken)
    name = code.fresh(_name(code, value))
    made = f"var {name} {taken.text} = {code.text(value)}\n{code.indent(place.first)}"
    at = place.first.start_byte
    edits = [TextEdit(code.path, at, at, made)]
    edits += [TextEdit(code.path, one.start_byte, one.end_byte, name) for one in place.values]
    if place.first.type in LOOPS:
        return Boxed(name, "the loop", Effect.REDUCED, edits)
    return Boxed(name, f"line {code.line(place.first)}", Effect.GONE, edits)


def _place(code: Code, value: "Node", variable: Object, taken: Type) -> _Place:
    """In front of a loop, or of the first of several statements; raises Refused."""
    in_loop = around(value, *LOOPS) is not None
    if _is_formatted(code, value):
        if not in_loop:
            raise Refused("it is formatted, which costs more than a copy")
        return _in_loop(code, value, variable, taken)
    if not in_loop:
        return _in_statements(code, value, variable, taken)
    try:
        return _in_loop(code, value, variable, taken)
    except Refused as refused:
        try:
            return _in_statements(code, value, variable, taken)
        except Refused:
            raise refused from None


def _is_formatted(code: Code, value: "Node") -> bool:
    """Whether a value is handed to a function that makes a text of it."""
    listed = value.parent
    call = None if listed is None or listed.type != "argument_list" else listed.parent
    known = None if call is None else code.called(call)
    return known is not None and known.package in _FORMATTERS


def _in_loop(code: Code, value: "Node", variable: Object, taken: Type) -> _Place:
    """In front of all loops in which a value is the same in each turn."""
    loop = _outermost_loop(code, value, variable)
    if not is_plain_statement(loop):
        raise Refused("the loop has a label")
    if _is_in_branch(value, loop):
        raise Refused("not each turn of the loop needs it")
    return _Place(loop, _same(code, loop, value, variable, taken))


def _variable(code: Code, value: "Node") -> Object:
    """The local variable that a value is, or is a field of."""
    inner = value
    while inner.type == "selector_expression":
        operand = inner.child_by_field_name("operand")
        if operand is None or not code.is_part(inner):
            raise Refused("what it points to may change from turn to turn")
        inner = operand
    found = code.object_of(inner) if inner.type == "identifier" else None
    if found is None or found.kind != "var":
        raise Refused("it is made anew in each turn")
    if found.role == "global":
        raise Refused(f"anything may assign to `{found.name}` in between")
    return found


def _check_unaddressed(code: Code, variable: Object, value: "Node") -> None:
    """Raises Refused where a variable may change otherwise than by statements around a value."""
    for use in code.uses(variable):
        if use.role in ("address", "receiver"):
            raise Refused(f"the address of `{variable.name}` is taken (line {code.line(use)})")
        is_read = use.role == "read"
        if not is_read and function_around(code.node_of(use)) != function_around(value):
            raise Refused(f"a function literal changes `{variable.name}` (line {code.line(use)})")


def _in_statements(code: Code, value: "Node", variable: Object, taken: Type) -> _Place:
    """In front of the first of several statements that put a value in the same interface."""
    for places in ancestors(value):
        if places == function_around(value):
            break
        if places.type != "statement_list":
            continue
        found = _same(code, places, value, variable, taken)
        always = [one for one in found if _runs_with(one, places)]
        if len(always) >= _SEVERAL and value in found:
            return _unchanged_from(code, value, always, found, variable)
    raise Refused("it is put in an interface once only")


def _unchanged_from(
    code: Code, value: "Node", always: "list[Node]", found: "list[Node]", variable: Object
) -> _Place:
    """In front of the first statement; those up to the last that surely runs use the one copy."""
    start, end = statement_around(always[0]), statement_around(always[-1])
    assert start is not None
    assert end is not None
    if code.line(end) - code.line(start) > _NEAR:
        raise Refused(f"line {code.line(start)} and line {code.line(end)} stand far apart")
    if within(code.node_of(variable.offset), start):
        raise Refused(f"`{variable.name}` is declared on line {code.line(start)} itself")
    for use in code.uses(variable):
        if use.role != "read" and start.start_byte <= use.offset < end.end_byte:
            raise Refused(f"`{variable.name}` is changed in between (line {code.line(use)})")
    inside = [one for one in found if start.start_byte <= one.start_byte < end.end_byte]
    if value == inside[0]:
        raise Refused(f"it is the first copy, which line {code.line(inside[1])} can use as well")
    return _Place(start, inside)


def _runs_with(value: "Node", places: "Node") -> bool:
    """Whether a value belongs to a statement of a list itself, and to no branch in it."""
    statement = statement_around(value)
    return statement is not None and statement.parent == places


def _outermost_loop(code: Code, value: "Node", variable: Object) -> "Node":
    """The outermost loop of a function in all turns of which a variable is the same."""
    function, declared = function_around(value), code.node_of(variable.offset)
    uses = [use for use in code.uses(variable) if use.role != "read"]
    found: Node | None = None
    for outer in ancestors(value):
        if outer == function:
            break
        if outer.type not in LOOPS:
            continue
        if within(declared, outer):
            break
        changing = next((use for use in uses if within(code.node_of(use), outer)), None)
        if changing is not None:
            if found is None:
                line = code.line(changing)
                raise Refused(f"`{variable.name}` is changed in the loop (line {line})")
            break
        found = outer
    if found is None:
        raise Refused(f"`{variable.name}` is another one in each turn of the loop")
    return found


def _interface(code: Code, value: "Node") -> Type | None:
    """The type of what an expression is assigned to, as an argument or by a statement."""
    listed = value.parent
    if listed is None:
        return None
    if listed.type == "argument_list":
        call = listed.parent
        return None if call is None else _parameter(code, call, value)
    statement = statement_around(value)
    if statement is None or statement.type != "assignment_statement":
        return None
    left, right = side(statement, "left"), side(statement, "right")
    if value not in right or len(left) != len(right):
        return None
    return code.type_of(left[right.index(value)])


def _parameter(code: Code, call: "Node", value: "Node") -> Type | None:
    """The type of the parameter that an argument is for."""
    given, function = arguments(call), call.child_by_field_name("function")
    if code.calls_builtin(call, "append") and value in given[1:]:
        return code.elem(code.type_of(given[0]))
    signature = None if function is None else code.type_of(function)
    if signature is None or signature.kind != "func" or not signature.parameters:
        return None
    index, last = given.index(value), len(signature.parameters) - 1
    taken = code.type(signature.parameters[min(index, last)])
    return code.elem(taken) if signature.variadic and index >= last else taken


def _same(code: Code, outer: "Node", value: "Node", variable: Object, taken: Type) -> "list[Node]":
    """The places in a node that put the same value in the same interface."""
    text, function = code.text(value), function_around(value)
    return [
        one
        for one in descendants(outer, value.type)
        if code.text(one) == text
        and function_around(one) == function
        and _is_same(code, one, variable, taken)
    ]


def _is_same(code: Code, other: "Node", variable: Object, taken: Type) -> bool:
    """Whether an expression spelled alike is the same value, put in the same interface."""
    inner = other
    while inner.type == "selector_expression":
        operand = inner.child_by_field_name("operand")
        assert operand is not None
        inner = operand
    own = _interface(code, other)
    return own is not None and own.id == taken.id and code.object_of(inner) is variable


def _is_in_branch(value: "Node", loop: "Node") -> bool:
    """Whether a turn of a loop, or of one within it, may go round a value."""
    inner = value
    for outer in ancestors(value):
        places = outer.child_by_field_name("body") if outer.type in LOOPS else None
        if places is not None:
            listed = next((o for o in places.named_children if o.type == "statement_list"), None)
            if listed is None or outermost_in(value, listed) != statement_around(inner):
                return True
            inner = outer
        if outer == loop:
            return False
    return True


def _name(code: Code, value: "Node") -> str:
    """`boxedID` for `id`, `boxedName` for `user.Name`."""
    last = code.text(value).rpartition(".")[2]
    word = last.upper() if last in _INITIALISMS else last[:1].upper() + last[1:]
    return f"boxed{word}"
