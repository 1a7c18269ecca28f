"""The pipeline: blocks of compiler text in, a Report out.

Blocks are drafted as they arrive, while the compiler still runs; when it is done, the sources are
looked at file by file, on two processors where there is enough to do.
"""

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeVar

from msgspec.structs import replace

from escapelens.cache.blocks import AnalysisCache, Entry
from escapelens.chains import Chains
from escapelens.completion import Completion
from escapelens.cost import Costs, span_of, spans, told_of, type_names
from escapelens.counting import Counted, counted, counts_of, is_hidden
from escapelens.declared import digests_of
from escapelens.directives import Directives
from escapelens.drafts import Draft, Paths, PlaceKey, Sources, add_inlined, draft_block
from escapelens.inquiry import Inquire, Inquiry
from escapelens.machine import MachineCode
from escapelens.model import (
    Coverage,
    Finding,
    Go,
    Leak,
    Package,
    Pool,
    Report,
    Site,
    SourceFile,
    Stay,
    Unrecognised,
)
from escapelens.owning import Owner
from escapelens.parsers.assembly import split_assembly
from escapelens.parsers.diagnostics import (
    Block,
    scan_leaks,
    scan_stack,
    unrecognised_lines,
)
from escapelens.pools.telling import Compiled, Try, told
from escapelens.reasons import with_reasons
from escapelens.request import Filter, Wanted
from escapelens.settling import Settling, is_open_subject, with_subject
from escapelens.sites import Completed, Completer, Merged, merge
from escapelens.types.answers import Answers, Span, TypeName, Value
from escapelens.types.pools import Pools
from escapelens.unreported import unreported

Record = TypeVar("Record", Leak, Stay)

Measure = Callable[[Collection[Span], Collection[TypeName]], Answers]
"""Asks Go's type checker what expressions take; also tells why it could not be asked."""

MEASURED = 5000
"""How many sites are measured unasked; more would take a second and longer."""

NO_MATCH = "no site matches"
"""How the note on a filter begins that leaves nothing."""

Keep = Callable[[str, str, str], bool]
"""Tells whether what stands at an absolute path, in a function of a declared one, is wanted."""


@dataclass
class _Part:
    """What is known of one block."""

    key: str
    package: str
    variant: str
    known: bool = False
    """It was found in the cache."""
    drafts: list[Draft] = field(default_factory=list)
    """Where only counts are wanted."""
    completed: list[Completed] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    """Lines about the heap that were not understood."""
    unrecognised: list[str] = field(default_factory=list)
    """Those lines, or all that were not understood where every line is looked at."""


class Analysis:
    """Takes blocks in any order and makes one Report of them, the same whatever the order."""

    def __init__(
        self,
        paths: Paths,
        wanted: Wanted,
        sources: Sources,
        cache: AnalysisCache | None = None,
    ) -> None:
        self._paths = paths
        self._wanted = wanted
        self._cache = cache
        self._sources = sources
        self._started = time.time_ns()
        self._completion = Completion(paths, self._sources)
        self._chains = Chains(paths, self._sources)
        self._machine = MachineCode(paths, self._sources)
        self._parts: list[_Part] = []
        self._leaks: list[Leak] = []
        self._stack: list[Stay] = []
        self._changed: set[str] = set()
        self.found: Sequence[Merged] = ()
        """The sites of the report with what is known beside; empty until it was made."""

    def add(self, block: Block, *, is_error: bool = False) -> None:
        """Takes one block; one of a package that failed holds its errors among the lines."""
        part = _Part("", block.package, block.variant or "")
        self._parts.append(part)
        diagnostics, code = split_assembly(block.text)
        if code:
            block = block._replace(text=diagnostics)
            self._machine.add(block.package, code)
            del code
        if self._cache is not None:
            part.key = self._cache.key(block, self._paths.places)
        entry = self._cache.load(part.key) if self._cache is not None else None
        if entry is not None and self._is_current(entry):
            part.known = True
            part.completed, part.unexplained = entry.completed, entry.unrecognised
        else:
            drafts = draft_block(block, self._paths, self._sources)
            part.unexplained = drafts.unrecognised
            if self._wanted.detail:
                add_inlined(drafts, block.text)
                self._completion.add(len(self._parts) - 1, drafts)
            else:
                part.drafts = drafts.drafts
        part.unrecognised = part.unexplained
        if self._wanted.every_line:
            part.unrecognised = [] if is_error else unrecognised_lines(block.text)
        if self._wanted.detail:
            self._chains.add(block)
        if self._wanted.leaks:
            self._add_leaks(block)
        if self._wanted.stack:
            self._add_stack(block)

    def work(self) -> bool:
        """Looks at one source while no block has come; false where there is nothing to look at."""
        return self._completion.work()

    def _is_current(self, entry: Entry) -> bool:
        for path, sha256 in entry.sources.items():
            source = self._sources.get(path)
            if (source.sha256 if source is not None else "") != sha256:
                return False
        return digests_of(entry.sources) == entry.folders

    def _add_leaks(self, block: Block) -> None:
        by_file: dict[str, Completer] = {}
        for header in scan_leaks(block.text):
            path = self._paths.real(header.place.file)
            completer = by_file.get(path)
            if completer is None:
                completer = by_file[path] = Completer(self._sources.get(path), self._paths)
            if not completer.is_wrapper(header):
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
        folders: Mapping[str, str] | None = None,
        files: Iterable[str] = (),
        around: Iterable[str] = (),
        keep: Keep | None = None,
        wanted: Filter | None = None,
        inquire: Inquire | None = None,
        measure: Measure | None = None,
        try_pools: Try | None = None,
        notes: Iterable[str] = (),
    ) -> Report:
        """Everything that was found, in a fixed order.

        `folders` are those of packages by import path, also of packages that were not analysed;
        `files` are searched for comments that hide nothing, and with those `around` for pools.
        `keep` filters sites by where they stand, `wanted` by why they are on the heap. `inquire`
        and `measure` ask Go's type checker, the second where that is worth its time. `try_pools`
        compiles once more where a pool may save nothing.
        """
        self._note_changes()
        self._complete()
        self._chains.know(folders or {})
        directives = Directives(self._paths, self._sources)
        directives.read(files)
        directives.listen(around)
        in_code = self._found_in_code(owner_of, go) if self._machine else []
        inquiry = settling = None
        if inquire is not None:
            every = [*in_code, *(one for part in self._parts for one in part.completed)]
            if measure is None or len(every) > MEASURED:
                every = [one for one in every if is_open_subject(one.evidence)][:MEASURED]
            inquiry = inquire(directives.speaks_of_pools, *self._measured(every))
            settling = self._settling(inquiry)
        self._store()  # while the type checker is busy
        merged = merge([*(part.completed for part in self._parts), in_code], owner_of)
        if self._machine:
            merged = [self._machine.with_origin(one) for one in merged]
        if settling is not None:
            merged = settling.settle(merged)
            self._chains.settle(settling.settle_end)
        for part in self._parts:
            part.completed = []
        shown = merged
        others: list[Merged] = []
        if keep is not None:
            shown, others = _parted(merged, keep)
            if others and not shown:
                notes = (*notes, f"{NO_MATCH}; without the filter there are {len(others)}")
        values, problems = self._values(shown, inquiry, measure)
        notes = (*notes, *problems)
        merged = [with_subject(one, values.get(one.site.fingerprint)) for one in shown]
        self._chains.holders.know([*merged, *others])
        counted_before = len(merged)
        costs = Costs(go, values, self._machine.of if self._machine else None)
        merged = list(directives.apply(with_reasons(merged, self._chains, costs)))
        pools, findings, untried = self._pools(
            inquiry, merged, directives, packages, keep, try_pools
        )
        notes = (*notes, *untried)
        if inquiry is not None:
            notes = (*notes, *inquiry.notes)
        notes = (*notes, *directives.problems())
        if wanted is not None:
            merged = [one for one in merged if wanted.keeps_site(one.site)]
            findings = tuple(filter(wanted.keeps_finding, findings))
            if counted_before and not merged:
                notes = (*notes, f"{NO_MATCH}; without the filter there are {counted_before}")
        self.found = merged
        counts = (counted(one.site, one.path, one.declared) for one in merged)
        report = self._report(root, go, packages, counts, owner_of, notes, keep)
        report = replace(
            report,
            files=self._files(merged, findings),
            sites=tuple(self._without_range(one) for one in merged),
            pools=pools,
            findings=findings,
        )
        return report

    def _settling(self, ask: Inquiry) -> Settling:
        """Asks about the sites, and about the calls at which their chains end."""
        found = [
            (one.evidence, one.path, part.package) for part in self._parts for one in part.completed
        ]
        ends = self._chains.ends(found)
        evidence = (one for one, _, _ in found)
        return Settling(self._paths, ask, evidence, ends, self._chains.bodies())

    def _measured(self, sites: Sequence[Completed]) -> tuple[set[Span], set[TypeName]]:
        """The expressions of sites, and the types that inlined literals may be of."""
        expressions = {span for one in sites if (span := span_of(one))}
        types = {name for one in sites for name in type_names(one, self._chains.packages)}
        return expressions, types

    def _values(
        self, merged: Sequence[Merged], inquiry: Inquiry | None, measure: Measure | None
    ) -> tuple[dict[str, Value], tuple[str, ...]]:
        """What the type checker says of sites, by fingerprint, and why it says too little."""
        asked = spans(merged)
        answers = Answers() if inquiry is None else inquiry.answered()
        if measure is None:
            return told_of(asked, {}, answers), ()
        if len(asked) > MEASURED and not self._machine:
            merged = [one for one in merged if not is_hidden(one.site)]
            shown = {one.site.fingerprint for one in merged}
            asked = {name: span for name, span in asked.items() if name in shown}
            if len(asked) > MEASURED:
                return told_of(asked, {}, answers), (not_measured(len(asked)),)
        named = {
            one.site.fingerprint: (one.normal, type_names(one, self._chains.packages))
            for one in merged
            if one.site.fingerprint not in asked
        }
        left = set(asked.values()) - (inquiry.values if inquiry is not None else set())
        left_types = {name for _, names in named.values() for name in names}
        left_types -= inquiry.types if inquiry is not None else set()
        if not left and not left_types:
            return told_of(asked, named, answers), ()
        more = measure(left, left_types)
        return told_of(asked, named, answers) | told_of(asked, named, more), more.notes

    def _pools(
        self,
        inquiry: Inquiry | None,
        merged: Sequence[Merged],
        directives: Directives,
        packages: Iterable[Package],
        keep: Keep | None,
        try_pools: Try | None,
    ) -> tuple[tuple[Pool, ...], tuple[Finding, ...], tuple[str, ...]]:
        """What is known of pools, findings that comments hide marked as such; and what is not."""
        if inquiry is None:
            return (), (), ()
        known = inquiry.answered().pools if directives.speaks_of_pools else Pools()
        if known is None:
            return (), (), ()
        asked = frozenset(one.import_path for one in packages)
        compiled = Compiled(
            merged, self._paths.shown, self._sources.get, asked, inquiry.covers_module
        )
        pools, found, notes = told(known, compiled, try_pools)
        findings = tuple(directives.apply_to_findings(found))
        if keep is None:
            return pools, findings, notes
        real = self._paths.real_of_shown
        kept = (
            one for one in findings if keep(real(one.position.file), one.function, one.function)
        )
        return pools, tuple(kept), notes

    def _found_in_code(self, owner_of: Owner, go: Go) -> list[Completed]:
        """The sites that only the machine code tells."""
        merged = merge((part.completed for part in self._parts), owner_of)
        self._machine.know(merged, go)
        untold = self._machine.untold(merged, lambda path: owner_of(path)[1])
        return list(unreported(untold, self._paths, self._sources))

    def summary(
        self,
        root: str,
        go: Go,
        packages: Sequence[Package],
        owner_of: Owner,
        *,
        notes: Iterable[str] = (),
    ) -> Report:
        """The same report without its sites and files: its counts need no syntax tree."""
        self._note_changes()
        places: dict[PlaceKey, Counted] = {}
        for part in self._parts:
            found: Sequence[Draft | Completed] = part.drafts or part.completed
            for one in found:
                key = one.key(part.package)
                known = places.get(key)
                if known is None:
                    package, asked = owner_of(one.path)
                    declared = one.declared
                    hidden = not one.path or not asked
                    known = Counted(one.path, declared, package, hidden, key[3], 0)
                places[key] = known._replace(decisions=known.decisions + one.decisions)
        return self._report(root, go, packages, places.values(), owner_of, notes)

    def _report(
        self,
        root: str,
        go: Go,
        packages: Sequence[Package],
        counted: Iterable[Counted],
        owner_of: Owner,
        notes: Iterable[str],
        keep: Keep | None = None,
    ) -> Report:
        unrecognised = tuple(
            Unrecognised(part.package, line)
            for part in sorted(self._parts, key=lambda part: (part.package, part.variant))
            for line in part.unrecognised
        )
        return Report(
            root=root,
            coverage=Coverage.ALL if self._wanted.every_line else Coverage.DECISIONS,
            go=go,
            files=(),
            packages=tuple(sorted(packages, key=lambda p: (p.import_path, p.variant or ""))),
            sites=(),
            leaks=self._owned(self._told_once(), owner_of, keep),
            stack=self._owned(sorted(set(self._stack), key=_stay_order), owner_of, keep),
            unrecognised=unrecognised,
            counts=counts_of(counted, len(unrecognised)),
            notes=tuple(notes),
        )

    def _told_once(self) -> list[Leak]:
        """The leaks in order, each place once however many instances and variants print it."""
        ordered = sorted(self._leaks, key=lambda leak: (leak.package, bytes(leak.flows)))
        leaks = {_leak_order(leak): leak for leak in reversed(ordered)}
        return [leak for _, leak in sorted(leaks.items(), key=itemgetter(0))]

    def _owned(
        self, records: Iterable[Record], owner_of: Owner, keep: Keep | None
    ) -> tuple[Record, ...]:
        """The records that are wanted, with the packages that own their files."""
        result = []
        for record in records:
            path = self._paths.real_of_shown(record.position.file)
            package, asked = owner_of(path)
            if keep is None or keep(path, record.function, record.function):
                result.append(replace(record, package=package or record.package, foreign=not asked))
        return tuple(result)

    @property
    def is_settled(self) -> bool:
        """Whether the sources are, as far as can be told, those that were compiled."""
        return not self._changed

    def package_name(self, path: str) -> str:
        """What the package clause of a file at an absolute path says; empty without one."""
        source = self._sources.get(path)
        return source.package_name if source is not None else ""

    def _note_changes(self) -> None:
        """Finds the sources that were written after the run began."""
        now = time.time_ns()
        for path in self._sources.paths():
            try:
                if self._started <= os.stat(path).st_mtime_ns <= now:  # noqa: PTH116
                    self._changed.add(path)
            except OSError:
                continue

    def _complete(self) -> None:
        """Collects what the drafts came to."""
        done = self._completion.finish()
        self._changed.update(done.contradicted)
        for index, completed in done.completed:
            self._parts[index].completed.append(completed)

    def _store(self) -> None:
        """Keeps what was found out for the next run."""
        if self._cache is None:
            return
        for part in self._parts:
            if part.known:
                continue
            paths = sorted({completed.path for completed in part.completed if completed.path})
            if not self._changed.isdisjoint(paths):
                continue
            sources = {path: self._sources.get(path) for path in paths}
            digests = {path: source.sha256 if source else "" for path, source in sources.items()}
            folders = digests_of(paths)
            entry = Entry(digests, folders, part.completed, part.unexplained)
            self._cache.store(part.key, entry)

    def _without_range(self, merged: Merged) -> Site:
        if merged.path in self._changed and merged.site.range is not None:
            return replace(merged.site, range=None)
        return merged.site

    def _files(
        self, merged: Iterable[Merged], findings: Iterable[Finding]
    ) -> tuple[SourceFile, ...]:
        files = []
        paths = dict.fromkeys(one.path for one in merged)
        real = self._paths.real_of_shown
        for path in paths | dict.fromkeys(real(one.position.file) for one in findings):
            source = self._sources.get(path)
            if source is not None:
                name = self._paths.shown(path)
                changed = path in self._changed
                files.append(SourceFile(name, source.sha256, source.generated, changed))
        return tuple(sorted(files, key=lambda file: file.file))


def _parted(found: Sequence[Merged], keep: Keep) -> tuple[list[Merged], list[Merged]]:
    """The sites that are kept, and the others."""
    parts: tuple[list[Merged], list[Merged]] = ([], [])
    for one in found:
        parts[not keep(one.path, one.site.function, one.declared)].append(one)
    return parts


def not_measured(sites: int) -> str:
    """What a reader should know where there are too many sites."""
    return (
        f"of {sites:,} sites the type checker is not asked for the bytes; `show --asm` does, or "
        "name fewer packages"
    )


def _leak_order(leak: Leak) -> tuple[str, int, int, str, str, str, int]:
    """What tells a leak from others."""
    position = leak.position
    return (
        position.file,
        position.line,
        position.column or 0,
        leak.function,
        leak.parameter,
        leak.to,
        leak.derefs,
    )


def _stay_order(stay: Stay) -> tuple[object, ...]:
    position = stay.position
    return (position.file, position.line, position.column or 0, stay.package, stay.expression)
