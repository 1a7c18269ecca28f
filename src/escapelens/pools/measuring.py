"""Runs benchmarks of a program with a pool as it is, with each change to it, and without it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from escapelens.basis import Basis
from escapelens.model import (
    Chances,
    Finding,
    Pool,
    PoolBenchmark,
    PoolProgram,
    PoolReport,
    TextEdit,
)
from escapelens.pools.proving import in_place
from escapelens.toolchain import list_members
from escapelens.verify.measuring import Benchmark, Benchmarks, measure
from escapelens.verify.trial import Trial
from escapelens.verify.verifying import changed_packages


class _Program(NamedTuple):
    """What may become of a pool."""

    kind: PoolProgram
    edits: tuple[TextEdit, ...]
    suggestion: str | None = None


class Bench:
    """Measures pools, each with all that may become of it in one run."""

    def __init__(self, basis: Basis, scratch: Path, pattern: str, time: str = "") -> None:
        self._basis = basis
        self._scratch = scratch
        self._pattern = pattern
        self._time = time
        self._members = list_members(basis.plan)

    def measured(self, found: PoolReport) -> PoolReport:
        """The pools with their figures, and the verdicts of their suggestions with allocations."""
        pools: list[Pool] = []
        findings, notes = list(found.findings), list(found.notes)
        for number, pool in enumerate(found.pools):
            programs = list(_programs(pool, found))
            shown = self._run(programs, self._scratch / f"bench{number}") if programs else []
            allocations = None
            for program, benchmarks in zip(programs, shown, strict=True):
                notes += benchmarks.problems
                if program.kind is PoolProgram.WITHOUT:
                    allocations = benchmarks.allocations
                else:
                    findings = [_judged(one, program.edits, benchmarks) for one in findings]
            figures = tuple(_figures(programs, shown))
            pools.append(replace(pool, benchmarks=figures, allocations=allocations))
        if not any(pool.benchmarks for pool in pools):
            notes.append(f"no benchmark of a package with a pool matches {self._pattern}")
        return replace(
            found, pools=tuple(pools), findings=tuple(findings), notes=tuple(dict.fromkeys(notes))
        )

    def _run(self, programs: Sequence[_Program], folder: Path) -> list[Benchmarks]:
        """What benchmarks show of each program, beside the one as it is."""
        basis = self._basis
        edits = [in_place(one.edits, basis) for one in programs]
        trials = [Trial(basis, one, folder / str(number)) for number, one in enumerate(edits)]
        changed = changed_packages(basis, {edit.file for one in edits for edit in one})
        packages = self._members.dependents(changed)
        overlays = [trial.overlay for trial in trials]
        return measure(
            *(basis, self._members, packages, overlays, self._pattern, folder), time=self._time
        )


def _programs(pool: Pool, found: PoolReport) -> Iterator[_Program]:
    """The program with each change to a pool that builds, and the one without the pool."""
    known: set[tuple[TextEdit, ...]] = set()
    for finding in found.findings:
        if finding.pool != pool.id or finding.ignored is not None:
            continue
        for one in finding.suggestions:
            builds = one.verdict is not None and one.verdict.builds
            if builds and one.edits not in known:
                known.add(one.edits)
                yield _Program(PoolProgram.CHANGED, one.edits, one.id)
    if pool.id in found.bypass:
        yield _Program(PoolProgram.WITHOUT, found.bypass[pool.id])


def _judged(finding: Finding, edits: tuple[TextEdit, ...], benchmarks: Benchmarks) -> Finding:
    """A finding with what was measured of the suggestion that makes some edits, if it has it."""
    suggestions = tuple(
        replace(one, verdict=replace(one.verdict, allocations=benchmarks.allocations))
        if one.edits == edits and one.verdict is not None
        else one
        for one in finding.suggestions
    )
    return replace(finding, suggestions=suggestions)


def _figures(programs: Sequence[_Program], shown: Sequence[Benchmarks]) -> Iterator[PoolBenchmark]:
    """What each benchmark took in each program, that as it is first."""
    rows: dict[tuple[str, str], list[tuple[_Program, Benchmark]]] = {}
    for program, benchmarks in zip(programs, shown, strict=True):
        for one in benchmarks.benchmarks:
            rows.setdefault((one.package, one.name), []).append((program, one))
    for row in rows.values():
        yield _as_it_is(row[0][1])
        for program, one in row:
            yield _changed(one, program)


def _as_it_is(one: Benchmark) -> PoolBenchmark:
    return PoolBenchmark(
        *(one.package, one.name, PoolProgram.AS_IT_IS, one.operations),
        nanoseconds=one.nanoseconds.before,
        bytes=one.bytes.before,
        allocations=one.allocations.before,
        collections=one.collections.before,
    )


def _changed(one: Benchmark, program: _Program) -> PoolBenchmark:
    return PoolBenchmark(
        *(one.package, one.name, program.kind, one.operations),
        nanoseconds=one.nanoseconds.after,
        bytes=one.bytes.after,
        allocations=one.allocations.after,
        collections=one.collections.after,
        suggestion=program.suggestion,
        chances=Chances(*(compared.chance for compared in one.figures)),
    )
