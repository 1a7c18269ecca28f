"""Which sites a reader sees first, where there are more than a screen can hold."""

from collections.abc import Iterable, Sequence

from escapelens.dialect import is_result
from escapelens.model import Context, Leak, Site

SCREENFUL = 20
"""How many of many records are shown, unless the reader says."""
MANY = 2 * SCREENFUL
"""More than these are many."""


def select(sites: Sequence[Site], limit: int) -> list[Site]:
    """At most `limit` sites in their order, dealt out over packages and then over files.

    Within a file, a decision about its own code goes before an inlined copy, both before generated
    code. 0 means all.
    """
    if not limit or len(sites) <= limit:
        return list(sites)
    packages: dict[str, dict[str, list[int]]] = {}
    for index, site in enumerate(sites):
        files = packages.setdefault(site.package, {})
        files.setdefault(site.position.file, []).append(index)
    for files in packages.values():
        for indices in files.values():
            indices.sort(key=lambda index: (_rank(sites[index]), index))
    dealt = _dealt(_dealt(files.values()) for files in packages.values())
    return [sites[index] for index in sorted(dealt[:limit])]


def telling(leaks: Iterable[Leak]) -> list[Leak]:
    """The leaks a reader needs, parameter by parameter: those that leave the function.

    The compiler names each location on the way too, such as a variable that is on the heap itself;
    these are told only of a parameter that has no other leak.
    """
    parameters: dict[tuple[object, ...], dict[tuple[bool, str], Leak]] = {}
    for leak in leaks:
        if leak.parameter == ".dict":
            # What the compiler passes to a generic function is nothing a reader can change.
            continue
        place = leak.position
        known = parameters.setdefault((place.file, place.line, place.column, leak.parameter), {})
        before = known.get((leak.derefs > 0, leak.to))
        if before is None or leak.derefs < before.derefs:
            known[leak.derefs > 0, leak.to] = leak
    told: list[Leak] = []
    for known in parameters.values():
        leaving = [leak for leak in known.values() if leak.to == "{heap}" or is_result(leak.to)]
        told += sorted(leaving or known.values(), key=lambda leak: (leak.derefs, leak.to))
    return told


def _rank(site: Site) -> int:
    if site.generated or site.foreign:
        return 2
    is_own = any(decision.context is not Context.INLINED for decision in site.decisions)
    return 0 if is_own and site.origin is None else 1


def _dealt(hands: Iterable[Sequence[int]]) -> list[int]:
    """One from each hand in turn, until all hands are empty."""
    waiting = [list(reversed(hand)) for hand in hands]
    dealt: list[int] = []
    while waiting:
        dealt += [hand.pop() for hand in waiting]
        waiting = [hand for hand in waiting if hand]
    return dealt
