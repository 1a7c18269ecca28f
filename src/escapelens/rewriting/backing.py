"""Keeps the values of a slice of pointers next to each other in one array."""

from typing import TYPE_CHECKING

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    LOOPS,
    Code,
    Refused,
    arguments,
    around,
    function_around,
    is_plain_statement,
    side,
    statement_around,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_COUNTABLE = ("slice", "array", "map")


def one_array(code: Code, site: "Node") -> tuple[str, list[TextEdit]]:
    """The array for the values that a loop appends by their address; raises Refused."""
    literal = site if site.type == "composite_literal" else site.child_by_field_name("operand")
    if literal is None or literal.type != "composite_literal":
        raise Refused("it is no literal")
    typ = literal.child_by_field_name("type")
    value = literal.parent
    if typ is None or value is None or value.type != "unary_expression":
        raise Refused("it is no literal with a type of its own")
    call = around(value, "call_expression")
    statement = statement_around(value)
    if call is None or statement is None or not code.calls_builtin(call, "append"):
        raise Refused("it is not appended by itself")
    given = arguments(call)
    if len(given) != 2 or given[1] != value or side(statement, "right") != [call]:
        raise Refused("it is not appended by itself")
    loop = around(statement, *LOOPS)
    body = None if loop is None else loop.child_by_field_name("body")
    if loop is None or body is None or function_around(loop) != function_around(site):
        raise Refused("no loop appends it")
    if not is_plain_statement(loop):
        raise Refused("the loop has a label")
    clause = next((one for one in loop.named_children if one.type == "range_clause"), None)
    counted = None if clause is None else clause.child_by_field_name("right")
    known = None if counted is None else code.type_of(counted)
    if counted is None or known is None or known.kind not in _COUNTABLE:
        raise Refused("how often the loop turns is not known before")
    if not code.is_repeatable(counted):
        raise Refused(f"`{code.text(counted)}` does something each time it is evaluated")
    if known.kind == "map":
        raise Refused("a map may get more entries while a loop goes through it")
    element = code.type_of(literal)
    if element is None or element.size <= 0:
        raise Refused("its size is not known")
    code.require_builtin("len", "make", "append")
    name = code.fresh("values", "backing", "array")
    indent, deeper = code.indent(loop), code.indent(statement)
    text, elem = code.text(literal), code.text(typ)
    made = f"{name} := make([]{elem}, 0, len({code.text(counted)}))\n{indent}"
    return name, [
        TextEdit(code.path, loop.start_byte, loop.start_byte, made),
        TextEdit(
            code.path,
            statement.start_byte,
            statement.start_byte,
            f"{name} = append({name}, {text})\n{deeper}",
        ),
        TextEdit(code.path, value.start_byte, value.end_byte, f"&{name}[len({name})-1]"),
    ]
