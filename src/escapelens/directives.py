"""Which sites the user's own comments hide, and which of these comments hide nothing."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from escapelens.causes import all_causes
from escapelens.drafts import Paths, Sources
from escapelens.ignores import MARK, Ignore, ignores, match
from escapelens.model import Ignored, Position
from escapelens.sites import Merged


class Directives:
    """The `//escapelens:ignore` comments of a run's files, and whether each was of use."""

    def __init__(self, paths: Paths, sources: Sources) -> None:
        self._paths = paths
        self._sources = sources
        self._by_file: dict[str, list[Ignore]] = {}
        self._used: set[tuple[str, int]] = set()

    def apply(self, found: Iterable[Merged]) -> Iterator[Merged]:
        """The sites, those that a comment hides with its reason."""
        for one in found:
            directive = match(self._of(one.path), one.site.position.line, one.site.cause or "")
            if directive is None:
                yield one
                continue
            self._used.add((one.path, directive.line))
            position = self._position(one.path, directive)
            ignored = Ignored(directive.reason, position)
            yield one._replace(site=replace(one.site, ignored=ignored))

    def problems(self, files: Iterable[str]) -> list[str]:
        """A note for each comment in these files and those of the sites that hides nothing."""
        for file in files:
            if file not in self._by_file and _mentions(file):
                self._of(file)
        return [
            f"{self._name(path, one)}: {one.problem or 'this escapelens:ignore hides no site'}"
            for path, directives in sorted(self._by_file.items())
            for one in directives
            if (path, one.line) not in self._used
        ]

    def _of(self, path: str) -> list[Ignore]:
        known = self._by_file.get(path)
        if known is None:
            source = self._sources.get(path)
            known = [] if source is None else ignores(source, all_causes())
            self._by_file[path] = known
        return known

    def _position(self, path: str, directive: Ignore) -> Position:
        return Position(self._paths.shown(path), directive.line, directive.column)

    def _name(self, path: str, directive: Ignore) -> str:
        return f"{self._paths.shown(path)}:{directive.line}:{directive.column}"


def _mentions(path: str) -> bool:
    """Whether a file holds the word at all."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return MARK in file.read()
    except OSError:
        return False
