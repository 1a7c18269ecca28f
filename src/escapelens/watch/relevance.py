"""What an event in the file system means for the packages that are watched."""

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import PurePath

from escapelens.toolchain import ListedPackage
from escapelens.watch.deciding import EVERYTHING, NOTHING, Dirty

_BUILT = frozenset(
    {".go", ".s", ".S", ".sx", ".syso", ".c", ".cc", ".cpp", ".cxx", ".m", ".f", ".F", ".for"}
    | {".f90", ".h", ".hh", ".hpp", ".hxx", ".swig", ".swigcxx"}
)
"""The ends of the names of files that the go command builds a package from."""
_OF_MODULES = frozenset({"go.mod", "go.sum", "go.work", "go.work.sum", "modules.txt"})
_NEVER = frozenset({".git", ".hg", ".svn", ".jj", ".bzr", "node_modules"})
"""Folders in which nothing is built, however much happens there."""


class Happened(Enum):
    """What an event says."""

    FILE = auto()
    """A file was written, made, removed or renamed."""
    FOLDER = auto()
    """A folder was made, removed or renamed, with all that is in it."""


@dataclass(frozen=True)
class Change:
    """Something that happened at an absolute path."""

    path: str
    what: Happened = Happened.FILE


@dataclass
class Watched:
    """The files that builds read, as the last listing told."""

    roots: tuple[str, ...] = ()
    """The absolute folders in which changes are noticed."""
    single: frozenset[str] = frozenset()
    """Files outside of packages that a build reads: an overlay, what it names, a profile."""
    _by_folder: dict[str, str] = field(default_factory=dict)
    _embedding: dict[str, str] = field(default_factory=dict)
    """The folders of packages that embed files, which may lie below."""

    def know(self, listed: Iterable[ListedPackage]) -> None:
        """Takes the packages of a whole listing; others are forgotten."""
        self._by_folder, self._embedding = {}, {}
        self.learn(listed)

    def learn(self, listed: Iterable[ListedPackage]) -> None:
        """Takes what a listing of some packages says about them."""
        for package in listed:
            if package.standard or not package.dir or package.is_test_main:
                continue
            self._by_folder[package.dir] = unit(package)
            if package.embeds:
                self._embedding[package.dir] = unit(package)

    def judge(self, change: Change) -> Dirty:
        """What has to be built because of a change."""
        path = change.path
        folder, name = os.path.split(path)
        if path in self.single:
            return EVERYTHING
        if change.what is Happened.FOLDER:
            return self._judge_folder(path)
        if name in _OF_MODULES and not self._is_ignored(folder, _NEVER):
            return EVERYTHING
        package = self._by_folder.get(folder)
        if package is not None and _is_built(name):
            return Dirty(frozenset({package}))
        if embedding := self._embedded_by(folder):
            return Dirty(frozenset({embedding}))
        if package is None and name.endswith(".go") and _is_built(name):
            return NOTHING if self._is_ignored(folder) else EVERYTHING
        return NOTHING

    def _judge_folder(self, path: str) -> Dirty:
        below = path + os.sep
        if any(one == path or one.startswith(below) for one in self._by_folder):
            return EVERYTHING
        return NOTHING if self._is_ignored(path) else EVERYTHING

    def _embedded_by(self, folder: str) -> str:
        """The package that may embed a file of a folder; the nearest above it."""
        while folder:
            if folder in self._embedding:
                return self._embedding[folder]
            above = os.path.dirname(folder)  # noqa: PTH120
            if folder in self._by_folder or above == folder:
                break
            folder = above
        return ""

    def _is_ignored(self, folder: str, names: Collection[str] = ()) -> bool:
        """Whether no pattern with dots matches a folder, so that only a listing makes it known."""
        root = max((one for one in self.roots if _is_below(folder, one)), key=len, default="")
        parts = PurePath(folder[len(root) :]).parts
        return any(part in names if names else is_skipped(part) for part in parts)


def unit(package: ListedPackage) -> str:
    """The import path that a listed package is built by: that of the package it is a test of."""
    if package.variant and package.variant.endswith(".test"):
        return package.variant.removesuffix(".test")
    return package.import_path


def is_skipped(name: str) -> bool:
    """Whether the go command and we look into no folder of this name, unless it is asked to."""
    return name[:1] in (".", "_") or name in _NEVER or name == "testdata"


def _is_built(name: str) -> bool:
    return name[:1] not in (".", "_") and os.path.splitext(name)[1] in _BUILT  # noqa: PTH122


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
