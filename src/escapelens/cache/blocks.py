"""What was found out about a package block, kept for the next run.

An entry depends on the block's text, on where paths are relative to, on this version of escapelens
and on the sources it names and their folders; on nothing that another package's block says.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from escapelens.cache.folder import CacheFolder, program_version
from escapelens.parsers.diagnostics import Block
from escapelens.sites import Completed


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """The outcome of one package block."""

    sources: dict[str, str]
    """The SHA-256 of each source it was read with; empty for one that could not be read."""
    folders: dict[str, str]
    """What stands for all the Go files of each folder, whose names tell what calls mean."""
    completed: list[Completed]
    unrecognised: list[str]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


class AnalysisCache:
    """The entries of package blocks by key."""

    def __init__(self, folder: CacheFolder) -> None:
        self._folder = folder

    @staticmethod
    def key(block: Block, places: Iterable[str]) -> str:
        """The name of a block's entry; `places` are the folders its paths depend on."""
        digest = hashlib.sha256(program_version().encode())
        for word in (*places, block.package, block.variant or ""):
            digest.update(word.encode("utf-8", "surrogateescape") + b"\0")
        digest.update(block.text)
        return digest.hexdigest()

    def load(self, key: str) -> Entry | None:
        """The entry, whose sources the caller must still compare."""
        path = self._folder.path(_name(key))
        try:
            content = path.read_bytes()
            entry = _decode(content)
        except (OSError, msgspec.MsgspecError):
            return None
        self._folder.touch(path)
        return entry

    def store(self, key: str, entry: Entry) -> None:
        """Keeps an entry under its key."""
        self._folder.write(_name(key), (_encode(entry),))


def _name(key: str) -> str:
    return f"{key[:2]}/{key[2:]}"
