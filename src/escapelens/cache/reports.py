"""Finished reports, kept for the next run that is asked for the same and finds nothing changed.

What the go command lists has a build ID for each package, which stands for everything that the
package was compiled from (cmd/go/internal/work/buildid.go, Go 1.21 to 1.27). Where the listing is
the same, the compiler says the same, and its text need not be read.
"""

import hashlib
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from escapelens.cache.folder import CacheFolder
from escapelens.encoding import encoded
from escapelens.model import Report, Site

_encode = msgspec.json.Encoder().encode
_END = b"]\nend\n"
"""What a file without it lacks is lost."""


class Finished(NamedTuple):
    """A report whose sites stay encoded until somebody looks at them."""

    head: Report
    """All but the sites."""
    array: memoryview
    """The JSON array of the sites, which lies in a file."""

    @property
    def sites(self) -> memoryview:
        """What stands between the brackets."""
        return self.array[1:-1]

    def whole(self) -> Report:
        """The report with its sites."""
        sites = msgspec.json.decode(self.array, type=tuple[Site, ...])
        return replace(self.head, sites=sites)


class LastReport:
    """The report that was last made for one request: a file with a line that tells from which
    listing, one with all but the sites, and these.
    """

    def __init__(self, folder: CacheFolder, name: str) -> None:
        self._folder = folder
        self._name = name

    def load(self, listing: bytes) -> Finished | None:
        """The report if it was made from this very listing and can be read."""
        path = self._folder.path(self._name)
        try:
            with path.open("rb") as file:
                if file.readline() != _digest(listing):
                    return None
                head = msgspec.json.decode(file.readline(), type=Report)
                start = file.tell()
                # Of a large report, most is handed on as it lies there.
                content = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
        except (OSError, ValueError, msgspec.MsgspecError):
            return None
        if content[-len(_END) :] != _END:
            return None
        self._folder.touch(path)
        return Finished(head, content[start : 1 - len(_END)])

    def store(self, listing: bytes, report: Report) -> None:
        """Keeps a report in place of the last one."""
        self._folder.write(self._name, _pieces(listing, report))


def _digest(listing: bytes) -> bytes:
    return hashlib.sha256(listing).hexdigest().encode() + b"\n"


def _pieces(listing: bytes, report: Report) -> Iterator[bytes]:
    yield _digest(listing)
    yield _encode(replace(report, sites=())) + b"\n"
    yield b"["
    yield from encoded(report.sites)
    yield _END
