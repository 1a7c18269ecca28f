"""Everything that the type checker knows of a declaration: names, objects, types, constants.

All offsets are those of the bytes of a file. What is not known is None, and never taken for "no".
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Literal

from msgspec import Struct

Kind = Literal["var", "field", "func", "method", "type", "const", "package", "builtin", "nil", ""]


class Spot(Struct, frozen=True):
    """A byte offset in an absolute file."""

    file: str
    offset: int
    users: bool = False
    """Asks for the declarations that use the function declared here, too."""
    callee: bool = False
    """Asks the same of the function that what stands here is handed to."""


class Type(Struct, frozen=True):
    """What is known of a type; numbers are those of other types of the declaration."""

    text: str
    """How the file writes it."""
    id: str
    """Tells it from all other types."""
    kind: str
    """Of the underlying type: `int`, `string`, `slice`, `struct`, `interface`, `parameter` …"""
    named: bool
    size: int
    """In bytes; -1 where it depends on type arguments."""
    elem: int
    key: int
    length: int
    comparable: bool
    lock: bool
    """It holds something that must not be copied."""
    writable: bool
    """Its text means this type wherever the names of the file are visible."""
    methods: tuple[str, ...] | None
    pointer_methods: tuple[str, ...] | None
    parameters: tuple[int, ...] | None
    results: tuple[int, ...] | None
    variadic: bool

    def has_method(self, name: str) -> bool:
        """Whether values of the type have a method; only pointers to them do not count."""
        return name in (self.methods or ())


class Object(Struct, frozen=True):
    """What a name stands for."""

    name: str
    kind: str
    """`var`, `field`, `func`, `method`, `type`, `const`, `package`, `builtin`, `nil` or `label`."""
    role: str
    """Of a variable: `global`, `parameter`, `receiver`, `result` or `local`."""
    type: int
    package: str
    """Import path of the package that declares it."""
    file: str
    offset: int
    """Where it is declared; -1 where that is not known."""
    pointer: bool
    """The method's receiver is a pointer."""
    interface: bool
    """The method is an interface's."""


class Name(Struct, frozen=True):
    """One use of an identifier."""

    offset: int
    object: int
    role: Literal["declare", "read", "write", "part", "address", "receiver"]
    """What happens to the variable: a `part` of it is written, a `receiver` is addressed."""
    indirect: bool = False
    """A selected field lies behind a pointer, which may be an embedded one."""


class Expression(Struct, frozen=True):
    start: int
    end: int
    type: int
    value: str
    """Of a constant, exact; empty for what is none."""


class Declaration(Struct, frozen=True, dict=True):
    """One top-level declaration."""

    file: str
    start: int
    end: int
    package: str
    imports: Mapping[str, str]
    """The import path of each name that the file has for a package."""
    function: int
    """The object that it declares, if it is a function; else -1."""
    types: tuple[Type, ...]
    objects: tuple[Object, ...]
    names: tuple[Name, ...]
    expressions: tuple[Expression, ...]
    users: tuple[Spot, ...] | None = None
    """All uses of the function in the analysed packages; None if they were not asked for."""

    def type(self, number: int) -> Type | None:
        return self.types[number] if 0 <= number < len(self.types) else None

    def object_at(self, offset: int) -> Object | None:
        """What the identifier at an offset stands for."""
        name = self._names.get(offset)
        return None if name is None else self.objects[name.object]

    def role_at(self, offset: int) -> str:
        name = self._names.get(offset)
        return "" if name is None else name.role

    def is_indirect(self, offset: int) -> bool:
        """Whether the field that is selected at an offset lies behind a pointer."""
        name = self._names.get(offset)
        return name is None or name.indirect

    def uses(self, wanted: Object) -> list[Name]:
        """Every place that names it, its declaration included, in source order."""
        return [name for name in self.names if self.objects[name.object] is wanted]

    def type_at(self, start: int, end: int) -> Type | None:
        """The type of the expression with exactly these bytes."""
        expression = self._expressions.get((start, end))
        if expression is not None:
            return self.type(expression.type)
        known = self.object_at(start)
        if known is not None and start + len(known.name.encode()) == end:
            return self.type(known.type)
        return None

    def value_at(self, start: int, end: int) -> str | None:
        """The exact value of a constant expression."""
        expression = self._expressions.get((start, end))
        return expression.value or None if expression is not None else None

    @cached_property
    def _names(self) -> dict[int, Name]:
        return {name.offset: name for name in self.names}

    @cached_property
    def _expressions(self) -> dict[tuple[int, int], Expression]:
        return {(one.start, one.end): one for one in self.expressions}


class Facts:
    """The declarations that were asked for, by place."""

    def __init__(
        self,
        declarations: Iterable[Declaration] = (),
        declared: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._by_file: dict[str, list[Declaration]] = {}
        for one in sorted(declarations, key=lambda one: (one.file, one.start)):
            self._by_file.setdefault(one.file, []).append(one)
        self._declared = {path: frozenset(names) for path, names in (declared or {}).items()}

    def around(self, file: str, offset: int) -> Declaration | None:
        """The declaration around an offset of an absolute file."""
        all_of_file = self._by_file.get(file, [])
        index = bisect_right(all_of_file, offset, key=lambda one: one.start) - 1
        found = all_of_file[index] if index >= 0 else None
        return found if found is not None and offset < found.end else None

    def declares(self, package: str, name: str) -> bool:
        """Whether a package declares a name at its top level, as far as is known."""
        return name in self._declared.get(package, ())

    def __iter__(self) -> Iterator[Declaration]:
        for declarations in self._by_file.values():
            yield from declarations
