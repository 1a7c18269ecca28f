"""Which slice an `append` may grow, and where it has its array from: what advice goes by."""

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from escapelens.rewriting.code import Code, arguments, side, statement_around

if TYPE_CHECKING:
    from tree_sitter import Node

_BUFFERS = ("strings.Builder", "bytes.Buffer", "*strings.Builder", "*bytes.Buffer")


class Origin(Enum):
    """Where a slice has its array from."""

    PARAMETER = auto()
    """The caller handed it in."""
    FIELD = auto()
    """It is kept in something that may live longer than the call."""
    ROOM = auto()
    """It was made with a capacity."""
    CUT = auto()
    """It is cut from another slice or array, or taken from a pool."""
    NOTHING = auto()
    """It begins empty, without an array."""
    LITERAL = auto()
    """It is an empty literal in the `append` itself, often to copy another slice."""
    ELEMENTS = auto()
    """It is a literal with elements in the `append` itself."""
    BUFFER = auto()
    """It is inside of a `strings.Builder` or `bytes.Buffer`."""
    UNKNOWN = auto()


class Grown(NamedTuple):
    """The slice that an `append` may grow."""

    origin: Origin
    name: str = ""
    """As it is written."""
    line: int = 0
    """Where it gets its array, if that is in the same function."""
    room: str = ""
    """The capacity that it is made with, as it is written."""
    is_reserved: bool = False
    """`Grow` is called on the buffer in the same declaration."""


def grown(code: Code, site: "Node") -> Grown:
    """What is known of the slice that grows at a site."""
    if not code.calls_builtin(site, "append"):
        return _buffer(code, site)
    first = arguments(site)[0]
    text = code.text(first)
    if first.type == "composite_literal" and _has_elements(first):
        return Grown(Origin.ELEMENTS, text)
    if first.type in ("composite_literal", "type_conversion_expression") or text == "nil":
        return Grown(Origin.LITERAL, text)
    if first.type == "slice_expression":
        return Grown(Origin.CUT, _uncut(code, first), code.line(first))
    if first.type in ("selector_expression", "index_expression", "unary_expression"):
        return Grown(Origin.FIELD, text)
    known = code.object_of(first) if first.type == "identifier" else None
    if known is None or known.kind != "var":
        return Grown(Origin.UNKNOWN, text)
    if known.role in ("parameter", "receiver"):
        return Grown(Origin.PARAMETER, text)
    if known.role == "global":
        return Grown(Origin.FIELD, text)
    return _local(code, text, known.offset)


def _has_elements(literal: "Node") -> bool:
    body = literal.child_by_field_name("body")
    return body is not None and any(one.type != "comment" for one in body.named_children)


def _uncut(code: Code, value: "Node") -> str:
    """What a slice is cut from, as it is written."""
    operand = value.child_by_field_name("operand") if value.type == "slice_expression" else None
    return code.text(value if operand is None else operand)


def _buffer(code: Code, site: "Node") -> Grown:
    """A buffer of the standard library whose method is copied to the site."""
    function = site.child_by_field_name("function") if site.type == "call_expression" else None
    operand = None if function is None else function.child_by_field_name("operand")
    typ = None if operand is None else code.type_of(operand)
    if operand is None or typ is None or typ.id not in _BUFFERS:
        return Grown(Origin.UNKNOWN)
    name = code.text(operand)
    start, end = code.declaration.start, code.declaration.end
    is_reserved = f"{name}.Grow(".encode() in code.source.content[start:end]
    return Grown(Origin.BUFFER, name, is_reserved=is_reserved)


def _local(code: Code, name: str, offset: int) -> Grown:
    """A variable by the value that it is declared with."""
    declared = code.node_of(offset)
    statement = statement_around(declared)
    if statement is None:
        return Grown(Origin.UNKNOWN, name)
    line = code.line(declared)
    if statement.type == "var_declaration":
        specs = [one for one in statement.named_children if one.type == "var_spec"]
        own = next((one for one in specs if declared in side(one, "name")), None)
        values = [] if own is None else side(own, "value")
        names = [] if own is None else side(own, "name")
    else:
        names, values = side(statement, "left"), side(statement, "right")
    if not values and statement.type == "var_declaration":
        return Grown(Origin.NOTHING, name, line)
    if len(values) != len(names) or declared not in names:
        return Grown(Origin.UNKNOWN, name, line)
    value = values[names.index(declared)]
    if code.calls_builtin(value, "make"):
        given = arguments(value)
        if len(given) == 3:
            return Grown(Origin.ROOM, name, line, code.text(given[2]))
        is_empty = len(given) == 2 and code.integer(given[1]) == 0
        return Grown(Origin.NOTHING if is_empty else Origin.UNKNOWN, name, line)
    if value.type == "slice_expression" or "Get()" in code.text(value):
        return Grown(Origin.CUT, _uncut(code, value), line)
    body = value.child_by_field_name("body") if value.type == "composite_literal" else None
    if body is not None and not body.named_children:
        return Grown(Origin.NOTHING, name, line)
    return Grown(Origin.UNKNOWN, name, line)
