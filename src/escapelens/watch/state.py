"""The records of what is known after a build, and what they tell of who imports whom."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from escapelens.model import Finding, Package, Pool, SourceFile
from escapelens.parsers.diagnostics import Block, LeakHeader
from escapelens.sites import Completed, Merged, Placed
from escapelens.toolchain import ListedPackage, Plan
from escapelens.types import PoolFacts
from escapelens.watch.relevance import unit

Key = tuple[str, str | None]
"""Import path and variant of a block."""


@dataclass(frozen=True)
class Built:
    """What one build said."""

    plan: Plan
    """The one that was carried out; its patterns are those of this build."""
    packages: frozenset[str] | None
    """The watched packages that it was about; None if it was about all.

    Those that they import may have been named too.
    """
    listed: tuple[ListedPackage, ...]
    blocks: tuple[Block, ...]
    notes: tuple[str, ...]
    started: int
    """Nanoseconds since the epoch."""

    @property
    def whole(self) -> bool:
        """Whether all packages were built that are watched."""
        return self.packages is None


Name = tuple[str, str, object]
"""A kind of declaration, the name that it declares, and what of it counts besides."""


@dataclass(frozen=True)
class HeldFile:
    """The sites of a block in one file, and all they depend on."""

    completed: tuple[Completed, ...]
    signature: bytes
    """Of the compiler's text about them."""
    sha256: str
    names: frozenset[Name]
    """What the package of the file declares."""
    contradicted: bool


@dataclass(frozen=True)
class HeldBlock:
    """One block."""

    unit: str
    digest: bytes
    files: Mapping[str, HeldFile]
    """By absolute path; an empty one stands for what is in no file."""
    unexplained: tuple[str, ...]
    leaks: tuple[LeakHeader, ...]
    size: int


@dataclass(frozen=True)
class Finished:
    """The sites of the files of one package, with all that the whole run tells of them."""

    sites: tuple[Merged, ...] = ()
    orders: tuple[tuple[object, ...], ...] = ()
    files: tuple[SourceFile, ...] = ()
    texts: Mapping[str, bytes] = field(default_factory=dict)
    """The content of these files, by absolute path."""
    notes: tuple[str, ...] = ()
    pools: tuple[Pool, ...] = ()
    findings: tuple[Finding, ...] = ()


NOTHING_KNOWN = Finished()


@dataclass(frozen=True)
class State:
    """Everything that is known after a build; never changed, only replaced."""

    plan: Plan | None = None
    listed: Mapping[str, ListedPackage] = field(default_factory=dict)
    """By id."""
    packages: Mapping[Key, Package] = field(default_factory=dict)
    blocks: Mapping[Key, HeldBlock] = field(default_factory=dict)
    finished: Mapping[str, Finished] = field(default_factory=dict)
    """By the import path that owns the files."""
    placed: Mapping[str, tuple[Placed, ...]] = field(default_factory=dict)
    """The same, as the compiler and the syntax tell of them."""
    settled: Mapping[str, tuple[Placed, ...]] = field(default_factory=dict)
    """The same, with their origins and what the type checker knows better."""
    covers_module: bool = False
    """All packages of a module are watched."""
    speaking: frozenset[str] = frozenset()
    """The owners of files that may use a `sync.Pool`, or functions of others that may."""
    removable: tuple[PoolFacts, ...] = ()
    """The pools of which a build can tell whether they save anything."""
    untried: frozenset[str] = frozenset()
    """The ids of those of which none has told since they may have changed."""
    needless: frozenset[str] = frozenset()
    """The ids of those that saved nothing when they were tried."""
    measured: bool = True
    """There are few enough sites to ask the type checker what each of them takes."""
    skeletons: Mapping[str, str] = field(default_factory=dict)
    """By id, what stands for the declarations of a package; its types may implement interfaces."""
    notes: tuple[str, ...] = ()
    is_current: bool = False
    """The last build told of all packages, so that the next may be one of some."""

    @property
    def stale(self) -> frozenset[str]:
        """The import paths of the packages of which is known what was before they broke."""
        return frozenset(one.import_path for one in self.broken)

    @property
    def broken(self) -> tuple[Package, ...]:
        """The packages that do not build, so that what is known of them is older than they are."""
        return tuple(one for one in self.packages.values() if one.errors or one.silenced_by)

    @property
    def asked(self) -> frozenset[str]:
        """The import paths of the packages that are watched."""
        return frozenset(
            unit(one) for one in self.listed.values() if not one.dep_only and not one.is_test_main
        )

    def site(self, fingerprint: str) -> Merged | None:
        """The site of a fingerprint."""
        found = (
            one
            for finished in self.finished.values()
            for one in finished.sites
            if one.site.fingerprint == fingerprint
        )
        return next(found, None)

    def dependents(self, packages: Collection[str]) -> frozenset[str]:
        """The watched packages that import one of these, or one that does, and so on."""
        importers: dict[str, set[str]] = {}
        for one in self.listed.values():
            if one.standard:
                continue
            for path in one.imports:
                known = self.listed.get(path)
                importers.setdefault(unit(known) if known else path, set()).add(unit(one))
        found: set[str] = set()
        waiting = list(packages)
        while waiting:
            fresh = importers.get(waiting.pop(), set()) - found
            found |= fresh
            waiting += fresh
        return frozenset(found) & self.asked

    def contributors(self, packages: Collection[str]) -> frozenset[str]:
        """The packages whose blocks speak of files of these: they instantiate what is generic."""
        folders = {one.dir for one in self.listed.values() if unit(one) in packages}
        return (
            frozenset(
                held.unit
                for held in self.blocks.values()
                if any(os.path.dirname(path) in folders for path in held.files)  # noqa: PTH120
            )
            & self.asked
        )

    def imported(self, packages: Collection[str]) -> frozenset[str]:
        """The watched packages that these need to be built."""
        found: set[str] = set()
        waiting = [one for one in self.listed.values() if unit(one) in packages]
        while waiting:
            for path in waiting.pop().imports:
                known = self.listed.get(path)
                if known is not None and not known.standard and unit(known) not in found:
                    found.add(unit(known))
                    waiting.append(known)
        return frozenset(found) & self.asked

    def printed(self, packages: Collection[str]) -> int:
        """How many bytes the compiler prints of packages."""
        return sum(held.size for held in self.blocks.values() if held.unit in packages)
