"""What a cause may rest its claim on: what is on the heap, how it got away, and what keeps it.

Plain records; `examine` fills them from the flow's steps and the syntax tree at their positions.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from escapelens.examine.fields import Apart, Move
from escapelens.model import ChainLink, Position


class Subject(StrEnum):
    """What stands at a site."""

    VARIABLE = "variable"
    PARAMETER = "parameter"
    LOOP_VARIABLE = "loop-variable"
    """A variable that a `for` clause declares."""
    FUNC_LITERAL = "func-literal"
    METHOD_VALUE = "method-value"
    BOX = "box"
    """The copy of a value that an interface points to."""
    CONSTANT = "constant"
    """A constant in an interface."""
    CONVERSION = "conversion"
    """A string made of bytes or runes, or the other way round."""
    CONCATENATION = "concatenation"
    APPEND = "append"
    ARGUMENTS = "arguments"
    """The slice of variadic arguments."""
    SLICE = "slice"
    """The array behind a `make` or a slice literal."""
    MAP = "map"
    CHANNEL = "channel"
    POINTER = "pointer"
    """`&T{…}` or `new(T)`."""
    WRAPPER = "wrapper"
    """The hidden function literal of a `go` or `defer` statement."""
    DICTIONARY = "dictionary"
    """The hidden function literal that hands a generic function its dictionary."""
    LOOP_BODY = "loop-body"
    """The body or the state of a range-over-func loop."""


class End(StrEnum):
    """How a value is kept at the end of its flow."""

    UNKNOWN = "unknown"
    """The compiler was not asked to explain: its output is that of `-m`, not of `-m=2`."""
    RESULT = "result"
    GLOBAL = "global"
    POINTER = "pointer"
    """Stored through a pointer."""
    HELD = "held"
    """Stored in a value that is on the heap itself."""
    ELEMENT = "element"
    """Stored in an element of a slice: by index, append or copy."""
    MAP_ENTRY = "map-entry"
    CHANNEL = "channel"
    PANIC = "panic"
    CALL = "call"
    """Handed to a function that is known."""
    DYNAMIC_CALL = "dynamic-call"
    """Handed to an interface method or a function value."""
    REFLECTION = "reflection"
    NO_BODY = "no-body"
    """Handed to a function that is not written in Go, or as a uintptr."""
    GOROUTINE = "goroutine"
    DEFER = "defer"
    OUTER_LOOP = "outer-loop"
    """Stored in a variable that lives longer than a turn of a loop."""
    OUTER_FUNCTION = "outer-function"
    """Stored in a variable of the function around a function literal."""
    TOO_LARGE = "too-large"
    TOO_ALIGNED = "too-aligned"
    VARIABLE_SIZE = "variable-size"
    NO_SIZE = "no-size"
    UNREPORTED = "unreported"
    """The compiler says nothing of the heap; the machine code allocates all the same."""


class Through(StrEnum):
    """How a function literal on the way holds the value."""

    NONE = "none"
    BY_VALUE = "by-value"
    BY_REFERENCE = "by-reference"


class Memory(StrEnum):
    """What a value takes when the line runs."""

    HEAP = "heap"
    """Memory of its own, as far as is known."""
    READ_ONLY = "read-only"
    NO_SIZE = "no-size"
    ONE_BYTE = "one-byte"
    """It is one byte in an interface, and the runtime has an array of all such."""
    STATIC = "static"
    """It is a function literal that captures nothing."""
    NO_ELEMENTS = "no-elements"
    NEVER = "never"
    """It is inlined from a branch that this call does not take."""


class Callee(Struct, array_like=True, frozen=True):
    """What a value is handed to."""

    text: str
    """As the source, or else the compiler, writes it: `w.Write`."""
    package: str = ""
    """Import path as far as it is known, else the package's name; empty for the caller's own."""
    function: str = ""
    """As declared: `F`, `T.M`, `(*T).M`; empty if it is not known before the program runs."""
    argument: int | None = None
    """Which of its arguments it is, 0-based, a method's receiver being the first."""
    within: str = ""
    """The call in the source in whose inlined body this one is."""
    interface: str = ""
    """The interface whose method it is, as the file writes it, where that is known."""
    method: str = ""
    is_value: bool = False
    """It is known to be a function value."""
    types: tuple[str, ...] | None = None
    """Those of the analysed packages that implement the interface, where that is known."""
    alike: tuple[int, ...] = ()
    """The other arguments that read as that one does, and may be meant as well."""


class Change(NamedTuple):
    """What changes a variable that a function literal captures, or may do so."""

    is_assigned: bool
    """It is assigned to; else its address is taken."""
    line: int


class Leading(NamedTuple):
    """A call that leads to another file: of what is inlined, or in a circle of functions."""

    text: str
    """What is called, as the source writes it."""
    position: Position


class Kept(NamedTuple):
    """What keeps a value; the fields are those of `Evidence`."""

    end: End
    is_error: bool
    callee: Callee | None
    statement: str
    position: Position | None
    holder: str
    storage: str = ""
    """What holds it, as the compiler prints it, where that is on the heap itself.

    A variable has its bare name.
    """
    moves: tuple[Move, ...] = ()
    """The fields that it is stored in on the way, and those that are read."""


class Evidence(Struct, array_like=True, frozen=True):
    """What is known of why a site is on the heap; see `Kept` too."""

    subject: Subject
    end: End
    through: Through
    is_error: bool
    """What keeps it is a result of type `error`."""
    among_pointers: bool
    """On the way it becomes an element of a slice literal or is appended."""
    top_level: bool
    """It stands in the initialiser of a package variable."""
    callee: Callee | None
    what: str
    """The source text of what is on the heap."""
    statement: str
    """The source text of the statement or call that keeps it; as printed for inlined code."""
    position: Position | None
    """Where that stands."""
    holder: str
    """The variable or expression that it is stored in; empty where there is none."""
    inlined: str
    """The function inlined at the site whose value it is; empty for the function's own."""
    captured: str
    """The variable that a function literal captures."""
    literal: Position | None
    """Where that variable is used in the literal."""
    memory: Memory = Memory.HEAP
    never_follows: bool = False
    """What keeps it stands where it cannot run after the value is made."""
    moves: tuple[Move, ...] = ()
    storage: str = ""
    change: Change | None = None
    """Why a literal captures it by reference, where a statement tells."""
    width: int = 0
    """Its bytes, where a literal captures it by reference only since they are too many."""
    leading: Leading | None = None
    """Where the position is in another file: the call of this one by which the value gets there."""
    by_loop: bool = False
    """What captures it is the body of a loop over a function."""
    is_in_captured: bool = False
    """That variable holds it, as its value or in a field."""
    verb: str = ""
    """That of the format with which it is written by the call that it is an argument of."""
    is_boxed: bool = False
    """An interface points to a copy of it, which is on the heap beside what it consists of."""


class Chain(NamedTuple):
    """The functions that a value is handed through."""

    links: tuple[ChainLink, ...] = ()
    kept: Kept | None = None
    """What keeps it in the last of them, if that is known."""
    held: Kept | None = None
    """What holds it in the last of them, or in the site's own function if `holder` is there."""
    holder: Kept | None = None
    """What keeps that which holds it in the site's own function."""
    apart: Apart | None = None
    """The field that gets there in place of the one that it is stored in."""
    formatter: Kept | None = None
    """The call on the way by which it is formatted."""
    before: tuple[ChainLink, ...] = ()
    """What holds it where its flow ends in another function, and the statement that keeps that."""


class Pattern(NamedTuple):
    """The part of the evidence that a claim rests on."""

    subject: Subject
    end: End
    through: Through = Through.NONE
    is_error: bool = False
    among_pointers: bool = False
    top_level: bool = False
    package: str = ""
    """That of the function it is handed to, as in `Callee`."""
    function: str = ""
    is_written_to: bool = False
    """It is what the function writes to."""

    @property
    def is_forced(self) -> bool:
        """Whether the value is on the heap for what it is, wherever it goes."""
        return self.end in (
            End.TOO_LARGE,
            End.TOO_ALIGNED,
            End.VARIABLE_SIZE,
            End.NO_SIZE,
            End.UNREPORTED,
        )

    @property
    def is_plain(self) -> bool:
        """Whether memory of the user's own is kept where a flow ends, without a literal between.

        Neither a copy that the language makes, nor a capture, nor a package's initialiser.
        """
        own = self.subject in _OWN_MEMORY and not self.is_forced and not self.top_level
        return own and not self.is_captured

    @property
    def is_initialiser(self) -> bool:
        """Whether memory of the user's own is the value of a package variable."""
        return (
            self.top_level
            and self.subject in _OWN_MEMORY
            and not self.is_forced
            and not self.is_captured
        )

    @property
    def is_captured(self) -> bool:
        """Whether a function literal of the user's own holds memory of the user's own."""
        captured = self.through is not Through.NONE and self.subject is not Subject.FUNC_LITERAL
        return captured and self.subject in _OWN_MEMORY and not self.is_forced

    @property
    def is_in_slice(self) -> bool:
        """Whether one value is kept as an element of a slice of pointers."""
        return self.is_plain and self.among_pointers and self.subject in _ONE_VALUE

    @property
    def is_formatted(self) -> bool:
        """Whether it is handed to a function that formats whatever it is given."""
        is_known = self.end is End.CALL and _is_formatter(self.package, self.function)
        return is_known and not self.is_written_to


_OWN_MEMORY = (
    Subject.VARIABLE,
    Subject.PARAMETER,
    Subject.FUNC_LITERAL,
    Subject.SLICE,
    Subject.MAP,
    Subject.CHANNEL,
    Subject.POINTER,
)
_ONE_VALUE = (Subject.VARIABLE, Subject.PARAMETER, Subject.POINTER)
_FORMATTERS = ("fmt", "log", "log/slog", "slog", "testing")
"""Import paths; `slog` where only the package's name is known."""
_FORMATTING = re.compile(
    r"[Pp]rint|Append|[Ee]rror|Fatal|Panic|Log|log|Skip|Debug|Info|Warn|Any|Group|With"
)


def is_open(evidence: Evidence) -> bool:
    """Whether it is not known how the call is chosen that keeps a value."""
    callee = evidence.callee
    if evidence.end is not End.DYNAMIC_CALL or callee is None:
        return False
    return not (callee.interface or callee.is_value)


def formats(callee: Callee) -> bool:
    """Whether a call formats the argument that it is."""
    return _is_formatter(callee.package, callee.function) and not _is_written_to(callee)


def _is_formatter(package: str, function: str) -> bool:
    name = function.rpartition(".")[2]
    return package in _FORMATTERS and _FORMATTING.search(name) is not None


def _is_written_to(callee: Callee) -> bool:
    return callee.argument == 0 and callee.function[:2] == "Fp"


def pattern(evidence: Evidence) -> Pattern:
    """What claims look at."""
    callee = evidence.callee
    return Pattern(
        evidence.subject,
        evidence.end,
        evidence.through,
        evidence.is_error,
        evidence.among_pointers,
        evidence.top_level,
        callee.package if callee else "",
        callee.function if callee else "",
        is_written_to=callee is not None and _is_written_to(callee),
    )
