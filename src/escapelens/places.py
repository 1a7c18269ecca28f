"""Where the frames of a profile are in the sources of a report.

The binary may have been built elsewhere, with -trimpath, or of older sources: a file is found by
its path, else by the import path of its function and its name; a function that moved takes its
lines along.
"""

import os
import re
from collections.abc import Callable, Iterable, Sequence

from escapelens.model import Report
from escapelens.parsers.profile import Frame
from escapelens.source import Source

_TYPE_ARGUMENTS = re.compile(r"\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]")
_VERSION = re.compile(r"@v[^/]+")
_CLOSURE = re.compile(r"(?:\.func\d+|\.gowrap\d+|\.deferwrap\d+|-range\d+|\.\d+)+$")
_INITIALISER = re.compile(r"(?:map\.)?init(?:\.\d+)?\Z|glob\.$")
"""What the compiler makes of the values of package variables, and each `func init()`."""
_MOST_NAMED = 3

Line = tuple[str, int]
"""A file as the report names it, and a line."""


class Places:
    """Finds frames in the sources."""

    def __init__(
        self,
        report: Report,
        read: Callable[[str], Source | None],
        renamed: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._root = report.root
        self._read = read
        self._renamed = renamed
        self._dirs = {package.import_path: package.dir for package in report.packages}
        self._files: dict[tuple[str, str], str | None] = {}
        """How the report names the file of a function's package, by that and the printed name."""
        self._lines: dict[str, dict[str, int]] = {}
        self._shifts: dict[tuple[str, str], int] = {}
        self._gone: dict[str, str] = {}
        self._moved: set[str] = set()
        self._changed: set[str] = set()

    def know(self, frames: Iterable[Frame]) -> None:
        """Compares the functions of a profile with the sources."""
        for frame in set(frames):
            file = self._file(frame)
            name = _declared(frame.function)
            within = _within(frame.function)
            if file is None or not frame.start_line or _CLOSURE.search(within):
                continue
            if _INITIALISER.match(within):
                continue
            now = self._starts(file).get(name)
            if now != frame.start_line:
                self._changed.add(file)
            if now is None:
                self._gone[frame.function] = file
            elif now != frame.start_line:
                self._shifts[file, name] = now - frame.start_line
                self._moved.add(name)

    def of(self, frame: Frame) -> Line | None:
        """Where a frame is; None for one of a package that was not analysed, or that is gone."""
        file = self._file(frame)
        if file is None or frame.function in self._gone:
            return None
        return file, frame.line + self._shifts.get((file, _declared(frame.function)), 0)

    def why_not(self, frame: Frame) -> str:
        """Why a frame was not found."""
        if frame.function in self._gone:
            return "the function is no longer there"
        package = _package(frame.function)
        if package in self._dirs:
            return "its file is none of the package's; --source-map can tell where it is"
        return f"{package or 'its package'} was not analysed"

    @property
    def changed(self) -> tuple[str, ...]:
        """The files, as the report names them, that are not as they were."""
        return tuple(sorted(self._changed))

    @property
    def problems(self) -> tuple[str, ...]:
        """What to know about a profile that does not fit the sources."""
        found = []
        if self._moved:
            found.append(f"the profile is of other sources: {_some(self._moved)} moved since")
        if self._gone:
            names = {_within(name) for name in self._gone}
            found.append(f"the profile is of other sources: {_some(names)} no longer there")
        return tuple(found)

    def _file(self, frame: Frame) -> str | None:
        package = _package(frame.function)
        key = (package, frame.file)
        if key not in self._files:
            self._files[key] = self._find(package, frame.file)
        return self._files[key]

    def _find(self, package: str, printed: str) -> str | None:
        path = printed
        for old, new in self._renamed:
            if path.startswith(old):
                path = new + path.removeprefix(old)
                break
        folder, base = os.path.split(path)
        if folder in self._dirs.values():
            return self._shown(path)
        trimmed = _VERSION.sub("", folder)
        for name in (package, trimmed):
            if self._dirs.get(name):
                return self._shown(os.path.join(self._dirs[name], base))  # noqa: PTH118
        return None

    def _shown(self, path: str) -> str | None:
        """A file as the report names it, if it is there."""
        below = self._root.rstrip(os.sep) + os.sep
        shown = path.removeprefix(below) if path.startswith(below) else path
        return shown if self._read(shown) is not None else None

    def _starts(self, file: str) -> dict[str, int]:
        """The line on which each function of a file begins."""
        starts = self._lines.get(file)
        if starts is None:
            source = self._read(file)
            functions = source.outline if source is not None else []
            starts = {one.name: source.point(one.start)[0] for one in functions if source}
            self._lines[file] = starts
        return starts


def _package(function: str) -> str:
    """The import path in the name of a function; dots in its last element are escaped."""
    plain = _TYPE_ARGUMENTS.sub("", function)
    folder, slash, rest = plain.rpartition("/")
    return (folder + slash + rest.partition(".")[0]).replace("%2e", ".")


def _within(function: str) -> str:
    """A function's name within its package."""
    plain = _TYPE_ARGUMENTS.sub("", function)
    return plain.rpartition("/")[2].partition(".")[2]


def _declared(function: str) -> str:
    """The declared function that a function is, or stands in."""
    return _CLOSURE.sub("", _within(function))


def _some(names: Iterable[str]) -> str:
    ordered = sorted(names)
    few = ", ".join(ordered[:_MOST_NAMED])
    more = len(ordered) - _MOST_NAMED
    return f"{few} and {more} more" if more > 0 else few
