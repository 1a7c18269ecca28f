"""What keeps a value where its flow ends: a result, a variable, a container, a call."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from escapelens import dialect
from escapelens.evidence import Callee, End, Kept
from escapelens.examine import printed as printed_call
from escapelens.examine.calls import Calls, Last
from escapelens.examine.fields import Move, moves
from escapelens.examine.flows import receiver_of
from escapelens.examine.scopes import is_declared_within
from escapelens.examine.view import (
    CALLS,
    ROOT,
    STORAGE,
    View,
    called,
    enclosing,
    last_name,
)
from escapelens.model import Kind
from escapelens.nodes import node_in_loop
from escapelens.parsers.diagnostics import NOWHERE, Hop, Place

if TYPE_CHECKING:
    from tree_sitter import Node


_MAX_STATEMENT = 120
_FORCED = {
    "too large for stack": End.TOO_LARGE,
    "too aligned for stack": End.TOO_ALIGNED,
    "non-constant size": End.VARIABLE_SIZE,
    "zero-sized element": End.NO_SIZE,
}
INTO_MAP = ("map literal key", "map literal value", "key of map put")
_INTO_SLICE = ("appended slice...", "appendee slice", "copied slice")
_KEY = re.compile(r"[kK]ey\b|Key\(|\[\"")
"""An index that is one of a map's, where the source does not tell what is indexed."""
_NOT_GO = ("//go:uintptrescapes", "reflect.Header.Data", "conversion to unsafe.Pointer")
_ASSIGNMENTS = ("assignment_statement", "short_var_declaration", "var_spec", "inc_statement")


class Keepers:
    """Tells what keeps the values of one file at the end of their flows."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._calls = Calls(view)

    def of(self, steps: Sequence[Hop], place: Place, text: str) -> Kept:
        """What keeps a value at the end of its hops; `place` and `text` where it has none."""
        told = [hop for hop in steps if hop.reason]
        hop = told[-1] if told else Hop("", "", text, "", place)
        last = self._last(hop) if told else Last(hop, self._view.node(place))
        callee = self._calls.callee(last, told) if hop.reason == "call parameter" else None
        end, last = self._end(steps, told, last, callee)
        if end is End.HELD:
            last = self._around_capture(last)
        if end is End.OUTER_LOOP and self._is_hidden(last):
            last = self._named_before(told, last)
        return Kept(
            end,
            end is End.RESULT and self._is_error(last),
            callee,
            self._statement(last, text),
            None if last.hop.place is NOWHERE else self._view.paths.position(last.hop.place),
            self._holder(last, end, steps),
            steps[-1].target if end is End.HELD else "",
            self.moves(told),
        )

    def _last(self, hop: Hop) -> Last:
        """A last hop and its node; what is printed at a loop may stand in its body."""
        source, node = self._view.source, self._view.node(hop.place)
        if source is not None and node is not None and node.type == "for_statement":
            inner = node_in_loop(source, node, Kind.ESCAPES, hop.expression)
            if inner is not None:
                place = Place(hop.place.file, *source.point(_operator_of(inner).start_byte))
                return Last(replace(hop, place=place), inner)
        return Last(hop, self._own_node(hop))

    def moves(self, told: Sequence[Hop]) -> tuple[Move, ...]:
        """The steps of a flow into and out of fields."""
        return moves(told, self._field_of)

    def _is_hidden(self, last: Last) -> bool:
        """Whether the source does not show the variable of a last hop: one of an inlined body."""
        target, mark = last.hop.target, " := "
        if dialect.is_words(dialect.variable(target)):
            return True
        source, node = self._view.source, last.node
        if source is None or mark not in last.hop.expression:
            return False
        if node is None:
            return True
        left = node.child_by_field_name("left") or node.child_by_field_name("name")
        return left is not None and target not in re.findall(r"\w+", source.text(left))

    def _named_before(self, told: Sequence[Hop], last: Last) -> Last:
        """The last assignment to a variable of the source in place of one that has no name there.

        It is one that does not declare the variable, so that it lives longer, too.
        """
        for hop in reversed(told):
            is_old = hop.reason.startswith("assign") and " := " not in hop.expression
            if is_old and hop.target.isidentifier():
                return Last(hop, self._own_node(hop))
        return last

    def _field_of(self, literal: Hop, before: Hop | None) -> str:
        """The field of a struct literal that the value of the hop before is stored in."""
        source = self._view.source
        if source is None or before is None or before.place.file != literal.place.file:
            return ""
        node = self._view.node(literal.place)
        at = source.offset(before.place.line, before.place.column or 1)
        if node is None or at is None or before.place == literal.place:
            return ""
        if node.type == "composite_literal":
            node = node.child_by_field_name("body")
        for element in node.named_children if node is not None else ():
            if element.start_byte <= at < element.end_byte and element.type == "keyed_element":
                key = element.named_child(0)
                return source.text(key) if key is not None else ""
        return ""

    def _around_capture(self, last: Last) -> Last:
        """The function literal in place of the variable that it captures."""
        place = last.hop.place
        literals = self._view.literals(place) if last.hop.reason == "captured by a closure" else []
        return self._at(literals[0] if literals else None, last)

    def _end(
        self, steps: Sequence[Hop], told: Sequence[Hop], last: Last, callee: Callee | None
    ) -> tuple[End, Last]:
        if not told:
            return End.UNKNOWN, last
        hop = last.hop
        reason, target = hop.reason, steps[-1].target
        if reason in _FORCED:
            return _FORCED[reason], last
        if not steps[-1].reason and target == "{heap}" and reason != "call parameter":
            return self._without_words(steps, last)
        if reason == "return" or dialect.is_result(target) or self._is_named_result(target, last):
            return End.RESULT, last
        if reason == "call parameter" and target == "{temp}" and steps[-1] is hop:
            return End.OUTER_LOOP, last  # an argument of a call outside of the loop
        if reason == "call parameter" and target == "{temp}" and hop.target.isidentifier():
            return End.OUTER_LOOP, last  # the parameter of a function that calls itself
        if callee is not None:
            return self._calls.end(callee, last, told), last
        if reason in INTO_MAP:
            return End.MAP_ENTRY, last
        if reason in _INTO_SLICE:
            return End.ELEMENT, last
        if reason in _NOT_GO:
            return End.NO_BODY, last
        if reason == "send":
            return End.CHANNEL, last
        if target.startswith(STORAGE):
            return End.HELD, last
        if target != "{heap}":
            is_in_itself = steps[0].value == f"&{target}"
            return End.HELD if is_in_itself else self._outer(target, last), last
        if reason == "spill":
            return self._run_later(hop), last
        return self._store(last), last

    def _without_words(self, steps: Sequence[Hop], last: Last) -> tuple[End, Last]:
        """The end of a flow whose last hop the compiler does not explain.

        It is a function that a `go` or `defer` statement runs, or the receiver of a method that is
        called, or is taken as a value.
        """
        node = self._view.node(last.hop.place)
        if node is not None and node.type == "selector_expression":
            return End.CALL, Last(last.hop, node)
        if receiver := receiver_of(steps):
            made = node if dialect.is_result(receiver) else None
            value = self._view.find(
                last.hop.place, lambda one: self._takes_method(one, receiver, made)
            )
            return End.CALL, self._at(value, last)
        if not last.hop.reason.startswith("assign"):
            return End.POINTER, last
        name = steps[-1].value
        statement = self._view.find(last.hop.place, lambda one: self._runs_later(one, name))
        is_deferred = statement is not None and statement.type == "defer_statement"
        return (End.DEFER if is_deferred else End.GOROUTINE), self._at(statement, last)

    def _takes_method(self, node: "Node", receiver: str, made: "Node | None") -> bool:
        """Whether a node is a method value of a receiver, which a call may have `made`."""
        source, operand = self._view.source, node.child_by_field_name("operand")
        if node.type != "selector_expression" or source is None or operand is None:
            return False
        parent = node.parent
        is_called = parent is not None and parent.child_by_field_name("function") == node
        return not is_called and (operand == made or source.text(operand) == receiver)

    def _runs_later(self, node: "Node", name: str) -> bool:
        """Whether a node is a `go` or `defer` statement that calls the function in a variable."""
        source = self._view.source
        if source is None or node.type not in ("go_statement", "defer_statement"):
            return False
        call = node.named_child(0)
        return call is not None and called(source, call) == name

    def _at(self, node: "Node | None", last: Last) -> Last:
        """The last hop at a node that the source shows for it, if there is one."""
        source = self._view.source
        if source is None or node is None:
            return last
        place = Place(last.hop.place.file, *source.point(node.start_byte))
        return Last(replace(last.hop, place=place), node)

    def _own_node(self, hop: Hop) -> "Node | None":
        """The node of a hop, if the source shows there what the compiler speaks of."""
        node = self._view.node(hop.place)
        if node is None or self._view.source is None:
            return None
        reason = hop.reason
        if reason == "key of map put":
            return enclosing(node, _ASSIGNMENTS, 3)
        if reason == "return":
            return node if node.type == "return_statement" else None
        if reason.startswith("assign"):
            # In a loop over a function, a return assigns to the results of the function around it.
            is_return = node.type == "return_statement"
            return node if is_return else enclosing(node, _ASSIGNMENTS, 2)
        if reason == "call parameter":
            if node.type not in CALLS:
                return None
            printed = dialect.function(printed_call.callee(hop.expression))
            return node if self._calls.is_same(printed, called(self._view.source, node)) else None
        return node

    def _is_named_result(self, target: str, last: Last) -> bool:
        if not target.isidentifier():
            return False
        node = last.node or self._view.node(last.hop.place)
        return any(name == target for name, _ in self._view.results(node))

    def _is_error(self, last: Last) -> bool:
        """Whether the result that keeps the value is of type `error`."""
        results = self._view.results(last.node or self._view.node(last.hop.place))
        target = last.hop.target
        returned = _returned(last.hop)
        if len(returned) == len(results) and last.hop.value.lstrip("&*") in returned:
            index = returned.index(last.hop.value.lstrip("&*"))
            return results[index][1] == "error"
        number = re.search(r"[~.][rR](\d+)$", target)
        if number is not None:
            index = int(number[1])
            return index < len(results) and results[index][1] == "error"
        return any(name == target and type_ == "error" for name, type_ in results)

    def _outer(self, target: str, last: Last) -> End:
        """Whether a variable that is no result lives in an outer loop or an outer function."""
        literal = enclosing(last.node, ("func_literal",), 200)
        if literal is None or self._view.source is None or not target.isidentifier():
            return End.OUTER_LOOP
        assert last.node is not None
        is_own = is_declared_within(self._view.source, last.node, target, literal)
        return End.OUTER_LOOP if is_own else End.OUTER_FUNCTION

    def _run_later(self, hop: Hop) -> End:
        """Why something is on the heap that flows nowhere: its call comes later."""
        node = self._view.node(hop.place)
        statement = enclosing(node, ("go_statement", "defer_statement"), 3)
        if statement is not None and statement.type == "defer_statement":
            return End.DEFER
        return End.GOROUTINE

    def _store(self, last: Last) -> End:
        """What a value is stored in that the compiler sees as the heap."""
        left = self._left(last)
        if not left:
            return End.POINTER
        if left.endswith("]") and not left.startswith("*"):
            at = printed_call.opening(left)
            if self._is_map(left[:at]) or _KEY.search(left[at:]):
                return End.MAP_ENTRY
            return End.ELEMENT
        root = ROOT.match(left)
        name = root["name"] if root else ""
        if left.startswith("*"):
            return End.POINTER
        if name in self._view.declared.variables and not self._view.is_local(name, last.node):
            return End.GLOBAL
        if "." not in left and last.node is not None:
            return End.GLOBAL
        path = self._view.imports.path(name)
        if path and "." in left:
            field = left.split(".")[1]
            if field in self._view.imports.declared(path).variables or last.node is not None:
                return End.GLOBAL
        return End.POINTER

    def _is_map(self, container: str) -> bool:
        name = last_name(container)
        return name in self._view.declared.maps or "map" in name.lower()

    def _left(self, last: Last) -> str:
        """The left side of an assignment that receives the value."""
        source, node = self._view.source, last.node
        printed = _printed_left(last.hop)
        if source is None or node is None or node.type not in _ASSIGNMENTS:
            return printed
        left = node.child_by_field_name("left") or node.child_by_field_name("name")
        if left is None:
            return printed
        if left.named_child_count > 1 and left.type == "expression_list":
            parts = [source.text(part) for part in left.named_children]
            at = _assigned_at(last.hop, len(parts))
            return printed or source.text(left) if at is None else parts[at]
        return source.text(left)

    def _holder(self, last: Last, end: End, steps: Sequence[Hop]) -> str:
        if end is End.HELD:
            target = steps[-1].target
            return dialect.plain(
                target[len(STORAGE) : -1] if target.startswith(STORAGE) else target
            )
        if end in (End.OUTER_LOOP, End.OUTER_FUNCTION):
            return dialect.variable(last.hop.target)
        if last.hop.reason.startswith("assign"):
            return dialect.plain(self._left(last))
        return ""

    def _statement(self, last: Last, text: str) -> str:
        printed = last.hop.expression
        if last.node is None and printed.startswith("panic("):
            return dialect.shorten(dialect.plain(printed), _MAX_STATEMENT)
        source, node = self._view.source, last.node or self._view.call_at(last.hop.place)
        if source is not None and node is not None and node.type not in ("block", "source_file"):
            return dialect.shorten(dialect.first_line(source.text(node)), _MAX_STATEMENT)
        return dialect.shorten(dialect.plain(last.hop.expression or text), _MAX_STATEMENT)


def _operator_of(node: "Node") -> "Node":
    """The token at which the compiler prints a call or an assignment; else the node."""
    if node.type in CALLS:
        return node.child_by_field_name("arguments") or node
    signs = (child for child in node.children if child.type in ("=", ":="))
    return next(signs, node) if node.type in _ASSIGNMENTS else node


def _printed_left(hop: Hop) -> str:
    """The left side of a printed assignment, where it has one."""
    left, mark, _ = hop.expression.partition(" = ")
    if not mark:
        left, mark, _ = hop.expression.partition(" := ")
    return left if mark else ""


def _assigned_at(hop: Hop, parts: int) -> int | None:
    """Which of the values that a printed assignment has is the hop's; None if that is not told."""
    right = hop.expression.removeprefix(_printed_left(hop)).lstrip(" :=")
    values = printed_call.split(right)
    name = hop.value.lstrip("&*").removeprefix(STORAGE).removesuffix("}")
    return values.index(name) if len(values) == parts and name in values else None


def _returned(hop: Hop) -> list[str]:
    """The values of a printed return statement."""
    values = hop.expression.removeprefix("return ")
    return printed_call.split(values) if hop.reason == "return" and values != hop.expression else []
