"""Where a variable is declared that a name means: in a function literal or loop, or around it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from escapelens.examine.view import TYPED_BY_CONTEXT
from escapelens.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_SCOPES = (
    "func_literal",
    "statement_list",
    "if_statement",
    "for_statement",
    "expression_switch_statement",
    "type_switch_statement",
    "communication_case",
)
_SPECS = ("var_spec", "const_spec")
_LISTS = ("var_declaration", "const_declaration", "var_spec_list", "labeled_statement")
"""What declares as the statements in it do."""
_LEFT = ("short_var_declaration", "range_clause", "receive_statement")
"""What declares what stands to the left of its `:=`."""
_CLAUSES = ("range_clause", "for_clause", "receive_statement")


def is_declared_within(source: Source, node: "Node", name: str, outer: "Node") -> bool:
    """Whether a name means at a node what is declared in a function literal or loop around it."""
    clauses = [part for part in node.named_children if part.type in _CLAUSES]
    if any(name in _declared(source, part) for part in (node, *clauses)):
        return True
    inner, scope = node, node.parent
    while scope is not None and inner != outer:
        if scope.type in _SCOPES and name in _before(source, scope, inner):
            return True
        inner, scope = scope, scope.parent
    return False


def _before(source: Source, scope: "Node", inner: "Node") -> "Iterator[str]":
    """The names that a scope declares in front of a node in it."""
    if scope.type == "func_literal":
        for field in ("parameters", "result"):
            listed = scope.child_by_field_name(field)
            for parameter in listed.named_children if listed is not None else ():
                if parameter.type in TYPED_BY_CONTEXT:
                    yield from _names(source, parameter)
    if scope.type == "type_switch_statement":
        alias = scope.child_by_field_name("alias")
        yield from (source.text(one) for one in (alias.named_children if alias else ()))
    for part in scope.named_children:
        if part.start_byte >= inner.start_byte:
            break
        yield from _declared(source, part)


def _declared(source: Source, node: "Node") -> "Iterator[str]":
    """The names that a statement or clause declares for what follows it."""
    if node.type in _LISTS:
        for part in node.named_children:
            yield from _declared(source, part)
    elif node.type in _SPECS:
        yield from _names(source, node)
    elif node.type == "for_clause":
        first = node.child_by_field_name("initializer")
        yield from _declared(source, first) if first is not None else ()
    elif node.type in _LEFT:
        left = node.child_by_field_name("left")
        is_new = node.type == _LEFT[0] or any(part.type == ":=" for part in node.children)
        yield from (source.text(one) for one in (left.named_children if left and is_new else ()))


def _names(source: Source, node: "Node") -> "Iterator[str]":
    return (source.text(name) for name in node.children_by_field_name("name"))
