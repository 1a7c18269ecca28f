"""What is known of the packages that are watched, block by block, and how a build changes it.

A block whose text and sources are the same is never looked at again, and of one that changed only
the files in which something did. What needs the whole run is worked out anew for the packages that
a build can have changed.
"""

import hashlib
import os
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

from msgspec.structs import replace as with_fields

from escapelens.analysis import owners
from escapelens.chains import Chains
from escapelens.completion import Completion
from escapelens.declared import Declared, declared_in, forget, package_name
from escapelens.directives import Directives
from escapelens.drafts import Draft, Drafts, Paths, Sources, add_inlined, draft_block
from escapelens.model import Package, SourceFile
from escapelens.origins import Origins
from escapelens.parsers.diagnostics import (
    Block,
    LeakHeader,
    scan_leaks,
    unrecognised_lines,
)
from escapelens.reasons import with_reasons
from escapelens.sites import Completed, Merged, Placed, add_origin, place, with_origin
from escapelens.source import Source
from escapelens.toolchain import ListedPackage, Plan, explain_packages
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


@dataclass(frozen=True)
class _File:
    """The sites of a block in one file, and all they depend on."""

    completed: tuple[Completed, ...]
    signature: bytes
    """Of the compiler's text about them."""
    sha256: str
    names: object
    """What the package of the file declares."""
    contradicted: bool


@dataclass(frozen=True)
class _Held:
    """One block."""

    unit: str
    digest: bytes
    files: Mapping[str, _File]
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


NOTHING_KNOWN = Finished()


@dataclass(frozen=True)
class State:
    """Everything that is known after a build; never changed, only replaced."""

    plan: Plan | None = None
    listed: Mapping[str, ListedPackage] = field(default_factory=dict)
    """By id."""
    packages: Mapping[Key, Package] = field(default_factory=dict)
    blocks: Mapping[Key, _Held] = field(default_factory=dict)
    finished: Mapping[str, Finished] = field(default_factory=dict)
    """By the import path that owns the files."""
    placed: Mapping[str, tuple[Placed, ...]] = field(default_factory=dict)
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


class Holding:
    """Makes the next state of the last one and a build; keeps the sources that both speak of."""

    def __init__(self, overlay: Mapping[str, str]) -> None:
        self.state = State()
        self._sources = Sources(overlay)
        self._overlay = overlay
        self._stamps: dict[str, tuple[int, ...]] = {}
        self._folders: dict[str, tuple[object, ...]] = {}
        """What the folders of packages held when they were last looked at."""
        self._declared: WeakKeyDictionary[Declared, object] = WeakKeyDictionary()
        self._paths: Paths | None = None

    def read(self, file: str) -> Source | None:
        """The source behind a file name of a report, as it was last read."""
        if self._paths is None:
            return None
        source = self._sources.get(self._paths.real_of_shown(file))
        return None if source is None else Source(source.content)

    def next(self, built: Built) -> tuple[State, frozenset[str]]:
        """The state after a build, and the owners of files of which it knows something else.

        It becomes the state when it is set.
        """
        before = self.state
        plan = built.plan
        paths = Paths(str(plan.root), str(plan.cwd), str(plan.goroot))
        if self._paths is not None and self._paths.places != paths.places:
            before = State()
        # New ones each time: they keep every place that was ever printed.
        self._paths = paths
        self._forget_changed(built)
        listed = _listed(before, built)
        blocks = self._blocks(before, built, listed)
        packages = self._packages(before, built, listed)
        state = replace(
            before,
            plan=plan,
            listed=listed,
            packages=packages,
            blocks=blocks,
            notes=built.notes,
            is_current=True,
        )
        return self._finished(before, state, built)

    def _forget_changed(self, built: Built) -> None:
        """Lets what changed on the disk be read anew."""
        for path in self._sources.paths():
            stamp = _stamp(self._overlay.get(path, path))
            if self._stamps.get(path, stamp) != stamp:
                self._sources.forget(path)
            self._stamps[path] = stamp
        goroot = str(built.plan.goroot)
        folders = {one.dir: _folder_stamp(one.dir) for one in built.listed if not one.standard}
        changed = {one for one, stamp in folders.items() if self._folders.get(one) != stamp}
        forget(folder for folder in changed if not folder.startswith(goroot))
        self._folders.update(folders)

    def _source(self, path: str) -> Source | None:
        if path and path not in self._stamps:
            self._stamps[path] = _stamp(self._overlay.get(path, path))
        return self._sources.get(path)

    def _blocks(
        self, before: State, built: Built, listed: Mapping[str, ListedPackage]
    ) -> dict[Key, _Held]:
        by_key = {(one.import_path, one.variant): one for one in built.listed}
        blocks = list(built.blocks)
        for one in built.listed:
            key = (one.import_path, one.variant)
            # What was compiled until an error came is worth something where nothing better is.
            if one.block and key not in before.blocks:
                blocks.append(Block(one.import_path, one.variant, one.block.encode()))
        held: dict[Key, _Held] = {}
        units = {unit(one) for one in built.listed if not one.dep_only}
        known_units = {unit(one) for one in listed.values()}
        for key, old in before.blocks.items():
            now = by_key.get(key)
            replaced = now is not None and now.compiled and not now.dep_only
            vanished = now is None and old.unit in units
            if not replaced and not vanished and old.unit in known_units:
                held[key] = old
        jobs = _Jobs(self._paths_known, self._sources)
        for block in blocks:
            key = (block.package, block.variant)
            found = by_key.get(key)
            owner = unit(found) if found is not None else block.package
            held[key] = self._held(block, owner, before.blocks.get(key), jobs)
        self._complete(held, jobs)
        return _without_ghosts(held, built)

    @property
    def _paths_known(self) -> Paths:
        assert self._paths is not None
        return self._paths

    def _held(self, block: Block, owner: str, old: "_Held | None", jobs: "_Jobs") -> _Held:
        """The block as far as it can be told without its syntax; the rest is left to `jobs`."""
        digest = hashlib.blake2b(block.text, digest_size=16).digest()
        if old is not None and old.digest == digest and self._are_same(old.files):
            return old
        drafts = draft_block(block, self._paths_known, self._sources)
        add_inlined(drafts, block.text)
        by_path: dict[str, list[Draft]] = {}
        for draft in drafts.drafts:
            by_path.setdefault(draft.path, []).append(draft)
        files: dict[str, _File] = {}
        for path, group in by_path.items():
            signature = _signature(group)
            known = old.files.get(path) if old is not None else None
            if known is not None and known.signature == signature and self._is_same(path, known):
                files[path] = known
            else:
                jobs.add((block.package, block.variant), path, signature, drafts, group)
        return _Held(
            owner,
            digest,
            files,
            tuple(drafts.unrecognised),
            tuple(scan_leaks(block.text)),
            len(block.text),
        )

    def _are_same(self, files: Mapping[str, _File]) -> bool:
        return all(self._is_same(path, file) for path, file in files.items())

    def _names(self, path: str) -> object:
        """What the package of a file declares."""
        if not path:
            return None
        folder = os.path.dirname(path)  # noqa: PTH120
        declared = declared_in(folder, tests=path.endswith("_test.go"))
        known = self._declared.get(declared)
        if known is None:
            known = self._declared[declared] = _names_of(declared)
        return known

    def _is_same(self, path: str, file: _File) -> bool:
        return self._sha256(path) == file.sha256 and self._names(path) == file.names

    def _sha256(self, path: str) -> str:
        source = self._source(path)
        return source.sha256 if source is not None else ""

    def _complete(self, held: dict[Key, _Held], jobs: "_Jobs") -> None:
        completed, contradicted = jobs.done()
        for key, by_path in completed.items():
            files = dict(held[key].files)
            for path, (signature, sites) in by_path.items():
                files[path] = _File(
                    tuple(sites),
                    signature,
                    self._sha256(path),
                    self._names(path),
                    path in contradicted,
                )
            held[key] = replace(held[key], files=files)

    def _packages(
        self, before: State, built: Built, listed: Mapping[str, ListedPackage]
    ) -> dict[Key, Package]:
        explained = {
            (one.import_path, one.variant): _shown(one, self._paths_known)
            for one in explain_packages(built.listed, built.plan.root, unrecognised_lines)
        }
        if built.whole:
            return explained
        known_units = {unit(one) for one in listed.values()}
        fresh = {unit(one) for one in built.listed if not one.dep_only}
        asked = {(one.import_path, one.variant): unit(one) for one in listed.values()}
        kept = {
            key: one
            for key, one in before.packages.items()
            if asked.get(key, key[0]) in known_units and asked.get(key, key[0]) not in fresh
        }
        return {**kept, **explained}

    def _finished(self, before: State, state: State, built: Built) -> tuple[State, frozenset[str]]:
        owner_of = owners(
            (
                (one.import_path, one.dir, one.files, not one.dep_only)
                for one in state.listed.values()
            ),
            str(built.plan.goroot),
        )
        parts: dict[str, list[tuple[Completed, ...]]] = {}
        was: dict[str, list[tuple[Completed, ...]]] = {}
        for blocks, found in ((before.blocks, was), (state.blocks, parts)):
            for (package, _), held in sorted(blocks.items(), key=_key_order):
                for path, file in held.files.items():
                    owner = (owner_of(path)[0] if path else "") or package
                    found.setdefault(owner, []).append(file.completed)
        # A package that is no more is known by its folder now.
        touched = before.placed.keys() - parts.keys()
        touched |= {
            owner
            for owner in parts.keys() | was.keys()
            if list(map(id, parts.get(owner, ()))) != list(map(id, was.get(owner, ())))
        }
        placed = dict(before.placed)
        for owner in touched:
            placed[owner] = tuple(place(parts.get(owner, ()), owner_of))
        affected = self._affected(before, state, built, touched)
        origins = Origins()
        for sites in placed.values():
            for one in sites:
                add_origin(one, origins)
        chains = Chains(self._paths_known, self._sources)
        for (package, _), held in state.blocks.items():
            chains.take(package, held.leaks)
        for sites in placed.values():
            chains.holders.know(one.merged for one in sites)
        chains.know({one.import_path: one.dir for one in state.listed.values() if one.dir})
        finished = dict(before.finished)
        changed = set()
        for owner in affected - (state.stale & finished.keys()):
            fresh = self._finish(owner, placed.get(owner, ()), origins, chains, state, built)
            if fresh != finished.get(owner, NOTHING_KNOWN):
                changed.add(owner)
            finished[owner] = fresh
        gone = {
            owner for owner in finished if not finished[owner].sites and owner not in state.asked
        }
        for owner in gone:
            del finished[owner]
            placed.pop(owner, None)
        return replace(state, finished=finished, placed=placed), frozenset(changed)

    def _affected(
        self, before: State, state: State, built: Built, touched: Collection[str]
    ) -> frozenset[str]:
        """The owners whose sites may read differently after a build."""
        if built.packages is None or before.plan is None:
            return state.asked.union(state.placed, before.finished, touched)
        # Where two packages have one name, what is printed of them may be taken for either.
        names = {package_name(one) for one in touched}
        alike = {
            one.import_path
            for one in state.listed.values()
            if not one.standard and package_name(one.import_path) in names
        } - set(touched)
        return built.packages.union(touched, state.dependents(alike) if alike else ())

    def _finish(
        self,
        owner: str,
        placed: Iterable[Placed],
        origins: Origins,
        chains: Chains,
        state: State,
        built: Built,
    ) -> Finished:
        placed = tuple(placed)
        merged = [with_origin(one, origins) for one in placed]
        directives = Directives(self._paths_known, self._sources)
        sites = list(directives.apply(with_reasons(merged, chains)))
        files = [
            str(file)
            for one in state.listed.values()
            if one.import_path == owner and not one.dep_only
            for file in one.files
        ]
        contradicted = {
            path
            for held in state.blocks.values()
            for path, file in held.files.items()
            if file.contradicted
        }
        sources: list[SourceFile] = []
        texts: dict[str, bytes] = {}
        changed: set[str] = set()
        now = time.time_ns()
        for path in dict.fromkeys(one.path for one in sites):
            source = self._source(path)
            if source is None:
                continue
            written = (self._stamps.get(path) or (0,))[0]
            if path in contradicted or built.started <= written <= now:
                changed.add(path)
            texts[path] = source.content
            shown = self._paths_known.shown(path)
            sources.append(SourceFile(shown, source.sha256, source.generated, path in changed))
        return Finished(
            tuple(_without_range(one, changed) for one in sites),
            tuple(one.order for one in placed),
            tuple(sources),
            texts,
            tuple(directives.problems(files)),
        )


class _Jobs:
    """What is left to complete of some blocks, done together."""

    def __init__(self, paths: Paths, sources: Sources) -> None:
        self._completion = Completion(paths, sources, alone=True)
        self._keys: list[tuple[Key, dict[str, bytes]]] = []
        self._index: dict[Key, int] = {}

    def add(
        self, key: Key, path: str, signature: bytes, drafts: Drafts, group: list[Draft]
    ) -> None:
        """Takes the drafts of a block in one file."""
        if key not in self._index:
            self._index[key] = len(self._keys)
            self._keys.append((key, {}))
        self._keys[self._index[key]][1][path] = signature
        self._completion.add(self._index[key], drafts._replace(drafts=group))

    def done(
        self,
    ) -> tuple[dict[Key, dict[str, tuple[bytes, list[Completed]]]], frozenset[str]]:
        """The sites by block and file with the signatures they were given, and void files."""
        done = self._completion.finish()
        result: dict[Key, dict[str, tuple[bytes, list[Completed]]]] = {
            key: {path: (signature, []) for path, signature in signatures.items()}
            for key, signatures in self._keys
        }
        for index, completed in done.completed:
            result[self._keys[index][0]][completed.path][1].append(completed)
        return result, frozenset(done.contradicted)


def _listed(before: State, built: Built) -> dict[str, ListedPackage]:
    """All packages that are known after a build; what is watched stays so though only imported."""
    if built.whole:
        return {one.id: one for one in built.listed}
    units = {unit(one) for one in built.listed if not one.dep_only}
    kept = {id: one for id, one in before.listed.items() if unit(one) not in units}
    for one in built.listed:
        known = kept.get(one.id)
        if known is None:
            kept[one.id] = one
        elif one.dep_only and not known.dep_only:
            kept[one.id] = replace(one, dep_only=False)
        else:
            kept[one.id] = one
    return kept


def _without_ghosts(held: dict[Key, _Held], built: Built) -> dict[Key, _Held]:
    """The blocks without what older ones say of files that were compiled anew.

    A test that does not build keeps its last good state, but not where the package itself is newer.
    """
    fresh = {(one.package, one.variant) for one in built.blocks}
    units = {unit(one) for one in built.listed if not one.dep_only}
    compiled = {
        str(file) for one in built.listed if one.compiled and not one.dep_only for file in one.files
    }
    result = {}
    for key, one in held.items():
        if key not in fresh and one.unit in units and not compiled.isdisjoint(one.files):
            files = {path: file for path, file in one.files.items() if path not in compiled}
            one = replace(one, digest=b"", files=files)
        result[key] = one
    return result


def _signature(drafts: Iterable[Draft]) -> bytes:
    """What the compiler said of some places, as a hash."""
    digest = hashlib.blake2b(digest_size=16)
    for draft in drafts:
        words = (
            *(draft.place, draft.kind.value, draft.text, draft.normal, draft.inlined),
            *(tuple(draft.lines.items()), draft.function),
        )
        digest.update(repr(words).encode())
        for explanation in draft.explanations:
            digest.update(repr((explanation.place, explanation.expression)).encode())
            digest.update(explanation.function.encode())
            digest.update(explanation.body)
    return digest.digest()


def _names_of(declared: Declared) -> object:
    """What a package declares, in which the positions of declarations do not count."""
    bodies = frozenset(
        (name, declaration.has_body)
        for name, declarations in declared.functions.items()
        for declaration in declarations
    )
    types = frozenset(declared.types.items())
    return (bodies, declared.variables, declared.constants, declared.maps, types)


def _stamp(path: str) -> tuple[int, ...]:
    """What changes when a file is written; no contents are read."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return ()
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def _folder_stamp(folder: str) -> tuple[object, ...]:
    """What changes when a Go file of a folder is written, made or removed."""
    try:
        with os.scandir(folder) as entries:
            files = sorted(entry.name for entry in entries if entry.name.endswith(".go"))
    except OSError:
        return ()
    return tuple((file, *_stamp(os.path.join(folder, file))) for file in files)  # noqa: PTH118


def _shown(package: Package, paths: Paths) -> Package:
    """A package whose errors name files as the report does."""
    errors = tuple(
        error
        if error.position is None
        else with_fields(
            error,
            position=with_fields(error.position, file=paths.shown(error.position.file)),
        )
        for error in package.errors
    )
    return with_fields(package, errors=errors)


def _without_range(one: Merged, changed: Collection[str]) -> Merged:
    if one.path in changed and one.site.range is not None:
        return one._replace(site=with_fields(one.site, range=None))
    return one


def _key_order(item: tuple[Key, _Held]) -> tuple[str, str]:
    (package, variant), _ = item
    return package, variant or ""
