"""Whether a type, as the machine code names it, may be that of what an expression makes."""

import re

from escapelens.dialect import function_name

_MADE = re.compile(r"&(?P<literal>[\w.]+)(?:\[.*\])?\{|new\((?P<new>.+)\)\Z")
_SLICE = re.compile(r"(?:make\()?\[\]\(?(?P<element>[\w.*]+)\)?[{,]")
_ARRAY = re.compile(r"\[\d+\]")
_FOLDERS = re.compile(r"[\w.~%-]+/")
_NAMES = {"byte": "uint8", "rune": "int32", "any": "interface {}"}


def tells_type(expression: str) -> bool:
    """Whether an expression, as the compiler prints it, tells what it makes."""
    return _told(expression) is not None


def may_make(expression: str, type_: str) -> bool:
    """Whether an expression may make something of a type; yes where either does not tell."""
    told = _told(expression)
    if told is None or not type_:
        return True
    name = function_name(_FOLDERS.sub("", type_))
    if told.startswith("[]"):
        told, name = told.removeprefix("[]"), _ARRAY.sub("", name, count=1)
    told = _NAMES.get(told, told)
    pointers = len(told) - len(told.lstrip("*"))
    told, name = told[pointers:], name.removeprefix("*" * pointers)
    return name == told or name.endswith(f".{told}") or told.endswith(f".{name}")


def _told(expression: str) -> str | None:
    """The type that an expression makes one of, or `[]` and that of its elements."""
    made = _MADE.match(expression)
    if made is not None:
        return function_name(made["literal"] or made["new"])
    elements = _SLICE.match(expression)
    return None if elements is None else f"[]{elements['element']}"
