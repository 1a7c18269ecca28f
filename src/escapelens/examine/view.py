"""A source file as claims look at it: nodes at positions, and what names mean there."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from escapelens.declared import Declared, Imports, declared_in
from escapelens.drafts import Paths
from escapelens.parsers.diagnostics import Place
from escapelens.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


FUNCTIONS = ("func_literal", "function_declaration", "method_declaration")
CALLS = ("call_expression", "type_conversion_expression")
TYPED_BY_CONTEXT = ("parameter_declaration", "variadic_parameter_declaration")
STORAGE = "{storage for "
ROOT = re.compile(r"[(*&]*(?P<name>[^\W\d]\w*)")
_NAME = re.compile(r"\w+")
_NAMES_AT_END = re.compile(r"[\w, \t]*\Z")
_VARIABLE = re.compile(r"var[ \t]+(\w+)")
_PARAMETER = re.compile(r"[(,] *(\w+) +(?=[\w*\[])")


class View:
    """One file and what the names in it mean; the tree of its source must span what is asked."""

    def __init__(self, source: Source | None, path: str, paths: Paths) -> None:
        self.source = source
        self.path = path
        """Absolute."""
        self.paths = paths
        self._locals: dict[int, frozenset[str]] = {}
        """The names that functions may declare, by where they start."""
        self._results: dict[int, list[tuple[str, str]]] = {}
        """The results of functions, by where they start."""

    @cached_property
    def declared(self) -> Declared:
        return declared_in(  # the tests of a package see all of it
            os.path.dirname(self.path),  # noqa: PTH120
            tests=self.path.endswith("_test.go"),
        )

    @cached_property
    def imports(self) -> Imports:
        return Imports(self.source.content if self.source else b"", self.paths.goroot)

    def node(self, place: Place) -> "Node | None":
        source = self.source
        if source is None or not place.column or self.paths.real(place.file) != self.path:
            return None
        return source.node_at(place.line, place.column)

    def literals(self, place: Place) -> "list[Node]":
        """The function literals around a place, the innermost first."""
        return [node for node in self._around(place) if node.type == "func_literal"]

    def loops(self, place: Place) -> "list[Node]":
        """The loops around a place that may go over a function, the innermost first."""
        loops = (node for node in self._around(place) if node.type == "for_statement")
        return [node for node in loops if any(c.type == "range_clause" for c in node.children)]

    def _around(self, place: Place) -> "Iterator[Node]":
        node = self.node(place)
        while node is not None:
            yield node
            node = node.parent

    def find(self, place: Place, fits: "Callable[[Node], bool]") -> "Node | None":
        """The first node that fits in the declared function around a place, in source order."""
        function = enclosing(self.node(place), FUNCTIONS[1:], 200)
        waiting = [] if function is None else [function]
        while waiting:
            node = waiting.pop()
            if fits(node):
                return node
            waiting += reversed(node.named_children)
        return None

    def call_at(self, place: Place) -> "Node | None":
        """The call at a place, into whose inlined body the compiler speaks there."""
        node = self.node(place)
        return node if node is not None and node.type in CALLS else None

    def results(self, node: "Node | None") -> list[tuple[str, str]]:
        """Name and type of each result of the function around a node."""
        source = self.source
        function = enclosing(node, FUNCTIONS, 200)
        if function is None or source is None:
            return []
        known = self._results.get(function.start_byte)
        if known is None:
            known = self._results[function.start_byte] = _results(source, function)
        return known

    def is_local(self, name: str, node: "Node | None") -> bool:
        """Whether the declared function around a node may declare a name."""
        function = enclosing(node, ("function_declaration", "method_declaration"), 200)
        if function is None or self.source is None:
            return False
        names = self._locals.get(function.start_byte)
        if names is None:
            names = frozenset(_declared_names(self.source.text(function)))
            self._locals[function.start_byte] = names
        return name in names

    @property
    def package(self) -> str:
        """What the package of the file is called; empty without one."""
        return self.source.package_name if self.source is not None else ""

    def is_own_package(self, name: str) -> bool:
        """Whether a name is this package's own, which instances that others print carry."""
        return self.source is not None and self.source.package_name == name

    def is_hidden(self, name: str, node: "Node | None") -> bool:
        """Whether a variable of the function hides what a name means outside."""
        return node is not None and self.is_local(name, node)


def _results(source: Source, function: "Node") -> list[tuple[str, str]]:
    result = function.child_by_field_name("result")
    if result is None:
        return []
    if result.type != "parameter_list":
        return [("", source.text(result))]
    listed: list[tuple[str, str]] = []
    for parameter in result.named_children:
        if parameter.type not in TYPED_BY_CONTEXT:
            continue
        type_ = parameter.child_by_field_name("type")
        spelled = source.text(type_) if type_ is not None else ""
        names = [source.text(name) for name in parameter.children_by_field_name("name")]
        listed += [(name, spelled) for name in names or [""]]
    return listed


def _declared_names(text: str) -> Iterator[str]:
    """The names that stand in a function as those of variables, literals or parameters do."""
    for before in text.split(":=")[:-1]:
        names = _NAMES_AT_END.search(before.rpartition("\n")[2])
        if names is not None:
            yield from _NAME.findall(names[0])
    yield from _VARIABLE.findall(text)
    yield from _PARAMETER.findall(text)


def enclosing(node: "Node | None", types: Sequence[str], levels: int) -> "Node | None":
    for _ in range(levels):
        if node is None or node.type in types:
            return node
        node = node.parent
    return None


def called(source: Source, call: "Node") -> str:
    function = call.child_by_field_name("function") or call.child_by_field_name("type")
    return source.text(function) if function is not None else ""


def last_name(text: str) -> str:
    names = re.findall(r"\w+", text.split("[")[0] if text.endswith("]") else text)
    return names[-1] if names else text
