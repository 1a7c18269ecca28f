"""Reads what the compiler printed of packages, and of what is known already no more than it must.

A block whose text and sources are the same is never looked at again, and of one that changed only
the files in which something did.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from weakref import WeakKeyDictionary

from escapelens.cache.blocks import AnalysisCache, Entry
from escapelens.chains import preferred
from escapelens.completion import Completion
from escapelens.declared import Declared, declared_in, digests_of, forget
from escapelens.drafts import Draft, Drafts, Paths, Sources, add_inlined, draft_block
from escapelens.parsers.diagnostics import Block, scan_leaks
from escapelens.sites import Completed
from escapelens.watch.relevance import unit
from escapelens.watch.sources import WatchedSources, stamp
from escapelens.watch.state import Built, HeldBlock, HeldFile, Key, Name, State

_NO_NAMES: frozenset[Name] = frozenset()


class BlockReader:
    """Turns blocks into what is held of them; keeps the sources that they speak of."""

    def __init__(self, overlay: Mapping[str, str], cache: AnalysisCache | None) -> None:
        self.sources = WatchedSources(overlay)
        self._cache = cache
        """What earlier runs found out, for blocks that are seen for the first time."""
        self._folders: dict[str, tuple[object, ...]] = {}
        """What the folders of packages held when they were last looked at."""
        self._declared: WeakKeyDictionary[Declared, frozenset[Name]] = WeakKeyDictionary()

    def forget_changed(self, built: Built) -> None:
        """Lets what changed on the disk be read anew."""
        self.sources.forget_changed()
        folders = {one.dir: _folder_stamp(one.dir) for one in built.listed if not one.standard}
        forget(one for one, stamp in folders.items() if self._folders.get(one) != stamp)
        self._folders.update(folders)

    def read(
        self, before: State, built: Built, known: frozenset[str], paths: Paths
    ) -> dict[Key, HeldBlock]:
        """All blocks after a build, those of `known` units that it was not about as they were."""
        by_key = {(one.import_path, one.variant): one for one in built.listed}
        blocks = list(built.blocks)
        for one in built.listed:
            key = (one.import_path, one.variant)
            # What was compiled until an error came is worth something where nothing better is.
            if one.block and key not in before.blocks:
                blocks.append(Block(one.import_path, one.variant, one.block.encode()))
        held: dict[Key, HeldBlock] = {}
        units = {unit(one) for one in built.listed if not one.dep_only}
        for key, old in before.blocks.items():
            now = by_key.get(key)
            replaced = now is not None and now.compiled and not now.dep_only
            vanished = now is None and old.unit in units
            if not replaced and not vanished and old.unit in known:
                held[key] = old
        jobs = _Jobs(paths, self.sources)
        for block in blocks:
            key = (block.package, block.variant)
            found = by_key.get(key)
            owner = unit(found) if found is not None else block.package
            last = before.blocks.get(key) or self._remembered(block, owner, paths)
            held[key] = self._held(block, owner, last, jobs, paths)
        self._complete(held, jobs)
        if not before.blocks:
            self._remember(blocks, held, jobs, built, paths)
        return _without_ghosts(held, built)

    def _held(
        self, block: Block, owner: str, old: "HeldBlock | None", jobs: "_Jobs", paths: Paths
    ) -> HeldBlock:
        """The block as far as it can be told without its syntax; the rest is left to `jobs`."""
        digest = _digest(block)
        if old is not None and old.digest == digest and self._are_same(old.files):
            return old
        drafts = draft_block(block, paths, self.sources)
        add_inlined(drafts, block.text)
        by_path: dict[str, list[Draft]] = {}
        for draft in drafts.drafts:
            by_path.setdefault(draft.path, []).append(draft)
        files: dict[str, HeldFile] = {}
        for path, group in by_path.items():
            signature = _signature(group)
            known = old.files.get(path) if old is not None else None
            if known and known.signature == signature and self._is_same(path, known, group):
                files[path] = replace(known, names=self._names(path))
            else:
                jobs.add((block.package, block.variant), path, signature, drafts, group)
        return HeldBlock(
            owner,
            digest,
            files,
            tuple(drafts.unrecognised),
            preferred(scan_leaks(block.text)),
            len(block.text),
        )

    def _remembered(self, block: Block, owner: str, paths: Paths) -> HeldBlock | None:
        """What an earlier run found out about a block."""
        if self._cache is None:
            return None
        entry = self._cache.load(self._cache.key(block, paths.places))
        if entry is None or digests_of(entry.sources) != entry.folders:
            return None
        by_path: dict[str, list[Completed]] = {}
        for one in entry.completed:
            by_path.setdefault(one.path, []).append(one)
        files = {
            path: HeldFile(tuple(sites), b"", entry.sources.get(path, ""), self._names(path), False)
            for path, sites in by_path.items()
        }
        leaks = preferred(scan_leaks(block.text))
        unexplained = tuple(entry.unrecognised)
        return HeldBlock(owner, _digest(block), files, unexplained, leaks, len(block.text))

    def _remember(
        self,
        blocks: Iterable[Block],
        held: Mapping[Key, HeldBlock],
        jobs: "_Jobs",
        built: Built,
        paths: Paths,
    ) -> None:
        """Keeps for later runs what was found out about blocks in this one."""
        if self._cache is None:
            return
        for block in blocks:
            key = (block.package, block.variant)
            files = held[key].files
            if key in jobs and all(
                not file.contradicted and self.sources.written(path) < built.started
                for path, file in files.items()
            ):
                digests = {path: file.sha256 for path, file in files.items() if path}
                completed = [one for file in files.values() for one in file.completed]
                unexplained = list(held[key].unexplained)
                entry = Entry(digests, digests_of(digests), completed, unexplained)
                self._cache.store(self._cache.key(block, paths.places), entry)

    def _are_same(self, files: Mapping[str, HeldFile]) -> bool:
        return all(
            self._sha256(path) == file.sha256 and self._names(path) == file.names
            for path, file in files.items()
        )

    def _is_same(self, path: str, file: HeldFile, drafts: Iterable[Draft]) -> bool:
        """Whether nothing changed that the sites of a file depend on."""
        if self._sha256(path) != file.sha256:
            return False
        names = self._names(path)
        if names == file.names:
            return True
        source = self.sources.get(path)
        text = source.content if source is not None else b""
        text += b"".join(one.body for draft in drafts for one in draft.explanations)
        changed = {name.rpartition(".")[2] for _, name, _ in names ^ file.names}
        return not any(name.encode() in text for name in changed)

    def _names(self, path: str) -> frozenset[Name]:
        """What the package of a file declares."""
        if not path:
            return _NO_NAMES
        folder = os.path.dirname(path)  # noqa: PTH120
        declared = declared_in(folder, tests=path.endswith("_test.go"))
        known = self._declared.get(declared)
        if known is None:
            known = self._declared[declared] = _names_of(declared)
        return known

    def _sha256(self, path: str) -> str:
        source = self.sources.get(path)
        return source.sha256 if source is not None else ""

    def _complete(self, held: dict[Key, HeldBlock], jobs: "_Jobs") -> None:
        completed, contradicted = jobs.done()
        for key, by_path in completed.items():
            files = dict(held[key].files)
            for path, (signature, sites) in by_path.items():
                files[path] = HeldFile(
                    tuple(sites),
                    signature,
                    self._sha256(path),
                    self._names(path),
                    path in contradicted,
                )
            held[key] = replace(held[key], files=files)


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

    def __contains__(self, key: Key) -> bool:
        return key in self._index

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


def _without_ghosts(held: dict[Key, HeldBlock], built: Built) -> dict[Key, HeldBlock]:
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


def _digest(block: Block) -> bytes:
    return hashlib.blake2b(block.text, digest_size=16).digest()


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


def _names_of(declared: Declared) -> frozenset[Name]:
    """What a package declares, in which the positions of declarations do not count."""
    named = (
        ("variable", declared.variables),
        ("constant", declared.constants),
        ("map", declared.maps),
        ("field", declared.fields),
    )
    functions: set[Name] = {
        ("function", name, declaration.has_body)
        for name, declarations in declared.functions.items()
        for declaration in declarations
    }
    types: set[Name] = {("type", name, made_of) for name, made_of in declared.types.items()}
    others: set[Name] = {(kind, name, None) for kind, names in named for name in names}
    return frozenset(functions | types | others)


def _folder_stamp(folder: str) -> tuple[object, ...]:
    """What changes when a Go file of a folder is written, made or removed."""
    try:
        with os.scandir(folder) as entries:
            files = sorted(entry.name for entry in entries if entry.name.endswith(".go"))
    except OSError:
        return ()
    return tuple((file, *stamp(os.path.join(folder, file))) for file in files)  # noqa: PTH118
