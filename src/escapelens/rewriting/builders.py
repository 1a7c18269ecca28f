"""Gathers a string that grows piece by piece in a `strings.Builder`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    LOOPS,
    Code,
    Refused,
    around,
    descendants,
    function_around,
    is_plain_statement,
    operands,
    side,
    statement_around,
    within,
)
from escapelens.rewriting.packages import import_edits, qualifier
from escapelens.types.facts import Name, Object

if TYPE_CHECKING:
    from tree_sitter import Node


def builder(code: Code, concatenation: "Node") -> tuple[str, list[TextEdit]]:
    """The variable that a concatenation grows, and the edits; raises Refused."""
    statement = statement_around(concatenation)
    variable = None if statement is None else _grown(code, statement)
    loop = around(concatenation, *LOOPS)
    if statement is None or variable is None:
        raise Refused("the string is not grown piece by piece")
    if loop is None or within(code.node_of(variable.offset), loop):
        raise Refused(f"no loop makes `{variable.name}` grow")
    known = code.type(variable.type)
    if variable.role != "local" or known is None or known.id != "string":
        raise Refused(f"`{variable.name}` is no local variable of type string")
    strings = qualifier(code, "strings")
    edits = [_declared(code, variable, strings)]
    for use in code.uses(variable):
        edits += _used(code, use, variable)
    return variable.name, [*edits, *import_edits(code, (), add=["strings"])]


def _grown(code: Code, statement: "Node") -> Object | None:
    """The variable in `s += x` or `s = s + x`, if that is what a statement does."""
    if statement.type != "assignment_statement" or not is_plain_statement(statement):
        return None
    left, right = side(statement, "left"), side(statement, "right")
    operator = statement.child_by_field_name("operator")
    if len(left) != 1 or len(right) != 1 or left[0].type != "identifier" or operator is None:
        return None
    known = code.object_of(left[0])
    if code.text(operator) == "+=":
        return known
    first = next(_pieces(right[0]), None)
    same = first is not None and first.type == "identifier" and code.object_of(first) is known
    return known if code.text(operator) == "=" and same and first != right[0] else None


def _pieces(expression: "Node") -> "Iterator[Node]":
    """What a chain of `+` puts together, from left to right."""
    if expression.type == "binary_expression":
        operator = expression.child_by_field_name("operator")
        if operator is not None and operator.type == "+":
            for one in operands(expression):
                yield from _pieces(one)
            return
    yield expression


def _declared(code: Code, variable: Object, strings: str) -> TextEdit:
    """Declares the builder, with what the string begins with."""
    statement = statement_around(code.node_of(variable.offset))
    name = variable.name
    declared = f"var {name} {strings}.Builder"
    if statement is not None and statement.type == "var_declaration":
        specs = [one for one in statement.named_children if one.type == "var_spec"]
        if len(specs) == 1 and len(side(specs[0], "name")) == 1 and not side(specs[0], "value"):
            return TextEdit(code.path, statement.start_byte, statement.end_byte, declared)
    if statement is None or statement.type != "short_var_declaration":
        raise Refused(f"`{name}` is declared together with others")
    left, right = side(statement, "left"), side(statement, "right")
    if len(left) != 1 or len(right) != 1 or not is_plain_statement(statement):
        raise Refused(f"`{name}` is declared together with others")
    if code.constant(right[0]) != '""':
        lines = [declared, f"{name}.WriteString({code.text(right[0])})"]
        declared = f"\n{code.indent(statement)}".join(lines)
    return TextEdit(code.path, statement.start_byte, statement.end_byte, declared)


def _used(code: Code, use: Name, variable: Object) -> Iterator[TextEdit]:
    node = code.node_of(use)
    line = code.line(use)
    name = variable.name
    if function_around(node) != function_around(code.node_of(variable.offset)):
        raise Refused(f"a function literal uses `{name}` (line {line})")
    statement = statement_around(node)
    if use.role == "read":
        grown = None if statement is None else _grown(code, statement)
        if grown is variable and statement is not None:
            first = next(_pieces(side(statement, "right")[0]))
            if first == node:
                return
            raise Refused(f"`{name}` is put into itself (line {line})")
        yield TextEdit(code.path, node.end_byte, node.end_byte, ".String()")
        return
    if use.role != "write" or statement is None or _grown(code, statement) is not variable:
        raise Refused(f"`{name}` is changed in another way (line {line})")
    pieces = list(_pieces(side(statement, "right")[0]))
    if pieces[0].type == "identifier" and code.object_of(pieces[0]) is variable:
        pieces = pieces[1:]
    if any(
        code.object_of(one) is variable
        for piece in pieces
        for one in descendants(piece, "identifier")
    ):
        raise Refused(f"`{name}` is put into itself (line {line})")
    lines = [f"{name}.WriteString({code.text(piece)})" for piece in pieces]
    text = f"\n{code.indent(statement)}".join(lines)
    yield TextEdit(code.path, statement.start_byte, statement.end_byte, text)
