"""What the type checker is asked and what it answers; absent is what it does not know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from escapelens.types.facts import Facts

if TYPE_CHECKING:
    from escapelens.types.pools import Pools


class Place(Struct, frozen=True):
    """A position as the compiler prints it, in an absolute file."""

    file: str
    line: int
    column: int
    """1-based byte column: of a call, its `(`; of an assignment, its `=`, `:=` or `+=`."""


class Call(Struct, frozen=True):
    """What is called at a place."""

    kind: Literal["static", "interface", "value", "builtin", "conversion"]
    callee: str | None = None
    """The full name: `import/path.F`, `(import/path.T).M` or `(*import/path.T).M`."""
    package: str | None = None
    """The import path of the package that declares the callee; `error.Error` has none."""
    function: str | None = None
    """As the compiler names it in its package, without type arguments: `F`, `T.M` or `(*T).M`."""
    interface: str | None = None
    """The type whose method is called, as written in that file: `io.Reader`; or the constraint."""
    method: str | None = None
    value: str | None = None
    """The source text of a function value; `func literal` for a literal."""
    implementers: tuple[str, ...] | None = None
    """Types declared in analysed packages that implement the interface, as written in that file.

    They are in the order of their full names. None where that depends on a type parameter.
    """
    parameters: tuple[str, ...] = ()
    """Their names, one per argument; the receiver's first where a method expression is called."""
    variadic: bool = False
    has_body: bool | None = None
    """False for a function that is not written in Go; None where its source is not at hand."""


class Target(Struct, frozen=True):
    """One left side of an assignment."""

    text: str
    into: Literal["global", "pointer", "slice", "map", "array", "local", "field"] | None = None
    """Where the assigned memory lies: behind the last pointer, slice or map on the way to it.

    Without such a reference it is a variable, or a field or array element of a local one.
    """
    root: str | None = None
    """The variable that the left side begins with; `pkg.Name` for one of another package."""
    root_kind: Literal["global", "parameter", "receiver", "result", "local", "captured"] | None = (
        None
    )
    container: str | None = None
    """The type of what is dereferenced or indexed, or of the struct; as written in that file."""


class Span(Struct, frozen=True, order=True):
    """The text of an expression in an absolute file; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


class TypeName(Struct, frozen=True, order=True):
    """A type that a package declares, exported or not."""

    package: str
    """Its import path."""
    name: str


class Memory(Struct, frozen=True):
    """A number of bytes."""

    size: int
    """-1 where it is not known, as where it depends on type arguments."""
    pointers: bool
    """The garbage collector looks for pointers in it."""


class Joined(Struct, frozen=True):
    """What a sum of strings consists of."""

    constants: int
    """How many are not empty; those beside each other are one."""
    variables: int
    """How many else, which may be empty."""
    bytes: int
    """The length of all constants."""


class Value(Struct, frozen=True):
    """What an expression takes."""

    kind: str
    """Of its underlying type: `int`, `string`, `slice`, `interface`, `pointer` or `other`.

    For a struct or an array of one thing, that of the thing.
    """
    constant: bool
    """It is known when it is compiled."""
    memory: Memory
    """Of the value itself."""
    object: Memory
    """Of what the expression allocates: behind a pointer, for a slice, of a method value."""
    aligned: bool = True
    """It is moved like a number of its size."""
    makes: Literal["", "sum", "conversion", "slice", "map", "method value"] = ""
    """What is made beside the value: text, what it consists of, a method with its receiver."""
    converts: Literal["", "string", "bytes", "runes", "number"] = ""
    """What a conversion from or to text converts."""
    joined: Joined | None = None
    """For a sum of strings."""
    interface: str = ""
    """The interface that the value is put in where it stands, as written in that file."""


@dataclass(frozen=True)
class Answers:
    """All that could be answered."""

    calls: Mapping[Place, Call] = field(default_factory=dict)
    stores: Mapping[Place, tuple[Target, ...]] = field(default_factory=dict)
    values: Mapping[Span, Value] = field(default_factory=dict)
    types: Mapping[TypeName, Value] = field(default_factory=dict)
    """What literals of types take, as far as that does not depend on what they hold."""
    facts: Facts = field(default_factory=Facts, compare=False)
    pools: "Pools | None" = None
    """Only where they were asked for."""
    notes: tuple[str, ...] = ()
    """Why nothing could be asked, if so."""
