"""Where inlined copies come from: the sites of the functions that were inlined at their place.

The compiler prints which functions were inlined at a call, not which of them a decision is from.
Where only one of them has such a site of its own, it is that one; a caller's own expression cannot
be meant, since it would have been told by its node.
"""

import re
from collections.abc import Iterable

from msgspec.structs import replace

from escapelens import dialect
from escapelens.declared import package_name
from escapelens.model import Certainty, Cold, Kind, Position, Site, Triage

_QUALIFIED = re.compile(r"(?P<package>[A-Za-z_]\w*)\.(?P<function>\(\*?\w+\)\.\w+|\w+(?:\.\w+)*)")
_UNEXPORTED = re.compile(r"&?(?P<package>[^\W\d]\w*)\.[a-z_]\w*(?:\[.*\])?\{")
"""A literal of a type that only its own package can name."""
_VARIABLE = re.compile(r"(?P<package>[^\W\d]\w*)\.[^\W\d]\w*\Z")
"""A variable, which carries its package where that is not the one being compiled."""
Found = dict[tuple[str, Kind, str], list[Site]]
"""Sites by function, kind and text."""
_Copy = tuple[Position, Kind, str]
"""What tells an inlined copy from others."""
_OF_A_BLOCK = (Cold.ERROR_PATH, Cold.PANICS)
"""What a block of a function is, wherever the function is inlined."""


def makers(kind: Kind, text: str, inlined: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the functions inlined at a place that can have made what the compiler prints."""
    told = (_VARIABLE if kind is Kind.MOVED else _UNEXPORTED).match(text)
    if told is None:
        return inlined
    return tuple(name for name in inlined if name.startswith(f"{told['package']}.")) or inlined


class Origins:
    """The sites that functions have, found by what an inlined copy tells."""

    def __init__(self) -> None:
        self._sites: Found = {}
        """Those of their own."""
        self._copies: Found = {}
        self._callers: dict[_Copy, tuple[str, ...]] = {}
        self._cold: dict[_Copy, Cold | None] = {}

    def add(self, site: Site, declared: str, normal: str, callers: tuple[str, ...]) -> None:
        """Takes a site; `normal` is the text all its copies share.

        Of an inlined copy, `callers` are inlined there too, and may call what made it.
        """
        found = self._sites if site.origin is None else self._copies
        found.setdefault((declared, site.kind, normal), []).append(site)
        self._callers[_copy(site)] = callers

    def told(self, copy: Site, normal: str, inlined: Iterable[str]) -> Site:
        """An inlined copy with its origin and how often that runs, given what is inlined there."""
        assert copy.origin is not None
        found: dict[str, list[Site]] = {}
        for name in dict.fromkeys(inlined):
            if sites := _in(self._sites, name, copy, normal):
                found[name] = sites
        if len(found) != 1:
            cold = self._in_callers(copy, normal)
            if cold is None or copy.triage is None:
                return copy
            return replace(copy, triage=replace(copy.triage, cold=cold))
        ((name, sites),) = found.items()
        unknown = copy.origin.certainty is Certainty.UNKNOWN
        origin = replace(
            copy.origin,
            certainty=Certainty.INFERRED if unknown else copy.origin.certainty,
            function=name,
            position=sites[0].position if len(sites) == 1 else None,
        )
        what = sites[0].expression
        if copy.expression != dialect.TEMPORARY or any(one.expression != what for one in sites):
            what = copy.expression
        return replace(copy, expression=what, origin=origin, triage=_within(copy.triage, sites))

    def _in_callers(self, copy: Site, normal: str) -> Cold | None:
        """Why a copy is cold: in itself, or since it is in all functions that call what made it.

        These are inlined in each other. What they have is the same copy, at the calls in them.
        """
        known = copy.triage.cold if copy.triage is not None else None
        key = _copy(copy)
        if known is not None or key in self._cold:
            return known or self._cold[key]
        self._cold[key] = None  # where functions call each other in a circle
        reasons = {
            self._in_callers(one, normal)
            for name in self._callers.get(key, ())
            for one in _in(self._copies, name, copy, normal)
            if _is_same_maker(one, copy)
        }
        cold = next(iter(reasons)) if len(reasons) == 1 else None
        self._cold[key] = cold if cold in _OF_A_BLOCK else None
        return self._cold[key]


def _copy(site: Site) -> "_Copy":
    return site.position, site.kind, site.expression


def _in(found: "Found", name: str, site: Site, normal: str) -> list[Site]:
    """Such sites in an inlined function."""
    plain = dialect.function_name(name)
    own = found.get((plain, site.kind, normal), ())
    same = [one for one in own if one.package == site.package]
    match = _QUALIFIED.fullmatch(plain)
    if match is None:
        return same
    qualifier, function = match.group("package", "function")
    key = (function, site.kind, normal.replace(f"{qualifier}.", ""))
    for one in found.get(key, ()):
        if package_name(one.package) == qualifier and one.package != site.package:
            same.append(one)
    return same


def _is_same_maker(copy: Site, other: Site) -> bool:
    """Whether two copies may come from the same function."""
    made, told = copy.origin, other.origin
    return made is not None and told is not None and made.function == told.function


def _within(call: Triage | None, origins: Iterable[Site]) -> Triage | None:
    """What is known of a place in a function that is inlined at a call: one of its `origins`."""
    within = [one.triage for one in origins]
    if call is None or None in within:
        return call
    depths = {one.loop_depth for one in within if one is not None}
    reasons = {one.cold for one in within if one is not None}
    depth = call.loop_depth + min(depths)
    cold = next(iter(reasons)) if call.cold is None and len(reasons) == 1 else None
    return replace(call, loop_depth=depth, cold=cold if cold in _OF_A_BLOCK else call.cold)
