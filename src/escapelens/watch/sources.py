"""The sources of a watch: read once, until they change on the disk."""

import os
from collections.abc import Mapping

from escapelens.drafts import Sources
from escapelens.source import Source

Stamp = tuple[int, ...]
"""When a file was written, its size and which one it is; empty if there is none."""


class WatchedSources(Sources):
    """Sources that notice which of them are no longer what was read, absent ones too."""

    def __init__(self, overlay: Mapping[str, str]) -> None:
        super().__init__(overlay)
        self._instead = overlay
        self._stamps: dict[str, Stamp] = {}

    def get(self, path: str) -> Source | None:
        """The file at an absolute path, or None if there is none that can be read."""
        if path and path not in self._stamps:
            # Before it is read: what is written meanwhile is noticed the next time.
            self._stamps[path] = self._stamp(path)
        return super().get(path)

    def forget_changed(self) -> None:
        """Lets what changed be read anew."""
        for path, before in list(self._stamps.items()):
            if self._stamp(path) != before:
                self.forget(path)
                del self._stamps[path]

    def written(self, path: str) -> int:
        """When a file was written that was read; nanoseconds since the epoch."""
        known = self._stamps.get(path)
        return known[0] if known else 0

    def _stamp(self, path: str) -> Stamp:
        return stamp(self._instead.get(path, path))


def stamp(path: str) -> Stamp:
    """What changes when a file is written; no contents are read."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return ()
    return (status.st_mtime_ns, status.st_size, status.st_ino)
