"""Parts a function in two: one so small that callers hold it inline, and one that fills.

A caller that lets go of the value then has it on its own stack, since the allocation is in the part
that is copied into the caller, and the other part only returns the pointer that it was given.
"""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    Code,
    Program,
    Refused,
    arguments,
    descendants,
    function_around,
    side,
    statement_around,
    statements_of,
    whole_lines,
)
from escapelens.rewriting.pragmas import comment_above
from escapelens.types.facts import Spot

if TYPE_CHECKING:
    from tree_sitter import Node

_LONG = ("for_statement", "defer_statement", "select_statement", "expression_switch_statement")
_MANY = 6
"""Fewer statements are as a rule few enough to be copied into callers as they are."""
_MOST = 1024
"""How many bytes of a slice each caller may get on its stack."""


class _Made(NamedTuple):
    """What a function makes first."""

    name: str
    """The variable that holds it."""
    typ: str
    """That of the variable."""
    value: str
    """What callers make."""
    label: str
    """For the name of the part that fills it; empty if that is the function's own."""
    filled: "Node | None" = None
    """The literal that is filled in later."""


def outlined(program: Program, code: Code, site: "Node") -> tuple[str, list[TextEdit]]:
    """The name of the function that fills, and the edits; raises Refused."""
    users = [user for user in code.declaration.users or () if not user.file.endswith("_test.go")]
    if users and not any(_runs_often(program, user) for user in users):
        raise Refused("it is only called when the program starts")
    function = function_around(site)
    body = None if function is None else function.child_by_field_name("body")
    if function is None or body is None or function.type == "func_literal":
        raise Refused("a function literal makes it")
    declared = code.source.declared_at(function.start_byte)
    if declared is None or declared.generic:
        raise Refused("the function is generic")
    if b"//go:noinline" in comment_above(code.source, declared.start):
        raise Refused("`//go:noinline` keeps it from being copied into its callers")
    places = statements_of(function)
    statements = [] if places is None else places.named_children
    if not _is_long(body, statements):
        raise Refused("the function is short enough to be copied into its callers as it is")
    statement = statement_around(site)
    if statement is None or statement != statements[0]:
        raise Refused("it is not the first thing that the function makes")
    made = _made(code, statement, site)
    if any(code.text(one) == made.name for one in descendants(_value(statement), "identifier")):
        raise Refused(f"another `{made.name}` is used to make it")
    for call in descendants(body, "call_expression"):
        if code.calls_builtin(call, "recover"):
            raise Refused("the function recovers from a panic")
    code.require_builtin("new", "make")
    own = declared.name.rpartition(".")[2]
    own = f"{own[:1].upper()}{own[1:]}"
    fill = code.fresh(f"fill{made.label or own}", f"fill{own}")
    return fill, _edits(code, function, body, statement, made, fill)


def _runs_often(program: Program, user: Spot) -> bool:
    """Whether a use of a function stands in another one that is no `init`."""
    code = program.code(user.file, user.offset)
    if code is None or code.declaration.function < 0:
        return code is None
    return code.declaration.objects[code.declaration.function].name != "init"


def _is_long(body: "Node", statements: "list[Node]") -> bool:
    return len(statements) > _MANY or next(descendants(body, *_LONG), None) is not None


def _value(statement: "Node") -> "Node":
    right = side(statement, "right")
    return right[0] if right else statement


def _made(code: Code, statement: "Node", site: "Node") -> _Made:
    """What `v := &T{…}`, `v := new(T)` or `v := make([]T, n)` makes; raises Refused."""
    left, right = side(statement, "left"), side(statement, "right")
    if statement.type != "short_var_declaration" or len(left) != 1 or len(right) != 1:
        raise Refused("it is not assigned to one variable")
    value, name = right[0], code.text(left[0])
    if code.calls_builtin(value, "make"):
        return _made_slice(code, value, name)
    if code.calls_builtin(value, "new") and len(arguments(value)) == 1:
        typ: Node | None = arguments(value)[0]
        literal = None
    else:
        literal = value.child_by_field_name("operand")
        if literal is None or literal.type != "composite_literal":
            raise Refused("it is no literal")
        typ = literal.child_by_field_name("type")
        body = literal.child_by_field_name("body")
        literal = literal if body is not None and body.named_children else None
    if typ is None or typ.type != "type_identifier":
        raise Refused("its type has no name of its own")
    text = code.text(typ)
    return _Made(name, f"*{text}", f"new({text})", f"{text[:1].upper()}{text[1:]}", literal)


def _made_slice(code: Code, make: "Node", name: str) -> _Made:
    """A slice that callers can have on their stack: of known size, and a small one."""
    typ, *sizes = arguments(make)
    counts = [code.integer(one) for one in sizes]
    element = code.elem(code.type_of(make))
    if typ.type != "slice_type" or element is None or not sizes:
        raise Refused("it is no slice")
    if None in counts or element.size < 0 or not 0 < (counts[-1] or 0) * element.size <= _MOST:
        raise Refused(f"it is no slice of known size, and of up to {_MOST} bytes")
    for one in descendants(make, "identifier", "type_identifier"):
        used = code.object_of(one)
        if used is not None and code.is_local(used):
            raise Refused(f"`{used.name}` has a meaning in the function only")
    return _Made(name, code.text(typ), code.text(make), "")


def _edits(
    code: Code,
    function: "Node",
    body: "Node",
    statement: "Node",
    made: _Made,
    fill: str,
) -> list[TextEdit]:
    receiver = function.child_by_field_name("receiver")
    parameters = function.child_by_field_name("parameters")
    assert parameters is not None
    given = _given(code, parameters)
    call = fill
    owner = ""
    if receiver is not None:
        names = _given(code, receiver)
        if len(names) != 1:
            raise Refused("its receiver has no name")
        call, owner = f"{names[0]}.{fill}", f"{code.text(receiver)} "
    inner = code.text(parameters)[1:-1].strip()
    own = f"{made.name} {made.typ}"
    taken = f"{own}, {inner}" if inner else own
    result = code.source.content[parameters.end_byte : body.start_byte].decode().strip()
    if "\n" in inner or "\n" in result:
        raise Refused("its parameters stand on several lines")
    passed = ", ".join((made.value, *given))
    head = f"\n\treturn {call}({passed})\n}}\n\nfunc {owner}{fill}({taken}) {result} {{"
    at = body.start_byte + 1
    if made.filled is None:
        start, end = whole_lines(code, statement)
        filled = TextEdit(code.path, start, end, "")
    else:
        text = f"*{made.name} = {code.text(made.filled)}"
        filled = TextEdit(code.path, statement.start_byte, statement.end_byte, text)
    return [TextEdit(code.path, at, at, head), filled]


def _given(code: Code, parameters: "Node") -> list[str]:
    """The names of parameters as they are handed on."""
    given: list[str] = []
    for one in parameters.named_children:
        if one.type == "comment":
            raise Refused("its parameters have comments")
        names = [code.text(name) for name in one.children_by_field_name("name")]
        if not names or "_" in names:
            raise Refused("a parameter has no name")
        if one.type == "variadic_parameter_declaration":
            names = [f"{name}..." for name in names]
        given += names
    return given
