"""Promises that a function without a body makes to the compiler."""

from typing import TYPE_CHECKING

from escapelens.model import TextEdit
from escapelens.rewriting.code import Code, Program, Refused, around
from escapelens.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


def noescape(program: Program, code: Code, site: "Node") -> tuple[str, list[TextEdit]]:
    """Promises that the function a site is handed to keeps no pointer; raises Refused."""
    call = _call(code, site)
    function = None if call is None else call.child_by_field_name("function")
    known = None if function is None else code.object_of(function)
    if known is None or known.kind != "func" or known.offset < 0:
        raise Refused("the function is not known")
    if known.package != code.declaration.package:
        raise Refused(f"`{known.name}` is declared in another package")
    source = program.source(known.file)
    if source is None:
        raise Refused(f"`{known.name}` is not known")
    declared = source.declared_at(known.offset)
    if declared is None or b"{" in source.content[declared.start : declared.end]:
        raise Refused(f"`{known.name}` has a body")
    if any(line.startswith(b"//go:") for line in comment_above(source, declared.start)):
        raise Refused(f"`{known.name}` has a `//go:` comment already")
    at = declared.start
    return known.name, [TextEdit(known.file, at, at, "//go:noescape\n")]


def _call(code: Code, site: "Node") -> "Node | None":
    """The only call of a function without a body that takes what stands at a site."""
    direct = around(site, "call_expression")
    if direct is not None:
        return direct
    known = code.object_of(site)
    if known is None:
        return None
    calls = [
        call
        for use in code.uses(known)
        if use.role == "address"
        and (call := around(code.node_of(use), "call_expression")) is not None
    ]
    return calls[0] if len(calls) == 1 else None


def comment_above(source: Source, start: int) -> list[bytes]:
    """The lines of the comment above a declaration."""
    lines: list[bytes] = []
    line = source.point(start)[0] - 1
    while line > 0 and source.line(line).startswith(b"//"):
        lines.append(source.line(line))
        line -= 1
    return lines
