"""What is called where a flow ends in a call."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from escapelens import dialect
from escapelens.declared import receiver
from escapelens.evidence import Callee, End
from escapelens.examine import printed as printed_call
from escapelens.examine.view import STORAGE, View, called, last_name
from escapelens.parsers.diagnostics import Hop

if TYPE_CHECKING:
    from tree_sitter import Node


_BUILTIN_ENDS = {"append": End.ELEMENT, "copy": End.ELEMENT, "panic": End.PANIC}
_ATOMIC_STORES = ("Store", "Swap", "CompareAndSwap")
_OF_CGO = ("C.", "_Cgo_")
_METHOD = re.compile(r"\((?P<pointer>\*?)(?:(?P<package>[\w./]+)\.)?(?P<type>\w+)\)\.(?P<name>\w+)")
_TEMPORARY = ".autotmp_"
_RESULT = re.compile(r"\.autotmp_\d+")
"""What is called where a call returns it."""
_LOOP_BODY = "#yield"
"""What a function is called with that a loop ranges over."""
_DOTTED = re.compile(r"\w+(?:\.\w+)*")
_DICTIONARY = re.compile(r"(?:&|\(\*\[\d+\]uintptr\)\()?(?:\w+\.)?\.dict\b")
"""The argument that generic functions get beside those of the source."""


class Last(NamedTuple):
    """The hop at which a flow ends, and its node where the hop stands in the source as such."""

    hop: Hop
    node: "Node | None"


class Calls:
    """Tells the functions that values are handed to, as far as names tell."""

    def __init__(self, view: View) -> None:
        self._view = view

    def end(self, callee: Callee, last: Last, told: Sequence[Hop]) -> End:
        """What it means for a value that a call is handed it, the callee being known."""
        builtin = _BUILTIN_ENDS.get(printed_call.callee(last.hop.expression))
        if builtin is not None:
            return builtin
        if callee.function == "" and callee.text.startswith(_OF_CGO):
            return End.NO_BODY
        if callee.function == "":
            return End.DYNAMIC_CALL
        if callee.package == "reflect":
            return End.REFLECTION
        if callee.package == "sync/atomic" and _is_stored_atomically(callee.function, last, told):
            return End.POINTER
        declared = self._view.declared
        if callee.package:
            declared = self._view.imports.declared(callee.package)
        if callee.package == "C" or callee.function.startswith("_C"):
            return End.NO_BODY
        known = declared.functions.get(callee.function)
        is_go = not known or any(declaration.has_body for declaration in known)
        return End.CALL if is_go else End.NO_BODY

    def callee(self, last: Last, told: Sequence[Hop]) -> Callee:
        """The function that a value is handed to, as far as names tell."""
        printed = dialect.function(printed_call.callee(last.hop.expression))
        source = self._view.source
        written = called(source, last.node) if source is not None and last.node else ""
        call = self._view.call_at(last.hop.place)
        around = called(source, call) if source is not None and call is not None else ""
        package, function = self._named(printed, written, last.node)
        found = arguments_of(last.hop, [hop for hop in told if hop is not last.hop])
        first, alike = (found[0] if found else None), found[1:]
        if _LOOP_BODY in last.hop.expression and not self._is_declared(package, function):
            return Callee("…", argument=first, within=around)
        if written or not around:
            text = written or self._selected(last.hop, printed)
            return Callee(text, package, function, first, alike=alike)
        if function and last_name(function) == last_name(around):
            return Callee(around, package, function, first, alike=alike)
        text = self._selected(last.hop, printed) if function else self._unqualified(printed)
        within = "" if text == around else around
        return Callee(text, package, function, first, within, alike=alike)

    def _is_declared(self, package: str, function: str) -> bool:
        """Whether a function is known to be one of this package or of the standard library."""
        declared = self._view.imports.declared(package) if package else self._view.declared
        return function in declared.functions

    def _selected(self, hop: Hop, printed: str) -> str:
        """A known call of an inlined body, a method with the receiver in front of it."""
        method = _METHOD.fullmatch(printed)
        receiver = (printed_call.arguments(hop.expression) or [""])[0]
        if method is None or _DOTTED.fullmatch(receiver) is None:
            return dialect.plain(printed)
        return self._unqualified(f"{receiver}.{method['name']}")

    def _unqualified(self, printed: str) -> str:
        """A call of an inlined body without the package that its variables are printed with."""
        plain = dialect.plain(printed)
        package, _, rest = plain.partition(".")
        if rest.isidentifier():
            known = self._view.imports.declared(self._view.imports.path(package)).functions
            return rest if known and rest not in known else plain
        is_field = "." in rest and rest[:1].islower() and package.isidentifier()
        return rest if is_field and not self._is_variable(package) else plain

    def _is_variable(self, name: str) -> bool:
        """Whether inlined code may mean a variable of this package by a name, and no package."""
        if self._view.imports.path(name) or self._view.is_own_package(name):
            return False
        declared = self._view.declared
        return name in declared.variables or declared.may_have_local(name)

    def _named(self, printed: str, written: str, node: "Node | None") -> tuple[str, str]:
        """Package and declared name of a called function; no name where it is a value."""
        method = _METHOD.fullmatch(printed)
        if method is not None:
            package = method["package"] or ""
            star = method["pointer"]
            name = f"({star}{method['type']}).{method['name']}" if star else method["type"]
            function = name if star else f"{method['type']}.{method['name']}"
            if printed == written and function not in self._view.declared.functions:
                return "", ""  # what a pointer in the source points to
            return self._view.imports.path(package) or package, function
        if printed in _BUILTIN_ENDS or _DOTTED.fullmatch(printed) is None:
            return "", ""
        *owner, name = printed.split(".")
        if not owner:
            is_known = name in self._view.declared.functions and not self._view.is_hidden(
                name, node
            )
            return "", name if is_known else ""
        if printed in self._view.declared.functions:
            return "", printed
        path = self._view.imports.path(owner[0])
        path = "" if path and self._view.is_hidden(owner[0], node) else path
        if not path and len(owner) == 1 and self._view.is_own_package(owner[0]):
            return "", name if name in self._view.declared.functions else ""
        is_as_written = bool(written) and dialect.plain(printed) == written
        if len(owner) == 1:
            known = self._view.imports.declared(path).functions
            if known and name not in known:
                return "", ""
            if path and (not written or written.count(".") == 1):
                return path, name
            package = "" if written else self._package(owner[0], name)
            return package, name if package else ""
        if len(owner) == 2 and not is_as_written and owner[1][:1].isupper():
            function = f"{owner[1]}.{name}"
            path = path or self._package(owner[0], function)
            if not path and self._is_variable(owner[0]):
                return "", ""
            return path or owner[0], function
        return "", ""

    def _package(self, name: str, function: str) -> str:
        """The package, not imported here, of what inlined code calls; or empty.

        Such code names its variables with their package too.
        """
        imports = self._view.imports
        declares = (p for p in imports.standard(name) if function in imports.declared(p).functions)
        return next(declares, "")

    def is_same(self, printed: str, written: str) -> bool:
        """Whether a printed callee is the one that is called in the source, or is inlined there.

        Methods are printed with their type. A call in an inlined body may be that of a variable's
        method, and have the name of the function that was inlined.
        """
        if _RESULT.fullmatch(printed) and written.endswith(")"):
            return True  # what a call returns is called
        if last_name(printed) != last_name(written):
            return False
        if printed.startswith(_TEMPORARY):
            return True  # what a `go` or `defer` statement evaluates at once
        *owner, _ = printed.split(".")
        if "(" in printed or not owner or _DICTIONARY.match(printed):
            return True
        is_type = len(owner) == 1 or (len(owner) == 2 and not self._is_variable(owner[0]))
        if is_type and owner[-1][:1].isupper():
            return True
        plain = dialect.plain(printed)
        if plain == written or _DOTTED.fullmatch(written) is None:
            return True
        if self._is_promoted(written.split("."), plain):
            return True
        qualifier = owner[0] if len(owner) == 1 else ""
        return bool(self._view.imports.path(qualifier)) or self._view.is_own_package(qualifier)

    def _is_promoted(self, written: Sequence[str], printed: str) -> bool:
        """Whether a selector is printed with the embedded fields that the source leaves out.

        It is not what a method of this package selects that is called like the one in the source.
        """
        root, *selected = printed.removeprefix(f"{self._view.package}.").split(".")
        rest = iter(selected)
        is_longer = len(selected) >= len(written) > 1 and root == written[0]
        if (
            not is_longer
            or self._view.imports.path(root)
            or any(one not in rest for one in written[1:])
        ):
            return False
        functions = self._view.declared.functions
        methods = (functions[one] for one in functions if one.endswith(f".{selected[-1]}"))
        return all(receiver(one) != root for declared in methods for one in declared)


def _is_stored_atomically(function: str, last: Last, told: Sequence[Hop]) -> bool:
    """Whether a value is what one of the functions stores that are not written in Go."""
    if not function.startswith(_ATOMIC_STORES):
        return False
    arguments = printed_call.arguments(last.hop.expression) or []
    before = [hop.expression for hop in told if hop is not last.hop][-1:]
    names = [last.hop.value.lstrip("&*"), *before]
    return any(name in one for name in names for one in arguments[1:])


def argument_of(hop: Hop, before: Sequence[Hop]) -> int | None:
    """Which argument of a printed call a value is; None where the text does not tell."""
    return next(iter(arguments_of(hop, before)), None)


def arguments_of(hop: Hop, before: Sequence[Hop]) -> tuple[int, ...]:
    """Which arguments of a printed call may be a value: those that read as it does."""
    listed = printed_call.arguments(hop.expression)
    if listed is None:
        return ()
    arguments = [one for one in listed if not _DICTIONARY.match(one)]
    names = [hop.value.lstrip("&*").removeprefix(STORAGE).removesuffix("}")]
    if before:
        names.insert(0, before[-1].expression)
    for name in names:
        found = [at for at, one in enumerate(arguments) if name in (one, one.removesuffix("..."))]
        if found:
            return tuple(found)
    return ()
