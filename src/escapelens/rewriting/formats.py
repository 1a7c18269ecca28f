"""Writes out what a call of fmt would format, where that is certain to be the same text.

Only verbs without flags, and values whose type has no method that fmt would call: whatever depends
on the value's dynamic type, a width or a `nil` is refused.
"""

import re
from typing import TYPE_CHECKING, NamedTuple

from escapelens.rewriting.code import Code, Refused, arguments
from escapelens.types.facts import Type

if TYPE_CHECKING:
    from tree_sitter import Node

_VERB = re.compile(r"%(?P<flags>[^%a-zA-Z]*)(?P<verb>[%a-zA-Z])")
_ESCAPED = re.compile(r"\\([\\\"])")
METHODS = ("Error", "String", "Format", "GoString")
_SIGNED = ("int", "int8", "int16", "int32", "int64", "rune", "untyped int", "untyped rune")
_UNSIGNED = ("uint", "uint8", "uint16", "uint32", "uint64", "uintptr", "byte")
_STRINGS = ("string", "untyped string")
_BOOLS = ("bool", "untyped bool")
STRCONV = "strconv"


class Part(NamedTuple):
    """A piece of the text: a literal in quotes, or an expression with the way it is written."""

    form: str
    """`literal`, `string`, `bytes`, `signed`, `unsigned`, `hex`, `bool`, `quote` or `rune`."""
    text: str
    """The literal's inside, as between double quotes, or the expression."""
    type: Type | None = None
    is_raw: bool = False
    """The literal was written between backquotes."""


def parts_of(code: Code, call: "Node", leading: int = 0) -> list[Part]:
    """What a call like `fmt.Sprintf(format, …)` writes, behind `leading` arguments.

    Raises Refused.
    """
    given = arguments(call)[leading:]
    if not given or any(one.type == "variadic_argument" for one in given):
        raise Refused("its arguments are a slice")
    template = code.constant(given[0])
    if template is None or not template.startswith('"'):
        raise Refused("its format is no short constant")
    if given[0].start_point.row != given[0].end_point.row:
        raise Refused("its format is written on several lines")
    values = given[1:]
    parts: list[Part] = []
    body, is_raw = template[1:-1], given[0].type == "raw_string_literal"
    at = used = 0
    for match in _VERB.finditer(body):
        parts.append(Part("literal", body[at : match.start()], is_raw=is_raw))
        at = match.end()
        if match["flags"]:
            raise Refused(f"`{match[0]}` has flags or a width")
        if match["verb"] == "%":
            parts.append(Part("literal", "%", is_raw=is_raw))
            continue
        if used >= len(values):
            raise Refused("it has more verbs than values")
        parts.append(_formatted(code, values[used], match["verb"]))
        used += 1
    rest = body[at:]
    if "%" in rest or used != len(values):
        raise Refused("its verbs and values do not match")
    return _joined([*parts, Part("literal", rest, is_raw=is_raw)])


def part_of_value(code: Code, value: "Node") -> Part:
    """What `fmt.Sprint(value)` writes; raises Refused."""
    return _formatted(code, value, "v")


def _joined(parts: list[Part]) -> list[Part]:
    """Literals that follow each other become one, and empty ones none."""
    joined: list[Part] = []
    for part in parts:
        if part.form == "literal" and joined and joined[-1].form == "literal":
            joined[-1] = joined[-1]._replace(text=joined[-1].text + part.text)
        elif part.form != "literal" or part.text:
            joined.append(part)
    return joined


def _formatted(code: Code, value: "Node", verb: str) -> Part:
    known = code.type_of(value)
    text = code.text(value)
    if known is None:
        raise Refused(f"the type of `{text}` is not known")
    if known.kind == "interface":
        raise Refused(f"what `{text}` holds is only known when the program runs")
    method = next((name for name in METHODS if known.has_method(name)), "")
    if method:
        raise Refused(f"`%{verb}` calls the `{method}` method of `{text}`")
    form = _form(code, known, verb)
    if not form:
        raise Refused(f"`%{verb}` of a `{known.text}` has no plain counterpart")
    return Part(form, text, known)


def _form(code: Code, known: Type, verb: str) -> str:
    """How a value is written, or nothing if that is not certain."""
    kind = known.kind
    if kind in _STRINGS:
        return {"s": "string", "v": "string", "q": "quote"}.get(verb, "")
    if kind in _SIGNED or kind in _UNSIGNED:
        if verb == "c" and kind in ("int32", "rune"):
            return "rune"
        if verb == "x":
            return "hex"
        sign = "signed" if kind in _SIGNED else "unsigned"
        return sign if verb in ("d", "v") else ""
    if kind in _BOOLS:
        return "bool" if verb in ("t", "v") else ""
    element = code.elem(known)
    if kind == "slice" and element is not None and element.id in ("byte", "uint8") and verb == "s":
        return "bytes"
    return ""


def needs_strconv(parts: list[Part]) -> bool:
    return any(part.form in ("signed", "unsigned", "hex", "bool", "quote") for part in parts)


def as_string(part: Part, strconv: str) -> str:
    """The expression of type string for a part."""
    text, known = part.text, part.type
    plain = known is not None and not known.named
    kind = "" if known is None else known.kind
    match part.form:
        case "literal":
            return _quoted(part)
        case "string":
            return text if plain else f"string({text})"
        case "bytes" | "rune":
            return f"string({text})"
        case "signed" if kind in ("int", "untyped int"):
            return f"{strconv}.Itoa({text if plain else f'int({text})'})"
        case "signed":
            return f"{strconv}.FormatInt({_as('int64', text, known)}, 10)"
        case "unsigned":
            return f"{strconv}.FormatUint({_as('uint64', text, known)}, 10)"
        case "hex" if kind in _SIGNED:
            return f"{strconv}.FormatInt({_as('int64', text, known)}, 16)"
        case "hex":
            return f"{strconv}.FormatUint({_as('uint64', text, known)}, 16)"
        case "bool":
            return f"{strconv}.FormatBool({text if plain else f'bool({text})'})"
        case _:
            return f"{strconv}.Quote({text if plain else f'string({text})'})"


def _quoted(part: Part) -> str:
    """A literal, between backquotes if it was and still reads better so."""
    bare = _ESCAPED.sub(r"\1", part.text)
    if part.is_raw and bare != part.text and not re.search(r"`|\\[^\\\"]", part.text):
        return f"`{bare}`"
    return f'"{part.text}"'


def _as(wanted: str, text: str, known: Type | None) -> str:
    return text if known is not None and known.id == wanted else f"{wanted}({text})"


def concatenated(parts: list[Part], strconv: str) -> str:
    """All parts as one expression of type string."""
    return " + ".join(as_string(part, strconv) for part in parts) or '""'


def appended(part: Part, strconv: str, into: str) -> str:
    """The expression that appends a part to a slice of bytes."""
    text, known = part.text, part.type
    plain = known is not None and not known.named
    match part.form:
        case "literal" if _is_one_byte(text):
            quote = text.replace('\\"', '"').replace("'", "\\'")
            return f"append({into}, '{quote}')"
        case "literal":
            return f'append({into}, "{text}"...)'
        case "string":
            return f"append({into}, {text}...)"
        case "signed":
            return f"{strconv}.AppendInt({into}, {_as('int64', text, known)}, 10)"
        case "unsigned":
            return f"{strconv}.AppendUint({into}, {_as('uint64', text, known)}, 10)"
        case "hex" if known is not None and known.kind in _SIGNED:
            return f"{strconv}.AppendInt({into}, {_as('int64', text, known)}, 16)"
        case "hex":
            return f"{strconv}.AppendUint({into}, {_as('uint64', text, known)}, 16)"
        case "bool":
            return f"{strconv}.AppendBool({into}, {text if plain else f'bool({text})'})"
        case "quote":
            return f"{strconv}.AppendQuote({into}, {text if plain else f'string({text})'})"
        case _:
            raise Refused(f"`{text}` may share memory with `{into}`")


def _is_one_byte(body: str) -> bool:
    return re.fullmatch(r"[ -~]|\\[nrt\\\"]", body) is not None and body != "\\"
