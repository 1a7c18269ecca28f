"""A flow retold: the compiler's hops as stops in the user's own source, with a note for each.

The compiler explains in small hops and prints those of an inlined body at the call. Here hops at
one place become one stop, and what only packs a value up (its own storage, the slice of variadic
arguments) is passed over.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from escapelens import dialect
from escapelens.dialect import is_result
from escapelens.model import Flow, Position, Range, Site, Step
from escapelens.reporters.wording import destination, printed, quoted
from escapelens.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

Lookup = Callable[[str], Source | None]
"""Finds the source of a file named as in the report, if it is the text that was compiled."""

_STORAGE = "{storage for "
_LONGER = "{longer}"
"""The end of a flow in memory that is not known to be on the heap, but outlives the value."""
_CALLS = ("call_expression", "type_conversion_expression")
_KEYWORDS = (
    "return_statement",
    "go_statement",
    "defer_statement",
    "for_statement",
    "func_literal",
    "type_switch_statement",
)
_INTO_LITERAL = (
    "struct literal element",
    "array literal element",
    "slice-literal-element",
    "map literal key",
    "map literal value",
)
_TOLD_INSIDE = ("captured by a closure", "interface-converted", "address-of", "send")
_FORCED = (
    "non-constant size",
    "too aligned for stack",
    "too large for stack",
    "zero-sized element",
)
_BUILTINS = {"append": "appended to a slice", "copy": "copied into a slice"}


class Mark(NamedTuple):
    """A part of one source line: byte columns, 1-based, the end exclusive."""

    line: int
    start: int
    end: int
    cut: bool = False
    """It goes on in the next line."""


class Heap:
    """What a report found on the heap, to tell whether the end of a flow is there."""

    def __init__(self, sites: Iterable[Site] = ()) -> None:
        self._sites: dict[str, list[tuple[str, Site]]] = {}
        for site in sites:
            self._sites.setdefault(site.position.file, []).append((printed(site), site))

    def holds(self, storage: str, hop: "_Hop", declared: Position | None) -> bool:
        """Whether a site is the memory of what was printed as `storage`, which a hop ends in.

        `declared` is where the variable is declared that a literal captures, if that is known.
        """
        position = hop.step.position
        if position is None:
            return False
        found = [site for text, site in self._sites.get(position.file, ()) if text == storage]
        if any(site.position == position for site in found):
            return True
        if storage != "func literal":
            return any(_is_within(position, site.range) for site in found)
        # A capture stands at a use of the variable, which several literals may surround.
        places = {(site.position.line, site.position.column) for site in found}
        around = list(_functions_around(hop, declared))
        literals = {place for place, is_literal in around if is_literal}
        return places.issuperset(literals) and any(place in places for place, _ in around)


def _is_within(position: Position, range: Range | None) -> bool:
    if range is None:
        return False
    place = (position.line, position.column or 0)
    start, end = range.start, range.end
    return (start.line, start.column) <= place < (end.line, end.column)


def _functions_around(
    hop: "_Hop", declared: Position | None
) -> Iterator[tuple[tuple[int, int], bool]]:
    """Where the function literals begin that surround a hop, and the loops, whose bodies may be.

    Those that surround the declaration too do not capture it.
    """
    node, place = hop.node, (declared.line, declared.column or 0) if declared else (0, 0)
    while node is not None and hop.source is not None:
        start, end = (hop.source.point(byte) for byte in (node.start_byte, node.end_byte))
        if node.type in ("func_literal", "for_statement") and not start <= place < end:
            yield start, node.type == "func_literal"
        node = node.parent


class Stop(NamedTuple):
    """A place a flow passes through."""

    position: Position | None
    mark: Mark | None
    """What to underline; None where the source does not show it."""
    note: str


class _Hop(NamedTuple):
    step: Step
    mark: Mark | None
    source: Source | None
    node: "Node | None"


def mark_of(source: Source, range: Range) -> Mark:
    """The first line of a range."""
    start, end = range.start, range.end
    if start.line == end.line:
        return Mark(start.line, start.column, end.column)
    return Mark(start.line, start.column, len(source.line(start.line)) + 1, cut=True)


def stops(flow: Flow, position: Position, lookup: Lookup, heap: Heap) -> list[Stop]:
    """The stops of a flow that begins at `position`; `heap` is what else is on the heap."""
    hops = [_hop(step, lookup) for step in _telling(flow.steps)]
    result = [] if hops else list(_goroutine(flow, lookup))
    groups = [list(group) for _, group in groupby(hops, _place)]
    end = flow.to
    if hops and end.startswith(_STORAGE):
        # All in one assignment of an address: what flows is the variable at `position` itself.
        first, last = flow.steps[0], flow.steps[-1]
        is_itself = (first.target, first.value) == (last.target, last.value)
        storage = end[len(_STORAGE) : -1]
        if not heap.holds(storage, hops[-1], position if is_itself else None):
            end = _LONGER
    for index, group in enumerate(groups):
        at_site = group[0].step.position == position
        note = _note(group, end if index == len(groups) - 1 else "", at_site=at_site)
        if note:
            result.append(Stop(group[0].step.position, group[0].mark, note))
    if flow.truncated:
        result.append(Stop(None, None, "… here the compiler cut its explanation at a cycle"))
    return result


def _goroutine(flow: Flow, lookup: Lookup) -> Iterator[Stop]:
    """Why a function literal is on the heap that is only run: by a `go` statement."""
    hop = _hop(flow.steps[0], lookup) if flow.steps else None
    node = hop.node.parent if hop is not None and hop.node is not None else None
    statement = node.parent if node is not None and node.type == "call_expression" else None
    if hop is not None and statement is not None and statement.type == "go_statement":
        note = "run by a goroutine, which may outlive the call"
        yield Stop(hop.step.position, hop.mark, note)


def _telling(steps: Sequence[Step]) -> list[Step]:
    """The steps that say something: what is left out only packs the value up."""
    told = [
        step
        for step in steps
        if step.reason not in ("", "spill") and not (_is_variadic(step) and step is not steps[-1])
    ]
    return told or [step for step in steps[-1:] if step.reason != "spill"]


def _is_variadic(step: Step) -> bool:
    return step.reason == "slice-literal-element" and step.expression == "... argument"


def _place(hop: _Hop) -> object:
    position = hop.step.position
    if hop.mark is None or position is None:
        return position
    return position.file, hop.mark


def _hop(step: Step, lookup: Lookup) -> _Hop:
    position = step.position
    source = lookup(position.file) if position is not None else None
    if source is None or position is None or position.column is None:
        return _Hop(step, None, source, None)
    node = source.node_at(position.line, position.column)
    return _Hop(step, None if node is None else _mark(source, node), source, node)


def _mark(source: Source, node: "Node") -> Mark:
    """The telling part of a node: what is called, what is assigned to, the keyword."""
    part = node
    if node.type in _CALLS:
        part = _callee(node) or node
    elif node.type in ("assignment_statement", "short_var_declaration"):
        part = node.child_by_field_name("left") or node
    elif node.type == "composite_literal":
        part = node.child_by_field_name("type") or node
    elif node.type in _KEYWORDS:
        part = node.child(0) or node
    line, start = source.point(part.start_byte)
    end_line, end = source.point(part.end_byte)
    if end_line == line:
        return Mark(line, start, end)
    return Mark(line, start, len(source.line(line)) + 1, cut=True)


def _callee(call: "Node") -> "Node | None":
    """What a call calls; of a chain of calls the last name."""
    function = call.child_by_field_name("function") or call.child_by_field_name("type")
    if function is not None and function.type == "func_literal":
        return function.child(0)
    text = function.text if function is not None else None
    if function is not None and text is not None and (b"(" in text or b"\n" in text):
        return function.child_by_field_name("field") or function
    return function


def _note(group: list[_Hop], end: str, *, at_site: bool) -> str:
    """What happens at a place; `end` is where the flow ends if it does so here, or empty."""
    at_call = next((index for index, hop in enumerate(group) if _called(hop)), len(group))
    before, there = group[:at_call], group[at_call:]
    called = _called(there[0]) if there else ""
    if any(_is_inside(hop, called) for hop in there):
        parts = list(_own(before, "")) if before else []
        parts += _inside(there, end, called, at_site=at_site)
    else:
        parts = list(_own(group, end))
    return ", ".join(dict.fromkeys(parts))


def _own(group: list[_Hop], at_end: str) -> Iterator[str]:
    """What happens at a place in code that stands there."""
    reasons = [hop.step.reason for hop in group]
    for index, hop in enumerate(group):
        step, reason = hop.step, hop.step.reason
        end = at_end if index == len(group) - 1 else ""
        following = reasons[index + 1] if index + 1 < len(reasons) else ""
        if reason == "captured by a closure" and following == "reference":
            continue
        if reason == "address-of" and following == "slice":
            continue
        if reason == "reference":
            note = "captured by reference by a function literal"
        elif reason == "slice" and index and reasons[index - 1] == "address-of":
            note = "sliced, which takes its address"
        elif reason == "call parameter":
            yield _argument(step, _called(hop) or _callee_text(step.expression), end)
            continue
        elif reason.startswith("assign"):
            yield _assignment(hop, end)
            continue
        elif _is_variadic(step):
            note = "stored in the slice of the variadic arguments"
        elif reason in _INTO_LITERAL:
            note = f"stored in {_literal(hop)}"
        elif reason in _FORCED:
            note, end = dialect.note(reason, step.target), ""
        elif reason == "return":
            note = "returned to the caller" if end else "returned"
            end = ""
        else:
            note = dialect.note(reason, step.target)
            if not reason and end == "{heap}":
                end = ""
        yield note + _ending(end)


def _inside(group: list[_Hop], at_end: str, called: str, *, at_site: bool) -> Iterator[str]:
    """What happens at a call in the body that was inlined there; its variables are not named."""
    is_passed_in = _is_binding(group[0].step) and not at_site
    if is_passed_in:
        yield f"passed to {quoted(called)}, inlined here"
    lead = "" if at_site or is_passed_in else f"inside {quoted(called)}, inlined here: "
    for index, hop in enumerate(group):
        step, reason = hop.step, hop.step.reason
        last = index == len(group) - 1
        end = at_end if last else ""
        if reason == "call parameter":
            name = _callee_text(step.expression)
            own = not _is_inside(hop, called)
            note = _argument(step, called if own else name, end)
            note = note.replace("passed", "then passed", 1) if is_passed_in else note
        elif reason.startswith("assign"):
            if not last:
                continue
            if end == "{heap}":
                note = "stored where it may outlive the call"
            elif end == _LONGER or end.startswith(_STORAGE):
                note = "kept there" + _ending(end)
            elif end and not is_result(end):
                note = f"kept there in {destination(end)}, which lives longer"
            elif _is_binding(step):
                continue
            else:
                note = "returned"
        elif end or reason in _TOLD_INSIDE:
            note = dialect.note(reason, step.target) + _ending(end)
        else:
            continue
        yield lead + note
        lead = ""


def _is_binding(step: Step) -> bool:
    """Whether a hop hands an argument to the parameter of an inlined function."""
    return step.reason == "assign-pair" and " := " in step.expression


def _argument(step: Step, callee: str, end: str) -> str:
    """A value handed to a call."""
    value = step.value.lstrip("&*")
    appended = tuple(f"append({value}{behind}" for behind in (",", ")", "..."))
    if callee == "append" and step.expression.startswith(appended):
        return "extended by `append`" + _ending(end if end != "{heap}" else "")
    if callee in _BUILTINS:
        keeps = ", whose elements may outlive the call" if end == "{heap}" else _ending(end)
        return _BUILTINS[callee] + keeps
    name = quoted(callee) if callee else "a function"
    if step.expression.startswith(f"{value}.") and "." in callee:
        return f"the receiver of {name}" + (", which may keep it" if end else "")
    if end == "{heap}":
        return f"passed to {name}" + ("" if callee == "panic" else ", which may keep it")
    return f"passed to {name}" + _ending(end)


def _assignment(hop: _Hop, end: str) -> str:
    node, source = hop.node, hop.source
    left = node.child_by_field_name("left") if node is not None else None
    several = left is not None and left.named_child_count > 1
    if source is None or left is None or several or end not in ("{heap}", ""):
        name = destination(hop.step.target)
        if end == "{heap}":
            return "stored where it may outlive the call"
        return f"assigned to {name}" + (", which lives longer" if end else "")
    name = quoted(source.text(left))
    return f"stored in {name}, which may outlive the call" if end else f"assigned to {name}"


def _literal(hop: _Hop) -> str:
    node, source = hop.node, hop.source
    type_ = node.child_by_field_name("type") if node is not None else None
    if source is None or type_ is None or node is None or node.type != "composite_literal":
        return "a literal"
    return quoted(f"{source.text(type_)}{{…}}")


def _ending(end: str) -> str:
    """How a flow ends, behind the note of its last hop."""
    if not end:
        return ""
    if end == _LONGER:
        return ", which lives longer"
    if end.startswith(_STORAGE):
        return ", which is on the heap too"
    if end == "{heap}":
        return ", and so reaches the heap"
    name = destination(end)
    return f", and so reaches {name}" if name.startswith("`") else ""


def _called(hop: _Hop) -> str:
    """What the call at a hop's place calls, as the user wrote it; empty if there is no call."""
    node, source = hop.node, hop.source
    if source is None or node is None or node.type not in _CALLS:
        return ""
    function = node.child_by_field_name("function") or node.child_by_field_name("type")
    if function is None:
        return ""
    part = _callee(node) if b"(" in (function.text or b"") else function
    return source.text(part or function)


def _is_inside(hop: _Hop, called: str) -> bool:
    """Whether a hop printed at a call happens in the body inlined there, not at the call."""
    reason = hop.step.reason
    if reason.startswith("assign"):
        return True
    if reason == "call parameter":
        return _last_name(_callee_text(hop.step.expression)) != _last_name(called)
    return reason in ("struct literal element", "dot of pointer", "return")


def _callee_text(call: str) -> str:
    """`f` of the printed call `f(x)`, without made-up names."""
    if not call.endswith(")"):
        return ""
    depth = 0
    for at in range(len(call) - 1, -1, -1):
        depth += (call[at] == ")") - (call[at] == "(")
        if depth == 0:
            name = dialect.plain(call[:at])
            return "" if "literal" in name or "…" in name else name
    return ""


def _last_name(name: str) -> str:
    return name.partition("[")[0].rpartition(".")[2].strip("()")
