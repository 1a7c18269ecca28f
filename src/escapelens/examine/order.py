"""Whether one statement can run after another, as far as the syntax tells.

The compiler does not ask: to it, all statements of a function happen at once.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = ("func_literal", "function_declaration", "method_declaration")
_CLAUSES = ("expression_case", "default_case", "type_case", "communication_case")


def can_follow(first: "Node", later: "Node") -> bool:
    """Whether what stands at `later` can run after `first`; in doubt it can."""
    above_first, above_later = _above(first), _above(later)
    function = _function(above_first)
    if function is None or _function(above_later) != function or b"goto " in (function.text or b""):
        return True
    shared = next((node for node in above_first if node in above_later), None)
    if shared is None or shared in (first, later):
        return True
    around = above_first[above_first.index(shared) :]
    if any(node.type == "for_statement" for node in around[: around.index(function)]):
        return True
    if any(node.type in ("defer_statement", "go_statement") for node in above_later):
        return True
    branches = _child(above_first, shared), _child(above_later, shared)
    if None not in branches and _exclude_each_other(shared, *branches):
        return False
    return later.start_byte > first.start_byte


def returns_in(function: "Node | None") -> "Iterator[Node]":
    """The return statements of a function, in the order of the source, without its literals'."""
    waiting = [] if function is None else list(reversed(function.named_children))
    while waiting:
        node = waiting.pop()
        if node.type == "return_statement":
            yield node
        elif node.type != "func_literal":
            waiting += reversed(node.named_children)


def _above(node: "Node") -> "list[Node]":
    """A node and those around it, the innermost first."""
    found = []
    one: Node | None = node
    while one is not None:
        found.append(one)
        one = one.parent
    return found


def _function(above: "list[Node]") -> "Node | None":
    return next((node for node in above if node.type in _FUNCTIONS), None)


def _child(above: "list[Node]", shared: "Node") -> "Node | None":
    at = above.index(shared)
    return above[at - 1] if at else None


def _exclude_each_other(shared: "Node", first: "Node | None", later: "Node | None") -> bool:
    """Whether two children of a node are branches of which only one runs."""
    assert first is not None
    assert later is not None
    if shared.type == "if_statement":
        then, otherwise = (
            shared.child_by_field_name(one) for one in ("consequence", "alternative")
        )
        return None not in (then, otherwise) and {first.id, later.id} == {
            node.id for node in (then, otherwise) if node is not None
        }
    are_clauses = first.type in _CLAUSES and later.type in _CLAUSES and first != later
    return are_clauses and b"fallthrough" not in (shared.text or b"")
