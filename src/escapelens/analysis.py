"""The pipeline: blocks of compiler text in, a Report out.

Blocks are drafted as they arrive, while the compiler still runs; when it is done, the sources are
looked at file by file, on two processors where there is enough to do.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec.structs import replace

from escapelens.cache import AnalysisCache, Entry
from escapelens.drafts import Draft, Drafts, Paths, Sources, add_inlined, draft_block
from escapelens.model import (
    Counts,
    Coverage,
    Go,
    Leak,
    Package,
    Report,
    Site,
    SourceFile,
    Stay,
    Unrecognised,
)
from escapelens.parsers.diagnostics import (
    Block,
    scan_leaks,
    scan_stack,
    unrecognised_lines,
)
from escapelens.sites import Completed, Completer, Merged, counted, merge
from escapelens.source import Source

_WORTH_A_PROCESS = 2000
"""Drafts from which on a second process saves more time than it costs."""

Owner = Callable[[str], tuple[str, bool]]
"""Tells for an absolute path the import path of its package, and whether that was asked for.

No path, and a path of unknown package, give an empty import path.
"""


@dataclass(frozen=True)
class Wanted:
    """How much of the compiler's text a run is to look at."""

    detail: bool = True
    """Ranges, functions and flows; without it only what counts need."""
    every_line: bool = False
    """Hold every line against the known forms."""
    leaks: bool = False
    stack: bool = False
    """What does not escape."""


@dataclass
class _Part:
    """What is known of one block."""

    key: str
    package: str
    drafts: Drafts | None = None
    completed: list[Completed] = field(default_factory=list)
    unrecognised: list[str] = field(default_factory=list)


class Analysis:
    """Takes blocks in any order and makes one Report of them, the same whatever the order."""

    def __init__(
        self,
        paths: Paths,
        wanted: Wanted,
        cache: AnalysisCache | None = None,
        overlay: Mapping[str, str] | None = None,
        compiled_at: int | None = None,
    ) -> None:
        """`compiled_at` is when the sources were read by the compiler, in ns; now by default."""
        self._paths = paths
        self._wanted = wanted
        self._cache = cache
        self._sources = Sources(overlay or {})
        self._compiled_at = time.time_ns() if compiled_at is None else compiled_at
        self._parts: list[_Part] = []
        self._leaks: list[Leak] = []
        self._stack: list[Stay] = []
        self._changed: set[str] = set()

    def add(self, block: Block, *, is_error: bool = False) -> None:
        """Takes one block; one of a package that failed holds its errors among the lines."""
        part = _Part("", block.package)
        self._parts.append(part)
        if self._cache is not None:
            part.key = self._cache.key(block, self._paths.places)
        entry = self._cache.load(part.key) if self._cache is not None else None
        if entry is not None and self._is_current(entry):
            part.completed, part.unrecognised = entry.completed, list(entry.unrecognised)
        else:
            part.drafts = draft_block(block, self._paths, self._sources)
            part.unrecognised = part.drafts.unrecognised
            if self._wanted.detail:
                add_inlined(part.drafts, block.text)
        if self._wanted.every_line:
            part.unrecognised = [] if is_error else unrecognised_lines(block.text)
        if self._wanted.leaks:
            self._add_leaks(block)
        if self._wanted.stack:
            self._add_stack(block)

    def _is_current(self, entry: Entry) -> bool:
        for path, sha256 in entry.sources.items():
            source = self._sources.get(path)
            if (source.sha256 if source is not None else "") != sha256:
                return False
        return True

    def _add_leaks(self, block: Block) -> None:
        by_file: dict[str, Completer] = {}
        for header in scan_leaks(block.text):
            path = self._paths.real(header.place.file)
            completer = by_file.get(path)
            if completer is None:
                completer = by_file[path] = Completer(self._sources.get(path), self._paths)
            self._leaks.append(completer.leak(header, block.package))

    def _add_stack(self, block: Block) -> None:
        for place, expression in scan_stack(block.text):
            path = self._paths.real(place.file)
            function = Completer(self._sources.get(path), self._paths).declared_at(place)
            self._stack.append(
                Stay(block.package, function, expression, self._paths.position(place))
            )

    def report(
        self,
        root: str,
        go: Go,
        packages: Sequence[Package],
        owner_of: Owner,
        *,
        keep: Callable[[Merged], bool] | None = None,
        notes: Iterable[str] = (),
    ) -> Report:
        """Everything that was found, in a fixed order; `keep` filters the sites."""
        self._note_changes()
        self._complete()
        merged = merge((part.completed for part in self._parts), owner_of)
        if keep is not None:
            merged = [one for one in merged if keep(one)]
        sites = tuple(self._without_range(one) for one in merged)
        unrecognised = tuple(
            Unrecognised(part.package, line)
            for part in sorted(self._parts, key=lambda part: part.package)
            for line in part.unrecognised
        )
        return Report(
            root=root,
            coverage=Coverage.ALL if self._wanted.every_line else Coverage.DECISIONS,
            go=go,
            files=self._files(merged),
            packages=tuple(sorted(packages, key=lambda p: (p.import_path, p.variant or ""))),
            sites=sites,
            leaks=tuple(sorted(self._leaks, key=_leak_order)),
            stack=tuple(sorted(set(self._stack), key=_stay_order)),
            unrecognised=unrecognised,
            counts=_counts(merged, len(unrecognised)),
            notes=tuple(notes),
        )

    def read(self, file: str) -> Source | None:
        """The source behind a file name of the report."""
        return self._sources.get(self._paths.real_of_shown(file))

    def _note_changes(self) -> None:
        """Finds the sources that were written after the compiler read them."""
        now = time.time_ns()
        for path in self._sources.paths():
            try:
                if self._compiled_at <= os.stat(path).st_mtime_ns <= now:  # noqa: PTH116
                    self._changed.add(path)
            except OSError:
                continue

    def _complete(self) -> None:
        """Looks the drafts up in their sources, file by file, and keeps the outcome."""
        waiting = [part for part in self._parts if part.drafts is not None]
        if not self._wanted.detail:
            for part in waiting:
                assert part.drafts is not None
                part.completed = [
                    counted(draft, part.drafts, self._paths) for draft in part.drafts.drafts
                ]
            return
        by_file: dict[str, list[tuple[int, Draft]]] = {}
        for index, part in enumerate(waiting):
            assert part.drafts is not None
            for draft in part.drafts.drafts:
                by_file.setdefault(draft.path, []).append((index, draft))
        owners = [part.drafts for part in waiting if part.drafts is not None]
        done = _Work(self._paths, self._sources, owners).run(by_file)
        self._changed |= set(done.contradicted)
        for index, completed in done.completed:
            waiting[index].completed.append(completed)
        if self._cache is not None:
            for part in waiting:
                self._store(part)
            self._cache.prune()

    def _store(self, part: _Part) -> None:
        assert part.drafts is not None
        assert self._cache is not None
        paths = {completed.path for completed in part.completed if completed.path}
        if paths & self._changed:
            return
        sources = {path: self._sources.get(path) for path in sorted(paths)}
        digests = {path: source.sha256 if source else "" for path, source in sources.items()}
        self._cache.store(part.key, Entry(digests, part.completed, part.drafts.unrecognised))

    def _without_range(self, merged: Merged) -> Site:
        if merged.path in self._changed and merged.site.range is not None:
            return replace(merged.site, range=None)
        return merged.site

    def _files(self, merged: Iterable[Merged]) -> tuple[SourceFile, ...]:
        files = []
        for path in dict.fromkeys(one.path for one in merged):
            source = self._sources.get(path)
            if source is not None:
                name = self._paths.shown(path)
                changed = path in self._changed
                files.append(SourceFile(name, source.sha256, source.generated, changed))
        return tuple(sorted(files, key=lambda file: file.file))


class _Done(msgspec.Struct, array_like=True):
    """What a process completed: sites with the index of their block, and void files."""

    completed: list[tuple[int, Completed]]
    contradicted: list[str]


class _Work:
    """Completes the drafts of files, each file in one process only."""

    def __init__(self, paths: Paths, sources: Sources, owners: list[Drafts]) -> None:
        self._paths = paths
        self._sources = sources
        self._owners = owners

    def run(self, by_file: dict[str, list[tuple[int, Draft]]]) -> _Done:
        """Completes everything, half of it in a second process if that is worth one."""
        files = sorted(by_file, key=lambda path: (-self._size(path), path))
        total = sum(map(len, by_file.values()))
        if total < _WORTH_A_PROCESS or sys.platform != "linux" or (os.cpu_count() or 1) < 2:
            return self._do(by_file, files)
        import multiprocessing

        # A forked process sees all drafts without a copy; only Linux can be trusted to fork.
        context = multiprocessing.get_context("fork")
        receiver, sender = context.Pipe(duplex=False)
        theirs, ours = files[::2], files[1::2]
        process = context.Process(
            target=lambda: sender.send_bytes(msgspec.json.encode(self._do(by_file, theirs))),
            daemon=True,
        )
        process.start()
        sender.close()
        done = self._do(by_file, ours)
        try:
            other = msgspec.json.decode(receiver.recv_bytes(), type=_Done)
        except EOFError:
            other = self._do(by_file, theirs)
        process.join()
        return _Done(done.completed + other.completed, done.contradicted + other.contradicted)

    def _do(self, by_file: dict[str, list[tuple[int, Draft]]], files: Iterable[str]) -> _Done:
        done = _Done([], [])
        for path in files:
            source = self._sources.get(path)
            completer = Completer(source, self._paths)
            for index, draft in by_file[path]:
                done.completed.append((index, completer.complete(draft, self._owners[index])))
            if completer.contradicted:
                done.contradicted.append(path)
            if source is not None:
                source.drop_tree()
        return done

    def _size(self, path: str) -> int:
        source = self._sources.get(path)
        return len(source.content) if source is not None else 0


def _counts(merged: Sequence[Merged], unrecognised: int) -> Counts:
    shown = [one for one in merged if not is_hidden(one.site)]
    return Counts(
        sites=len(shown),
        decisions=sum(decision.count for one in merged for decision in one.site.decisions),
        functions=len({(one.path, one.declared) for one in shown if one.declared}),
        files=len({one.path for one in shown}),
        packages=len({one.site.package for one in shown}),
        hidden=len(merged) - len(shown),
        unrecognised=unrecognised,
        by_kind=dict(sorted(Counter(one.site.kind.value for one in shown).items())),
        by_package=dict(sorted(Counter(one.site.package for one in shown).items())),
    )


def is_hidden(site: Site) -> bool:
    """Whether a site is not the user's to change: another package's, or in no source file."""
    return site.foreign or site.position.file.startswith("<") or site.position.line == 0


def _leak_order(leak: Leak) -> tuple[object, ...]:
    position = leak.position
    return (
        position.file,
        position.line,
        position.column or 0,
        leak.package,
        leak.parameter,
        leak.to,
    )


def _stay_order(stay: Stay) -> tuple[object, ...]:
    position = stay.position
    return (position.file, position.line, position.column or 0, stay.package, stay.expression)


def owners(packages: Iterable[tuple[str, str, Sequence[Path], bool]], goroot: str) -> Owner:
    """The Owner for packages given as import path, folder, files and whether they were asked for.

    A file of none of them is named by its folder: below GOROOT/src as the import path.
    """
    by_file: dict[str, tuple[str, bool]] = {}
    by_folder: dict[str, tuple[str, bool]] = {}
    for import_path, folder, files, asked in packages:
        for file in files:
            known = by_file.get(str(file))
            if known is None or (asked and not known[1]):
                by_file[str(file)] = (import_path, asked)
        if folder and (folder not in by_folder or (asked and not by_folder[folder][1])):
            by_folder[folder] = (import_path, asked)
    standard = os.path.join(goroot, "src") + os.sep  # noqa: PTH118

    def owner_of(path: str) -> tuple[str, bool]:
        if not path:
            return "", True
        known = by_file.get(path)
        if known is None:
            folder = os.path.dirname(path)  # noqa: PTH120
            known = by_folder.get(folder)
            if known is None:
                real = os.path.realpath(folder)
                name = folder.removeprefix(standard) if folder.startswith(standard) else folder
                known = by_folder.get(real, (name.replace(os.sep, "/"), False))
            by_file[path] = known
        return known

    return owner_of
