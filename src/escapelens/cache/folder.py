"""The user's cache folder: files that appear whole or not at all, and are bounded in size.

Two processes may use it at once; a file that cannot be read is not there.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from escapelens import __version__

MAX_BYTES = 512 * 1024 * 1024
"""The folder is cut back to less than this by removing what was not used for longest."""
_PRUNE_EVERY = 24 * 3600.0


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where entries lie: `$ESCAPELENS_CACHE`, else below the user's cache folder."""
    if chosen := environ.get("ESCAPELENS_CACHE"):
        return Path(chosen)
    if os.name == "nt":
        base = environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "escapelens" / "analysis"


def name_of(room: str, *words: object) -> str:
    """The name of what depends on the words and on this version of escapelens."""
    text = "\0".join((program_version(), *map(repr, words)))
    return f"{room}/{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()}"


class CacheFolder:
    """Files by name; a folder that cannot be written only makes the next run slower."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stored = False

    def path(self, name: str) -> Path:
        """Where the file of a name is, if it is there."""
        return self._folder / name

    def write(self, name: str, pieces: Iterable[bytes]) -> bool:
        """Makes a file of the pieces, whole or not at all; tells whether it is there."""
        path = self.path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.writelines(pieces)
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError:
            return False
        self._stored = True
        return True

    def touch(self, path: Path) -> None:
        """Marks a file as used, at most once a day."""
        try:
            if time.time() - path.stat().st_mtime > _PRUNE_EVERY:
                os.utime(path)
        except OSError:
            return

    def prune(self) -> None:
        """Once a day, removes the least recently used files beyond the size limit."""
        mark = self._folder / "pruned"
        try:
            if not self._stored or time.time() - _modified(mark) < _PRUNE_EVERY:
                return
            mark.touch()
            entries = []
            for path in self._folder.glob("*/*"):
                status = path.stat()
                entries.append((status.st_mtime, status.st_size, path))
            total = sum(size for _, size, _ in entries)
            for _, size, path in sorted(entries):
                if total <= MAX_BYTES:
                    break
                path.unlink(missing_ok=True)
                total -= size
        except OSError:
            return


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@lru_cache(maxsize=1)
def program_version() -> str:
    """Our version, with the state of our own files, so that a changed checkout is another one."""
    words = [__version__]
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        status = path.stat()
        words.append(f"{path.name} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(words)
