"""Whether one statement can run after another, as far as the syntax tells.

The compiler does not ask: to it, all statements of a function happen at once.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = ("func_literal", "function_declaration", "method_declaration")
_CLAUSES = ("expression_case", "default_case", "type_case", "communication_case")


def can_follow(first: "Node", later: "Node") -> bool:
    """Whether what stands at `later` can run after `first`; in doubt it can."""
    if _is_within(first, later) or _is_within(later, first):
        return True
    above_first, above_later = _above(first), _above(later)
    function = _function(above_first)
    if function is None or _function(above_later) != function or _jumps(function):
        return True
    common = _n_shared(above_first, above_later)
    for node in above_first[-common:]:
        if node == function:
            break
        if node.type == "for_statement":
            return True
    if any(node.type in ("defer_statement", "go_statement") for node in above_later):
        return True
    branches = above_first[-common - 1], above_later[-common - 1]
    if _exclude_each_other(above_first[-common], *branches):
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


def _is_within(inner: "Node", outer: "Node") -> bool:
    return outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte


@lru_cache(maxsize=256)  # what keeps one value of a function often keeps others
def _above(node: "Node") -> "tuple[Node, ...]":
    """A node and those around it, the innermost first."""
    found = []
    one: Node | None = node
    while one is not None:
        found.append(one)
        one = one.parent
    return tuple(found)


@lru_cache(maxsize=64)
def _jumps(function: "Node") -> bool:
    """Whether a `goto` may stand in a function."""
    return b"goto " in (function.text or b"")


def _function(above: "Sequence[Node]") -> "Node | None":
    return next((node for node in above if node.type in _FUNCTIONS), None)


def _n_shared(above_first: "Sequence[Node]", above_later: "Sequence[Node]") -> int:
    """How many nodes are around both, counted from the root."""
    common = 0
    for one, other in zip(reversed(above_first), reversed(above_later), strict=False):
        if one != other:
            break
        common += 1
    return common


def _exclude_each_other(shared: "Node", first: "Node", later: "Node") -> bool:
    """Whether two children of a node are branches of which only one runs."""
    if shared.type == "if_statement":
        then, otherwise = (
            shared.child_by_field_name(one) for one in ("consequence", "alternative")
        )
        return None not in (then, otherwise) and {first.id, later.id} == {
            node.id for node in (then, otherwise) if node is not None
        }
    are_clauses = first.type in _CLAUSES and later.type in _CLAUSES and first != later
    return are_clauses and b"fallthrough" not in (shared.text or b"")
