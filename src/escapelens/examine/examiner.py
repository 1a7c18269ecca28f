"""Why a draft is on the heap, from what the compiler explains and what stands in the source.

An explanation often ends in another allocation or variable of the same function; its own
explanation then goes on, up to what really keeps the value.
"""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from escapelens import dialect
from escapelens.declared import is_variadic
from escapelens.drafts import Draft, Paths
from escapelens.evidence import Change, End, Evidence, Kept, Leading, Memory, Subject, Through
from escapelens.examine.calls import argument_of
from escapelens.examine.changes import change_of
from escapelens.examine.fields import is_field, is_held
from escapelens.examine.flows import Flows, Siblings
from escapelens.examine.keepers import INTO_MAP, Keepers
from escapelens.examine.memory import memory_of
from escapelens.examine.order import can_follow, returns_in
from escapelens.examine.scopes import is_declared_within
from escapelens.examine.subjects import Subjects
from escapelens.examine.verbs import verb_for
from escapelens.examine.view import FUNCTIONS, ROOT, View, called, enclosing
from escapelens.model import Kind, Position
from escapelens.parsers.diagnostics import NOWHERE, Explanation, Hop, Place
from escapelens.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


_VARIABLES = (Subject.VARIABLE, Subject.PARAMETER, Subject.LOOP_VARIABLE)
_CLOSURE = re.compile(r"\.func\d")
_CALLED = re.compile(r"\w+(?:(?:\(\))?\.\w+)*")
"""What is called, as far as it is told: names, and calls without arguments."""
_SELECTED = re.compile(r"\.(\w+)\Z")
_HELD_BY_MORE = ("struct literal element", "slice", "captured by a closure", *INTO_MAP)
_KEPT_BY_ITSELF = (
    End.UNKNOWN,
    End.HELD,
    End.TOO_LARGE,
    End.TOO_ALIGNED,
    End.VARIABLE_SIZE,
    End.NO_SIZE,
    End.OUTER_LOOP,
)


class Examiner:
    """Examines the drafts of one file; the tree of its source must span their functions."""

    def __init__(
        self,
        source: Source | None,
        path: str,
        paths: Paths,
        hops_of: Callable[[Explanation], Sequence[Hop]],
    ) -> None:
        self._view = View(source, path, paths)
        self._hops_of = hops_of
        self._flows = Flows(self._view, hops_of)
        self._keepers = Keepers(self._view)
        self._subjects = Subjects(self._view)
        self.kept = self._keepers.of

    def examine(
        self, draft: Draft, what: str, node: "Node | None", *, own: bool, siblings: Siblings
    ) -> Evidence:
        """Why a draft is on the heap; `node` stands at its place, and is it itself if `own`."""
        steps = self._flows.of(draft, siblings)
        if steps and steps[-1].reason == "return":
            steps[-1] = self._later_return(steps, draft, node)
        told = [hop for hop in steps if hop.reason]
        kept = self.kept(steps, draft.place, draft.text)
        leading = self._leading(told, draft, kept)
        through, captured, literal = _capture(told)
        before = told[: told.index(literal)] if literal is not None else []
        subject = self._subjects.of(draft, node, told, own=own)
        memory = memory_of(
            draft,
            subject,
            siblings.at_place_of(draft) if draft.marks else (),
            lambda place: self._is_in_sight(place, draft),
            self._subjects.made_of,
            lambda: self._formats(draft.place),
        )
        is_boxed = len(draft.explanations) > 1 and any(
            map(_is_boxed, map(self._hops_of, draft.explanations))
        )
        if is_boxed and memory is Memory.NO_ELEMENTS:
            subject, memory = Subject.BOX, Memory.HEAP  # only its header takes memory
        return Evidence(
            subject,
            kept.end,
            through,
            is_error=kept.is_error and not (subject is Subject.BOX and is_held(kept.moves)),
            among_pointers=_is_among_pointers(told),
            top_level=bool(draft.path)
            and draft.function is None
            and enclosing(node, ("func_literal",), 200) in (None, node),
            callee=kept.callee,
            what=what if own else _unqualified(what, draft),
            statement=self._statement(draft, kept),
            position=kept.position,
            holder=kept.holder,
            inlined=self._inlined(draft, subject, node, own=own),
            captured=captured,
            literal=self._position(literal.place) if literal is not None else None,
            memory=memory,
            never_follows=told != []
            and draft.kind is not Kind.MOVED
            and kept.end not in _KEPT_BY_ITSELF
            and self._never_follows(draft, node, told),
            moves=kept.moves,
            storage=kept.storage,
            change=self._change(draft, subject, through, node) if own else None,
            width=draft.width if own and through is Through.BY_REFERENCE else 0,
            leading=self._named(leading, draft.place),
            by_loop=literal is not None and _is_by_loop(told[told.index(literal) + 1 :]),
            is_in_captured=subject not in _VARIABLES or is_field(self._keepers.moves(before)),
            verb=self._verb(kept, node, leading) if own else "",
            is_boxed=is_boxed,
        )

    def may_be_variadic(self, call: "Node") -> bool:
        """Whether a call may gather arguments in a slice; it does not if names tell."""
        source = self._view.source
        written = called(source, call) if source is not None else ""
        package, _, name = written.rpartition(".")
        path = self._view.imports.path(package)
        declared = self._view.imports.declared(path) if path else self._view.declared
        known = [
            declaration
            for function, declarations in declared.functions.items()
            if function.rpartition(".")[2] == name
            for declaration in declarations
        ]
        return not known or any(map(is_variadic, known))

    def _change(
        self, draft: Draft, subject: Subject, through: Through, node: "Node | None"
    ) -> Change | None:
        """What changes a variable that is captured by reference."""
        source = self._view.source
        is_variable = subject in (Subject.VARIABLE, Subject.PARAMETER)
        if source is None or node is None or through is not Through.BY_REFERENCE or draft.width:
            return None
        return change_of(source, node) if is_variable and node.type == "identifier" else None

    def _leading(self, told: Sequence[Hop], draft: Draft, kept: Kept) -> "Node | None":
        """The last call of the function itself on a way that ends in another one."""
        end = kept.position
        if end is None or self._is_in_function(draft, end.file, end.line):
            return None
        file = self._view.paths.position(draft.place).file
        own = [
            hop.place
            for hop in told
            if hop.place.file == draft.place.file
            and self._is_in_function(draft, file, hop.place.line)
        ]
        return self._view.call_at(own[-1]) if own else None

    def _is_in_function(self, draft: Draft, file: str, line: int) -> bool:
        """Whether a line stands in the function of a draft; in doubt it does."""
        source, function = self._view.source, draft.function
        if file != self._view.paths.position(draft.place).file:
            return False
        if source is None or function is None:
            return True
        return source.point(function.start)[0] <= line <= source.point(function.end)[0]

    def _statement(self, draft: Draft, kept: Kept) -> str:
        """What keeps a value; what the compiler prints of another body, without its package."""
        at, callee = kept.position, kept.callee
        is_panic = kept.end is End.PANIC and callee is not None and callee.within != ""
        is_elsewhere = at is not None and at.file != self._view.paths.position(draft.place).file
        return _unqualified(kept.statement, draft) if is_panic or is_elsewhere else kept.statement

    def _named(self, call: "Node | None", place: Place) -> Leading | None:
        source = self._view.source
        if source is None or call is None:
            return None
        start = Place(place.file, *source.point(call.start_byte))
        return Leading(called(source, call), self._view.paths.position(start))

    def _verb(self, kept: Kept, node: "Node | None", leading: "Node | None") -> str:
        """The verb for a value in the format of the call around it by which it is kept."""
        source, at = self._view.source, kept.position
        if source is None or node is None or at is None or kept.callee is None or not at.column:
            return ""
        keeping = leading or source.node_at(at.line, at.column)
        call = enclosing(node.parent, ("call_expression",), 200)
        while call is not None and call != keeping:
            call = enclosing(call.parent, ("call_expression",), 200)
        return verb_for(source, call, node) if call is not None else ""

    def _inlined(self, draft: Draft, subject: Subject, node: "Node | None", *, own: bool) -> str:
        """The function that inlined code comes from; a constant may be an argument of its call.

        Where several are inlined at a call, or a literal without a name, it is what is called.
        """
        if own or (subject is Subject.CONSTANT and self._is_argument(draft.text, node)):
            return ""
        name = draft.inlined[0] if len(set(draft.inlined)) == 1 else ""
        if name and _CLOSURE.search(name) is None:
            return name
        call = self._view.call_at(draft.place)
        written = called(self._view.source, call) if self._view.source and call else ""
        if name or _CALLED.fullmatch(written):
            return written if _CALLED.fullmatch(written) else name
        selected = _SELECTED.search(written)
        return selected[1] if selected is not None else "…"

    def _is_argument(self, constant: str, call: "Node | None") -> bool:
        source = self._view.source
        listed = call.child_by_field_name("arguments") if call is not None else None
        given = listed.named_children if listed is not None else ()
        return source is not None and any(source.text(one) == constant for one in given)

    def _is_in_sight(self, declared: Place, draft: Draft) -> bool:
        """Whether a draft may be the variable of its name that is declared at a place."""
        function = draft.function
        if declared == draft.place or ".autotmp_" in draft.text:
            return declared == draft.place
        if self._view.source is None or declared.file != draft.place.file or function is None:
            return "." in draft.text or draft.text in self._view.declared.variables
        at = self._view.source.offset(declared.line, declared.column or 1)
        is_within = at is not None and function.start <= at < function.end
        return is_within or draft.text in self._view.declared.variables

    def _formats(self, place: Place) -> bool:
        """Whether `fmt.Errorf` is called at a place with arguments behind the format."""
        source, call = self._view.source, self._view.call_at(place)
        listed = call.child_by_field_name("arguments") if call is not None else None
        if source is None or call is None or listed is None:
            return False
        package, _, name = called(source, call).rpartition(".")
        is_formatting = name == "Errorf" and self._view.imports.path(package) == "fmt"
        given = [one for one in listed.named_children if one.type != "comment"]
        # Of a slice that is handed on, it is not known whether it is empty.
        return is_formatting and len(given) > 1 and given[-1].type != "variadic_argument"

    def _later_return(self, steps: Sequence[Hop], draft: Draft, node: "Node | None") -> Hop:
        """The return of a variable; the next one that follows, if the one printed never does.

        The compiler prints the first return of the function, since all lead to the same result.
        """
        hop = steps[-1]
        source, name = self._view.source, hop.value.lstrip("&*").rpartition(".")[2]
        if source is None or not name.isidentifier():
            return hop
        if not self._never_follows(draft, node, steps):
            return hop
        function = enclosing(node, FUNCTIONS, 200)
        for one in returns_in(function):
            operands = one.named_children[0].named_children if one.named_children else []
            texts = (source.text(operand).removeprefix("append(") for operand in operands)
            roots = map(ROOT.match, texts)
            if node is None or not any(root and root["name"] == name for root in roots):
                continue
            if can_follow(node, one):
                place = Place(hop.place.file, *source.point(one.start_byte))
                return replace(hop, place=place, expression=source.text(one))
        return hop

    def _never_follows(self, draft: Draft, node: "Node | None", steps: Sequence[Hop]) -> bool:
        """Whether what keeps a value, where its steps end, cannot run after it was made."""
        last = steps[-1]
        if node is None or last.place.file != draft.place.file or last.place.line == 0:
            return False
        later = self._view.node(last.place)
        if later is None or can_follow(node, later) or any(map(_calls_on, steps, steps[1:])):
            return False
        return not self._outlives_literal(node, steps)

    def _outlives_literal(self, node: "Node", steps: Sequence[Hop]) -> bool:
        """Whether a value gets into a variable of the function around a function literal.

        There it is still when the literal is called again.
        """
        source, literal = self._view.source, enclosing(node, ("func_literal",), 200)
        if source is None or literal is None:
            return False
        return any(
            (at := self._view.node(hop.place)) is None
            or not is_declared_within(source, at, hop.target, literal)
            for hop in steps
            if hop.target.isidentifier()
        )

    def _position(self, place: Place) -> Position | None:
        return None if place is NOWHERE else self._view.paths.position(place)


def _calls_on(hop: Hop, following: Hop) -> bool:
    """Whether a value becomes the parameter of a call, in whose function it goes on.

    Of functions that call each other in a circle the compiler follows all at once; all statements
    of the one may follow in its next call.
    """
    is_parameter = hop.target.isidentifier() and following.target != hop.target
    return hop.reason == "call parameter" and is_parameter


def _capture(told: Sequence[Hop]) -> tuple[Through, str, Hop | None]:
    """How the first function literal on the way holds the value, what it names it, and its hop."""
    for index, hop in enumerate(told):
        # What a `go` or `defer` statement evaluates at once has no name of the user's.
        if hop.reason == "captured by a closure" and ".autotmp_" not in hop.expression:
            following = told[index + 1].reason if index + 1 < len(told) else ""
            through = Through.BY_REFERENCE if following == "reference" else Through.BY_VALUE
            return through, dialect.plain(hop.expression), hop
    return Through.NONE, "", None


def _is_boxed(hops: Sequence[Hop]) -> bool:
    """Whether hops lead from what something consists of to its own copy in an interface."""
    return any(
        hop.reason == "interface-converted" and hop.value == f"&{hop.target}" for hop in hops
    )


def _is_by_loop(following: Sequence[Hop]) -> bool:
    """Whether what captured a value is the body of a loop over a function."""
    first = next((hop for hop in following if hop.reason not in ("reference", "spill")), None)
    return first is not None and "#yield" in first.target


def _unqualified(text: str, draft: Draft) -> str:
    """Inlined code without the package that the compiler writes before its variables."""
    if draft.kind is Kind.MOVED:
        return text.rpartition(".")[2]
    packages = {name.partition(".")[0] for name in draft.inlined if "." in name}
    for package in packages:
        if f"{package}." in text:
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
    return is_append and argument_of(hop, before) != 0
