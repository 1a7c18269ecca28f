"""Runs tests and benchmarks of a rewritten program beside those of the program as it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from escapelens.basis import Basis, variation
from escapelens.model import Allocations
from escapelens.toolchain import Members
from escapelens.toolchain.testing import (
    BenchmarkRun,
    Measured,
    build_test_binary,
    run_benchmarks,
    run_tests,
)
from escapelens.verify.significance import probability_of_chance

RUNS = 6
"""How often each benchmark runs with and without the rewrite, in turn."""
SIGNIFICANT = 0.05


class Compared(NamedTuple):
    """One quantity of one benchmark, before and after."""

    before: float
    after: float
    chance: float
    """How likely it is that both are the same."""

    @property
    def differs(self) -> bool:
        return self.chance < SIGNIFICANT


class Benchmark(NamedTuple):
    """One benchmark, before and after; the figures are medians."""

    package: str
    name: str
    nanoseconds: Compared
    bytes: Compared
    allocations: Compared


class Benchmarks(NamedTuple):
    """What the benchmarks of some packages showed."""

    benchmarks: tuple[Benchmark, ...]
    collections: Compared
    """Runs of the garbage collector, all benchmarks of a run together."""
    problems: tuple[str, ...]

    @property
    def allocations(self) -> Allocations | None:
        """Allocations per operation, of all benchmarks together."""
        if not self.benchmarks:
            return None
        before = sum(one.allocations.before for one in self.benchmarks)
        return Allocations(before, sum(one.allocations.after for one in self.benchmarks))


def failing_tests(
    basis: Basis, members: Members, packages: Sequence[str], overlay: Path | None
) -> tuple[frozenset[str], str]:
    """The tests of packages that fail, and what they say; with an overlay, if one is given."""
    tested = _tested(members, packages)
    if not tested:
        return frozenset(), ""
    plan = variation(basis.plan, tested, tests=True, overlay=overlay)
    outcome = run_tests(plan, tested)
    return outcome.failed, outcome.words


def newly_failing_tests(
    basis: Basis, members: Members, packages: Sequence[str], overlay: Path
) -> str:
    """What tests say that fail with an overlay and pass without; nothing where none does."""
    failed, words = failing_tests(basis, members, packages, overlay)
    if not failed:
        return ""
    before, _ = failing_tests(basis, members, packages, None)
    return words if failed - before else ""


def has_tests(members: Members, packages: Sequence[str]) -> bool:
    """Whether any of some packages has tests."""
    return bool(_tested(members, packages))


def measure(
    basis: Basis,
    members: Members,
    packages: Sequence[str],
    overlay: Path,
    pattern: str,
    folder: Path,
    *,
    runs: int = RUNS,
    time: str = "",
) -> Benchmarks:
    """Runs benchmarks of packages as they are and with an overlay, in turn."""
    found: list[Benchmark] = []
    collections: tuple[list[float], list[float]] = ([], [])
    problems: list[str] = []
    for number, package in enumerate(_tested(members, packages)):
        member = members.get(package)
        assert member is not None
        binaries = [folder / f"{number}-{when}.test" for when in ("before", "after")]
        plans = [
            variation(basis.plan, (package,), tests=True, overlay=one) for one in (None, overlay)
        ]
        for plan, binary in zip(plans, binaries, strict=True):
            if said := build_test_binary(plan, package, binary):
                problems.append(f"{package}: {said}")
        if not all(binary.is_file() for binary in binaries):
            continue
        samples: list[list[BenchmarkRun]] = [[], []]
        for turn in range(runs):
            # Whichever comes first may find a cooler processor, so they take turns at that too.
            for which in (0, 1) if turn % 2 == 0 else (1, 0):
                made = run_benchmarks(
                    plans[which], binaries[which], Path(member.dir), pattern, time=time
                )
                samples[which].append(made)
            if not samples[0][0].measured:
                break
        found += _compared(package, samples[0], samples[1])
        if samples[0][0].measured:
            for which in (0, 1):
                collections[which].extend(float(one.collections) for one in samples[which])
    return Benchmarks(tuple(found), _compare(*collections), tuple(problems))


def _tested(members: Members, packages: Sequence[str]) -> list[str]:
    """The packages that have tests."""
    known = ((path, members.get(path)) for path in packages)
    return [path for path, member in known if member is not None and member.test_files]


def _compared(
    package: str, before: Sequence[BenchmarkRun], after: Sequence[BenchmarkRun]
) -> list[Benchmark]:
    old, new = _by_name(before), _by_name(after)
    return [
        Benchmark(
            package,
            name,
            _compare([m.nanoseconds for m in old[name]], [m.nanoseconds for m in new[name]]),
            _compare([m.bytes for m in old[name]], [m.bytes for m in new[name]]),
            _compare([m.allocations for m in old[name]], [m.allocations for m in new[name]]),
        )
        for name in old
        if name in new
    ]


def _by_name(runs: Sequence[BenchmarkRun]) -> Mapping[str, list[Measured]]:
    found: dict[str, list[Measured]] = {}
    for run in runs:
        for one in run.measured:
            found.setdefault(one.name, []).append(one)
    return found


def _compare(before: Sequence[float], after: Sequence[float]) -> Compared:
    if not before or not after:
        return Compared(0.0, 0.0, 1.0)
    return Compared(median(before), median(after), probability_of_chance(before, after))
