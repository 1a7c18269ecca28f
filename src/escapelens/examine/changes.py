"""Why a function literal holds a variable by reference: what changes it, or takes its address."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from escapelens.evidence import Change
from escapelens.examine.view import TYPED_BY_CONTEXT, enclosing
from escapelens.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_DECLARED = ("function_declaration", "method_declaration")
_DECLARES = ("short_var_declaration", "var_spec", "const_spec", *TYPED_BY_CONTEXT)
_STEPS = ("inc_statement", "dec_statement")


def change_of(source: Source, variable: "Node") -> Change | None:
    """The first statement that assigns to a variable after it is declared, or takes its address.

    None where there is none that names it alone, or where its name is declared more than once.
    """
    function = enclosing(variable, _DECLARED, 200)
    name = source.text(variable)
    assigned: list[Node] = []
    addressed: list[Node] = []
    declared = 0
    for node in _named(source, function, name):
        parent, holder = node.parent, _statement(node)
        if parent is None or holder is None:
            continue
        if holder.type in _DECLARES or _is_declared_by_range(source, holder):
            declared += 1
        elif holder.type in ("assignment_statement", "range_clause", *_STEPS):
            assigned.append(node)
        elif parent.type == "unary_expression" and source.content[parent.start_byte] == ord("&"):
            addressed.append(node)
    if declared != 1:
        return None
    for found, is_assigned in ((assigned, True), (addressed, False)):
        if found:
            return Change(is_assigned, source.point(found[0].start_byte)[0])
    return None


def _named(source: Source, node: "Node | None", name: str) -> "Iterator[Node]":
    """The identifiers of a name within a node, in the order of the source."""
    waiting = [] if node is None else [node]
    while waiting:
        node = waiting.pop()
        if node.type == "identifier" and source.text(node) == name:
            yield node
        waiting += reversed(node.named_children)


def _statement(node: "Node") -> "Node | None":
    """What a name stands in as a whole: on the left of an assignment, or by itself."""
    parent = node.parent
    if parent is None or parent.type != "expression_list":
        return parent
    statement = parent.parent
    is_left = statement is not None and statement.child_by_field_name("left") == parent
    return statement if is_left else parent


def _is_declared_by_range(source: Source, node: "Node") -> bool:
    if node.type != "range_clause":
        return False
    return any(source.text(child) == ":=" for child in node.children)
