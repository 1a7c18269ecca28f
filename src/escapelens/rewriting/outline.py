"""Parts a constructor in two: one so small that callers hold it inline, and one that fills.

A caller that lets go of the value then has it on its own stack, since the allocation is in the part
that is copied into the caller, and the other part only returns the pointer that it was given.
"""

from typing import TYPE_CHECKING

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    Code,
    Refused,
    arguments,
    descendants,
    function_around,
    side,
    statement_around,
    statements_of,
    whole_lines,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_LONG = ("for_statement", "defer_statement", "select_statement", "expression_switch_statement")
_MANY = 6
"""Fewer statements are as a rule few enough to be copied into callers as they are."""


def outlined(code: Code, site: "Node") -> tuple[str, list[TextEdit]]:
    """The name of the function that fills, and the edits; raises Refused."""
    function = function_around(site)
    body = None if function is None else function.child_by_field_name("body")
    if function is None or body is None or function.type == "func_literal":
        raise Refused("a function literal makes it")
    declared = code.source.declared_at(function.start_byte)
    if declared is None or declared.generic:
        raise Refused("the function is generic")
    places = statements_of(function)
    statements = [] if places is None else places.named_children
    if not _is_long(body, statements):
        raise Refused("the function is short enough to be copied into its callers as it is")
    statement = statement_around(site)
    if statement is None or statement != statements[0]:
        raise Refused("it is not the first thing that the function makes")
    name, typ, literal = _made(code, statement, site)
    if literal is not None and any(
        code.text(one) == name for one in descendants(literal, "identifier")
    ):
        raise Refused(f"another `{name}` is used to make it")
    for call in descendants(body, "call_expression"):
        if code.calls_builtin(call, "recover"):
            raise Refused("the function recovers from a panic")
    code.require_builtin("new")
    fill = code.fresh(f"fill{typ[:1].upper()}{typ[1:]}", f"fill{declared.name.rpartition('.')[2]}")
    return fill, _edits(code, function, body, statement, (name, typ, fill), literal)


def _is_long(body: "Node", statements: "list[Node]") -> bool:
    return len(statements) > _MANY or next(descendants(body, *_LONG), None) is not None


def _made(code: Code, statement: "Node", site: "Node") -> "tuple[str, str, Node | None]":
    """The variable in `v := &T{…}` or `v := new(T)`, the type, and the literal if it has parts."""
    left, right = side(statement, "left"), side(statement, "right")
    if statement.type != "short_var_declaration" or len(left) != 1 or len(right) != 1:
        raise Refused("it is not assigned to one variable")
    value = right[0]
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
    return code.text(left[0]), code.text(typ), literal


def _edits(
    code: Code,
    function: "Node",
    body: "Node",
    statement: "Node",
    names: tuple[str, str, str],
    literal: "Node | None",
) -> list[TextEdit]:
    name, typ, fill = names
    receiver = function.child_by_field_name("receiver")
    parameters = function.child_by_field_name("parameters")
    assert parameters is not None
    given = _given(code, parameters)
    call = fill
    owner = ""
    if receiver is not None:
        own = _given(code, receiver)
        if len(own) != 1:
            raise Refused("its receiver has no name")
        call, owner = f"{own[0]}.{fill}", f"{code.text(receiver)} "
    inner = code.text(parameters)[1:-1].strip()
    taken = f"{name} *{typ}, {inner}" if inner else f"{name} *{typ}"
    result = code.source.content[parameters.end_byte : body.start_byte].decode().strip()
    if "\n" in inner or "\n" in result:
        raise Refused("its parameters stand on several lines")
    passed = ", ".join((f"new({typ})", *given))
    head = f"\n\treturn {call}({passed})\n}}\n\nfunc {owner}{fill}({taken}) {result} {{"
    at = body.start_byte + 1
    if literal is None:
        start, end = whole_lines(code, statement)
        filled = TextEdit(code.path, start, end, "")
    else:
        text = f"*{name} = {code.text(literal)}"
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
