"""Fetches allocation profiles from files and running servers, and adds or subtracts them."""

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from escapelens.errors import UsageError
from escapelens.parsers.profile import Profile, ProfileError, Sample, read_profile

INDEXES = ("alloc_space", "alloc_objects", "inuse_space", "inuse_objects")
"""What a profile can be ranked by."""
_SECONDS = 60
_MAX_BYTES = 1 << 28
_HINT = (
    "profiles are made by `go test -memprofile FILE`, by runtime/pprof, and by net/http/pprof at "
    "/debug/pprof/allocs"
)
_IS_TEXT = b"heap profile: "
"""How a profile begins that a server was asked to make readable."""
_NO_SCHEME = re.compile(r"[\w.-]*:\d+(?:/|\Z)")


class Amount(NamedTuple):
    """What one stack allocated."""

    objects: int
    bytes: int

    def plus(self, other: "Amount") -> "Amount":
        return Amount(self.objects + other.objects, self.bytes + other.bytes)

    def by(self, index: str) -> int:
        """The number that sites are ranked by."""
        return self.objects if index.endswith("objects") else self.bytes


@dataclass(frozen=True)
class Named:
    """The profiles that sites are measured by, as they were named."""

    sources: tuple[str, ...]
    """Files and addresses, which are added."""
    base: tuple[str, ...] = ()
    """Those that are subtracted."""
    index: str = INDEXES[0]
    """What sites are ranked by."""
    renamed: tuple[tuple[str, str], ...] = ()
    """For beginnings of file names of the profiles what stands there now."""

    @property
    def files(self) -> tuple[str, ...]:
        """Those of them that may change."""
        return tuple(one for one in (*self.sources, *self.base) if not is_address(one))

    def below(self, folder: Path) -> "Named":
        """The same with absolute names of files, which count from a folder."""

        def absolute(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(one if is_address(one) else str(folder / one) for one in names)

        return replace(self, sources=absolute(self.sources), base=absolute(self.base))


class Stacks(NamedTuple):
    """All stacks of some profiles and what each of them allocated."""

    samples: tuple[tuple[Sample, Amount], ...]

    @property
    def total(self) -> Amount:
        """What all of them allocated."""
        total = Amount(0, 0)
        for _, amount in self.samples:
            total = total.plus(amount)
        return total

    def whole(self, index: str) -> int:
        """What shares are of: all, or where that is nothing after a subtraction, all growth."""
        return self.total.by(index) or sum(max(amount.by(index), 0) for _, amount in self.samples)


def renamings(pairs: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The pairs in words OLD=NEW; raises UsageError."""
    found = []
    for one in pairs:
        old, is_pair, new = one.partition("=")
        if not is_pair or not old:
            raise UsageError(
                f"not a pair: {one}", "--source-map takes OLD=NEW, such as /build=/src"
            )
        found.append((old, new))
    return tuple(found)


def load(named: Named) -> Stacks:
    """What the profiles hold, without what the base ones do; raises UsageError."""
    kind = named.index.partition("_")[0]
    added = [(one, 1) for one in named.sources] + [(one, -1) for one in named.base]
    samples: list[tuple[Sample, Amount]] = []
    for source, sign in added:
        profile = _read(source)
        objects, size = _columns(profile, kind, source)
        for sample in profile.samples:
            amount = Amount(sign * sample.values[objects], sign * sample.values[size])
            if amount.objects or amount.bytes:
                samples.append((sample, amount))
    return Stacks(tuple(samples))


def is_address(source: str) -> bool:
    """Whether a profile is to be fetched from a server."""
    return source.startswith(("http://", "https://"))


def _read(source: str) -> Profile:
    content = _fetch(source) if is_address(source) else _content(source)
    try:
        return read_profile(content)
    except ProfileError as error:
        is_text = content.startswith(_IS_TEXT)
        hint = "this is the readable form; leave out ?debug=1" if is_text else _HINT
        raise UsageError(f"cannot read the profile {source}: {error}", hint) from None


def _content(source: str) -> bytes:
    try:
        with Path(source).open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        hint = "an address begins with http://" if _NO_SCHEME.match(source) else _HINT
        raise UsageError(f"cannot read the profile {source}: {error.strerror}", hint) from None
    return _within_limit(content, source)


def _fetch(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:
            content: bytes = answer.read(_MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        message = f"{address} answers {error.code} {error.reason}"
        raise UsageError(message, "does the server import net/http/pprof?") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        message = f"cannot fetch {address}: {getattr(reason, 'strerror', None) or reason}"
        raise UsageError(message, "is the server running, and its address right?") from None
    return _within_limit(content, address)


def _within_limit(content: bytes, source: str) -> bytes:
    if len(content) > _MAX_BYTES:
        raise UsageError(f"the profile {source} is larger than {_MAX_BYTES >> 20} MiB", _HINT)
    return content


def _columns(profile: Profile, kind: str, source: str) -> tuple[int, int]:
    """Which values of a sample are the objects and the bytes."""
    wanted = (f"{kind}_objects", f"{kind}_space")
    if not set(wanted) <= set(profile.types):
        raise UsageError(f"{source} {_what(profile.types)}", _HINT)
    objects, size = map(profile.types.index, wanted)
    return objects, size


def _what(types: Iterable[str]) -> str:
    found = set(types)
    if "cpu" in found:
        return "is a CPU profile; an allocation profile is needed"
    if "contentions" in found:
        return "is a profile of locks or blocking; an allocation profile is needed"
    return f"is no allocation profile: it counts {', '.join(sorted(found))}"
