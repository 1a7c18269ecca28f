"""A flow from its first hop to its last, through the explanations that it goes on in."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from escapelens.drafts import Draft
from escapelens.examine.scopes import is_declared_within
from escapelens.examine.view import STORAGE, View
from escapelens.model import Kind
from escapelens.parsers.diagnostics import Explanation, Hop, Place

if TYPE_CHECKING:
    from tree_sitter import Node


_MAX_FOLLOWED = 12
_KEEPERS = ("func_literal", "go_statement", "defer_statement", "for_statement")


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

    def methods_of(self, receiver: str, beside: Draft) -> list[Draft]:
        """The method values of a receiver in the function of another draft."""
        start = f"{receiver}."
        return [
            one
            for text, drafts in self._by_text.items()
            if text.startswith(start) and text[len(start) :].isidentifier()
            for one in drafts
            if one.kind is Kind.ESCAPES and one.function == beside.function
        ]

    def at_place_of(self, draft: Draft) -> list[Draft]:
        """The other drafts at the place of one."""
        if self._by_place is None:
            self._by_place = {}
            for drafts in self._by_text.values():
                for one in drafts:
                    self._by_place.setdefault(one.place, []).append(one)
        return [one for one in self._by_place[draft.place] if one is not draft]


class Flows:
    """Follows the flows of one file's drafts from one explanation into the next."""

    def __init__(self, view: View, hops_of: Callable[[Explanation], Sequence[Hop]]) -> None:
        self._view = view
        self._hops_of = hops_of

    def of(self, draft: Draft, siblings: Siblings) -> list[Hop]:
        """The hops of a draft up to what really keeps it."""
        return self._until_stored(_until_returned(list(self._followed(draft, siblings))))

    def _followed(self, draft: Draft, siblings: Siblings) -> Iterator[Hop]:
        """The hops of a draft's first explanation and of those that it goes on in."""
        seen = {id(draft)}
        explanations = draft.explanations
        for _ in range(_MAX_FOLLOWED):
            if not explanations:
                return
            found = self._hops_of(explanations[0])
            yield from found
            if found and found[-1].reason == "return":
                return
            last = next((hop.place for hop in reversed(found) if hop.place.line), draft.place)
            receiver = receiver_of(found)
            if receiver:
                follower = _nearest(siblings.methods_of(receiver, draft), last.line)
            else:
                follower = self._holder_of(found, last, draft, siblings)
            if follower is not None and id(follower) not in seen:
                seen.add(id(follower))
                draft, explanations = follower, follower.explanations
            elif follower is None and found and _may_be_held_there(found, draft):
                explanations = explanations[1:]
            else:
                return

    def _until_stored(self, steps: list[Hop]) -> list[Hop]:
        """The hops up to that by which a function literal stores into an outer variable.

        What follows is how the literal reaches that variable: it captures it by reference. So does
        the body of a loop over a function (Go 1.23: cmd/compile/internal/rangefunc).
        """
        for index, hop in enumerate(steps[:-1]):
            following = steps[index + 1]
            if not hop.reason.startswith("assign") or following.reason != "captured by a closure":
                continue
            if following.value != f"&{hop.target}":
                continue
            literals, others = (self._view.literals(at.place) for at in (hop, following))
            if literals and literals[0] in others and self._is_stored_outside(hop, literals[0]):
                return steps[: index + 1]
            loops = self._view.loops(hop.place)
            if literals != others or not loops or loops[0] not in self._view.loops(following.place):
                continue
            if self._is_stored_outside(hop, loops[0]):
                return steps[: index + 1]
        return steps

    def _is_stored_outside(self, hop: Hop, around: "Node") -> bool:
        """Whether a literal or loop around a hop does not declare the variable it assigns to."""
        source, node = self._view.source, self._view.node(hop.place)
        if source is None or node is None:
            return True
        return not is_declared_within(source, node, hop.target, around)

    def _holder_of(
        self, steps: Sequence[Hop], last: Place, draft: Draft, siblings: Siblings
    ) -> Draft | None:
        """The draft in which a flow goes on that ends in memory or a variable of the function."""
        target = steps[-1].target if steps else ""
        if not target.startswith(STORAGE):
            return _nearest(siblings.of(target, draft, (Kind.MOVED,)), last.line)
        text = target[len(STORAGE) : -1]
        found = siblings.of(text, draft, (Kind.ESCAPES, Kind.DEFERRED_CALL))
        if text != "func literal":
            return _nearest(found, last.line)
        # A capture stands within the literal, or in the statement whose call is wrapped. A literal
        # of an inlined body stands at the call, by which the value gets into that body.
        calls = [last, *(hop.place for hop in reversed(steps))]
        around = [*self._around(last), *((one.line, one.column) for one in calls)]
        by_place = {(one.place.line, one.place.column): one for one in found}
        return next((by_place[place] for place in around if place in by_place), None)

    def _around(self, place: Place) -> Iterator[tuple[int, int]]:
        """Where the function literals, loops and statements begin that a place stands in."""
        node, source = self._view.node(place), self._view.source
        while node is not None and source is not None:
            if node.type in _KEEPERS:
                yield source.point(node.start_byte)
            node = node.parent


def receiver_of(steps: Sequence[Hop]) -> str:
    """What steps end in as the receiver of a method value whose method keeps it; or empty.

    The compiler has no words for that: it goes through a temporary to the heap (escape/expr.go).
    """
    if len(steps) < 2 or steps[-1].reason or steps[-2].reason:
        return ""
    kept = steps[-1].value.lstrip("*")
    is_tee = steps[-2].target == kept == "{temp}" and steps[-1].target == "{heap}"
    return steps[-2].value if is_tee else ""


def _may_be_held_there(steps: Sequence[Hop], draft: Draft) -> bool:
    """Whether a function literal of an inlined body may hold another one at the same call."""
    is_captured = steps[-1].target == f"{STORAGE}func literal}}" and draft.text == "func literal"
    return is_captured and any(hop.place == draft.place for hop in steps if hop.reason != "spill")


def _until_returned(steps: list[Hop]) -> list[Hop]:
    """The hops up to the first return.

    What is returned is on the heap, whatever a caller does with it; the compiler looks on into
    callers where functions call each other in a circle.
    """
    at = next((at for at, hop in enumerate(steps) if hop.reason == "return"), len(steps))
    return steps[: at + 1]


def _nearest(drafts: Sequence[Draft], line: int) -> Draft | None:
    return min(drafts, key=lambda one: abs(one.place.line - line), default=None)
