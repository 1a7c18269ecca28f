"""What was found out about a package block, kept in the user's cache folder for the next run.

An entry depends on the block's text, on where paths are relative to, on this version of escapelens
and on the sources it names; on nothing that another package's block says. Two processes may use the
folder at once: entries appear whole or not at all, and one that cannot be read is not there.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from escapelens import __version__
from escapelens.parsers.diagnostics import Block
from escapelens.sites import Completed

MAX_BYTES = 512 * 1024 * 1024
"""The folder is cut back to less than this by removing what was not used for longest."""
_PRUNE_EVERY = 24 * 3600.0


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """The outcome of one package block."""

    sources: dict[str, str]
    """The SHA-256 of each source it was read with; empty for one that could not be read."""
    completed: list[Completed]
    unrecognised: list[str]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where entries lie: `$ESCAPELENS_CACHE`, else below the user's cache folder."""
    if chosen := environ.get("ESCAPELENS_CACHE"):
        return Path(chosen)
    if os.name == "nt":
        base = environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "escapelens" / "analysis"


class AnalysisCache:
    """Entries by key; a folder that cannot be written only makes the next run slower."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stored = False

    @staticmethod
    def key(block: Block, places: Iterable[str]) -> str:
        """The name of a block's entry; `places` are the folders its paths depend on."""
        digest = hashlib.sha256(_version().encode())
        for word in (*places, block.package, block.variant or ""):
            digest.update(word.encode("utf-8", "surrogateescape") + b"\0")
        digest.update(block.text)
        return digest.hexdigest()

    def load(self, key: str) -> Entry | None:
        """The entry, whose sources the caller must still compare."""
        path = self._path(key)
        try:
            content = path.read_bytes()
            entry = _decode(content)
        except (OSError, msgspec.MsgspecError):
            return None
        self._touch(path)
        return entry

    def store(self, key: str, entry: Entry) -> None:
        """Keeps an entry under its key."""
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_encode(entry))
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError:
            return
        self._stored = True

    def prune(self) -> None:
        """Once a day, removes the least recently used entries beyond the size limit."""
        mark = self._folder / "pruned"
        try:
            if not self._stored or time.time() - _modified(mark) < _PRUNE_EVERY:
                return
            mark.touch()
            entries = []
            for path in self._folder.glob("??/*"):
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

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key[2:]

    def _touch(self, path: Path) -> None:
        """Marks an entry as used, at most once a day."""
        try:
            if time.time() - path.stat().st_mtime > _PRUNE_EVERY:
                os.utime(path)
        except OSError:
            return


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@lru_cache(maxsize=1)
def _version() -> str:
    """Our version, with the state of our own files, so that a changed checkout is another one."""
    words = [__version__]
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        status = path.stat()
        words.append(f"{path.name} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(words)
