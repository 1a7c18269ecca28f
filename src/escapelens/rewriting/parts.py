"""Writes the parts of a string one by one, in place of the string that they make together."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, review, safe
from escapelens.rewriting.code import (
    Code,
    Refused,
    arguments,
    descendants,
    operands,
    statement_around,
    whole_lines,
)
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.rewriting.unconverted import converted

if TYPE_CHECKING:
    from tree_sitter import Node

_BUFFERS = ("strings.Builder", "bytes.Buffer", "*strings.Builder", "*bytes.Buffer")
_BUFFERED = ("*bufio.Writer", "bufio.Writer")
_BYTE = re.compile(r'"([ !#-&(-\[\]-~]|\\[nrt\\])"')
"""A literal of one byte that reads the same in single quotes."""
_MOST = 6
"""Parts that can still be read as one text."""


class Parts(NamedTuple):
    """The edits that write each part by itself, and what could tell that."""

    writer: str
    risk: str
    """What differs; empty where nothing does."""
    edits: list[TextEdit]


def written_in_parts(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrite of a string that is put together to be written to a buffer."""
    if case.site.origin is None and _call(_whole(case.node)) is not None:
        yield attempt("write-parts", lambda: _written_in_parts(case))


def _written_in_parts(case: RewriteCase) -> Rewrite:
    parts = write_parts(code_of(case), case.node)
    title = f"write the parts to `{parts.writer}` one by one"
    if parts.risk:
        return review("write-parts", title, parts.risk, parts.edits)
    return safe("write-parts", title, "The same text is written.", parts.edits)


def write_parts(code: Code, site: "Node") -> Parts:
    """Calls `WriteString` once for each part of a sum of strings; raises Refused."""
    text = _whole(site)
    call = _call(text)
    function = None if call is None else call.child_by_field_name("function")
    writer = None if function is None else function.child_by_field_name("operand")
    statement = statement_around(text)
    if call is None or writer is None or statement is None:
        raise Refused("it is not written by itself")
    if statement.type != "expression_statement" or statement.named_children != [call]:
        raise Refused("what writing it returns is used")
    known = code.type_of(writer)
    if known is None or known.id not in (*_BUFFERS, *_BUFFERED):
        raise Refused(f"what else `{code.text(writer)}` does when it is written to is not known")
    if not code.is_repeatable(writer):
        raise Refused(f"`{code.text(writer)}` does something each time it is evaluated")
    if next(descendants(text, "comment"), None) is not None:
        raise Refused("a comment stands in it")
    whole_lines(code, statement)
    parts = _parts(code, text)
    if len(parts) > _MOST:
        raise Refused(f"it has {len(parts)} parts")
    name = code.text(writer)
    steps = [f"{name}.{_writing(code, part)}" for part in parts]
    edit = TextEdit(
        code.path,
        statement.start_byte,
        statement.end_byte,
        f"\n{code.indent(statement)}".join(steps),
    )
    return Parts(name, _risk(code, parts, known.id, name), [edit])


def _whole(site: "Node") -> "Node":
    """The sum that a part of one belongs to."""
    text = site
    while text.parent is not None and text.parent.type == "binary_expression":
        text = text.parent
    return text


def _call(text: "Node") -> "Node | None":
    """The call of `WriteString` whose only argument is a sum."""
    listed = text.parent
    call = None if listed is None or listed.type != "argument_list" else listed.parent
    function = None if call is None else call.child_by_field_name("function")
    field = None if function is None else function.child_by_field_name("field")
    if text.type != "binary_expression" or call is None or field is None:
        return None
    return call if field.text == b"WriteString" and arguments(call) == [text] else None


def _parts(code: Code, text: "Node") -> "list[list[Node]]":
    """What a sum consists of; neighbouring constants are one part."""
    found: list[list[Node]] = []
    for one in _summands(code, text):
        is_constant = code.constant(one) is not None
        if found and is_constant and code.constant(found[-1][-1]) is not None:
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _summands(code: Code, text: "Node") -> "Iterator[Node]":
    operator = text.child_by_field_name("operator")
    if text.type != "binary_expression" or operator is None or code.text(operator) != "+":
        yield text
        return
    for one in operands(text):
        yield from _summands(code, one)


def _writing(code: Code, part: "list[Node]") -> str:
    """The call that writes a part, of one byte as such."""
    bytes_ = _bytes_of(code, part[0])
    if bytes_ is not None and len(part) == 1:
        return f"Write({code.text(bytes_)})"
    text = " + ".join(map(code.text, part))
    byte = _BYTE.fullmatch(text)
    return f"WriteByte('{byte[1]}')" if byte is not None else f"WriteString({text})"


def _bytes_of(code: Code, part: "Node") -> "Node | None":
    """The bytes that a part is a conversion of."""
    try:
        return converted(code, part)
    except Refused:
        return None


def _risk(code: Code, parts: "list[list[Node]]", writer: str, name: str) -> str:
    if writer in _BUFFERED:
        return f"The same text is written; `{name}` may hand it on in other pieces."
    later = [one for part in parts[1:] for one in part if not code.cannot_fail(one)]
    if not later:
        return ""
    value = code.text(later[0])
    return f"`{value}` is evaluated when the parts before it are written already."
