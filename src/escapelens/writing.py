"""Writes a set of files so that it is old or new as a whole, or can be completed by the next run.

A journal that holds all of the old and new texts appears first, whole or not at all; then each file
is replaced by a rename. What is interrupted between is completed from the journal. Only `fix
--write` writes files of the user's, and only here.
"""

import base64
import contextlib
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from escapelens.errors import UsageError

JOURNAL = ".escapelens-journal"
"""In the root of the module or workspace, while files are written."""
_NEW = ".escapelens-new"
_ANY_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class Replacement(NamedTuple):
    """One file, as it is to be."""

    path: str
    """Absolute."""
    before: bytes
    """What it must hold still."""
    after: bytes


class _Entry(msgspec.Struct, frozen=True):
    """One file of a journal."""

    path: str
    mode: int
    before: str
    """SHA-256 of what it held."""
    after: str
    """Its new text, in base 64."""


class _Journal(msgspec.Struct, frozen=True):
    files: tuple[_Entry, ...]


def write(root: Path, replacements: Iterable[Replacement]) -> None:
    """Replaces files; raises UsageError, and writes nothing, where one changed or cannot be."""
    entries = tuple(dict.fromkeys(map(_entry, replacements)))
    for path, times in Counter(entry.path for entry in entries).items():
        if times > 1:
            raise UsageError(
                f"{path} is compiled under two names, and would be changed in two ways",
                "nothing was changed; FILE:LINE chooses a rewrite",
            )
    journal = root / JOURNAL
    try:
        _write_whole(journal, msgspec.json.encode(_Journal(entries)), 0o600)
    except OSError as error:
        raise UsageError(
            f"cannot write in {root}: {error.strerror}", "nothing was changed"
        ) from None
    _complete(entries)
    _forget(journal)


def recover(root: Path) -> tuple[str, ...]:
    """Completes what an interrupted run began to write; tells which files it found changed since.

    Nothing where no run was interrupted.
    """
    journal = root / JOURNAL
    _remove(_temporary(journal))
    try:
        content = journal.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UsageError(
            f"cannot read {journal}: {error.strerror}", "an interrupted `fix --write` left it"
        ) from None
    try:
        entries = msgspec.json.decode(content, type=_Journal).files
    except msgspec.MsgspecError:
        raise UsageError(f"{journal} is not a journal of escapelens", "remove it") from None
    changed = _complete(entries)
    _forget(journal)
    return changed


def was_interrupted(root: Path) -> bool:
    """Whether there is something to recover."""
    return (root / JOURNAL).exists() or _temporary(root / JOURNAL).exists()


def _entry(one: Replacement) -> _Entry:
    # A rename would replace a symlink, not the file that it leads to.
    path = Path(one.path).resolve()
    try:
        held, mode = path.read_bytes(), stat.S_IMODE(path.stat().st_mode)
        # A file that nobody may write is left alone by root, too, to whom access is always given.
        may_write = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
        writable = may_write and mode & _ANY_WRITE
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "nothing was changed") from None
    if held != one.before:
        raise UsageError(f"{path} changed since it was analysed", "run fix again")
    if not writable:
        raise UsageError(f"cannot write {path}", "nothing was changed")
    return _Entry(str(path), mode, _digest(one.before), base64.b64encode(one.after).decode())


def _complete(entries: Iterable[_Entry]) -> tuple[str, ...]:
    """Makes all files new; those that hold neither text are the user's and stay."""
    foreign = []
    for entry in entries:
        path = Path(entry.path)
        _remove(_temporary(path))
        after = base64.b64decode(entry.after)
        try:
            held = _digest(path.read_bytes())
        except FileNotFoundError:
            held = ""
        if held == entry.before:
            try:
                _write_whole(path, after, entry.mode)
            except OSError as error:
                raise UsageError(
                    f"cannot write {path}: {error.strerror}",
                    f"{JOURNAL} holds what is to be written, and the next `fix` completes it",
                ) from None
        elif held != _digest(after):
            foreign.append(entry.path)
    return tuple(foreign)


def _write_whole(path: Path, content: bytes, mode: int) -> None:
    """The file appears whole or not at all, and is on the disk when this returns."""
    new = _temporary(path)
    try:
        with new.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(mode)
        _keep_owner(path, new)
        new.replace(path)
    except BaseException:
        _remove(new)
        raise
    _sync(path.parent)


def _keep_owner(path: Path, new: Path) -> None:
    """Gives a new file the owner of the one that it replaces, where that may be done."""
    if os.name != "posix" or not path.exists():
        return
    old, made = path.stat(), new.stat()
    if (old.st_uid, old.st_gid) != (made.st_uid, made.st_gid):
        with contextlib.suppress(OSError):
            os.chown(new, old.st_uid, old.st_gid)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name.removeprefix('.')}{_NEW}")


def _forget(journal: Path) -> None:
    _remove(journal)
    _sync(journal.parent)


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def _sync(folder: Path) -> None:
    """Lets a rename survive a power cut, where folders can be synced."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
