"""Which sites a reader sees first, where there are more than a screen can hold."""

from collections.abc import Iterable, Sequence

from escapelens.dialect import is_result
from escapelens.model import Allocates, Context, Leak, Site, Triage

SCREENFUL = 20
"""How many of many records are shown, unless the reader says."""
MANY = 2 * SCREENFUL
"""More than these are many."""
_LARGE = (64, 1024)
"""Bytes above which objects are larger, and large."""

Rank = tuple[float, bool, bool, bool, int, bool, int, bool]
"""Compares sites by likely cost, the likeliest least."""


def select(sites: Sequence[Site], limit: int) -> list[Site]:
    """At most `limit` sites in their order: those likely to cost most; 0 means all.

    Of equals some are taken from every package, and in a package from every file.
    """
    if not limit or len(sites) <= limit:
        return list(sites)
    ranks: dict[Rank, list[Site]] = {}
    for site in sites:
        ranks.setdefault(rank(site), []).append(site)
    chosen: list[Site] = []
    for _, equals in sorted(ranks.items()):
        chosen += _spread(equals, limit - len(chosen))
    taken = set(map(id, chosen))
    return [site for site in sites if id(site) in taken]


def by_cost(sites: Iterable[Site]) -> list[Site]:
    """The sites with those likely to cost most first, functions and files kept together.

    A file stands where its foremost site would, and so does a function in it.
    """
    ranked = [(rank(site), index, site) for index, site in enumerate(sites)]
    files: dict[str, tuple[Rank, int]] = {}
    functions: dict[tuple[str, str], tuple[Rank, int]] = {}
    for one, index, site in sorted(ranked, key=lambda entry: entry[:2]):
        files.setdefault(site.position.file, (one, index))
        functions.setdefault((site.position.file, site.function), (one, index))
    ranked.sort(
        key=lambda entry: (
            files[entry[2].position.file],
            functions[entry[2].position.file, entry[2].function],
            entry[:2],
        )
    )
    return [site for *_, site in ranked]


def rank(site: Site) -> Rank:
    """How likely a site is to cost something, the likeliest first; nothing here is guessed.

    What a profile measured decides. Else generated and other packages' code goes last, before it
    what allocates nothing, before that what the syntax shows to run seldom. Then the loops around a
    site count, then whether it always allocates, then how large it is.
    """
    triage, cost = site.triage or Triage(), site.cost
    size = cost.bytes if cost is not None and cost.bytes is not None else 0
    return (
        -cost.profile.share if cost is not None and cost.profile is not None else 0.0,
        site.generated or site.foreign,
        cost is not None and cost.allocates is Allocates.NO,
        triage.cold is not None,
        -triage.loop_depth,
        cost is not None and cost.allocates is Allocates.SOMETIMES,
        -sum(size > limit for limit in _LARGE),
        _is_copy(site),
    )


def _spread(sites: Sequence[Site], limit: int) -> list[Site]:
    """At most `limit` sites, dealt out over packages and then over files."""
    if len(sites) <= limit:
        return list(sites)
    packages: dict[str, dict[str, list[int]]] = {}
    for index, site in enumerate(sites):
        files = packages.setdefault(site.package, {})
        files.setdefault(site.position.file, []).append(index)
    dealt = _dealt(_dealt(files.values()) for files in packages.values())
    return [sites[index] for index in dealt[: max(limit, 0)]]


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


def _is_copy(site: Site) -> bool:
    is_own = any(decision.context is not Context.INLINED for decision in site.decisions)
    return not is_own or site.origin is not None


def _dealt(hands: Iterable[Sequence[int]]) -> list[int]:
    """One from each hand in turn, until all hands are empty."""
    waiting = [list(reversed(hand)) for hand in hands]
    dealt: list[int] = []
    while waiting:
        dealt += [hand.pop() for hand in waiting]
        waiting = [hand for hand in waiting if hand]
    return dealt
