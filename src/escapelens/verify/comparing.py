"""Which sites of a program are the same before and after its text was edited.

Positions are mapped through the edits. Only what stands inside of changed text is known by its own
text, within its function.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from escapelens.mapping import Mapping as TextMapping
from escapelens.model import Context, Kind, SiteReference
from escapelens.sites import Merged

_Key = tuple[str, int, int, Kind]
_Fits = Callable[[Merged, Merged], bool]


class Difference(NamedTuple):
    """The sites of two programs, paired."""

    stays: Mapping[str, Merged]
    """The site after the edits, by the fingerprint before them."""
    gone: tuple[Merged, ...]
    new: tuple[Merged, ...]


def compare(
    before: Sequence[Merged], after: Iterable[Merged], mappings: Mapping[str, TextMapping]
) -> Difference:
    """Pairs the sites; `mappings` are those of the files that were edited."""
    left: dict[_Key, list[Merged]] = {}
    for one in after:
        left.setdefault(_key(one), []).append(one)
    stays: dict[str, Merged] = {}
    open_ones: list[tuple[Merged, _Key | None]] = []
    for one in before:
        key = _mapped(one, mappings)
        same = _take(left, key, one, _is_copy)
        if same is None:
            open_ones.append((one, key))
        else:
            stays[one.site.fingerprint] = same
    still: list[Merged] = []
    for one, key in open_ones:
        # The node is the same although its text may be another, if it is the function's own.
        same = _take(left, key, one, _are_own)
        if same is None:
            still.append(one)
        else:
            stays[one.site.fingerprint] = same
    gone: list[Merged] = []
    loose = [other for others in left.values() for other in others]
    for one in still:
        again = next((other for other in loose if _is_again(one, other, mappings)), None)
        if again is None:
            gone.append(one)
        else:
            loose.remove(again)
            stays[one.site.fingerprint] = again
    grown = _grown(before, stays)
    return Difference(stays, tuple(gone), (*loose, *grown))


def within(sites: Iterable[Merged], packages: Collection[str]) -> list[Merged]:
    """The sites that compilations of these packages printed."""
    return [
        one
        for one in sites
        if any(decision.package in packages for decision in one.site.decisions)
        or (not one.site.decisions and one.site.package in packages)
    ]


def reference(one: Merged) -> SiteReference:
    """A site as verdicts name it."""
    site = one.site
    return SiteReference(
        site.fingerprint,
        site.package,
        site.function,
        site.expression,
        site.position,
        site.cause,
        site.triage,
    )


def _key(one: Merged) -> _Key:
    position = one.site.position
    return (one.path or position.file, position.line, position.column or 0, one.site.kind)


def _mapped(one: Merged, mappings: Mapping[str, TextMapping]) -> _Key | None:
    """Where a site would be after the edits; None if its text was changed."""
    key = _key(one)
    mapping = mappings.get(one.path)
    if mapping is None:
        return key
    place = mapping.position(one.site.position.line, one.site.position.column)
    return None if place is None else (key[0], place[0], place[1] or 0, key[3])


def _take(
    left: dict[_Key, list[Merged]], key: _Key | None, one: Merged, fits: _Fits
) -> Merged | None:
    """Takes the first site at a place that fits another."""
    if key is None:
        return None
    others = left.get(key, [])
    found = next((other for other in others if fits(one, other)), None)
    if found is not None:
        others.remove(found)
    return found


def _is_copy(one: Merged, other: Merged) -> bool:
    same = one.site.expression == other.site.expression
    return same and (one.site.origin is None) == (other.site.origin is None)


def _are_own(one: Merged, other: Merged) -> bool:
    return one.site.origin is None and other.site.origin is None


def _is_again(one: Merged, other: Merged, mappings: Mapping[str, TextMapping]) -> bool:
    """Whether a site whose text was changed has its like in what was inserted instead."""
    mapping = mappings.get(one.path)
    if mapping is None or one.path != other.path or one.declared != other.declared:
        return False
    position = other.site.position
    inserted = mapping.is_inserted(position.line, position.column) or position.column is None
    same = one.site.kind is other.site.kind and _text(one) == _text(other)
    return inserted and same and _mapped(one, mappings) is None


def _text(one: Merged) -> str:
    return re.sub(r"\s+", "", one.site.expression)


def _grown(before: Sequence[Merged], stays: Mapping[str, Merged]) -> Iterable[Merged]:
    """The sites at which more of the function's own values are on the heap than were."""
    for one in before:
        other = stays.get(one.site.fingerprint)
        if other is not None and _own(other) > _own(one) > 0:
            yield other


def _own(one: Merged) -> int:
    """How many decisions the plain compilation took on the function's own code."""
    return sum(
        decision.count
        for decision in one.site.decisions
        if decision.context is Context.OWN and decision.variant is None
    )
