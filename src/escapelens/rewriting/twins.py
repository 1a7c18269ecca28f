"""Asks of bytes what is asked of a string: `bytes.Index(b, x)` for `strings.Index(string(b), y)`.

Only functions that both packages have alike, and that return nothing of what they are given.
"""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.code import Code, Refused, arguments
from escapelens.rewriting.packages import import_edits, qualifier
from escapelens.rewriting.unconverted import call_of, converted, in_time

if TYPE_CHECKING:
    from tree_sitter import Node

_TWO_TEXTS = (0, 1)
_ONE_TEXT = (0,)
_TEXTS = {
    "Compare": _TWO_TEXTS,
    "Contains": _TWO_TEXTS,
    "ContainsRune": _ONE_TEXT,
    "Count": _TWO_TEXTS,
    "EqualFold": _TWO_TEXTS,
    "HasPrefix": _TWO_TEXTS,
    "HasSuffix": _TWO_TEXTS,
    "Index": _TWO_TEXTS,
    "IndexByte": _ONE_TEXT,
    "IndexRune": _ONE_TEXT,
    "LastIndex": _TWO_TEXTS,
    "LastIndexByte": _ONE_TEXT,
}
"""By function, which arguments are text."""
_OTHER = {"strings": "bytes", "bytes": "strings"}
_SHORT = 32
"""Bytes of a constant that are on the stack, however they are converted."""


class Twin(NamedTuple):
    """The edits that call the function of the other package."""

    function: str
    edits: list[TextEdit]


def twin(code: Code, conversion: "Node") -> Twin:
    """Calls the function that takes the text as it is; raises Refused."""
    call = call_of(conversion)
    function = None if call is None else call.child_by_field_name("function")
    known = None if function is None else code.object_of(function)
    operand = None if function is None else function.child_by_field_name("operand")
    if call is None or known is None or operand is None or known.kind != "func":
        raise Refused("no function is called with it")
    texts, other = _TEXTS.get(known.name), _OTHER.get(known.package)
    if texts is None or other is None:
        raise Refused(
            f"`{code.text(function or call)}` has no counterpart that surely does the same"
        )
    in_time(call)
    given = arguments(call)
    if given.index(conversion) not in texts:
        raise Refused("it is no text that is looked at")
    code.require_builtin("string", "byte")
    name = qualifier(code, other)
    edits = [TextEdit(code.path, operand.start_byte, operand.end_byte, name)]
    for number, one in enumerate(given):
        if number in texts:
            text = _as_bytes(code, one) if other == "bytes" else _as_string(code, one)
            edits.append(TextEdit(code.path, one.start_byte, one.end_byte, text))
        elif not code.is_repeatable(one):
            raise Refused(f"evaluating `{code.text(one)}` may change the bytes")
    imports = import_edits(code, [call], add=[other], drop=[known.package])
    return Twin(f"{name}.{known.name}", [*edits, *imports])


def _as_bytes(code: Code, text: "Node") -> str:
    """A string as bytes, without a copy."""
    constant = code.constant(text)
    if constant is not None:
        if not constant.startswith('"') or len(constant.encode()) - 2 > _SHORT:
            raise Refused(f"`{code.text(text)}` is long, and would be copied")
        return f"[]byte({code.text(text)})"
    try:
        operand = converted(code, text)
    except Refused:
        raise Refused(f"`{code.text(text)}` would be copied instead") from None
    _check_repeatable(code, operand)
    known = code.type_of(operand)
    plain = known is not None and known.id in ("[]byte", "[]uint8")
    return code.text(operand) if plain else f"[]byte({code.text(operand)})"


def _as_string(code: Code, bytes_: "Node") -> str:
    """Bytes as the string that they were made of."""
    given = arguments(bytes_)
    known = code.type_of(given[0]) if len(given) == 1 else None
    typ = code.type_of(bytes_)
    is_conversion = bytes_.type in ("call_expression", "type_conversion_expression")
    if not is_conversion or typ is None or typ.id not in ("[]byte", "[]uint8") or known is None:
        raise Refused(f"`{code.text(bytes_)}` would be copied instead")
    if known.kind not in ("string", "untyped string"):
        raise Refused(f"`{code.text(bytes_)}` would be copied instead")
    _check_repeatable(code, given[0])
    text = code.text(given[0])
    return text if not known.named else f"string({text})"


def _check_repeatable(code: Code, node: "Node") -> None:
    if not code.is_repeatable(node):
        raise Refused(f"evaluating `{code.text(node)}` may change the bytes")
