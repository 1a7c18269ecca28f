"""What a reader is told of a state: reports of all or some packages, and what changed in them."""

from collections.abc import Callable, Collection, Iterable, Iterator

from escapelens.counting import Counted, counted, counts_of, is_hidden
from escapelens.model import (
    Counts,
    Coverage,
    Finding,
    Package,
    Position,
    Report,
    SiteReference,
    Unrecognised,
)
from escapelens.pools.findings import all_findings
from escapelens.request import Filter
from escapelens.sites import Merged
from escapelens.watch.delta import delta
from escapelens.watch.events import BrokenPackage, CauseChange, Delta, FindingReference
from escapelens.watch.state import NOTHING_KNOWN, Finished, State


class Teller:
    """Tells of states what a filter keeps."""

    def __init__(self, wanted: Filter) -> None:
        self._filter = wanted
        self.measure: Callable[[Report, State], Report] = lambda report, state: report
        """Gives a report of a state what profiles say of its sites."""
        self._counted: dict[str, tuple[Finished, list[Counted]]] = {}
        """What the counts need of packages, with what they were taken of."""

    def report(self, state: State, packages: Collection[str] | None = None) -> Report:
        """The document of all packages, or of some with the foreign ones they lead to."""
        assert state.plan is not None
        plan = state.plan
        chosen = state.finished.keys() if packages is None else packages
        found = [
            (order, one)
            for owner in chosen
            for order, one in self._kept(state.finished.get(owner, NOTHING_KNOWN), plan.only_files)
        ]
        found.sort(key=lambda pair: pair[0])
        sites = [one for _, one in found]
        findings = [
            one
            for owner in chosen
            for one in self._findings(state.finished.get(owner, NOTHING_KNOWN), state)
        ]
        names = {one.site.position.file for one in sites}
        names |= {one.position.file for one in findings}
        files = [
            file
            for owner in chosen
            for file in state.finished.get(owner, NOTHING_KNOWN).files
            if file.file in names
        ]
        unrecognised = tuple(
            Unrecognised(package, line)
            for (package, _), held in sorted(
                state.blocks.items(), key=lambda item: (item[0][0], item[0][1] or "")
            )
            if packages is None or package in packages
            for line in held.unexplained
        )
        pools = [one for owner in chosen for one in state.finished.get(owner, NOTHING_KNOWN).pools]
        notes = [note for owner in sorted(chosen) for note in _notes(state, owner)]
        report = Report(
            root=str(plan.cwd),
            coverage=Coverage.DECISIONS,
            go=plan.go,
            files=tuple(sorted(files, key=lambda file: file.file)),
            packages=tuple(_packages(state, packages)),
            sites=tuple(one.site for one in sites),
            leaks=(),
            stack=(),
            unrecognised=unrecognised,
            counts=counts_of(map(_counted, sites), len(unrecognised)),
            notes=(*state.notes, *notes),
            pools=tuple(sorted(pools, key=lambda one: _place(one.position))),
            findings=tuple(sorted(findings, key=_gravity)),
        )
        return self.measure(report, state)

    def counts(self, state: State) -> Counts:
        """The totals of all packages."""
        only = state.plan.only_files if state.plan is not None else ()
        before, self._counted = self._counted, {}
        for owner, finished in state.finished.items():
            known = before.get(owner)
            if known is None or known[0] is not finished:
                known = finished, [_counted(one) for _, one in self._kept(finished, only)]
            self._counted[owner] = known
        every = (one for _, of_owner in self._counted.values() for one in of_owner)
        return counts_of(every, sum(len(held.unexplained) for held in state.blocks.values()))

    def delta(self, before: State, after: State, packages: Iterable[str]) -> Delta:
        """What became of sites and findings of packages; of those that are the user's to change."""
        new: list[str] = []
        gone: list[SiteReference] = []
        changed: list[CauseChange] = []
        new_findings: list[str] = []
        gone_findings: list[FindingReference] = []
        for package in sorted(packages):
            old = before.finished.get(package, NOTHING_KNOWN)
            now = after.finished.get(package, NOTHING_KNOWN)
            part = delta(self._seen(old, before), self._seen(now, after), old.texts, now.texts)
            new += part.new
            gone += part.gone
            changed += part.changed
            was, there = self._findings(old, before), self._findings(now, after)
            new_findings += [one.fingerprint for one in _only_in(there, was)]
            gone_findings += map(_reference, _only_in(was, there))
        return Delta(
            *(tuple(new), tuple(gone), tuple(changed)), tuple(new_findings), tuple(gone_findings)
        )

    def _seen(self, finished: Finished, state: State) -> list[Merged]:
        only = state.plan.only_files if state.plan is not None else ()
        return [one for _, one in self._kept(finished, only) if not is_hidden(one.site)]

    def _findings(self, finished: Finished, state: State) -> list[Finding]:
        """The findings that the filter keeps."""
        plan = state.plan
        if plan is None:
            return []
        only = {str(file) for file in plan.only_files}

        def keeps(one: Finding) -> bool:
            path = str(plan.cwd / one.position.file)
            is_there = not only or path in only
            return is_there and self._filter.keeps(path, one.function, one.function)

        return [one for one in finished.findings if self._filter.keeps_finding(one) and keeps(one)]

    def _kept(
        self, finished: Finished, only_files: Iterable[object]
    ) -> Iterable[tuple[tuple[object, ...], Merged]]:
        only = {str(file) for file in only_files}
        for order, one in zip(finished.orders, finished.sites, strict=True):
            if only and one.path not in only:
                continue
            if self._filter.keeps(one.path, one.site.function, one.declared) and (
                self._filter.keeps_site(one.site)
            ):
                yield order, one


def _only_in(findings: Iterable[Finding], others: Iterable[Finding]) -> Iterator[Finding]:
    """The findings that are not among others; those that a comment hides are nowhere."""
    known = {one.fingerprint for one in others if one.ignored is None}
    return (one for one in findings if one.ignored is None and one.fingerprint not in known)


def _reference(one: Finding) -> FindingReference:
    words = (one.fingerprint, one.pool, one.finding, one.package, one.function)
    return FindingReference(*words, one.position)


def _gravity(one: Finding) -> tuple[int, str, int, int]:
    return (all_findings()[one.finding].rank, *_place(one.position))


def _place(position: Position) -> tuple[str, int, int]:
    return position.file, position.line, position.column or 0


def broken_packages(state: State) -> tuple[BrokenPackage, ...]:
    """The packages that do not build, those that are to blame first."""
    ordered = sorted(state.broken, key=lambda one: (not one.errors, one.import_path))
    return tuple(
        BrokenPackage(one.import_path, one.dir, one.errors, one.silenced_by) for one in ordered
    )


def _packages(state: State, packages: Collection[str] | None) -> list[Package]:
    found = [
        one
        for one in state.packages.values()
        if packages is None
        or one.import_path.removesuffix("_test") in packages
        or one.import_path in packages
    ]
    return sorted(found, key=lambda one: (one.import_path, one.variant or ""))


def _notes(state: State, owner: str) -> tuple[str, ...]:
    return state.finished.get(owner, NOTHING_KNOWN).notes


def _counted(one: Merged) -> Counted:
    return counted(one.site, one.path, one.declared)
