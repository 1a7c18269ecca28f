"""What is on the heap: a variable, a literal, a box, a conversion, the array of a slice."""

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from escapelens import dialect
from escapelens.declared import declared_in
from escapelens.drafts import Draft
from escapelens.evidence import Subject
from escapelens.examine.view import CALLS, FUNCTIONS, TYPED_BY_CONTEXT, View, enclosing
from escapelens.model import Kind
from escapelens.parsers.diagnostics import Hop, Place

if TYPE_CHECKING:
    from tree_sitter import Node


_CONVERSION = re.compile(r"(?:string|\(?\[\](?:byte|rune|uint8|int32)\)?)\((?!nil\)\Z)")
"""A conversion of text; that of `nil` makes none."""
_VALUE = (
    r"""(?:"(?:[^"\\]|\\.)*(?:"|\\?\.\.\.)|'(?:[^'\\]|\\.)+'|`[^`]*`|-?\d[\w.+-]*|true|false|nil)"""
)
_LITERAL = re.compile(rf"(?:{_VALUE}|(?P<called>\w+(?:\.\w+)?)\({_VALUE}\))")
_TEXT = re.compile(r"^[\"`]| \+ [\"`]")
"""A text among the operands of a sum."""
_NUMBER = re.compile(r"-?\d[\w.]*")
_NAMED = re.compile(r"(?:(?P<package>\w+)\.)?(?P<name>\w+)(?=[({),])")


class Subjects:
    """Tells what the drafts of one file put on the heap."""

    def __init__(self, view: View) -> None:
        self._view = view

    def of(self, draft: Draft, node: "Node | None", told: Sequence[Hop], *, own: bool) -> Subject:
        if draft.kind is Kind.DEFERRED_CALL:
            return Subject.WRAPPER
        text = dialect.generalise(draft.text, keep=True)
        if draft.kind is Kind.MOVED:
            return _variable(text, node, own=own)
        if text == "func literal":
            first = next((hop for hop in told if hop.reason != "spill"), None)
            is_body = first is not None and "#yield" in first.target
            return Subject.LOOP_BODY if is_body else self._literal(draft, node, own=own)
        if text == "... argument":
            return Subject.ARGUMENTS
        if text == "append" or text.startswith("append("):
            # Go 1.25 began to report arrays that grow, as `append`; else the result is boxed.
            grows = any(line.message == "append escapes to heap" for line in draft.lines)
            return Subject.APPEND if grows else Subject.BOX
        if text.startswith(("&", "new(")):
            return Subject.POINTER
        if text.startswith(("map[", "make(map[")):
            return Subject.MAP
        if text.startswith("make(chan"):
            return Subject.CHANNEL
        if text.startswith("make("):
            return Subject.MAP if self._makes_map(text) else Subject.SLICE
        if text.startswith("[]") and text.endswith("}"):
            return Subject.SLICE
        decided = next(iter(draft.lines)).message.removesuffix(" escapes to heap")
        if self._is_constant(decided) or self._is_constant_name(text):
            return Subject.CONSTANT
        if _is_sum(text) and not self._is_number(text, node, told):
            is_text = _TEXT.search(text) is not None  # and would be decided on twice if boxed
            if is_text or not _is_boxed(told, draft):
                return Subject.CONCATENATION
        if _CONVERSION.match(text) and not _is_boxed(told, draft):
            boxed = own and self._is_at_bracket(node, draft.place)
            return Subject.BOX if boxed else Subject.CONVERSION
        made_of = self.made_of(text)
        if made_of and made_of != "struct{}":
            boxed = _is_boxed(told, draft)
            if text.endswith("}"):
                return Subject.MAP if made_of == "map" else Subject.SLICE
            if made_of in ("[]byte", "[]rune") and text.endswith(")") and not boxed:
                return Subject.CONVERSION
        if self._is_method_value(text, node if own else None, told):
            return Subject.METHOD_VALUE
        return Subject.BOX

    def _literal(self, draft: Draft, node: "Node | None", *, own: bool) -> Subject:
        if own and node is not None and node.type != "func_literal":
            is_loop = node.type in ("for", "for_statement")
            return Subject.LOOP_BODY if is_loop else Subject.DICTIONARY
        return Subject.FUNC_LITERAL if draft.lines else Subject.DICTIONARY

    def _is_at_bracket(self, conversion: "Node | None", place: Place) -> bool:
        """Whether a place is a conversion's bracket: its box is there, its bytes at the operand."""
        source = self._view.source
        if source is None or conversion is None or conversion.type not in CALLS:
            return False
        bracket = source.content.find(b"(", conversion.start_byte)
        return source.offset(place.line, place.column) == bracket

    def _makes_map(self, text: str) -> bool:
        return self.made_of(text.removeprefix("make(")) == "map"

    def made_of(self, text: str) -> str:
        """What a literal's or conversion's named type is: `map`, `[]…`, or empty."""
        match = _NAMED.match(text)
        if match is None:
            return ""
        declared = self._view.declared
        if match["package"]:
            declared = self._view.imports.declared(self._view.imports.path(match["package"]))
        return declared.types.get(match["name"], "")

    def _is_constant(self, text: str) -> bool:
        """Whether a printed value is one constant, or a sum or conversion of such."""
        return all(self._is_literal(part) for part in text.split(" + "))

    def _is_literal(self, text: str) -> bool:
        match = _LITERAL.fullmatch(text)
        called = match["called"] if match else None
        return match is not None and (called is None or not self._is_function(called))

    def _is_function(self, name: str) -> bool:
        package, _, function = name.rpartition(".")
        declared = self._view.declared
        if package:
            declared = self._view.imports.declared(self._view.imports.path(package))
        return function in declared.functions

    def _is_number(self, text: str, node: "Node | None", told: Sequence[Hop]) -> bool:
        """Whether a sum is sure to be one of numbers."""
        operands = text.split(" + ")
        if any(_NUMBER.fullmatch(operand) for operand in operands):
            return True
        function = enclosing(node, FUNCTIONS, 200)
        if function is not None and self._view.source is not None and operands[0].isidentifier():
            declared = rf"\b{operands[0]}(?:, *\w+)* +(?:u?int|float|complex|byte\b|rune\b)"
            if re.search(declared, self._view.source.text(function)):
                return True
        last = told[-1] if told else None
        if last is None or last.reason != "return" or '"' in text:
            return False
        types = [type_ for _, type_ in self._view.results(self._view.node(last.place))]
        return len(types) == 1 and types[0] in ("any", "interface{}")

    def _is_constant_name(self, text: str) -> bool:
        package, _, name = text.rpartition(".")
        if not package:
            return text in self._view.declared.constants
        path = self._view.imports.path(package)
        return bool(path) and name in self._view.imports.declared(path).constants

    def _is_method_value(self, text: str, node: "Node | None", told: Sequence[Hop]) -> bool:
        name = text.rpartition(".")[2]
        if "." not in text or not name.isidentifier() or "(" in name:
            return False
        if node is not None and node.type != "selector_expression":
            return False
        if _next_is_interface(told):
            return False
        if name not in self._view.declared.methods and not self._is_method_elsewhere(name):
            return False
        # A field may have the name of a method.
        folder = os.path.dirname(self._view.path)  # noqa: PTH120
        return name not in declared_in(folder, tests=True).fields

    def _is_method_elsewhere(self, name: str) -> bool:
        paths = self._view.imports.paths()
        return any(name in self._view.imports.declared(path).methods for path in paths)


def _variable(text: str, node: "Node | None", *, own: bool) -> Subject:
    if text.rpartition(".")[2].startswith("#"):
        return Subject.LOOP_BODY
    if not own or node is None:
        return Subject.VARIABLE
    if node.type in ("for", "for_statement", "range"):
        return Subject.LOOP_BODY
    parent = node.parent
    for _ in range(3):
        if parent is None:
            break
        if parent.type in TYPED_BY_CONTEXT:
            return Subject.PARAMETER
        if parent.type in ("range_clause", "for_clause"):
            return Subject.LOOP_VARIABLE
        parent = parent.parent
    return Subject.VARIABLE


def _is_boxed(told: Sequence[Hop], draft: Draft) -> bool:
    """Whether a conversion or sum is only the value that an interface's copy is made of.

    Made and boxed, the compiler decides on it twice, in the same words.
    """
    if len(draft.explanations) > 1 or max(draft.lines.values(), default=1) > 1:
        return False
    return _next_is_interface(told)


def _next_is_interface(told: Sequence[Hop]) -> bool:
    """Whether a value goes straight into the slice of variadic arguments, or into an interface."""
    following = [hop for hop in told if hop.reason != "spill"][:1]
    return any(hop.expression == "... argument" for hop in following)


def _is_sum(text: str) -> bool:
    """Whether an expression is a sum on its outermost level."""
    depth = 0
    quote = ""
    previous = ""
    for at, char in enumerate(text):
        if quote:
            # A long text is cut, without the quote at its end.
            is_cut = text[at - 3 : at + 3] == "... + "
            if is_cut or (char == quote and previous != "\\"):
                quote = ""
        elif char in "\"'`":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "+" and depth == 0 and text[at - 1 : at + 2] == " + ":
            return True
        previous = char
    return False
