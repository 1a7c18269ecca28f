"""Hands bytes over as they are where a string of them is only read: to a format, to a writer."""

import re
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.code import Code, Refused, arguments
from escapelens.rewriting.conversions import check_no_adapter
from escapelens.rewriting.formats import METHODS
from escapelens.types.facts import Type

if TYPE_CHECKING:
    from tree_sitter import Node

_VERB = re.compile(r"%[-+# 0]*\d*(?:\.\d*)?(?P<verb>.)")
_SAME = "sxX"
"""Verbs that write bytes as they write a string, and make no string of them either."""
_BYTES = ("byte", "uint8")
_FORMATTING = {
    "fmt": {"Printf": 0, "Sprintf": 0, "Errorf": 0, "Fprintf": 1, "Appendf": 1},
    "log": {"Printf": 0, "Fatalf": 0, "Panicf": 0},
}
"""By package and function, which argument is the format."""
_PLAIN = ("bool", "string", "int", "uint", "float", "complex", "rune", "untyped")
"""Kinds, by how they begin, that fmt formats without a call of a method."""
_HOLDS_NO_BYTES = ("*strings.Builder", "strings.Builder", "*os.File", "os.File")
"""Writers that never hand out the memory that they write to."""


class Unconverted(NamedTuple):
    """The edits that leave a conversion out, and what could tell that."""

    bytes: str
    """What is handed over instead, as it is written."""
    taker: str
    """What takes it, as it is written."""
    risk: str
    """What must not change the bytes; empty where nothing can."""
    edits: list[TextEdit]


def converted(code: Code, conversion: "Node") -> "Node":
    """The bytes that a conversion makes a string of; raises Refused."""
    function = conversion.child_by_field_name("function")
    given = arguments(conversion)
    typ = code.type_of(conversion)
    is_conversion = conversion.type in ("call_expression", "type_conversion_expression")
    known = None if function is None else code.object_of(function)
    if not is_conversion or known is None or known.kind != "type" or len(given) != 1:
        raise Refused("it is no conversion of bytes")
    own, element = code.type_of(given[0]), code.elem(code.type_of(given[0]))
    if typ is None or typ.kind != "string" or own is None or own.kind != "slice":
        raise Refused("it is no conversion of bytes")
    if element is None or element.id not in _BYTES:
        raise Refused("it is no conversion of bytes")
    return given[0]


def call_of(conversion: "Node") -> "Node | None":
    """The call that a conversion is an argument of."""
    listed = conversion.parent
    call = None if listed is None or listed.type != "argument_list" else listed.parent
    return call if call is not None and call.type == "call_expression" else None


def without(code: Code, conversion: "Node", operand: "Node") -> list[TextEdit]:
    """Puts its operand in the place of a conversion."""
    # As a whole: the operand is another value there, on the heap or not for reasons of its own.
    return [TextEdit(code.path, conversion.start_byte, conversion.end_byte, code.text(operand))]


def is_formatted(code: Code, conversion: "Node") -> bool:
    """Whether it is an argument of a call with a format."""
    call = call_of(conversion)
    return call is not None and format_index(code, call) is not None


def format_bytes(code: Code, conversion: "Node") -> Unconverted:
    """Formats bytes in place of a string of them; raises Refused."""
    call = call_of(conversion)
    index = None if call is None else format_index(code, call)
    if call is None or index is None:
        raise Refused("it is not formatted")
    in_time(call)
    operand, given = converted(code, conversion), arguments(call)
    values = given[index + 1 :]
    if conversion not in values or values[-1].type == "variadic_argument":
        raise Refused("it is not formatted")
    for typ in (code.type_of(conversion), code.type_of(operand)):
        if typ is None or formats_itself(typ):
            raise Refused("its type tells how it is formatted")
    turn = values.index(conversion)
    verb = verbs_of(code.constant(given[index]), len(values))[turn]
    if verb == "q":
        raise Refused("`%q` makes a string of bytes itself")
    if verb not in _SAME:
        raise Refused(f"`%{verb}` writes bytes in another way")
    function = code.text(call.child(0) or call)
    if function.endswith("Appendf"):
        raise Refused(f"they may stand in the memory of `{code.text(given[0])}`")
    return Unconverted(
        code.text(operand),
        function,
        risk_of(code, values[:turn], values[turn + 1 :]),
        without(code, conversion, operand),
    )


def is_written_as_string(conversion: "Node") -> bool:
    """Whether it is the only argument of something called `WriteString`."""
    call = call_of(conversion)
    function = None if call is None else call.child_by_field_name("function")
    field = None if function is None else function.child_by_field_name("field")
    return field is not None and field.text == b"WriteString"


def write_bytes(code: Code, conversion: "Node") -> Unconverted:
    """`w.Write(b)` for `w.WriteString(string(b))`; raises Refused."""
    call = call_of(conversion)
    function = None if call is None else call.child_by_field_name("function")
    if call is None or function is None or arguments(call) != [conversion]:
        raise Refused("the string is not written by itself")
    in_time(call)
    check_no_adapter(code, call, "Write")
    method, operand = code.object_of(function), function.child_by_field_name("operand")
    field = function.child_by_field_name("field")
    writer = None if operand is None else code.type_of(operand)
    if method is None or method.kind != "method" or operand is None or field is None:
        raise Refused("the string is not written")
    if writer is None or not _writes_both(code, writer):
        raise Refused(f"`{code.text(operand)}` has no `Write`")
    given = converted(code, conversion)
    name = code.text(operand)
    risk = "" if writer.id in _HOLDS_NO_BYTES else name
    rename = TextEdit(code.path, field.start_byte, field.end_byte, "Write")
    return Unconverted(code.text(given), name, risk, [rename, *without(code, conversion, given)])


def _writes_both(code: Code, writer: Type) -> bool:
    methods = {*(writer.methods or ()), *(writer.pointer_methods or ())}
    return {"Write", "WriteString"} <= methods


def in_time(call: "Node") -> None:
    """Raises Refused where a call is made later than its arguments are evaluated."""
    outer = call.parent
    if outer is not None and outer.type in ("defer_statement", "go_statement"):
        raise Refused("the bytes may be others by the time that it is called")


def format_index(code: Code, call: "Node") -> int | None:
    function = call.child_by_field_name("function")
    known = None if function is None else code.object_of(function)
    if known is None or known.kind not in ("func", "method"):
        return None
    return _FORMATTING.get(known.package, {}).get(known.name)


def formats_itself(known: Type) -> bool:
    return any(known.has_method(name) for name in METHODS)


def verbs_of(template: str | None, count: int) -> list[str]:
    """The verb of each value; raises Refused where that is not certain."""
    if template is None or not template.startswith('"'):
        raise Refused("its format is no short constant")
    found = [match["verb"] for match in _VERB.finditer(template[1:-1])]
    verbs = [verb for verb in found if verb != "%"]
    if any(not verb.isalpha() for verb in verbs) or len(verbs) != count:
        raise Refused("its verbs and values do not match")
    return verbs


def risk_of(code: Code, earlier: "list[Node]", later: "list[Node]") -> str:
    """The first value that may run code between the conversion and the end of the formatting."""
    for value in earlier:
        known = code.type_of(value)
        if known is None or not known.kind.startswith(_PLAIN) or formats_itself(known):
            return code.text(value)
    for value in later:
        if not code.is_repeatable(value) and not _is_harmless(code, value):
            return code.text(value)
    return ""


def _is_harmless(code: Code, value: "Node") -> bool:
    """Whether it is a conversion of something that has no effect."""
    try:
        return code.is_repeatable(converted(code, value))
    except Refused:
        return False
