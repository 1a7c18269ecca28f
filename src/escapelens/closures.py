"""The size of a function literal's memory, from the struct that the compiler makes for it."""

import re

CLOSURE = "noalg.struct { F uintptr"
"""How the name of such a struct begins."""
_WORDS = {
    "string": 2,
    "int": 1,
    "uint": 1,
    "uintptr": 1,
    "unsafe.Pointer": 1,
    "error": 2,
    "any": 2,
}
_SIZES = {"bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2}
_SIZES |= {"int32": 4, "uint32": 4, "float32": 4, "int64": 8, "uint64": 8, "float64": 8}
_ONE_WORD = ("*", "func(", "map[", "chan ", "<-chan ", "chan<- ")
_FIELD = re.compile(r"(?:X\d+|R) (?P<type>.+)")


def size_of(name: str, word: int) -> int | None:
    """The bytes of the struct with this name; None if it holds a type that its name hides."""
    size = word
    alignment = word
    for field in _fields(name.removeprefix("noalg.struct {").removesuffix("}")):
        match = _FIELD.fullmatch(field)
        taken = None if match is None else _size(match["type"], word)
        if taken is None:
            return None
        bytes_, align = taken
        size = -(-size // align) * align + bytes_
    return -(-size // alignment) * alignment


def _fields(body: str) -> list[str]:
    """The fields of a struct but for the first, its code pointer; types may hold semicolons."""
    fields, depth, start = [], 0, 0
    for at, char in enumerate(body):
        depth += (char in "{([") - (char in "})]")
        if char == ";" and depth == 0:
            fields.append(body[start:at].strip())
            start = at + 1
    fields.append(body[start:].strip())
    return fields[1:]


def _size(type_: str, word: int) -> tuple[int, int] | None:
    """Size and alignment of a type."""
    if type_.startswith(_ONE_WORD):
        return word, word
    if type_.startswith("[]"):
        return 3 * word, word
    if type_.startswith("interface {"):
        return 2 * word, word
    if type_ in _WORDS:
        return _WORDS[type_] * word, word
    size = _SIZES.get(type_)
    return None if size is None else (size, min(size, word))
