"""What a site takes at run time: whether it allocates, under which condition, and how many bytes.

The compiler's marks tell what takes nothing; the type checker, where it was asked, tells sizes and
kinds; the machine code, where it was asked for, has the last word.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from msgspec.structs import replace

from escapelens.dialect import RESULT
from escapelens.evidence import End, Evidence, Memory, Subject
from escapelens.model import Allocates, Cold, Cost, Go, Kind, Position
from escapelens.sites import Completed, Merged
from escapelens.sizes import WORDS, of_channel, rounded
from escapelens.toolchain.finding import minor_version
from escapelens.types.answers import Answers, Span, TypeName, Value
from escapelens.types.answers import Memory as Size

_NEWEST = 99
"""Taken for the minor version where none is told."""
_YES = Cost(Allocates.YES, "each time")
_NOTHING = {
    Memory.READ_ONLY: Cost(Allocates.NO, "it lies in read-only memory", 0),
    Memory.NO_SIZE: Cost(Allocates.NO, "it has no size", 0),
    Memory.ONE_BYTE: Cost(Allocates.NO, "it is one byte, of which Go keeps all values", 0),
    Memory.STATIC: Cost(Allocates.NO, "it captures nothing, so it is made once", 0),
    Memory.NO_ELEMENTS: Cost(Allocates.NO, "it has no elements", 0),
    Memory.NEVER: Cost(Allocates.NO, "it is only made where there is nothing to format", 0),
}


def _sometimes(condition: str) -> Cost:
    return Cost(Allocates.SOMETIMES, condition)


_FULL = _sometimes("only when the array is full")
_NOT_ALL_EMPTY = _sometimes("not when nothing is appended")
_FULL_AND_LARGE = _sometimes("only when the array is full, and only above 32 bytes")
_ON_THE_STACK = _sometimes("only when the array still is on the stack")
_APPENDED = _sometimes("only what is appended to it")
_JOINED = _sometimes("only when more than one operand is not empty")
_OTHER_EMPTY = _sometimes("not when the other operand is empty")
_JOINED_NOTHING = _sometimes("only when the text is on the stack")
_LONG_STRING = _sometimes("only above 1 byte")
_NOT_EMPTY = _sometimes("not when it is empty")
_VARIABLE_LENGTH = _sometimes("not when the size is 0")
_ANY_BOX = _sometimes("not for small numbers or empty values")
_SMALL_NUMBER = _sometimes("not for numbers from 0 to 255")
_SMALL_WORD = _sometimes("not when its bits are those of a number from 0 to 255")
_ZERO_FLOAT = _sometimes("not when it is 0")
_EMPTY_STRING = _sometimes("not when the string is empty")
_NIL_SLICE = _sometimes("not when the slice is nil")
_MAP_FULL = _sometimes("only when the map must grow")
_LARGE = _sometimes("only above 32 bytes")
_LARGE_RUNES = _sometimes("only above 29 bytes")
_MANY_RUNES = _sometimes("only above 32 characters")

_COLD = {
    Cold.ERROR_PATH: "only on an error path",
    Cold.PANICS: "only before a panic or exit",
}
_LITERAL = re.compile(r"(?P<pointer>&|new\()?(?P<package>[^\W\d]\w*)\.(?P<type>\w+)[{)]")
"""A literal of another package's type that an inlined body holds, as the compiler prints it."""
_FLOATS = frozenset({"float32", "float64"})
_BYTES = frozenset({"bool", "int8", "uint8", "byte"})
_NUMBERS = re.compile(r"u?int(?:8|16|32|64|ptr)?|byte|rune")
_OWN_SIZE = frozenset(
    {Subject.VARIABLE, Subject.PARAMETER, Subject.LOOP_VARIABLE, Subject.BOX, Subject.CONSTANT}
)
"""Subjects whose own bytes are allocated; for others those that the expression makes."""
_NEW = "new("
"""How a variable without a name is spelled, which Go 1.26 and newer make for `new(value)`."""
SPLITS = ("strings.Split", "bytes.Split")
"""How the calls begin whose slice the functions make that are called."""
_BUFFER = 32
"""The bytes of the buffer on the stack for text that does not leave it."""
SAYS_APPENDS = 25
"""The minor version of Go that began to say of an append whether it is on the heap."""
_STACK_APPENDS = _STACK_MAKES = 25
"""The one that began to keep small arrays on the stack."""
_TO_NOTHING = re.compile(r"append\((?:[\w.\[\]*]+\{\}|\(?\[\][\w.*]+\)?\(nil\)|nil), ")
_LENGTH = re.compile(r"\d[\d_]*")


class Code(NamedTuple):
    """What the machine code shows of a site."""

    calls: int
    """How many calls may allocate it; none is a proof that it is not allocated."""
    bytes: int | None
    """The size that the code names, if all calls name the same."""
    routines: frozenset[str] = frozenset()
    """Those called for it, without their package: `convT64`."""
    appended: bool = False
    """What is appended to it where it was inlined from is allocated, and no site tells of that."""


@dataclass(frozen=True)
class Costs:
    """Judges the sites of one run."""

    go: Go
    """With which the sites were compiled."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """What the type checker says of sites, by fingerprint."""
    code: Callable[[Merged], Code | None] | None = None
    """What the machine code shows of a site; None where it was not looked at."""

    @cached_property
    def _minor(self) -> int:
        return minor_of(self.go)

    def of(self, one: Merged) -> Cost:
        """The cost of a site."""
        value = self.values.get(one.site.fingerprint)
        cost = self._by_words(one, value)
        code = self.code(one) if self.code is not None else None
        if code is not None and code.appended:
            cost = _APPENDED
        elif code is not None and cost.allocates is not Allocates.NO:
            if not code.calls:
                return Cost(Allocates.NO, "the machine code allocates nothing for it", 0)
            if self._is_open(one, value, cost):
                cost = _made_by(code.routines, WORDS.get(self.go.goarch, 8)) or cost
            if cost.bytes is None and code.bytes is not None:
                cost = replace(cost, bytes=code.bytes)
            if cost.allocates is Allocates.YES:
                cost = replace(cost, because="each time, as the machine code shows")
        triage = one.site.triage
        if triage is not None and triage.cold in _COLD and cost.allocates is not Allocates.NO:
            where = _COLD[triage.cold]
            words = where if cost.allocates is Allocates.YES else f"{where}, and {cost.because}"
            cost = replace(cost, allocates=Allocates.SOMETIMES, because=words)
        return cost

    def _is_open(self, one: Merged, value: Value | None, cost: Cost) -> bool:
        """Whether the routine that is called tells more than words and types do."""
        evidence = one.evidence
        if evidence.end is End.UNREPORTED:
            return False
        if value is None:
            return cost.bytes is None
        is_text = evidence.subject is Subject.BOX and value.converts != ""
        return is_text or cost.because == _ANY_BOX.because

    def _by_words(self, one: Merged, value: Value | None) -> Cost:
        evidence = one.evidence
        nothing = _NOTHING.get(evidence.memory)
        if nothing is not None:
            return nothing
        if evidence.end is End.UNREPORTED:
            cost = _unreported(evidence.subject, evidence.what, value, self._minor)
            if evidence.subject is Subject.CHANNEL and value is not None and value.object.size >= 0:
                room, pointers = value.object.size, value.object.pointers
                taken = of_channel(room, self._minor, self.go.goarch, pointers=pointers)
                return replace(cost, bytes=taken)
            return cost
        subject, memory = evidence.subject, None
        if value is not None:
            is_value = subject in _OWN_SIZE and not evidence.what.startswith(_NEW)
            memory = value.memory if is_value else value.object
            if memory.size == 0:
                return _NOTHING[Memory.NO_ELEMENTS if _is_empty(evidence) else Memory.NO_SIZE]
        cost = _boxed(value) if subject is Subject.BOX else _made(subject, evidence.what, value)
        if memory is not None and memory.size > 0 and cost.allocates is not Allocates.NO:
            size = rounded(memory.size, self._minor, self.go.goarch, pointers=memory.pointers)
            return replace(cost, bytes=size)
        return cost


def minor_of(go: Go) -> int:
    """27 for Go 1.27.3."""
    major, minor = minor_version(go.version)
    return minor if major == 1 else _NEWEST


def _boxed(value: Value | None) -> Cost:
    """A value in an interface, by what the runtime does with it (runtime/iface.go, convT…)."""
    if value is None:
        return _ANY_BOX
    if value.constant:
        return _NOTHING[Memory.READ_ONLY]
    if value.kind in _BYTES or value.memory.size == 1:
        return _NOTHING[Memory.ONE_BYTE]
    if value.kind == "string":
        return _EMPTY_STRING
    if value.kind == "slice":
        return _NIL_SLICE
    if value.memory.size < 0:
        return _ANY_BOX  # it depends on type arguments
    if value.memory.size in (2, 4, 8) and value.aligned and not value.memory.pointers:
        if _NUMBERS.fullmatch(value.kind):
            return _SMALL_NUMBER
        return _ZERO_FLOAT if value.kind in _FLOATS else _SMALL_WORD
    return _YES


def _made_by(routines: frozenset[str], word: int) -> Cost | None:
    """What the only routine tells that may allocate (runtime/iface.go and string.go)."""
    match tuple(routines):
        case ("convT" | "convTnoptr",):
            return _YES
        case ("convTstring",):
            return replace(_EMPTY_STRING, bytes=2 * word)
        case ("convTslice",):
            return replace(_NIL_SLICE, bytes=rounded(3 * word, _NEWEST, "", pointers=True))
        case ("convT16" | "convT32" | "convT64" as routine,):
            return replace(_SMALL_WORD, bytes=int(routine[-2:]) // 8)
        case ("slicebytetostring",):
            return _LONG_STRING
        case ("slicerunetostring" | "intstring",):
            return _YES
    return None


def _is_empty(evidence: Evidence) -> bool:
    """Whether nothing is in what has no size, rather than things without a size."""
    made_of_many = evidence.what.startswith("make(") and not evidence.what.endswith("0)")
    return evidence.subject in (Subject.SLICE, Subject.CONVERSION) and not made_of_many


def _made(subject: Subject, what: str, value: Value | None) -> Cost:
    known = value is not None and value.object.size > 0
    match subject:
        case Subject.APPEND:
            return _appended(what)
        case Subject.CONCATENATION:
            return _joined(value)
        case Subject.CONVERSION:
            converts = "" if value is None else value.converts
            if known or converts in ("number", "runes"):
                return _YES
            is_text = what.startswith("string(") and not converts
            return _LONG_STRING if converts == "bytes" or is_text else _NOT_EMPTY
        case Subject.SLICE if what.startswith("make("):
            last = what.rpartition(",")[2].strip(" )")
            return _YES if known or _LENGTH.fullmatch(last) else _VARIABLE_LENGTH
    return _YES


def _appended(what: str) -> Cost:
    """An append by what it begins with."""
    if not _TO_NOTHING.match(what):
        return _FULL
    return _NOT_ALL_EMPTY if what.endswith("...)") else _YES


def _joined(value: Value | None) -> Cost:
    """A sum of strings that is not kept on the stack (runtime/string.go, concatstrings)."""
    parts = None if value is None else value.joined
    if parts is None:
        return _JOINED
    if parts.constants > 1:
        return _YES
    if parts.constants + parts.variables == 1:
        return _JOINED_NOTHING
    return _OTHER_EMPTY if parts.constants == parts.variables == 1 else _JOINED


def _unreported(subject: Subject, what: str, value: Value | None, minor: int) -> Cost:
    """What the compiler keeps on the stack as far as it fits there, or says nothing about."""
    match subject:
        case Subject.APPEND:
            if "append(" not in what:
                return _ON_THE_STACK
            cost = _appended(what)
            if minor < _STACK_APPENDS:
                return cost
            return _LARGE if cost is not _FULL else _FULL_AND_LARGE
        case Subject.SLICE if not what.startswith(("make(", "append(")):
            return _YES
        case Subject.MAP if not what.startswith(("make(", "map[")):
            return _MAP_FULL
        case Subject.CONCATENATION:
            parts = None if value is None else value.joined
            if "+=" in what or (parts is not None and parts.bytes >= _BUFFER):
                return _joined(value)  # never on the stack
            return _LARGE
        case Subject.CONVERSION:
            converts = "" if value is None else value.converts
            if converts == "runes":
                return _LARGE_RUNES
            return _MANY_RUNES if "[]rune" in what else _LARGE
        case Subject.SLICE if what.startswith(SPLITS):
            return _YES
        case Subject.SLICE if minor >= _STACK_MAKES:
            return _LARGE
    return _YES


def spans(sites: Iterable[Merged]) -> dict[str, Span]:
    """The expressions of sites by fingerprint; an inlined copy's is that of its origin."""
    found: dict[str, Span] = {}
    origins: dict[tuple[Position, Kind, Subject], Span] = {}
    copies: list[Merged] = []
    for one in sites:
        site = one.site
        if site.origin is not None:
            copies.append(one)
        elif span := span_of(one):
            found[site.fingerprint] = span
            origins[site.position, site.kind, one.evidence.subject] = span
    for one in copies:
        origin = one.site.origin
        assert origin is not None
        key = origin.position and (origin.position, one.site.kind, one.evidence.subject)
        if key in origins:
            found[one.site.fingerprint] = origins[key]
        elif span := span_of(one):
            found[one.site.fingerprint] = span
    return found


def type_names(
    one: Merged | Completed, packages: Callable[[str], Sequence[str]]
) -> tuple[TypeName, ...]:
    """What an inlined literal may be of; `packages` are those that may have a name."""
    literal = _LITERAL.match(one.normal) if one.site.origin is not None else None
    if literal is None:
        return ()
    return tuple(TypeName(path, literal["type"]) for path in packages(literal["package"]))


def told_of(
    asked: Mapping[str, Span], named: Mapping[str, tuple[str, Sequence[TypeName]]], answers: Answers
) -> dict[str, Value]:
    """What the type checker says of sites, by fingerprint.

    `named` are inlined literals, by their text and what they may be of.
    """
    values = {name: answers.values[at] for name, at in asked.items() if at in answers.values}
    for fingerprint, (text, names) in named.items():
        found = {answers.types[name] for name in names if name in answers.types}
        literal = _LITERAL.match(text)
        if len(found) != 1 or literal is None:
            continue
        (value,) = found
        if literal["pointer"]:
            value = Value("pointer", False, Size(-1, True), value.memory)
        values[fingerprint] = value
    return values


def span_of(one: Merged | Completed) -> Span | None:
    """The expression of a site; none of an inlined copy, whose source is elsewhere.

    But what the only function inlined at a call returns is of the type of the call.
    """
    span, is_copy = one.site.range, one.site.origin is not None
    if span is None or not one.path:
        return None
    if is_copy and not (one.site.expression == RESULT and len(set(one.inlined)) == 1):
        return None
    return Span(one.path, span.start.line, span.start.column, span.end.line, span.end.column)
