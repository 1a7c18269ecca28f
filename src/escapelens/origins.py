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
from escapelens.model import Certainty, Kind, Origin, Position, Site

_QUALIFIED = re.compile(r"(?P<package>[A-Za-z_]\w*)\.(?P<function>\(\*?\w+\)\.\w+|\w+(?:\.\w+)*)")
_UNEXPORTED = re.compile(r"&?(?P<package>[^\W\d]\w*)\.[a-z_]\w*(?:\[.*\])?\{")
"""A literal of a type that only its own package can name."""
_VARIABLE = re.compile(r"(?P<package>[^\W\d]\w*)\.[^\W\d]\w*\Z")
"""A variable, which carries its package where that is not the one being compiled."""


def makers(kind: Kind, text: str, inlined: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the functions inlined at a place that can have made what the compiler prints."""
    told = (_VARIABLE if kind is Kind.MOVED else _UNEXPORTED).match(text)
    if told is None:
        return inlined
    return tuple(name for name in inlined if name.startswith(f"{told['package']}.")) or inlined


class Origins:
    """The sites that functions have of their own, found by what an inlined copy tells."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, Kind, str], list[tuple[str, Position]]] = {}

    def add(self, site: Site, declared: str, normal: str) -> None:
        """Takes a site that is no inlined copy; `normal` is the text all its copies share."""
        key = (declared, site.kind, normal)
        self._places.setdefault(key, []).append((site.package, site.position))

    def of(self, site: Site, normal: str, inlined: Iterable[str]) -> Origin:
        """The origin of an inlined copy, given the functions inlined at its place."""
        assert site.origin is not None
        found: dict[str, list[Position]] = {}
        for name in dict.fromkeys(inlined):
            if places := self._in(name, site, normal):
                found[name] = places
        if len(found) != 1:
            return site.origin
        ((name, places),) = found.items()
        unknown = site.origin.certainty is Certainty.UNKNOWN
        return replace(
            site.origin,
            certainty=Certainty.INFERRED if unknown else site.origin.certainty,
            function=name,
            position=places[0] if len(places) == 1 else None,
        )

    def _in(self, name: str, site: Site, normal: str) -> list[Position]:
        """The places of such a site in an inlined function."""
        plain = dialect.function_name(name)
        own = self._places.get((plain, site.kind, normal), ())
        found = [position for package, position in own if package == site.package]
        match = _QUALIFIED.fullmatch(plain)
        if match is None:
            return found
        qualifier, function = match.group("package", "function")
        key = (function, site.kind, normal.replace(f"{qualifier}.", ""))
        for package, position in self._places.get(key, ()):
            if package_name(package) == qualifier and package != site.package:
                found.append(position)
        return found
