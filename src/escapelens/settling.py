"""What names leave open is settled by Go's type checker: calls, stores, what is on the heap.

Only sites are asked about that end in a call which names take for dynamic, or in a store whose
container they can only guess, or whose text names cannot tell from that of a copied value.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from threading import Thread

from msgspec.structs import replace

from escapelens.bodies import Bodies
from escapelens.dialect import RESULT
from escapelens.dispatch import in_order
from escapelens.drafts import Paths
from escapelens.evidence import Callee, End, Evidence, Kept, Memory, Subject
from escapelens.examine import printed
from escapelens.sites import Merged
from escapelens.types import Answers, Call, Place, Target
from escapelens.types.answers import Value

Ask = Callable[[Sequence[Place], Sequence[Place]], Answers]
"""Asks about calls and about stores."""

_ENDS = {
    "global": End.GLOBAL,
    "map": End.MAP_ENTRY,
    "slice": End.ELEMENT,
    "pointer": End.POINTER,
}
_INDEXED = (End.ELEMENT, End.MAP_ENTRY)
_MADE = {
    "sum": Subject.CONCATENATION,
    "conversion": Subject.CONVERSION,
    "slice": Subject.SLICE,
    "map": Subject.MAP,
    "method value": Subject.METHOD_VALUE,
}
_EXPORTED = re.compile(r"[a-z]\w*\.[A-Z]\w*")
_OF_INSTANCES = "interface"
"""The kind of values whose type is a parameter; others of it are no copies in an interface."""


class Settling:
    """Asks about sites while something else is done, and settles them when that is."""

    def __init__(
        self,
        paths: Paths,
        question: Ask,
        found: Iterable[Evidence],
        ends: Iterable[Kept],
        bodies: Bodies,
    ) -> None:
        """`ends` are those of chains."""
        self._paths = paths
        self._bodies = bodies
        self._standard = {"": True}
        calls: list[Place] = []
        stores: list[Place] = []
        every: list[Evidence | Kept] = [*ends, *found]
        for kept in every:
            if self._is_open_call(kept):
                calls += self._calls_of(kept)
            elif _is_open_store(kept):
                stores += self._stores_of(kept)
        self._answers = Answers()
        self._asking: Thread | None = None
        if calls or stores:
            self._asking = Thread(target=self._ask, args=(question, calls, stores), daemon=True)
            self._asking.start()

    def _ask(self, question: Ask, calls: Sequence[Place], stores: Sequence[Place]) -> None:
        self._answers = question(calls, stores)

    def settle(self, found: Sequence[Merged]) -> list[Merged]:
        """The sites with what the type checker knows better."""
        if self._asking is not None:
            self._asking.join()
        return [one._replace(evidence=self._settled(one.evidence)) for one in found]

    def settle_end(self, kept: Kept) -> Kept:
        """The end of a chain with what the type checker knows better; the sites are settled."""
        if self._is_open_call(kept):
            end, callee = self._called(kept)
            return kept._replace(end=end, callee=callee)
        if _is_open_store(kept):
            return kept._replace(end=self._stored(kept))
        return kept

    def _settled(self, evidence: Evidence) -> Evidence:
        if self._is_open_call(evidence):
            end, callee = self._called(evidence)
            return replace(evidence, end=end, callee=callee)
        if _is_open_store(evidence):
            return replace(evidence, end=self._stored(evidence))
        return evidence

    def _is_open_call(self, kept: Evidence | Kept) -> bool:
        """Whether names do not tell what is called; of another module they may be of a variable."""
        callee, position = kept.callee, kept.position
        if callee is None or position is None or position.column is None:
            return False
        if position.file[-3:] != ".go":
            return False
        if kept.end is End.CALL:
            return callee.function.isidentifier() and not self._is_standard(callee.package)
        return kept.end is End.DYNAMIC_CALL

    def _is_standard(self, package: str) -> bool:
        """Whether a package, or the caller's own for an empty path, is known by its sources."""
        if package not in self._standard:
            folder = Path(self._paths.goroot, "src", package)
            self._standard[package] = folder.is_dir()
        return self._standard[package]

    def _calls_of(self, kept: Evidence | Kept) -> tuple[Place, ...]:
        """The calls of which one is that at which a value ends: in an inlined body, all alike."""
        place, callee = _place(kept, self._paths), kept.callee
        assert callee is not None
        return self._bodies.calls(callee, place.file) if callee.within else (place,)

    def _stores_of(self, kept: Evidence | Kept) -> tuple[Place, ...]:
        """The stores of which one keeps a value: in an inlined body, all alike."""
        place, call = _place(kept, self._paths), kept.statement
        if kept.holder in call or not call.endswith(")"):
            return (place,)
        return self._bodies.stores(kept.holder, printed.callee(call), place.file)

    def _stored(self, kept: Evidence | Kept) -> End:
        """The end of what is stored, as the type checker knows it."""
        answers = (self._answers.stores.get(place, ()) for place in self._stores_of(kept))
        ends = {_stored(kept, targets) for targets in answers}
        return ends.pop() if len(ends) == 1 else kept.end

    def _called(self, kept: Evidence | Kept) -> tuple[End, Callee | None]:
        """The end of what is handed to a call, and the callee, as the type checker knows them."""
        places = self._calls_of(kept)
        found = [self._answers.calls.get(place) for place in places]
        call = found[0] if found else None
        if call is None or any(other is None or not _are_alike(call, other) for other in found):
            return kept.end, kept.callee
        end, callee = _called(kept, call)
        if callee.within:
            callee = self._bodies.seen_from(_place(kept, self._paths).file, callee, places[0])
        return end, callee


def is_open_subject(evidence: Evidence) -> bool:
    """Whether only its type tells if something is made of an expression beside its copy."""
    match evidence.subject:
        case Subject.BOX:
            return not evidence.what.isidentifier()
        case Subject.CONCATENATION:
            return not any(quote in evidence.what for quote in '"`')
        case Subject.CONVERSION | Subject.METHOD_VALUE:
            return True
    return False


def with_subject(one: Merged, value: Value | None) -> Merged:
    """The site with what its type says is on the heap.

    Where an expression makes something and is also put in an interface, the compiler decides on
    it twice in the same words; of a conversion the box stands at another place.
    """
    evidence: Evidence = one.evidence
    subject, is_result = evidence.subject, one.site.expression == RESULT
    if value is None or value.constant or not is_open_subject(evidence):
        return one
    if value.kind == _OF_INSTANCES or (one.site.origin is not None and is_result):
        return one
    if evidence.end is End.UNREPORTED or evidence.memory is not Memory.HEAP:
        return one
    made = _MADE.get(value.makes)
    if subject is Subject.BOX:
        is_boxed = made is Subject.CONVERSION and value.interface
        settled = subject if made is None or is_boxed else made
    elif subject is Subject.CONCATENATION:
        settled = subject if made is subject or value.kind == "string" else Subject.BOX
    else:
        settled = subject if made is subject else Subject.BOX
    if settled is subject:
        return one
    is_empty = settled is Subject.SLICE and value.object.size == 0
    if is_empty and evidence.is_boxed:
        return one  # only its header takes memory
    memory = Memory.NO_ELEMENTS if is_empty else Memory.HEAP
    return one._replace(evidence=replace(evidence, subject=settled, memory=memory))


def _place(kept: Evidence | Kept, paths: Paths) -> Place:
    position = kept.position
    assert position is not None
    return Place(paths.real_of_shown(position.file), position.line, position.column or 0)


def _is_open_store(kept: Evidence | Kept) -> bool:
    position = kept.position
    if position is None or position.column is None or kept.callee is not None:
        return False
    if kept.end in _INDEXED:
        return kept.holder.endswith("]")
    if kept.end is End.POINTER:  # what looks like a field in an inlined body may be a variable
        return _EXPORTED.fullmatch(kept.holder) is not None and kept.holder not in kept.statement
    return kept.end is End.GLOBAL and not kept.holder.isidentifier() and kept.holder != ""


def _are_alike(call: Call, other: Call) -> bool:
    """Whether two calls call the same, as far as that is told before the program runs."""
    kinds = (call.kind, call.callee, call.interface, call.method)
    return kinds == (other.kind, other.callee, other.interface, other.method)


def _called(kept: Evidence | Kept, call: Call) -> tuple[End, Callee]:
    """The end of what is handed to what the type checker found, and the callee."""
    callee = kept.callee
    assert callee is not None
    if call.kind == "interface" and call.interface and kept.end is End.DYNAMIC_CALL:
        types = None if call.implementers is None else in_order(call.implementers)
        method = call.method or ""
        return kept.end, replace(callee, interface=call.interface, method=method, types=types)
    if call.kind == "value" and call.value:
        return End.DYNAMIC_CALL, replace(callee, package="", function="", is_value=True)
    if call.kind == "static" and call.function:
        known = replace(callee, package=call.package or "", function=call.function)
        end = End.REFLECTION if known.package == "reflect" else End.CALL
        return End.NO_BODY if call.has_body is False else end, known
    return kept.end, callee


def _stored(kept: Evidence | Kept, targets: Sequence[Target]) -> End:
    """The end of what is stored where the type checker says."""
    same = [one for one in targets if one.text == kept.holder] or list(targets)
    end = _ENDS.get(same[0].into or "") if len(same) == 1 else None
    return kept.end if end is None else end
