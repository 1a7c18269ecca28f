"""Which syntax node a printed expression is: the compiler's words held against the source.

A node that fits proves that the position means this text; one that does not is an inlined copy (the
position then is a call) or a file that changed since it was compiled.
"""

import re
from typing import TYPE_CHECKING

from escapelens.model import Kind
from escapelens.source import MAX_COLUMN, Source

if TYPE_CHECKING:
    from tree_sitter import Node

_CONSTANT = re.compile(r"""["'`\d]|-\d|true\b|false\b|nil\b|\w+(?:\.\w+)?\(["'\d]""")
_CALL = ("call_expression", "type_conversion_expression")
_LITERALS = ("composite_literal", "literal_value")
_PARTS_OF_CONSTANTS = (
    "identifier",
    "selector_expression",
    "binary_expression",
    "unary_expression",
    "call_expression",
    "type_conversion_expression",
    "parenthesized_expression",
    "interpreted_string_literal",
    "raw_string_literal",
    "rune_literal",
    "int_literal",
    "float_literal",
    "imaginary_literal",
    "true",
    "false",
    "iota",
)
_WORDS = {"func literal": ("func_literal",), "... argument": ("call_expression",)}
_CONVERSION = re.compile(r"(?:\[\]\w+|string|[\w.]+|\([^()]*\))\(")
_QUALIFIER = re.compile(r"\b[A-Za-z_]\w*\.(?=[A-Za-z_#~.])")
_TYPE_IN_PARENTHESES = re.compile(r"\((\[\][\w.\[\]*]+)\)\(")
"""The compiler prints `([]byte)(s)` for `[]byte(s)`."""
_ELIDED = re.compile(r"(?<=\{)\.\.\.(?=\})|(?<=func)literal")
"""What stands, without white space, for what is in braces and for a function literal."""
_SPACE = re.compile(r"\s+")
_MAX_SEARCHED = 4000


def fitting_node(source: Source, line: int, column: int, kind: Kind, text: str) -> "Node | None":
    """The node that `text` was printed for at a position, or None if the source shows another."""
    node = source.node_at(line, column)
    return None if node is None else _fit(source, node, kind, text)


def only_fitting_node(source: Source, line: int, kind: Kind, text: str) -> "Node | None":
    """The one node beyond the last printed column of a line that fits; None if several do.

    None too for a line so long that looking at each of its columns would take seconds.
    """
    width = len(source.line(line))
    if width > _MAX_SEARCHED:
        return None
    found: dict[int, Node] = {}
    for column in range(MAX_COLUMN + 1, width + 1):
        node = fitting_node(source, line, column, kind, text)
        if node is not None:
            found.setdefault(node.start_byte, node)
    if len(found) > 1:
        # Any constant fits a printed one; the same text leaves no doubt.
        same = [node for node in found.values() if _bare(source.text(node)) == _bare(text)]
        return same[0] if len(same) == 1 else None
    return next(iter(found.values()), None)


def node_in_loop(source: Source, loop: "Node", kind: Kind, text: str) -> "Node | None":
    """The only node in the body of a loop that `text` was printed for; None if there are several.

    The body of a loop over a function is compiled as a function (Go 1.23); where that is inlined,
    everything in it is printed at the loop.
    """
    found: dict[int, Node] = {}
    waiting = [loop.child_by_field_name("body")]
    while waiting:
        node = waiting.pop()
        if node is None:
            continue
        waiting += node.named_children
        fitting = _fit(source, node, kind, text)
        if fitting is not None and _reads_as(source, fitting, text):
            found[fitting.start_byte] = fitting
    return next(iter(found.values())) if len(found) == 1 else None


def _reads_as(source: Source, node: "Node", text: str) -> bool:
    """Whether a node reads as what was printed, which may leave out what is in braces."""
    if text in _WORDS:
        return True
    written = _bare(source.text(node))
    head, *elided = _ELIDED.split(_bare(text), maxsplit=1)
    return written.startswith(head) if elided else written == head


def is_constant(text: str) -> bool:
    """Whether an expression was printed as a value, typed or not, as constants are."""
    return _CONSTANT.match(text) is not None


def conversion_around(source: Source, node: "Node", text: str) -> "Node":
    """The conversion that was printed, if a node is the operand of such a one; else the node.

    For a node of the caller's own whose text the compiler rewrote, such as a method call.
    """
    match = _CONVERSION.match(text)
    outer = node.parent
    if match is None or outer is None:
        return node
    if outer.type == "argument_list" and outer.parent is not None and outer.named_child_count == 1:
        outer = outer.parent
    name = outer.child_by_field_name("type") or outer.child_by_field_name("function")
    if outer.type not in _CALL or name is None or name == node:
        return node
    return outer if _bare(source.text(name)) == _bare(match[0][:-1].strip("()")) else node


def is_spelled_as_written(text: str) -> bool:
    """Whether an expression is printed from its own tokens, so that an unchanged source fits it."""
    return (
        text in _WORDS
        or text.isidentifier()
        or text.startswith(("append(", "make(", "new("))
        or (text.startswith("&") and text.endswith("}"))
    )


def _fit(source: Source, node: "Node", kind: Kind, text: str) -> "Node | None":
    node_type = node.type
    if kind is Kind.DEFERRED_CALL:
        return node if node_type in ("go_statement", "defer_statement") else None
    if kind is Kind.MOVED:
        if text.startswith(("#", "~", ".")):
            return _keyword_of(node)
        if _is_case_of_type(node):
            # A type switch declares its variable anew in each clause, at the type.
            return node
        if node_type == "blank_identifier":
            return node
        is_name = node_type in ("identifier", "field_identifier", "package_identifier")
        return node if is_name and source.text(node) == text.rpartition(".")[2] else None
    if text == "func literal" and node_type == "for_statement":
        # The body of a range-over-func loop is compiled as a function literal (Go 1.23).
        return _keyword_of(node)
    if text in _WORDS:
        return node if node_type in _WORDS[text] else None
    if text == "append" or text.startswith("append("):
        return node if _calls(source, node, "append") else None
    if text.startswith(("make(", "new(")):
        return node if _calls(source, node, text[: text.index("(")]) else None
    if text.startswith("&"):
        if node_type == "unary_expression" and source.content[node.start_byte] == ord("&"):
            return node
        return node if node_type in _LITERALS else None
    if text.endswith(("{...}", "{}")) and node_type in _LITERALS:
        return node
    if text.endswith("{...}"):
        # The runes of a constant are spelled out, at the constant.
        outer = conversion_around(source, node, text.replace("{...}", "("))
        return outer if outer != node else _same_text(source, node, text)
    if is_constant(text):
        return node if node_type in _PARTS_OF_CONSTANTS else None
    return _same_text(source, node, text)


def _is_case_of_type(node: "Node") -> bool:
    parent: Node | None = node
    for _ in range(4):
        if parent is None or parent.type == "block":
            return False
        if parent.type == "type_case":
            return True
        parent = parent.parent
    return False


def _keyword_of(node: "Node") -> "Node":
    """The keyword a statement or clause begins with; a leaf stands for itself."""
    first = node.child(0) if node.child_count else None
    return node if first is None or first.is_named else first


def _calls(source: Source, node: "Node", name: str) -> bool:
    if node.type not in _CALL:
        return False
    function = node.child_by_field_name("function")
    return function is not None and source.text(function) == name


def _same_text(source: Source, node: "Node", text: str) -> "Node | None":
    """The node or the conversion around it whose text reads as the compiler printed it."""
    written = source.text(node)
    if written == text:
        return node
    wanted = _bare(text)
    if _bare(written) == wanted:
        return node
    if _CONVERSION.match(text):
        # A conversion stands at the position of its operand (cmd/compile/internal/noder).
        outer = node.parent
        for _ in range(3):
            if outer is None:
                break
            if outer.type in _CALL and _bare(source.text(outer)) == wanted:
                return outer
            outer = outer.parent
    return None


def _bare(text: str) -> str:
    return _TYPE_IN_PARENTHESES.sub(r"\1(", _QUALIFIER.sub("", _SPACE.sub("", text)))
