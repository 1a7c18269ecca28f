"""Which sites and findings the user's own comments hide, and which of them hide nothing."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from escapelens.causes import all_causes
from escapelens.drafts import Paths, Sources
from escapelens.ignores import MARK, Ignore, ignores, match
from escapelens.model import Finding, Ignored, Position
from escapelens.pools.findings import all_findings
from escapelens.sites import Merged

_SYNC = b'"sync"'
_POOL = b"Pool"


class Directives:
    """The `//escapelens:ignore` comments of a run's files, and whether each was of use."""

    def __init__(self, paths: Paths, sources: Sources) -> None:
        self._paths = paths
        self._sources = sources
        self._by_file: dict[str, list[Ignore]] = {}
        self._used: set[tuple[str, int]] = set()
        self._knows_findings = False
        self.speaks_of_pools = False
        """Whether a file that was read may use a `sync.Pool`."""

    def read(self, files: Iterable[str]) -> None:
        """Reads what files say."""
        for file in files:
            content = _content(file)
            if MARK in content:
                self._of(file)
            self.speaks_of_pools |= _POOL in content and _SYNC in content

    def listen(self, files: Iterable[str]) -> None:
        """Looks only for what may use a `sync.Pool`."""
        self.speaks_of_pools = self.speaks_of_pools or any(map(_speaks_of_pools, files))

    def apply(self, found: Iterable[Merged]) -> Iterator[Merged]:
        """The sites, those that a comment hides with its reason."""
        for one in found:
            site = one.site
            ignored = self._ignored(one.path, site.position.line, site.cause or "")
            if ignored is None and site.range is not None:
                # What an inlined loop body makes is printed at the loop.
                ignored = self._ignored(one.path, site.range.start.line, site.cause or "")
            yield one if ignored is None else one._replace(site=replace(site, ignored=ignored))

    def apply_to_findings(self, found: Iterable[Finding]) -> Iterator[Finding]:
        """The findings, those that a comment hides with its reason."""
        self._knows_findings = True
        for one in found:
            path = self._paths.real_of_shown(one.position.file)
            yield replace(one, ignored=self._ignored(path, one.position.line, one.finding))

    def problems(self) -> list[str]:
        """A note for each comment that hides nothing, in the files that were read and of sites."""
        return [
            f"{self._name(path, one)}: {one.problem or _of_no_use(one)}"
            for path, directives in sorted(self._by_file.items())
            for one in directives
            if (path, one.line) not in self._used
            and (one.problem or self._knows_findings or not _is_of_pools(one))
        ]

    def _ignored(self, path: str, line: int, name: str) -> Ignored | None:
        directive = match(self._of(path), line, name)
        if directive is None:
            return None
        self._used.add((path, directive.line))
        return Ignored(directive.reason, self._position(path, directive))

    def _of(self, path: str) -> list[Ignore]:
        known = self._by_file.get(path)
        if known is None:
            source = self._sources.get(path)
            known = [] if source is None else ignores(source, {**all_causes(), **all_findings()})
            self._by_file[path] = known
        return known

    def _position(self, path: str, directive: Ignore) -> Position:
        return Position(self._paths.shown(path), directive.line, directive.column)

    def _name(self, path: str, directive: Ignore) -> str:
        return f"{self._paths.shown(path)}:{directive.line}:{directive.column}"


def _is_of_pools(directive: Ignore) -> bool:
    """Whether a directive names what is no cause, but a finding about a pool."""
    return any(name not in all_causes() for name in directive.causes)


def _of_no_use(directive: Ignore) -> str:
    what = "nothing" if _is_of_pools(directive) else "no site"
    return f"this escapelens:ignore hides {what}"


def _speaks_of_pools(path: str) -> bool:
    content = _content(path)
    return _POOL in content and _SYNC in content


def _content(path: str) -> bytes:
    """The bytes of a file; none if it cannot be read."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return b""
