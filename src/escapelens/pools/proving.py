"""Compiles what findings suggest, and tells what became of findings and sites."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from escapelens.basis import Basis, compile_basis, variation
from escapelens.cache.folder import CacheFolder
from escapelens.edits import ConflictError
from escapelens.model import (
    BuildError,
    Effect,
    Finding,
    OutcomeOfTests,
    PoolReport,
    Suggestion,
    TextEdit,
    Verdict,
)
from escapelens.pools.finding import find_pools
from escapelens.toolchain import Members, list_members
from escapelens.verify.calls import Calls, Node
from escapelens.verify.comparing import Difference, compare, reference, within
from escapelens.verify.trial import Trial, new_errors
from escapelens.verify.verifying import changed_packages

_TOLD_ERRORS = 3


_Edits = tuple[TextEdit, ...]
_Names = Counter[tuple[str, str]]
"""How often something was found, by pool and finding."""


class _Compiled(NamedTuple):
    """What became of a program with some edits."""

    difference: Difference
    after: _Names


class _Lot(NamedTuple):
    """Suggestions of different pools, none of which changes what another one's functions call."""

    pools: set[str]
    ids: dict[_Edits, str]
    places: dict[_Edits, set[Node]]
    callers: dict[_Edits, set[Node]]
    """The places, and all functions that may call one of them."""

    def has_room(self, pool: str, places: set[Node], callers: set[Node]) -> bool:
        """Whether another suggestion shows in a program with these what it would show alone."""
        return (
            pool not in self.pools
            and all(places.isdisjoint(others) for others in self.callers.values())
            and all(callers.isdisjoint(others) for others in self.places.values())
        )


class Prover:
    """Tries suggestions, in few programs; the user's files stay as they are."""

    def __init__(self, basis: Basis, scratch: Path, types: Path, cache: CacheFolder | None) -> None:
        self._basis = basis
        self._scratch = scratch
        self._types = types
        self._cache = cache
        self._numbers = count()
        self._members: Members = list_members(basis.plan)
        self._verdicts: dict[_Edits, tuple[Verdict, _Names]] = {}

    def prove(self, found: PoolReport) -> PoolReport:
        """The same findings, each suggestion with its verdict; and what benchmarks show."""
        known = _counted(found)
        for lot in self._lots(found):
            if len(lot.ids) > 1:
                self._try_together(lot, known)
        return replace(found, findings=tuple(self._proved(found, known)))

    def _proved(self, found: PoolReport, known: _Names) -> Iterator[Finding]:
        for finding in found.findings:
            suggestions = tuple(
                self._judged(finding, one, known) if one.edits else one
                for one in finding.suggestions
            )
            yield replace(finding, suggestions=suggestions)

    def _judged(self, finding: Finding, one: Suggestion, known: _Names) -> Suggestion:
        if one.edits not in self._verdicts:
            self._verdicts[one.edits] = self._tried(one.edits)
        verdict, after = self._verdicts[one.edits]
        if not verdict.builds:
            return replace(one, verdict=verdict)
        key = (finding.pool, finding.finding)
        more = sorted(name for pool, name in after if after[pool, name] > known[pool, name])
        if after[key] >= known[key]:
            verdict = replace(verdict, effect=Effect.NONE, message="it is still found")
        elif more:
            verdict = replace(verdict, effect=Effect.NONE, message=f"it would make {more[0]}")
        return replace(one, verdict=verdict)

    def _lots(self, found: PoolReport) -> list[_Lot]:
        """All suggestions, each in the first lot that it fits in."""
        tried: dict[_Edits, tuple[str, str]] = {}
        for finding in found.findings:
            for one in finding.suggestions:
                if one.edits:
                    tried.setdefault(one.edits, (finding.pool, one.id))
        if len(tried) < 2:
            return []
        real = {edits: in_place(edits, self._basis) for edits in tried}
        packages = self._dependents(edit for edits in real.values() for edit in edits)
        calls = Calls(self._before(packages), packages)
        lots: list[_Lot] = []
        for edits, (pool, name) in tried.items():
            places = {self._place(edit) for edit in real[edits]}
            callers = {caller for place in places for caller in calls.callers(place)}
            lot = next((lot for lot in lots if lot.has_room(pool, places, callers)), None)
            if lot is None:
                lot = _Lot(set(), {}, {}, {})
                lots.append(lot)
            lot.pools.add(pool)
            lot.ids[edits], lot.places[edits], lot.callers[edits] = name, places, callers
        return lots

    def _place(self, edit: TextEdit) -> Node:
        source = self._basis.source(edit.file)
        function = None if source is None else source.declared_at(edit.start)
        return edit.file, "" if function is None else function.declared

    def _try_together(self, lot: _Lot, known: _Names) -> None:
        """Tries a lot in one program, unless it is not certain what each of them does there."""
        compiled = self._compiled(tuple(dict.fromkeys(edit for edits in lot.ids for edit in edits)))
        if not isinstance(compiled, _Compiled) or any(
            compiled.after[key] > known[key] for key in compiled.after
        ):
            return
        everywhere = set().union(*lot.places.values())
        difference = compiled.difference
        if any(
            (one.path, one.declared) not in everywhere
            for one in (*difference.gone, *difference.new)
        ):
            return
        for edits, places in lot.places.items():
            own = Difference(
                difference.stays,
                tuple(one for one in difference.gone if (one.path, one.declared) in places),
                tuple(one for one in difference.new if (one.path, one.declared) in places),
            )
            others = tuple(name for other, name in lot.ids.items() if other != edits)
            verdict = replace(self._accepted(edits, own), compiled_with=others)
            self._verdicts[edits] = verdict, compiled.after

    def _tried(self, edits: _Edits) -> tuple[Verdict, _Names]:
        compiled = self._compiled(edits)
        if isinstance(compiled, _Compiled):
            return self._accepted(edits, compiled.difference), compiled.after
        return self._rejected(compiled), Counter()

    def _compiled(self, edits: _Edits) -> _Compiled | list[BuildError]:
        """The program with the edits, or why it does not build."""
        plan = self._basis.plan
        real = in_place(edits, self._basis)
        packages = self._dependents(real)
        before = self._before(packages)
        try:
            trial = Trial(before, real, self._scratch / str(next(self._numbers)))
        except ConflictError as error:
            return [BuildError(str(error))]
        after = trial.compile(packages, self._cache, with_test_files=plan.tests)
        errors = new_errors(before, after)
        if errors:
            return [one for some in errors.values() for one in some]
        difference = compare(
            within(before.found, packages), within(after.found, packages), trial.mappings
        )
        return _Compiled(difference, _counted(find_pools(after, self._types)))

    def _dependents(self, edits: Iterable[TextEdit]) -> tuple[str, ...]:
        """The packages that edits of absolute files change, and those that import them."""
        files = {edit.file for edit in edits}
        return self._members.dependents(changed_packages(self._basis, files))

    def _before(self, packages: tuple[str, ...]) -> Basis:
        plan = self._basis.plan
        return compile_basis(
            variation(plan, packages, tests=True), self._cache, with_test_files=plan.tests
        )

    def _accepted(self, edits: _Edits, difference: Difference) -> Verdict:
        real = in_place(edits, self._basis)
        changed = changed_packages(self._basis, {edit.file for edit in real})
        return Verdict(
            builds=True,
            tests_build=True,
            tests=OutcomeOfTests.NOT_RUN,
            effect=Effect.MOVED if difference.new else Effect.GONE,
            site_gone=bool(difference.gone),
            go=self._basis.plan.go.version,
            new_sites=tuple(map(reference, difference.new)),
            gone_sites=tuple(map(reference, difference.gone)),
            dependents=len(set(self._dependents(real)) - changed),
        )

    def _rejected(self, errors: list[BuildError]) -> Verdict:
        return Verdict(
            builds=False,
            tests_build=False,
            tests=OutcomeOfTests.NOT_RUN,
            effect=Effect.NONE,
            site_gone=False,
            go=self._basis.plan.go.version,
            message="\n".join(error.message for error in errors[:_TOLD_ERRORS]),
        )


def in_place(edits: Iterable[TextEdit], basis: Basis) -> _Edits:
    """Edits of files as a report names them, in absolute files."""
    return tuple(replace(edit, file=basis.path_of(edit.file)) for edit in edits)


def _counted(found: PoolReport) -> _Names:
    return Counter((finding.pool, finding.finding) for finding in found.findings)
