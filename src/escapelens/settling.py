"""What names leave open about calls and stores is settled by Go's type checker.

Only sites are asked about that end in a call which names take for dynamic, or in a store whose
container they can only guess.
"""

from collections.abc import Callable, Iterable, Sequence
from threading import Thread

from msgspec.structs import replace

from escapelens.drafts import Paths
from escapelens.evidence import End, Evidence
from escapelens.sites import Merged
from escapelens.types import Answers, Call, Place, Target

Ask = Callable[[Iterable[Place], Iterable[Place]], Answers]
"""Asks about calls and about stores."""

_ENDS = {
    "global": End.GLOBAL,
    "map": End.MAP_ENTRY,
    "slice": End.ELEMENT,
    "pointer": End.POINTER,
}
_INDEXED = (End.ELEMENT, End.MAP_ENTRY)


class Settling:
    """Asks about sites while something else is done, and settles them when that is."""

    def __init__(self, paths: Paths, question: Ask, found: Iterable[Evidence]) -> None:
        self._paths = paths
        calls: list[Place] = []
        stores: list[Place] = []
        for evidence in found:
            if _is_open_call(evidence):
                calls.append(_place(evidence, paths))
            elif _is_open_store(evidence):
                stores.append(_place(evidence, paths))
        self._answers = Answers()
        self._asking: Thread | None = None
        if calls or stores:
            self._asking = Thread(target=self._ask, args=(question, calls, stores), daemon=True)
            self._asking.start()

    def _ask(self, question: Ask, calls: Iterable[Place], stores: Iterable[Place]) -> None:
        self._answers = question(calls, stores)

    def settle(self, found: Sequence[Merged]) -> list[Merged]:
        """The sites with what the type checker knows better."""
        if self._asking is not None:
            self._asking.join()
        return [one._replace(evidence=self._settled(one.evidence)) for one in found]

    def _settled(self, evidence: Evidence) -> Evidence:
        if _is_open_call(evidence):
            call = self._answers.calls.get(_place(evidence, self._paths))
            return evidence if call is None else _called(evidence, call)
        if _is_open_store(evidence):
            targets = self._answers.stores.get(_place(evidence, self._paths), ())
            return _stored(evidence, targets)
        return evidence


def _place(evidence: Evidence, paths: Paths) -> Place:
    position = evidence.position
    assert position is not None
    return Place(paths.real_of_shown(position.file), position.line, position.column or 0)


def _is_open_call(evidence: Evidence) -> bool:
    callee, position = evidence.callee, evidence.position
    if evidence.end is not End.DYNAMIC_CALL or callee is None or callee.within:
        return False
    return position is not None and position.column is not None and position.file[-3:] == ".go"


def _is_open_store(evidence: Evidence) -> bool:
    position = evidence.position
    if position is None or position.column is None or evidence.callee is not None:
        return False
    if evidence.end in _INDEXED:
        return evidence.holder.endswith("]")
    return (
        evidence.end is End.GLOBAL and not evidence.holder.isidentifier() and evidence.holder != ""
    )


def _called(evidence: Evidence, call: Call) -> Evidence:
    """The evidence of a value that is handed to what the type checker found."""
    callee = evidence.callee
    assert callee is not None
    if call.kind == "interface" and call.interface:
        method = call.method or ""
        return replace(evidence, callee=replace(callee, interface=call.interface, method=method))
    if call.kind == "value" and call.value:
        return replace(evidence, callee=replace(callee, is_value=True))
    if call.kind == "static" and call.function:
        known = replace(callee, package=call.package or "", function=call.function)
        end = End.REFLECTION if known.package == "reflect" else End.CALL
        return replace(evidence, end=End.NO_BODY if call.has_body is False else end, callee=known)
    return evidence


def _stored(evidence: Evidence, targets: Sequence[Target]) -> Evidence:
    """The evidence of a value that is stored where the type checker says."""
    same = [one for one in targets if one.text == evidence.holder] or list(targets)
    end = _ENDS.get(same[0].into or "") if len(same) == 1 else None
    return evidence if end is None else replace(evidence, end=end)
