"""Reads a site's flows and the source at their positions: evidence of why it is on the heap.

An explanation often ends in another allocation or variable of the same function; its own
explanation then goes on, up to what really keeps the value.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from escapelens import dialect
from escapelens import printed as printed_call
from escapelens.declared import Declared, Imports, declared_in
from escapelens.drafts import Draft, Paths
from escapelens.evidence import Callee, End, Evidence, Kept, Subject, Through
from escapelens.fields import is_held, moves
from escapelens.memory import memory_of
from escapelens.model import Kind, Position
from escapelens.order import can_follow, returns_in
from escapelens.parsers.diagnostics import NOWHERE, Explanation, Hop, Place
from escapelens.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_FOLLOWED = 12
_MAX_STATEMENT = 120
_STORAGE = "{storage for "
_FORCED = {
    "too large for stack": End.TOO_LARGE,
    "too aligned for stack": End.TOO_ALIGNED,
    "non-constant size": End.VARIABLE_SIZE,
    "zero-sized element": End.NO_SIZE,
}
_INTO_MAP = ("map literal key", "map literal value", "key of map put")
_INTO_SLICE = ("appended slice...", "appendee slice", "copied slice")
_HELD_BY_MORE = ("struct literal element", "slice", "captured by a closure", *_INTO_MAP)
_NOT_GO = ("//go:uintptrescapes", "reflect.Header.Data", "conversion to unsafe.Pointer")
_KEPT_BY_ITSELF = (
    End.UNKNOWN,
    End.HELD,
    End.TOO_LARGE,
    End.TOO_ALIGNED,
    End.VARIABLE_SIZE,
    End.NO_SIZE,
    End.OUTER_LOOP,
)
_BUILTIN_ENDS = {"append": End.ELEMENT, "copy": End.ELEMENT, "panic": End.PANIC}
_CONVERSION = re.compile(r"(?:string|\(?\[\](?:byte|rune|uint8|int32)\)?)\(")
_VALUE = (
    r"""(?:"(?:[^"\\]|\\.)*(?:"|\.\.\.)|'(?:[^'\\]|\\.)+'|`[^`]*`|-?\d[\w.+-]*|true|false|nil)"""
)
_LITERAL = re.compile(rf"(?:{_VALUE}|(?P<called>\w+(?:\.\w+)?)\({_VALUE}\))")
_NUMBER = re.compile(r"-?\d[\w.]*")
_NAMED = re.compile(r"(?:(?P<package>\w+)\.)?(?P<name>\w+)(?=[({),])")
_METHOD = re.compile(r"\((?P<pointer>\*?)(?:(?P<package>[\w./]+)\.)?(?P<type>\w+)\)\.(?P<name>\w+)")
_DOTTED = re.compile(r"\w+(?:\.\w+)*")
_DICTIONARY = re.compile(r"(?:&|\(\*\[\d+\]uintptr\)\()?(?:\w+\.)?\.dict\b")
"""The argument that generic functions get beside those of the source."""
_ROOT = re.compile(r"[(*&]*(?P<name>[^\W\d]\w*)")
_FUNCTIONS = ("func_literal", "function_declaration", "method_declaration")
_KEEPERS = ("func_literal", "go_statement", "defer_statement", "for_statement")
_ASSIGNMENTS = ("assignment_statement", "short_var_declaration", "var_spec", "inc_statement")
_CALLS = ("call_expression", "type_conversion_expression")
_TYPED_BY_CONTEXT = ("parameter_declaration", "variadic_parameter_declaration")


class _Last(NamedTuple):
    """The hop at which a flow ends, and its node where the hop stands in the source as such."""

    hop: Hop
    node: "Node | None"


class Siblings:
    """The drafts of one block and file, by what the compiler calls them."""

    def __init__(self, drafts: Iterable[Draft]) -> None:
        self._by_text: dict[str, list[Draft]] = {}
        for draft in drafts:
            self._by_text.setdefault(draft.text, []).append(draft)
        self._by_place: dict[Place, list[Draft]] | None = None

    def of(self, text: str, beside: Draft, kinds: Sequence[Kind]) -> list[Draft]:
        """The drafts of that text and one of these kinds in the function of another one."""
        return [
            one
            for one in self._by_text.get(text, ())
            if one.kind in kinds and one.function == beside.function and one is not beside
        ]

    def at_place_of(self, draft: Draft) -> list[Draft]:
        """The other drafts at the place of one."""
        if self._by_place is None:
            self._by_place = {}
            for drafts in self._by_text.values():
                for one in drafts:
                    self._by_place.setdefault(one.place, []).append(one)
        return [one for one in self._by_place[draft.place] if one is not draft]


class Examiner:
    """Examines the drafts of one file; the tree of its source must span their functions."""

    def __init__(
        self,
        source: Source | None,
        path: str,
        paths: Paths,
        hops_of: Callable[[Explanation], Sequence[Hop]],
    ) -> None:
        self._source = source
        self._paths = paths
        self._hops_of = hops_of
        self._path = path
        self._texts: dict[int, str] = {}
        """The text of functions, by where they start."""

    @cached_property
    def _declared(self) -> Declared:
        return declared_in(  # the tests of a package see all of it
            os.path.dirname(self._path),  # noqa: PTH120
            tests=self._path.endswith("_test.go"),
        )

    @cached_property
    def _imports(self) -> Imports:
        return Imports(self._source.content if self._source else b"", self._paths.goroot)

    def examine(
        self, draft: Draft, what: str, node: "Node | None", *, own: bool, siblings: Siblings
    ) -> Evidence:
        """Why a draft is on the heap; `node` stands at its place, and is it itself if `own`."""
        steps = self._until_stored(_until_returned(list(self._followed(draft, siblings))))
        if steps and steps[-1].reason == "return":
            steps[-1] = self._later_return(steps[-1], draft, node)
        told = [hop for hop in steps if hop.reason]
        kept = self.kept(steps, draft.place, draft.text)
        through, captured, literal = _capture(told)
        subject = self._subject(draft, node, told, own=own)
        return Evidence(
            subject,
            kept.end,
            through,
            is_error=kept.is_error and not (subject is Subject.BOX and is_held(kept.moves)),
            among_pointers=_is_among_pointers(told),
            top_level=bool(draft.path)
            and draft.function is None
            and _enclosing(node, ("func_literal",), 200) in (None, node),
            callee=kept.callee,
            what=what if own else _unqualified(what, draft),
            statement=kept.statement,
            position=kept.position,
            holder=kept.holder,
            inlined="" if own else (draft.inlined[0] if len(set(draft.inlined)) == 1 else "…"),
            captured=captured,
            literal=self._position(literal),
            memory=memory_of(
                draft,
                subject,
                siblings.at_place_of(draft) if draft.marks else (),
                lambda place: self._is_in_sight(place, draft),
                self._made_of,
            ),
            never_follows=told != []
            and draft.kind is not Kind.MOVED
            and kept.end not in _KEPT_BY_ITSELF
            and self._never_follows(draft, node, told[-1]),
            moves=kept.moves,
            storage=kept.storage,
        )

    def _is_in_sight(self, declared: Place, draft: Draft) -> bool:
        """Whether a draft may be the variable of its name that is declared at a place."""
        function = draft.function
        if declared == draft.place:
            return True
        if self._source is None or declared.file != draft.place.file or function is None:
            return "." in draft.text or draft.text in self._declared.variables
        at = self._source.offset(declared.line, declared.column or 1)
        is_within = at is not None and function.start <= at < function.end
        return is_within or draft.text in self._declared.variables

    def _later_return(self, hop: Hop, draft: Draft, node: "Node | None") -> Hop:
        """The return of a variable; the next one that follows, if the one printed never does.

        The compiler prints the first return of the function, since all lead to the same result.
        """
        source, name = self._source, hop.value.lstrip("&*").rpartition(".")[2]
        if source is None or not name.isidentifier() or not self._never_follows(draft, node, hop):
            return hop
        function = _enclosing(node, _FUNCTIONS, 200)
        for one in returns_in(function):
            operands = one.named_children[0].named_children if one.named_children else []
            texts = (source.text(operand).removeprefix("append(") for operand in operands)
            roots = map(_ROOT.match, texts)
            if node is None or not any(root and root["name"] == name for root in roots):
                continue
            if can_follow(node, one):
                place = Place(hop.place.file, *source.point(one.start_byte))
                return replace(hop, place=place, expression=source.text(one))
        return hop

    def _never_follows(self, draft: Draft, node: "Node | None", last: Hop) -> bool:
        """Whether what keeps a value cannot run after it was made."""
        if node is None or last.place.file != draft.place.file or last.place.line == 0:
            return False
        later = self._node(last.place)
        return later is not None and not can_follow(node, later)

    def kept(self, steps: Sequence[Hop], place: Place, text: str) -> Kept:
        """What keeps a value at the end of its hops; `place` and `text` where it has none."""
        told = [hop for hop in steps if hop.reason]
        end, last = self._end(steps, told, place, text)
        is_call = last.hop.reason == "call parameter"
        if end is End.HELD:
            last = self._around_capture(last)
        if end is End.OUTER_LOOP and dialect.is_words(dialect.variable(last.hop.target)):
            last = self._named_before(told, last)
        return Kept(
            end,
            end is End.RESULT and self._is_error(last),
            self._callee(last, told) if is_call else None,
            self._statement(last, text),
            None if last.hop.place is NOWHERE else self._paths.position(last.hop.place),
            self._holder(last, end, steps),
            steps[-1].target if end is End.HELD else "",
            moves(told, self._field_of),
        )

    def _named_before(self, told: Sequence[Hop], last: _Last) -> _Last:
        """The last assignment to a variable of the source in place of one that has no name there.

        It is one that does not declare the variable, so that it lives longer, too.
        """
        for hop in reversed(told):
            is_old = hop.reason.startswith("assign") and " := " not in hop.expression
            if is_old and hop.target.isidentifier():
                return _Last(hop, self._own_node(hop))
        return last

    def _field_of(self, literal: Hop, before: Hop | None) -> str:
        """The field of a struct literal that the value of the hop before is stored in."""
        source = self._source
        if source is None or before is None or before.place.file != literal.place.file:
            return ""
        node = self._node(literal.place)
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

    def _position(self, place: Place | None) -> Position | None:
        return None if place is None else self._paths.position(place)

    def _followed(self, draft: Draft, siblings: Siblings) -> Iterator[Hop]:
        """The hops of a draft's first explanation and of those that it goes on in."""
        seen = {id(draft)}
        for _ in range(_MAX_FOLLOWED):
            if not draft.explanations:
                return
            found = self._hops_of(draft.explanations[0])
            yield from found
            if found and found[-1].reason == "return":
                return
            target = found[-1].target if found else ""
            last = next((hop.place for hop in reversed(found) if hop.place.line), draft.place)
            follower = self._holder_of(target, last, draft, siblings)
            if follower is None or id(follower) in seen:
                return
            seen.add(id(follower))
            draft = follower

    def _until_stored(self, steps: list[Hop]) -> list[Hop]:
        """The hops up to that by which a function literal stores into an outer variable.

        What follows is how the literal reaches that variable: it captures it by reference.
        """
        for index, hop in enumerate(steps[:-1]):
            following = steps[index + 1]
            if not hop.reason.startswith("assign") or following.reason != "captured by a closure":
                continue
            if following.value != f"&{hop.target}":
                continue
            literals = self._literals(hop.place)
            if literals and literals[0] in self._literals(following.place):
                return steps[: index + 1]
        return steps

    def _around_capture(self, last: _Last) -> _Last:
        """The function literal in place of the variable that it captures."""
        source, place = self._source, last.hop.place
        literals = self._literals(place) if last.hop.reason == "captured by a closure" else []
        if source is None or not literals:
            return last
        start = Place(place.file, *source.point(literals[0].start_byte))
        return _Last(replace(last.hop, place=start), literals[0])

    def _literals(self, place: Place) -> "list[Node]":
        """The function literals around a place, the innermost first."""
        node = self._node(place)
        found = []
        while node is not None:
            if node.type == "func_literal":
                found.append(node)
            node = node.parent
        return found

    def _holder_of(
        self, target: str, last: Place, draft: Draft, siblings: Siblings
    ) -> Draft | None:
        """The draft in which a flow goes on that ends in memory or a variable of the function."""
        if not target.startswith(_STORAGE):
            return _nearest(siblings.of(target, draft, (Kind.MOVED,)), last.line)
        text = target[len(_STORAGE) : -1]
        found = siblings.of(text, draft, (Kind.ESCAPES, Kind.DEFERRED_CALL))
        if text != "func literal":
            return _nearest(found, last.line)
        # A capture stands within the literal, or in the statement whose call is wrapped.
        around = list(self._around(last))
        by_place = {(one.place.line, one.place.column): one for one in found}
        return next((by_place[place] for place in around if place in by_place), None)

    def _around(self, place: Place) -> Iterator[tuple[int, int]]:
        """Where the function literals, loops and statements begin that a place stands in."""
        node, source = self._node(place), self._source
        while node is not None and source is not None:
            if node.type in _KEEPERS:
                yield source.point(node.start_byte)
            node = node.parent

    def _node(self, place: Place) -> "Node | None":
        source = self._source
        if source is None or not place.column:
            return None
        return source.node_at(place.line, place.column)

    # What is on the heap

    def _subject(
        self, draft: Draft, node: "Node | None", told: Sequence[Hop], *, own: bool
    ) -> Subject:
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
        if _is_sum(text) and not self._is_number(text, node, told) and not _is_boxed(told, draft):
            return Subject.CONCATENATION
        if _CONVERSION.match(text) and not _is_boxed(told, draft):
            boxed = own and self._is_at_bracket(node, draft.place)
            return Subject.BOX if boxed else Subject.CONVERSION
        made_of = self._made_of(text)
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
        source = self._source
        if source is None or conversion is None or conversion.type not in _CALLS:
            return False
        bracket = source.content.find(b"(", conversion.start_byte)
        return source.offset(place.line, place.column) == bracket

    def _makes_map(self, text: str) -> bool:
        return self._made_of(text.removeprefix("make(")) == "map"

    def _made_of(self, text: str) -> str:
        """What a literal's or conversion's named type is: `map`, `[]…`, or empty."""
        match = _NAMED.match(text)
        if match is None:
            return ""
        declared = self._declared
        if match["package"]:
            declared = self._imports.declared(self._imports.path(match["package"]))
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
        declared = self._declared
        if package:
            declared = self._imports.declared(self._imports.path(package))
        return function in declared.functions

    def _is_number(self, text: str, node: "Node | None", told: Sequence[Hop]) -> bool:
        """Whether a sum is sure to be one of numbers."""
        operands = text.split(" + ")
        if any(_NUMBER.fullmatch(operand) for operand in operands):
            return True
        function = _enclosing(node, _FUNCTIONS, 200)
        if function is not None and self._source is not None and operands[0].isidentifier():
            declared = rf"\b{operands[0]}(?:, *\w+)* +(?:u?int|float|complex|byte\b|rune\b)"
            if re.search(declared, self._source.text(function)):
                return True
        last = told[-1] if told else None
        if last is None or last.reason != "return" or '"' in text:
            return False
        types = [type_ for _, type_ in self._results(self._node(last.place))]
        return len(types) == 1 and types[0] in ("any", "interface{}")

    def _is_constant_name(self, text: str) -> bool:
        package, _, name = text.rpartition(".")
        if not package:
            return text in self._declared.constants
        path = self._imports.path(package)
        return bool(path) and name in self._imports.declared(path).constants

    def _is_method_value(self, text: str, node: "Node | None", told: Sequence[Hop]) -> bool:
        name = text.rpartition(".")[2]
        if "." not in text or not name.isidentifier() or "(" in name:
            return False
        if node is not None and node.type != "selector_expression":
            return False
        if _next_is_interface(told):
            return False
        if name not in self._declared.methods and not self._is_method_elsewhere(name):
            return False
        # A field may have the name of a method.
        folder = os.path.dirname(self._path)  # noqa: PTH120
        return name not in declared_in(folder, tests=True).fields

    def _is_method_elsewhere(self, name: str) -> bool:
        paths = self._imports.paths()
        return any(name in self._imports.declared(path).methods for path in paths)

    # What keeps it

    def _end(
        self, steps: Sequence[Hop], told: Sequence[Hop], place: Place, text: str
    ) -> tuple[End, _Last]:
        if not told:
            return End.UNKNOWN, _Last(Hop("", "", text, "", place), self._node(place))
        hop = told[-1]
        last = _Last(hop, self._own_node(hop))
        reason, target = hop.reason, steps[-1].target
        if reason in _FORCED:
            return _FORCED[reason], last
        if not steps[-1].reason and target == "{heap}" and reason != "call parameter":
            return self._without_words(last)
        if reason == "return" or dialect.is_result(target) or self._is_named_result(target, last):
            return End.RESULT, last
        if reason == "call parameter" and target == "{temp}" and steps[-1] is hop:
            return End.OUTER_LOOP, last  # an argument of a call outside of the loop
        if reason == "call parameter":
            return self._call_end(last), last
        if reason in _INTO_MAP:
            return End.MAP_ENTRY, last
        if reason in _INTO_SLICE:
            return End.ELEMENT, last
        if reason in _NOT_GO:
            return End.NO_BODY, last
        if reason == "send":
            return End.CHANNEL, last
        if target.startswith(_STORAGE):
            return End.HELD, last
        if target != "{heap}":
            return self._outer(target, last), last
        if reason == "spill":
            return self._run_later(hop), last
        return self._store(last), last

    def _without_words(self, last: _Last) -> tuple[End, _Last]:
        """The end of a flow whose last hop the compiler does not explain.

        It is a function that a `go` statement runs, or the receiver of a method that is called.
        """
        node = self._node(last.hop.place)
        if node is not None and node.type == "selector_expression":
            return End.CALL, _Last(last.hop, node)
        return (End.GOROUTINE if last.hop.reason.startswith("assign") else End.POINTER), last

    def _own_node(self, hop: Hop) -> "Node | None":
        """The node of a hop, if the source shows there what the compiler speaks of."""
        node = self._node(hop.place)
        if node is None or self._source is None:
            return None
        reason = hop.reason
        if reason == "return":
            return node if node.type == "return_statement" else None
        if reason.startswith("assign"):
            statement = _enclosing(node, _ASSIGNMENTS, 2)
            return statement
        if reason == "call parameter":
            if node.type not in _CALLS:
                return None
            printed = dialect.function(printed_call.callee(hop.expression))
            return node if self._is_same_call(printed, _called(self._source, node)) else None
        return node

    def _is_same_call(self, printed: str, written: str) -> bool:
        """Whether a printed callee is the one that is called in the source, or is inlined there.

        Methods are printed with their type. A call in an inlined body may be that of a variable's
        method, and have the name of the function that was inlined.
        """
        if _last_name(printed) != _last_name(written):
            return False
        *owner, _ = printed.split(".")
        if "(" in printed or not owner or owner[-1][:1].isupper() or _DICTIONARY.match(printed):
            return True
        if dialect.plain(printed) == written or _DOTTED.fullmatch(written) is None:
            return True
        qualifier = owner[0] if len(owner) == 1 else ""
        return bool(self._imports.path(qualifier)) or self._is_own_package(qualifier)

    def _is_named_result(self, target: str, last: _Last) -> bool:
        node = last.node or self._node(last.hop.place)
        return any(name == target for name, _ in self._results(node))

    def _results(self, node: "Node | None") -> list[tuple[str, str]]:
        """Name and type of each result of the function around a node."""
        source = self._source
        function = _enclosing(node, _FUNCTIONS, 200)
        result = None if function is None else function.child_by_field_name("result")
        if result is None or source is None:
            return []
        if result.type != "parameter_list":
            return [("", source.text(result))]
        listed: list[tuple[str, str]] = []
        for parameter in result.named_children:
            if parameter.type not in _TYPED_BY_CONTEXT:
                continue
            type_ = parameter.child_by_field_name("type")
            spelled = source.text(type_) if type_ is not None else ""
            names = [source.text(name) for name in parameter.children_by_field_name("name")]
            listed += [(name, spelled) for name in names or [""]]
        return listed

    def _is_error(self, last: _Last) -> bool:
        """Whether the result that keeps the value is of type `error`."""
        results = self._results(last.node or self._node(last.hop.place))
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

    def _call_end(self, last: _Last) -> End:
        builtin = _BUILTIN_ENDS.get(printed_call.callee(last.hop.expression))
        if builtin is not None:
            return builtin
        callee = self._callee(last, ())
        if callee.function == "" and callee.text.startswith("C."):
            return End.NO_BODY
        if callee.function == "":
            return End.DYNAMIC_CALL
        if callee.package == "reflect":
            return End.REFLECTION
        declared = self._declared
        if callee.package:
            declared = self._imports.declared(callee.package)
        if callee.package == "C" or callee.function.startswith("_C"):
            return End.NO_BODY
        known = declared.functions.get(callee.function)
        is_go = not known or any(declaration.has_body for declaration in known)
        return End.CALL if is_go else End.NO_BODY

    def _callee(self, last: _Last, told: Sequence[Hop]) -> Callee:
        """The function that a value is handed to, as far as names tell."""
        printed = dialect.function(printed_call.callee(last.hop.expression))
        source = self._source
        written = _called(source, last.node) if source is not None and last.node else ""
        call = self._call_at(last.hop.place)
        around = _called(source, call) if source is not None and call is not None else ""
        package, function = self._named(printed, written, last.node)
        argument = _argument(last.hop, [hop for hop in told if hop is not last.hop])
        if written or not around:
            return Callee(written or dialect.plain(printed), package, function, argument)
        if function and _last_name(function) == _last_name(around):
            return Callee(around, package, function, argument)
        text = dialect.plain(printed) if function else self._unqualified(printed)
        return Callee(text, package, function, argument, "" if text == around else around)

    def _unqualified(self, printed: str) -> str:
        """A call of an inlined body without the package that its variables are printed with."""
        package, _, rest = dialect.plain(printed).partition(".")
        return (
            rest
            if "." in rest and rest[:1].islower() and package.isidentifier()
            else (dialect.plain(printed))
        )

    def _is_hidden(self, name: str, node: "Node | None") -> bool:
        """Whether a variable of the function hides what a name means outside."""
        return node is not None and self._is_local(name, node)

    def _named(self, printed: str, written: str, node: "Node | None") -> tuple[str, str]:
        """Package and declared name of a called function; no name where it is a value."""
        method = _METHOD.fullmatch(printed)
        if method is not None:
            package = method["package"] or ""
            star = method["pointer"]
            name = f"({star}{method['type']}).{method['name']}" if star else method["type"]
            function = name if star else f"{method['type']}.{method['name']}"
            return self._imports.path(package) or package, function
        if printed in _BUILTIN_ENDS or _DOTTED.fullmatch(printed) is None:
            return "", ""
        *owner, name = printed.split(".")
        if not owner:
            is_known = name in self._declared.functions and not self._is_hidden(name, node)
            return "", name if is_known else ""
        if printed in self._declared.functions:
            return "", printed
        path = self._imports.path(owner[0])
        path = "" if path and self._is_hidden(owner[0], node) else path
        if not path and len(owner) == 1 and self._is_own_package(owner[0]):
            return "", name if name in self._declared.functions else ""
        is_as_written = bool(written) and dialect.plain(printed) == written
        if len(owner) == 1:
            known = self._imports.declared(path).functions
            if known and name not in known:
                return "", ""
            is_package = bool(path) and (not written or written.count(".") == 1)
            if is_package or (not written and self._is_in_package(name, owner[0])):
                return path or owner[0], name
            return "", ""
        if len(owner) == 2 and not is_as_written and owner[1][:1].isupper():
            return path or owner[0], f"{owner[1]}.{name}"
        return "", ""

    def _is_own_package(self, name: str) -> bool:
        """Whether a name is this package's own, which instances that others print carry."""
        return self._source is not None and self._source.package_name == name

    def _is_in_package(self, function: str, name: str) -> bool:
        """Whether a name in inlined code is that of a function's package, not imported here.

        Such code names its variables with their package too.
        """
        return function in self._imports.declared(name).functions

    def _outer(self, target: str, last: _Last) -> End:
        """Whether a variable that is no result lives in an outer loop or an outer function."""
        literal = _enclosing(last.node, ("func_literal",), 200)
        if literal is None or self._source is None or not target.isidentifier():
            return End.OUTER_LOOP
        body = self._source.text(literal)
        declares = re.search(
            rf"\b{re.escape(target)}\b[\w, \t]*:=|var[ \t]+[\w, ]*\b{re.escape(target)}\b"
            rf"|[(,] *{re.escape(target)} ",
            body,
        )
        return End.OUTER_LOOP if declares else End.OUTER_FUNCTION

    def _run_later(self, hop: Hop) -> End:
        """Why something is on the heap that flows nowhere: its call comes later."""
        node = self._node(hop.place)
        statement = _enclosing(node, ("go_statement", "defer_statement"), 3)
        if statement is not None and statement.type == "defer_statement":
            return End.DEFER
        return End.GOROUTINE

    def _store(self, last: _Last) -> End:
        """What a value is stored in that the compiler sees as the heap."""
        left = self._left(last)
        if not left:
            return End.POINTER
        if left.endswith("]") and not left.startswith("*"):
            container = left[: printed_call.opening(left)]
            if self._is_map(container):
                return End.MAP_ENTRY
            return End.ELEMENT
        root = _ROOT.match(left)
        name = root["name"] if root else ""
        if left.startswith("*"):
            return End.POINTER
        if name in self._declared.variables and not self._is_local(name, last.node):
            return End.GLOBAL
        if "." not in left and last.node is not None:
            return End.GLOBAL
        path = self._imports.path(name)
        if path and "." in left:
            field = left.split(".")[1]
            if field in self._imports.declared(path).variables or last.node is not None:
                return End.GLOBAL
        return End.POINTER

    def _is_map(self, container: str) -> bool:
        name = _last_name(container)
        return name in self._declared.maps or "map" in name.lower()

    def _is_local(self, name: str, node: "Node | None") -> bool:
        function = _enclosing(node, ("function_declaration", "method_declaration"), 200)
        if function is None or self._source is None:
            return False
        text = self._texts.get(function.start_byte)
        if text is None:
            text = self._texts[function.start_byte] = self._source.text(function)
        quoted = re.escape(name)
        pattern = rf"\b{quoted}\b[\w, \t]*:=|var[ \t]+{quoted}\b|[(,] *{quoted} +[\w*\[]"
        return re.search(pattern, text) is not None

    def _left(self, last: _Last) -> str:
        """The left side of an assignment that receives the value."""
        source, node = self._source, last.node
        printed = _printed_left(last.hop)
        if source is None or node is None or node.type not in _ASSIGNMENTS:
            return printed
        left = node.child_by_field_name("left") or node.child_by_field_name("name")
        if left is None:
            return printed
        if left.named_child_count > 1 and left.type == "expression_list":
            return printed or source.text(left)
        return source.text(left)

    def _holder(self, last: _Last, end: End, steps: Sequence[Hop]) -> str:
        if end is End.HELD:
            return dialect.plain(steps[-1].target[len(_STORAGE) : -1])
        if end in (End.OUTER_LOOP, End.OUTER_FUNCTION):
            return dialect.variable(last.hop.target)
        if last.hop.reason.startswith("assign"):
            return dialect.plain(self._left(last))
        return ""

    def _statement(self, last: _Last, text: str) -> str:
        printed = last.hop.expression
        if last.node is None and printed.startswith("panic("):
            return dialect.shorten(dialect.plain(printed), _MAX_STATEMENT)
        source, node = self._source, last.node or self._call_at(last.hop.place)
        if source is not None and node is not None and node.type not in ("block", "source_file"):
            return dialect.shorten(dialect.first_line(source.text(node)), _MAX_STATEMENT)
        return dialect.shorten(dialect.plain(last.hop.expression or text), _MAX_STATEMENT)

    def _call_at(self, place: Place) -> "Node | None":
        """The call at a place, into whose inlined body the compiler speaks there."""
        node = self._node(place)
        return node if node is not None and node.type in _CALLS else None


def _until_returned(steps: list[Hop]) -> list[Hop]:
    """The hops up to the first return.

    What is returned is on the heap, whatever a caller does with it; the compiler looks on into
    callers where functions call each other in a circle.
    """
    at = next((at for at, hop in enumerate(steps) if hop.reason == "return"), len(steps))
    return steps[: at + 1]


def _nearest(drafts: Sequence[Draft], line: int) -> Draft | None:
    return min(drafts, key=lambda one: abs(one.place.line - line), default=None)


def _capture(told: Sequence[Hop]) -> tuple[Through, str, Place | None]:
    """How the first function literal on the way holds the value, what it names it, and where."""
    for index, hop in enumerate(told):
        # What a `go` or `defer` statement evaluates at once has no name of the user's.
        if hop.reason == "captured by a closure" and ".autotmp_" not in hop.expression:
            following = told[index + 1].reason if index + 1 < len(told) else ""
            through = Through.BY_REFERENCE if following == "reference" else Through.BY_VALUE
            place = None if hop.place is NOWHERE else hop.place
            return through, dialect.plain(hop.expression), place
    return Through.NONE, "", None


def _unqualified(text: str, draft: Draft) -> str:
    """Inlined code without the package that the compiler writes before its variables."""
    if draft.kind is Kind.MOVED:
        return text.rpartition(".")[2]
    packages = {name.partition(".")[0] for name in draft.inlined if "." in name}
    for package in packages:
        text = re.sub(rf"\b{re.escape(package)}\.(?=[a-z_]\w*\b(?![({{]))", "", text)
    return text


def _is_among_pointers(told: Sequence[Hop]) -> bool:
    """Whether the address itself becomes an element, not what holds it or a part of it."""
    for at, hop in enumerate(told):
        if _is_element(hop, told[:at]):
            return True
        if hop.reason in _HELD_BY_MORE:
            return False
    return False


def _is_element(hop: Hop, before: Sequence[Hop]) -> bool:
    if hop.reason == "slice-literal-element":
        return hop.expression != "... argument"
    is_append = hop.reason == "call parameter" and hop.expression.startswith("append(")
    return is_append and _argument(hop, before) != 0


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
        if parent.type in _TYPED_BY_CONTEXT:
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
            if char == quote and previous != "\\":
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


def _enclosing(node: "Node | None", types: Sequence[str], levels: int) -> "Node | None":
    for _ in range(levels):
        if node is None or node.type in types:
            return node
        node = node.parent
    return None


def _called(source: Source, call: "Node") -> str:
    function = call.child_by_field_name("function") or call.child_by_field_name("type")
    return source.text(function) if function is not None else ""


def _last_name(text: str) -> str:
    names = re.findall(r"\w+", text.split("[")[0] if text.endswith("]") else text)
    return names[-1] if names else text


def _printed_left(hop: Hop) -> str:
    """The left side of a printed assignment, where it has one."""
    left, mark, _ = hop.expression.partition(" = ")
    if not mark:
        left, mark, _ = hop.expression.partition(" := ")
    return left if mark else ""


def _returned(hop: Hop) -> list[str]:
    """The values of a printed return statement."""
    values = hop.expression.removeprefix("return ")
    return printed_call.split(values) if hop.reason == "return" and values != hop.expression else []


def _argument(hop: Hop, before: Sequence[Hop]) -> int | None:
    """Which argument of a printed call a value is; None where the text does not tell."""
    listed = printed_call.arguments(hop.expression)
    if listed is None:
        return None
    arguments = [one for one in listed if not _DICTIONARY.match(one)]
    names = [hop.value.lstrip("&*").removeprefix(_STORAGE).removesuffix("}")]
    if before:
        names.insert(0, before[-1].expression)
    for name in names:
        for index, argument in enumerate(arguments):
            if argument == name or argument.removesuffix("...") == name:
                return index
    return None
