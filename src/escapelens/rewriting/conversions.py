"""Writes a string as a string, without a copy in bytes."""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.code import Code, Refused, arguments, around
from escapelens.rewriting.packages import import_edits, qualifier
from escapelens.types.facts import Type

if TYPE_CHECKING:
    from tree_sitter import Node

_KNOWN = (
    "*bytes.Buffer",
    "bytes.Buffer",
    "*strings.Builder",
    "strings.Builder",
    "*bufio.Writer",
    "bufio.Writer",
    "*os.File",
    "os.File",
)
"""Writers whose two methods are known to do the same."""


class Written(NamedTuple):
    """How a string is written instead of its bytes."""

    writer: str
    is_known: bool
    """Its `WriteString` is known to do what `Write` does."""
    edits: list[TextEdit]


def is_written(conversion: "Node") -> bool:
    """Whether bytes are the only argument of something called `Write`."""
    call = around(conversion, "call_expression")
    function = None if call is None else call.child_by_field_name("function")
    field = None if function is None else function.child_by_field_name("field")
    return call is not None and field is not None and field.text == b"Write"


def check_no_adapter(code: Code, call: "Node", name: str) -> None:
    """Raises Refused in a method of a name that would then call itself."""
    declared = code.source.declared_at(call.start_byte)
    if declared is not None and declared.name.rpartition(".")[2] == name:
        raise Refused(f"it is what `{name}` itself does")


def write_string(code: Code, conversion: "Node") -> Written:
    """`w.WriteString(s)` or `io.WriteString(w, s)` for `w.Write([]byte(s))`; raises Refused."""
    call = around(conversion, "call_expression")
    given = [] if call is None else arguments(call)
    function = None if call is None else call.child_by_field_name("function")
    if call is None or function is None or given != [conversion]:
        raise Refused("the bytes are not written by themselves")
    check_no_adapter(code, call, "WriteString")
    method = code.object_of(function)
    if function.type != "selector_expression" or method is None or method.name != "Write":
        raise Refused("the bytes are not written")
    signature = code.type(method.type)
    if method.kind != "method" or not _is_write(code, signature):
        raise Refused("its `Write` is not that of an `io.Writer`")
    operand = function.child_by_field_name("operand")
    field = function.child_by_field_name("field")
    text = arguments(conversion)[0] if len(arguments(conversion)) == 1 else None
    known = None if text is None else code.type_of(text)
    if operand is None or field is None or text is None or known is None:
        raise Refused("it is no conversion of a string")
    if known.kind not in ("string", "untyped string"):
        raise Refused("it is no conversion of a string")
    value = code.text(text) if not known.named else f"string({code.text(text)})"
    writer = code.type_of(operand)
    if writer is None:
        raise Refused("the type of the writer is not known")
    name = code.text(operand)
    argument = TextEdit(code.path, conversion.start_byte, conversion.end_byte, value)
    if writer.id in _KNOWN or "WriteString" in (writer.methods or ()):
        return Written(
            name,
            writer.id in _KNOWN,
            [TextEdit(code.path, field.start_byte, field.end_byte, "WriteString"), argument],
        )
    if "Write" not in (writer.methods or ()):
        raise Refused(f"`{name}` itself is no `io.Writer`")
    io = qualifier(code, "io")
    text_of_call = f"{io}.WriteString({name}, {value})"
    return Written(
        name,
        False,
        [
            TextEdit(code.path, call.start_byte, call.end_byte, text_of_call),
            *import_edits(code, (), add=["io"]),
        ],
    )


def _is_write(code: Code, signature: Type | None) -> bool:
    if signature is None or signature.kind != "func":
        return False
    types = [code.type(one) for one in (*(signature.parameters or ()), *(signature.results or ()))]
    return [one.id if one else "" for one in types] == ["[]byte", "int", "error"]
