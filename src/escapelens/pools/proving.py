"""Compiles what findings suggest, and tells what became of findings and sites."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

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
from escapelens.verify.comparing import compare, reference, within
from escapelens.verify.trial import Trial, new_errors
from escapelens.verify.verifying import changed_packages

_TOLD_ERRORS = 3


class Prover:
    """Tries suggestions, each in a program of its own; the user's files stay as they are."""

    def __init__(self, basis: Basis, scratch: Path, types: Path, cache: CacheFolder | None) -> None:
        self._basis = basis
        self._scratch = scratch
        self._types = types
        self._cache = cache
        self._numbers = count()
        self._members: Members = list_members(basis.plan)
        self._verdicts: dict[tuple[TextEdit, ...], tuple[Verdict, Counter[tuple[str, str]]]] = {}

    def prove(self, found: PoolReport) -> PoolReport:
        """The same findings, each suggestion with its verdict; and what benchmarks show."""
        return replace(found, findings=tuple(self._proved(found)))

    def _proved(self, found: PoolReport) -> Iterator[Finding]:
        known = _counted(found)
        for finding in found.findings:
            suggestions = tuple(
                self._judged(finding, one, known) if one.edits else one
                for one in finding.suggestions
            )
            yield replace(finding, suggestions=suggestions)

    def _judged(
        self, finding: Finding, one: Suggestion, known: Counter[tuple[str, str]]
    ) -> Suggestion:
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

    def _tried(self, edits: tuple[TextEdit, ...]) -> tuple[Verdict, Counter[tuple[str, str]]]:
        plan = self._basis.plan
        real = in_place(edits, self._basis)
        changed = changed_packages(self._basis, {edit.file for edit in real})
        packages = self._members.dependents(changed)
        before = compile_basis(
            variation(plan, packages, tests=True), self._cache, with_test_files=plan.tests
        )
        try:
            trial = Trial(before, real, self._scratch / str(next(self._numbers)))
        except ConflictError as error:
            return self._rejected([BuildError(str(error))]), Counter()
        after = trial.compile(packages, self._cache, with_test_files=plan.tests)
        errors = new_errors(before, after)
        if errors:
            return self._rejected([one for some in errors.values() for one in some]), Counter()
        difference = compare(
            within(before.found, packages), within(after.found, packages), trial.mappings
        )
        verdict = Verdict(
            builds=True,
            tests_build=True,
            tests=OutcomeOfTests.NOT_RUN,
            effect=Effect.MOVED if difference.new else Effect.GONE,
            site_gone=bool(difference.gone),
            go=plan.go.version,
            new_sites=tuple(map(reference, difference.new)),
            gone_sites=tuple(map(reference, difference.gone)),
            dependents=len(set(packages) - changed),
        )
        return verdict, _counted(find_pools(after, self._types))

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


def in_place(edits: Iterable[TextEdit], basis: Basis) -> tuple[TextEdit, ...]:
    """Edits of files as a report names them, in absolute files."""
    return tuple(replace(edit, file=basis.path_of(edit.file)) for edit in edits)


def _counted(found: PoolReport) -> Counter[tuple[str, str]]:
    return Counter((finding.pool, finding.finding) for finding in found.findings)
