"""Reads a site's flows and the source at their positions: evidence of why it is on the heap.

An explanation often ends in another allocation or variable of the same function; its own
explanation then goes on, up to what really keeps the value.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from escapelens import dialect
from escapelens.declared import Declared, Imports, declared_in
from escapelens.drafts import Draft, Paths
from escapelens.evidence import Callee, End, Evidence, Kept, Subject, Through
from escapelens.model import Kind, Position
from escapelens.nodes import is_constant
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
_NOT_GO = ("//go:uintptrescapes", "reflect.Header.Data", "conversion to unsafe.Pointer")
_BUILTIN_ENDS = {"append": End.ELEMENT, "copy": End.ELEMENT, "panic": End.PANIC}
_CONVERSION = re.compile(r"(?:string|\(?\[\](?:byte|rune|uint8|int32)\)?)\(")
_METHOD = re.compile(r"\((?P<pointer>\*?)(?:(?P<package>[\w./]+)\.)?(?P<type>\w+)\)\.(?P<name>\w+)")
_DOTTED = re.compile(r"\w+(?:\.\w+)*")
_ROOT = re.compile(r"[(*&]*(?P<name>[^\W\d]\w*)")
_FUNCTIONS = ("func_literal", "function_declaration", "method_declaration")
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

    def nearest(self, text: str, line: int, kinds: Sequence[Kind]) -> Draft | None:
        """The draft of that text and one of these kinds whose line is nearest."""
        found = [one for one in self._by_text.get(text, ()) if one.kind in kinds]
        return min(found, key=lambda one: abs(one.place.line - line), default=None)


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
        steps = list(self._followed(draft, siblings))
        told = [hop for hop in steps if hop.reason]
        kept = self.kept(steps, draft.place, draft.text)
        through, captured, literal = _capture(told)
        return Evidence(
            self._subject(draft, node, told, own=own),
            kept.end,
            through,
            is_error=kept.is_error,
            among_pointers=any(_is_element(hop) for hop in told),
            top_level=bool(draft.path) and draft.function is None,
            callee=kept.callee,
            what=what,
            statement=kept.statement,
            position=kept.position,
            holder=kept.holder,
            inlined="" if own else (draft.inlined[0] if len(set(draft.inlined)) == 1 else "…"),
            captured=captured,
            literal=self._position(literal),
        )

    def kept(self, steps: Sequence[Hop], place: Place, text: str) -> Kept:
        """What keeps a value at the end of its hops; `place` and `text` where it has none."""
        told = [hop for hop in steps if hop.reason]
        end, last = self._end(steps, told, place, text)
        is_call = last.hop.reason == "call parameter"
        return Kept(
            end,
            end is End.RESULT and self._is_error(last),
            self._callee(last, told) if is_call else None,
            self._statement(last, text),
            None if last.hop.place is NOWHERE else self._paths.position(last.hop.place),
            self._holder(last, end),
        )

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
            target = found[-1].target if found else ""
            line = next((hop.place.line for hop in reversed(found) if hop.place.line), 0)
            follower = _holder_of(target, line or draft.place.line, siblings)
            if follower is None or id(follower) in seen:
                return
            seen.add(id(follower))
            draft = follower

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
        text = draft.text
        if draft.kind is Kind.MOVED:
            return _variable(text, node, own=own)
        if text == "func literal":
            return self._literal(draft, node, own=own)
        if text == "... argument":
            return Subject.ARGUMENTS
        if text == "append" or text.startswith("append("):
            return Subject.APPEND
        if text.startswith(("&", "new(")):
            return Subject.POINTER
        if text.startswith(("map[", "make(map[")):
            return Subject.MAP
        if text.startswith("make(chan"):
            return Subject.CHANNEL
        if text.startswith("make("):
            return Subject.MAP if self._makes_map(text) else Subject.SLICE
        if _CONVERSION.match(text) and not _is_boxed(told, draft):
            return Subject.CONVERSION
        if text.startswith("[") and text.endswith("}"):
            return Subject.SLICE
        decided = next(iter(draft.lines)).message.removesuffix(" escapes to heap")
        if is_constant(decided) or self._is_constant_name(text):
            return Subject.CONSTANT
        if _is_sum(text) and not _is_boxed(told, draft):
            return Subject.CONCATENATION
        if self._is_method_value(text, node if own else None, told):
            return Subject.METHOD_VALUE
        return Subject.BOX

    def _literal(self, draft: Draft, node: "Node | None", *, own: bool) -> Subject:
        if own and node is not None and node.type != "func_literal":
            is_loop = node.type in ("for", "for_statement")
            return Subject.LOOP_BODY if is_loop else Subject.DICTIONARY
        return Subject.FUNC_LITERAL if draft.lines else Subject.DICTIONARY

    def _makes_map(self, text: str) -> bool:
        name = re.match(r"make\((?:\w+\.)?(\w+)", text)
        return name is not None and "map" in name[1].lower()

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
        return name in self._declared.methods or self._is_method_elsewhere(name)

    def _is_method_elsewhere(self, name: str) -> bool:
        paths = self._imports.paths()
        return any(name in self._imports.declared(path).methods for path in paths)

    # What keeps it

    def _end(
        self, steps: Sequence[Hop], told: Sequence[Hop], place: Place, text: str
    ) -> tuple[End, _Last]:
        if not told:
            return End.OUTER_LOOP, _Last(Hop("", "", text, "", place), self._node(place))
        hop = told[-1]
        last = _Last(hop, self._own_node(hop))
        reason, target = hop.reason, steps[-1].target
        if reason in _FORCED:
            return _FORCED[reason], last
        if reason == "return" or dialect.is_result(target) or self._is_named_result(target, last):
            return End.RESULT, last
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
            printed = _last_name(dialect.function(_callee_text(hop.expression)))
            return node if _last_name(_called(self._source, node)) == printed else None
        return node

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
        number = re.fullmatch(r"[~.][rR](\d+)", target)
        if number is not None:
            index = int(number[1])
            return index < len(results) and results[index][1] == "error"
        return any(name == target and type_ == "error" for name, type_ in results)

    def _call_end(self, last: _Last) -> End:
        callee = self._callee(last, ())
        if callee.text in _BUILTIN_ENDS:
            return _BUILTIN_ENDS[callee.text]
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
        printed = dialect.function(_callee_text(last.hop.expression))
        source = self._source
        written = _called(source, last.node) if source is not None and last.node else ""
        call = self._call_at(last.hop.place)
        around = _called(source, call) if source is not None and call is not None else ""
        text = written or around or dialect.plain(printed)
        package, function = self._named(printed, written)
        argument = _argument(last.hop, [hop for hop in told if hop is not last.hop])
        return Callee(text, package, function, argument)

    def _named(self, printed: str, written: str) -> tuple[str, str]:
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
            return "", name if name in self._declared.functions else ""
        if printed in self._declared.functions:
            return "", printed
        path = self._imports.path(owner[0])
        is_as_written = bool(written) and dialect.plain(printed) == written
        if len(owner) == 1:
            is_package = bool(path) and (not written or written.count(".") == 1)
            if is_package or (not written and self._is_package(owner[0])):
                return path or owner[0], name
            return "", ""
        if len(owner) == 2 and not is_as_written and owner[1][:1].isupper():
            return path or owner[0], f"{owner[1]}.{name}"
        return "", ""

    def _is_package(self, name: str) -> bool:
        """Whether a name in inlined code is that of a package, whose import the file lacks."""
        return bool(self._imports.declared(name).functions)

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
            container = left[: _opening(left)]
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
        quoted = re.escape(name)
        pattern = rf"\b{quoted}\b[\w, \t]*:=|var[ \t]+{quoted}\b|[(,] *{quoted} +[\w*\[]"
        return re.search(pattern, self._source.text(function)) is not None

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

    def _holder(self, last: _Last, end: End) -> str:
        if end in (End.OUTER_LOOP, End.OUTER_FUNCTION):
            return dialect.variable(last.hop.target)
        if last.hop.reason.startswith("assign"):
            return dialect.plain(self._left(last))
        return ""

    def _statement(self, last: _Last, text: str) -> str:
        source, node = self._source, last.node or self._call_at(last.hop.place)
        if source is not None and node is not None and node.type not in ("block", "source_file"):
            return dialect.shorten(dialect.first_line(source.text(node)), _MAX_STATEMENT)
        return dialect.shorten(dialect.plain(last.hop.expression or text), _MAX_STATEMENT)

    def _call_at(self, place: Place) -> "Node | None":
        """The call at a place, into whose inlined body the compiler speaks there."""
        node = self._node(place)
        return node if node is not None and node.type in _CALLS else None


def _holder_of(target: str, line: int, siblings: Siblings) -> Draft | None:
    """The draft in which a flow goes on that ends in memory or a variable of the function."""
    if target.startswith(_STORAGE):
        kinds = (Kind.ESCAPES, Kind.DEFERRED_CALL)
        return siblings.nearest(target[len(_STORAGE) : -1], line, kinds)
    return siblings.nearest(target, line, (Kind.MOVED,))


def _capture(told: Sequence[Hop]) -> tuple[Through, str, Place | None]:
    """How the first function literal on the way holds the value, what it names it, and where."""
    for index, hop in enumerate(told):
        if hop.reason == "captured by a closure":
            following = told[index + 1].reason if index + 1 < len(told) else ""
            through = Through.BY_REFERENCE if following == "reference" else Through.BY_VALUE
            return through, dialect.plain(hop.expression), hop.place
    return Through.NONE, "", None


def _is_element(hop: Hop) -> bool:
    if hop.reason == "slice-literal-element":
        return hop.expression != "... argument"
    return hop.reason == "call parameter" and hop.expression.startswith("append(")


def _variable(text: str, node: "Node | None", *, own: bool) -> Subject:
    if text.startswith("#"):
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


def _callee_text(call: str) -> str:
    """What a printed call calls."""
    at = _opening(call) if call.endswith(")") else -1
    return call[:at] if at > 0 else call


def _opening(text: str) -> int:
    """Where the bracket opens that the last character closes; -1 if nowhere."""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] in ")}]") - (text[at] in "({[")
        if depth == 0:
            return at
    return -1


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


def _argument(hop: Hop, before: Sequence[Hop]) -> int | None:
    """Which argument of a printed call a value is; None where the text does not tell."""
    call = hop.expression
    at = _opening(call) if call.endswith(")") else -1
    if at < 0:
        return None
    arguments = _split(call[at + 1 : -1])
    names = [hop.value.lstrip("&*").removeprefix(_STORAGE).removesuffix("}")]
    if before:
        names.insert(0, before[-1].expression)
    for name in names:
        for index, argument in enumerate(arguments):
            if argument == name or argument.removesuffix("...") == name:
                return index
    return None


def _split(arguments: str) -> list[str]:
    """The arguments of a printed call."""
    parts: list[str] = []
    depth = start = 0
    quote = ""
    for at, char in enumerate(arguments):
        if quote:
            quote = "" if char == quote and arguments[at - 1] != "\\" else quote
        elif char in "\"'`":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(arguments[start:at].strip())
            start = at + 1
    parts.append(arguments[start:].strip())
    return parts
