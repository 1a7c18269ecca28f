"""Where new declarations go."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


def above(function: "Node") -> int:
    """Where a declaration begins, with the comment above it."""
    start, row = function.start_byte, function.start_point.row
    comment = function.prev_sibling
    while comment is not None and comment.type in ("comment", "\n"):
        if comment.type == "comment":
            if comment.end_point.row != row - 1 or comment.start_point.column:
                break
            start, row = comment.start_byte, comment.start_point.row
        comment = comment.prev_sibling
    return start
