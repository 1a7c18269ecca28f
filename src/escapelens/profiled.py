"""What profiles say of the sites of a report: a stack belongs to the site that made the object.

The innermost frame that is not the runtime's is where something was allocated. Where that was
inlined, the copy at the outermost call in the same function is the site, else the place itself.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec.structs import replace

from escapelens.model import (
    Allocates,
    Kind,
    Measured,
    Position,
    Profiled,
    ProfileLine,
    Report,
    Site,
)
from escapelens.parsers.profile import Frame, Sample
from escapelens.places import Places
from escapelens.profiles import Amount, Stacks
from escapelens.source import Source

_RUNTIME = ("runtime.", "internal/runtime/")
_WAITS = re.compile(rb"<-|\bselect\b")
_WAITING = "it waits for a channel, for which the runtime takes memory that it uses again"
_TINY = 16
"""The block in which the runtime puts objects without pointers that are smaller."""
_MOST_LINES = 200
_NO_SITE = (
    "no allocation is known on this line; perhaps it was built with other flags or another Go"
)
_CHANGED = "its file has changed since, and nothing is known to be allocated on this line now"
_ASK_FOR_CODE = "the compiler says nothing of it; --asm looks at the machine code"


class _Leaf(NamedTuple):
    """Where something was allocated."""

    frame: Frame
    callers: tuple[Frame, ...]
    """The functions that it was inlined into, the innermost first."""


@dataclass
class _Sum:
    objects: int = 0
    bytes: int = 0
    cumulative_objects: int = 0
    cumulative_bytes: int = 0
    among: int = 1


@dataclass
class _Untold:
    """Allocations of a line that no site accounts for."""

    frame: Frame
    place: Position | None
    reason: str
    through: Position | None
    amount: Amount = field(default=Amount(0, 0))


def with_profile(
    report: Report,
    stacks: Stacks,
    index: str,
    read: Callable[[str], Source | None],
    renamed: Sequence[tuple[str, str]] = (),
) -> Report:
    """The report with what its sites allocated; `index` is what shares are of.

    `renamed` gives for beginnings of file names of the profile what stands there now.
    """
    return _Matching(report, index, Places(report, read, renamed), read).apply(stacks)


class _Matching:
    def __init__(
        self, report: Report, index: str, places: Places, read: Callable[[str], Source | None]
    ) -> None:
        self._report = report
        self._index = index
        self._read = read
        self._places = places
        self._own: dict[tuple[str, int], list[Site]] = {}
        self._copies: dict[tuple[str, int], list[Site]] = {}
        for site in report.sites:
            kind = self._own if site.origin is None else self._copies
            kind.setdefault((site.position.file, site.position.line), []).append(site)
        self._sums: dict[str, _Sum] = {}
        self._untold: dict[tuple[object, ...], _Untold] = {}

    def apply(self, stacks: Stacks) -> Report:
        self._places.know(frame for sample, _ in stacks.samples for frame in _frames(sample))
        for sample, amount in stacks.samples:
            self._add(sample, amount)
        total, whole = stacks.total, stacks.whole(self._index)
        sites = tuple(self._measured(site, whole) for site in self._report.sites)
        matched = sum(site.cost.profile.share for site in sites if site.cost and site.cost.profile)
        lines = sorted(
            (self._line(one, whole) for one in self._untold.values()),
            key=lambda line: (-line.share, line.function, line.line),
        )
        profile = Profiled(
            *(self._index, total.objects, total.bytes, matched),
            tuple(lines[:_MOST_LINES]),
            self._places.changed,
        )
        notes = (*self._report.notes, *self._places.problems)
        return replace(self._report, sites=sites, profile=profile, notes=notes)

    def _add(self, sample: Sample, amount: Amount) -> None:
        leaf = _leaf(sample)
        if leaf is None:
            return
        sites = self._sites(leaf, sample.block)
        for turn, site in enumerate(sites):
            known = self._sums.setdefault(site.fingerprint, _Sum())
            known.objects += _part(amount.objects, turn, len(sites))
            known.bytes += _part(amount.bytes, turn, len(sites))
            known.among = max(known.among, len(sites))
        if not sites:
            self._add_untold(leaf, sample, amount)
        lines = {self._places.of(frame) for frame in _frames(sample)} - {None}
        for line in lines:
            assert line is not None
            for one in (*self._own.get(line, ()), *self._copies.get(line, ())):
                known = self._sums.setdefault(one.fingerprint, _Sum())
                known.cumulative_objects += amount.objects
                known.cumulative_bytes += amount.bytes

    def _sites(self, leaf: _Leaf, block: int) -> Sequence[Site]:
        """The sites that may have made an object of a size; several if nothing tells them apart."""
        candidates = list(self._candidates(leaf))
        for allocating in (True, False):
            for sites in candidates:
                found = _likeliest([one for one in sites if _is_no(one) != allocating], block)
                if found:
                    return found
        return ()

    def _candidates(self, leaf: _Leaf) -> Iterator[Sequence[Site]]:
        """The sites that may be meant by a place, the likeliest first."""
        place = self._places.of(leaf.frame)
        for frame in reversed(leaf.callers):
            at = self._places.of(frame)
            copies = self._copies.get(at, ()) if at is not None else ()
            yield [site for site in copies if _may_come_from(site, place)]
        if place is not None:
            yield self._own.get(place, ())
            # What a call returns is put in an interface on the line of the call.
            yield self._copies.get(place, ())

    def _add_untold(self, leaf: _Leaf, sample: Sample, amount: Amount) -> None:
        frame = leaf.frame
        place = self._places.of(frame)
        through = None
        if place is None:
            places = (self._places.of(one) for one in _frames(sample))
            at = next((one for one in places if one is not None), None)
            through = Position(*at) if at is not None else None
        key = (frame.function, frame.file, frame.line, through)
        known = self._untold.get(key)
        if known is None:
            reason = self._places.why_not(frame) if place is None else self._no_site(place)
            position = Position(*place) if place is not None else None
            known = self._untold[key] = _Untold(frame, position, reason, through)
        known.amount = known.amount.plus(amount)

    def _no_site(self, place: tuple[str, int]) -> str:
        file, line = place
        source = self._read(file)
        if source is not None and _WAITS.search(source.line(line)):
            return _WAITING
        if file in self._places.changed:
            return _CHANGED
        return _NO_SITE if " -S " in self._report.go.gcflags else _ASK_FOR_CODE

    def _measured(self, site: Site, whole: int) -> Site:
        known = self._sums.get(site.fingerprint)
        if known is None or site.cost is None:
            return site
        flat = Amount(known.objects, known.bytes).by(self._index)
        through = Amount(known.cumulative_objects, known.cumulative_bytes).by(self._index)
        share, cumulative = (flat / whole, through / whole) if whole else (0.0, 0.0)
        measured = Measured(
            *(known.objects, known.bytes, round(share, 6), round(cumulative, 6), known.among)
        )
        return replace(site, cost=replace(site.cost, profile=measured))

    def _line(self, one: _Untold, whole: int) -> ProfileLine:
        share = one.amount.by(self._index) / whole if whole else 0.0
        file, line = one.frame.file, one.frame.line
        if one.place is not None:
            file, line = one.place.file, one.place.line
        return ProfileLine(
            one.frame.function,
            file,
            line,
            one.amount.objects,
            one.amount.bytes,
            round(share, 6),
            one.reason,
            one.through,
        )


def _frames(sample: Sample) -> Iterable[Frame]:
    for physical in sample.stack:
        yield from physical


def _leaf(sample: Sample) -> _Leaf | None:
    """The innermost frame of a stack that is not the runtime's; the runtime's own if all are."""
    for physical in sample.stack:
        for index, frame in enumerate(physical):
            if not frame.function.startswith(_RUNTIME):
                return _Leaf(frame, physical[index + 1 :])
    first = next(iter(_frames(sample)), None)
    return None if first is None else _Leaf(first, ())


def _may_come_from(site: Site, place: tuple[str, int] | None) -> bool:
    """Whether an inlined copy may be what was allocated at a place."""
    origin = site.origin
    if origin is None or origin.position is None or place is None:
        return True
    return (origin.position.file, origin.position.line) == place


def _part(whole: int, turn: int, of: int) -> int:
    """One of several equal parts; the last ones get what is left over."""
    return whole * (turn + 1) // of - whole * turn // of


def _likeliest(sites: Sequence[Site], block: int) -> Sequence[Site]:
    """The sites that may have made an object of a size; those of that size before others."""
    for is_likely in (_is_known_to_fit, _fits, _is_boxed_too):
        found = [site for site in sites if is_likely(site, block)]
        if found:
            return found
    return ()


def _is_known_to_fit(site: Site, block: int) -> bool:
    return _bytes(site) is not None and not _is_no(site) and _fits(site, block)


def _fits(site: Site, block: int) -> bool:
    """Whether a site may have made an object of a size; very small ones share a block."""
    size = _bytes(site)
    # Should a judgement be wrong, it must not hide what was measured.
    return _is_no(site) or size is None or block in (0, size) or (size < _TINY and block == _TINY)


def _is_boxed_too(site: Site, _: int) -> bool:
    """Whether a value is told several times: it is put in an interface, which takes memory too."""
    return site.kind is Kind.ESCAPES and sum(one.count for one in site.decisions) > 1


def _bytes(site: Site) -> int | None:
    return site.cost.bytes if site.cost is not None else None


def _is_no(site: Site) -> bool:
    return site.cost is not None and site.cost.allocates is Allocates.NO
