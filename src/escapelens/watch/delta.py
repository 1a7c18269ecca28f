"""Which sites are new, gone or changed, told by where each place went in the text.

A site whose lines did not change is the one at the mapped position; only what stands in changed
text is looked for by its text, within its function.
"""

import collections.abc
from collections.abc import Iterable, Sequence

from escapelens.mapping import Mapping
from escapelens.model import Site, SiteReference
from escapelens.sites import Merged
from escapelens.watch.events import CauseChange, Delta

Texts = collections.abc.Mapping[str, bytes]
"""The content of files by absolute path."""


def delta(
    old: Sequence[Merged], new: Sequence[Merged], old_texts: Texts, new_texts: Texts
) -> Delta:
    """What became of the old sites, and which of the new ones are none of them."""
    same = pairs(old, new, old_texts, new_texts)
    kept = set(same.values())
    gone = [one.site for index, one in enumerate(old) if index not in same]
    changed = (
        CauseChange(new[there].site.fingerprint, old[here].site.cause, new[there].site.cause)
        for here, there in sorted(same.items(), key=lambda pair: pair[1])
        if old[here].site.cause != new[there].site.cause
    )
    return Delta(
        new=tuple(
            one.site.fingerprint
            for index, one in enumerate(new)
            if index not in kept and one.site.ignored is None
        ),
        gone=tuple(reference(site) for site in gone if site.ignored is None),
        changed=tuple(changed),
    )


def reference(site: Site) -> SiteReference:
    """What is left to say of a site."""
    return SiteReference(
        site.fingerprint,
        site.package,
        site.function,
        site.expression,
        site.position,
        site.cause,
        site.triage,
    )


def pairs(
    old: Sequence[Merged], new: Sequence[Merged], old_texts: Texts, new_texts: Texts
) -> dict[int, int]:
    """The index of each old site that still is one, and its new index."""
    maps = _Maps(old_texts, new_texts)
    found: dict[int, int] = {}
    by_place: dict[tuple[object, ...], list[int]] = {}
    for index, one in enumerate(new):
        position = one.site.position
        by_place.setdefault(_key(one, (position.line, position.column)), []).append(index)
    changed = []
    for index, one in enumerate(old):
        place = maps.place(one)
        if place is None:
            changed.append(index)
        elif there := by_place.get(_key(one, place)):
            found[index] = there.pop(0)
    taken = set(found.values())
    left = [index for index, one in enumerate(new) if index not in taken and maps.is_new(one)]
    for key in (_fingerprint, _identity):
        alike: dict[tuple[object, ...], list[int]] = {}
        for index in left:
            alike.setdefault(key(new[index]), []).append(index)
        for index in changed:
            if index not in found and (there := alike.get(key(old[index]))):
                found[index] = there.pop(0)
                left.remove(found[index])
    return found


class _Maps:
    """Where the sites of files went."""

    def __init__(self, old: Texts, new: Texts) -> None:
        self._old = old
        self._new = new
        self._maps: dict[str, Mapping | None] = {}

    def place(self, one: Merged) -> tuple[int, int | None] | None:
        """Line and column of an old site in the new text, if its node is there as it was."""
        site, position = one.site, one.site.position
        if one.path not in self._old:
            return position.line, position.column
        mapping = self._of(one.path)
        if mapping is None:
            return None
        place = mapping.position(position.line, position.column)
        if place is None or site.range is None:
            return place
        start, end = site.range.start, site.range.end
        first = mapping.position(start.line, start.column)
        last = mapping.position(end.line, max(end.column - 1, 1))
        if first is None or last is None or last[0] - first[0] != end.line - start.line:
            return None
        return place

    def is_new(self, one: Merged) -> bool:
        """Whether a new site stands, at least in part, in text that was not there before."""
        if one.path not in self._new:
            return False
        mapping = self._of(one.path)
        return mapping is None or any(mapping.is_inserted(line, None) for line in _lines(one.site))

    def _of(self, path: str) -> Mapping | None:
        if path not in self._maps:
            old, new = self._old.get(path), self._new.get(path)
            known = old is not None and new is not None
            self._maps[path] = Mapping.between(old or b"", new or b"") if known else None
        return self._maps[path]


def _lines(site: Site) -> Iterable[int]:
    if site.range is None:
        return (site.position.line,)
    return range(site.range.start.line, site.range.end.line + 1)


def _key(one: Merged, place: tuple[int, int | None]) -> tuple[object, ...]:
    site = one.site
    where = one.path or (site.package, site.position.file)
    return (where, *place, site.kind, _squeezed(site))


def _fingerprint(one: Merged) -> tuple[object, ...]:
    return (one.site.fingerprint,)


def _identity(one: Merged) -> tuple[object, ...]:
    """What equal sites of one function have in common, wherever they stand in it."""
    site = one.site
    inlined = site.origin.function if site.origin is not None else None
    return (site.package, one.declared, site.kind, _squeezed(site), inlined)


def _squeezed(site: Site) -> str:
    return "".join(site.expression.split())
