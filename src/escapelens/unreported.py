"""Sites for what the machine code allocates without a word of the compiler about the heap."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from escapelens.drafts import Paths, Sources
from escapelens.evidence import End, Evidence, Subject, Through
from escapelens.machine import Allocation
from escapelens.model import Kind, Point, Position, Range, Site
from escapelens.parsers.assembly import Family
from escapelens.sites import Completed
from escapelens.source import Source, without_space
from escapelens.triage import Triager

if TYPE_CHECKING:
    from tree_sitter import Node

_SUBJECTS = {
    Family.OBJECT: Subject.POINTER,
    Family.BOX: Subject.BOX,
    Family.SLICE: Subject.SLICE,
    Family.GROWTH: Subject.APPEND,
    Family.MAP: Subject.MAP,
    Family.MAP_ENTRY: Subject.MAP,
    Family.CHANNEL: Subject.CHANNEL,
    Family.CONCATENATION: Subject.CONCATENATION,
    Family.CONVERSION: Subject.CONVERSION,
    Family.PARTS: Subject.SLICE,
}
_CALLS = ("call_expression", "type_conversion_expression")
_STATEMENTS = ("assignment_statement", "inc_statement", "dec_statement")
_CONVERSIONS = (b"string(", b"[]byte(", b"[]rune(")
_ON_STACK = 32
"""Bytes of a string that the code of its function has room for."""
_SPLIT = re.compile(r"(strings|bytes)\.Split(After)?N?")
_NO_FLOWS = msgspec.Raw(b"[]")


def unreported(
    allocations: Iterable[Allocation], paths: Paths, sources: Sources
) -> Iterator[Completed]:
    """A site for each of the allocations that stands in a source."""
    by_file: dict[str, list[Allocation]] = {}
    for one in allocations:
        by_file.setdefault(one.path, []).append(one)
    for path, ones in by_file.items():
        source = sources.get(path)
        if source is None:
            continue
        starts = (source.offset(one.line, 1) for one in ones)
        source.focus(start for start in starts if start is not None)
        triager = Triager(source, path)
        for one in ones:
            if one.family is Family.PARTS:
                for call in _splits(source, one.line):
                    yield _completed(one, call, source, triager, paths)
                continue
            node = _node(source, one)
            if node is None or not _is_short_constant(source, node, one.family):
                yield _completed(one, node, source, triager, paths)
        source.drop_tree()


def _completed(
    one: Allocation, node: "Node | None", source: Source, triager: Triager, paths: Paths
) -> Completed:
    line = source.line(one.line).strip()
    text = source.text(node) if node is not None else line.decode("utf-8", "replace")
    start = source.offset(one.line, 1) or 0
    declared = source.declared_at(start)
    around = source.function_at(node.start_byte) if node is not None else declared
    place = one.line if node is None else source.point(_operator(source, node))[0]
    position = Position(paths.shown(one.path), place, _column(source, node))
    span = None
    if node is not None:
        first, last = source.point(node.start_byte), source.point(node.end_byte)
        span = Range(Point(*first), Point(*last))
    site = Site(
        fingerprint="",
        package="",
        function=around.name if around is not None else "",
        kind=Kind.UNREPORTED,
        expression=text.partition("\n")[0],
        position=position,
        decisions=(),
        flows=_NO_FLOWS,
        range=span,
        triage=triager.triage(node, around) if node is not None else None,
        generated=source.generated,
    )
    digest = hashlib.blake2b(without_space(text.encode()), digest_size=8).hexdigest()
    evidence = Evidence(
        _SUBJECTS[one.family],
        End.UNREPORTED,
        Through.NONE,
        is_error=False,
        among_pointers=False,
        top_level=declared is None,
        callee=None,
        what=site.expression,
        statement=site.expression,
        position=position,
        holder="",
        inlined="",
        captured="",
        literal=None,
    )
    name = declared.name if declared is not None else ""
    normal = f"{one.family.value} {text}"
    return Completed(site, one.path, normal, name, digest, (), evidence)


def _node(source: Source, one: Allocation) -> "Node | None":
    """The first node on a line that may be what is allocated; else the statement there."""
    best: Node | None = None
    rest = [source.root]
    while rest:
        node = rest.pop()
        first, last = node.start_point[0] + 1, node.end_point[0] + 1
        if not first <= one.line <= last:
            continue
        at = _operator(source, node)
        is_first = best is None or node.start_byte < best.start_byte
        if is_first and source.point(at)[0] == one.line and _is_meant(source, node, one.family):
            best = node
        rest += reversed(node.named_children)
    return best


def _splits(source: Source, line: int) -> "Iterator[Node]":
    """The calls that split a string, in the declared function of a line."""
    start = source.offset(line, 1)
    declared = None if start is None else source.declared_at(start)
    rest = [] if declared is None else [source.root]
    while rest and declared is not None:
        node = rest.pop()
        if node.end_byte <= declared.start or node.start_byte >= declared.end:
            continue
        function = node.child_by_field_name("function")
        if function is not None and _SPLIT.fullmatch(source.text(function)):
            yield node
        rest += reversed(node.named_children)


def _is_short_constant(source: Source, node: "Node", family: Family) -> bool:
    """Whether a conversion copies so little that it is on the stack each time."""
    if family is not Family.CONVERSION:
        return False
    listed = node.child_by_field_name("arguments")
    if listed is None:
        given = node.child_by_field_name("operand")
    else:
        given = next(iter(listed.named_children), None)
    if given is None:
        return False
    # Quotes and escapes only make it longer in the source than it is.
    text = source.content[given.start_byte : given.end_byte]
    return given.type.endswith("string_literal") and len(text) - 2 <= _ON_STACK


def _is_meant(source: Source, node: "Node", family: Family) -> bool:
    kind = node.type
    text = source.content[node.start_byte : node.start_byte + 64]
    match family:
        case Family.CHANNEL:
            return _calls(source, node, "make")
        case Family.SLICE:
            return _calls(source, node, "make", "append")
        case Family.MAP:
            return _calls(source, node, "make") or (
                kind == "composite_literal" and text.startswith(b"map[")
            )
        case Family.GROWTH:
            return _calls(source, node, "append")
        case Family.MAP_ENTRY:
            if kind == "composite_literal":
                return text.startswith(b"map[")
            if kind == "keyed_element":
                return b"{" not in text
            return kind in _STATEMENTS and b"[" in _left(source, node)
        case Family.CONCATENATION:
            plus = kind == "binary_expression" and b"+" in _operator_text(source, node)
            return plus or (
                kind == "assignment_statement" and b"+=" in _operator_text(source, node)
            )
        case Family.CONVERSION:
            return kind in _CALLS and text.startswith(_CONVERSIONS)
        case Family.OBJECT:
            return (
                kind in ("go_statement", "defer_statement", "func_literal", "composite_literal")
                or _calls(source, node, "new", "make")
                or (kind == "unary_expression" and text.startswith(b"&"))
            )
        case Family.PARTS:
            return False
        case Family.BOX:
            return kind == "call_expression" and not _calls(source, node, "make", "append")


def _calls(source: Source, node: "Node", *names: str) -> bool:
    function = node.child_by_field_name("function")
    return function is not None and source.text(function) in names


def _left(source: Source, node: "Node") -> bytes:
    left = node.child_by_field_name("left") or node.named_child(0)
    return b"" if left is None else source.content[left.start_byte : left.end_byte]


def _operator_text(source: Source, node: "Node") -> bytes:
    operator = node.child_by_field_name("operator")
    if operator is None:
        return b""
    return source.content[operator.start_byte : operator.end_byte]


def _operator(source: Source, node: "Node") -> int:
    """Where the compiler says that a node stands: at its operator."""
    part = node.child_by_field_name("operator")
    if node.type == "call_expression":
        part = node.child_by_field_name("arguments")
    elif node.type == "composite_literal":
        part = node.child_by_field_name("body")
    return node.start_byte if part is None else part.start_byte


def _column(source: Source, node: "Node | None") -> int | None:
    return None if node is None else source.point(_operator(source, node))[1]
