"""Runs tests and benchmarks of a rewritten program beside those of the program as it is."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

from escapelens.basis import Basis, variation
from escapelens.model import Allocations
from escapelens.toolchain import Members, Plan
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
    operations: int
    """So many each time, before and after."""
    nanoseconds: Compared
    """For one operation, as bytes and allocations."""
    bytes: Compared
    allocations: Compared
    collections: Compared
    """Runs of the garbage collector in all operations of one time."""

    @property
    def figures(self) -> tuple[Compared, Compared, Compared, Compared]:
        return self.nanoseconds, self.bytes, self.allocations, self.collections


class Benchmarks(NamedTuple):
    """What the benchmarks of some packages showed."""

    benchmarks: tuple[Benchmark, ...]
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
    overlays: Sequence[Path],
    pattern: str,
    folder: Path,
    *,
    runs: int = RUNS,
    time: str = "",
) -> list[Benchmarks]:
    """Runs benchmarks of packages as they are and with each overlay, in turn.

    What each overlay does is held against the program as it is. All do the same number of
    operations, which is found out first, so that runs of the garbage collector can be compared.
    """
    found: list[list[Benchmark]] = [[] for _ in overlays]
    problems: list[list[str]] = [[] for _ in overlays]
    for number, package in enumerate(_tested(members, packages)):
        member = members.get(package)
        assert member is not None
        programs: list[_Program] = []
        for which, overlay in enumerate((None, *overlays)):
            plan = variation(basis.plan, (package,), tests=True, overlay=overlay)
            binary = folder / f"{number}-{which}.test"
            said = _first_line(build_test_binary(plan, package, binary))
            programs.append(_Program(plan, binary, Path(member.dir), said))
        if programs[0].is_built:
            sized = programs[0].run(pattern, time)
            for one in sized.measured:
                _measure_one(package, one, programs, runs, found)
        for program, of_program in zip(programs[1:], problems, strict=True):
            words = programs[0].problem or program.problem
            if words:
                of_program.append(f"{package}: {words}")
    return [Benchmarks(tuple(some), tuple(of)) for some, of in zip(found, problems, strict=True)]


def _first_line(said: str) -> str:
    """What the compiler says first of a package."""
    return next((line for line in said.splitlines() if not line.startswith("# ")), "")


@dataclass
class _Program:
    """The tests of a package as they are, or with an overlay."""

    plan: Plan
    binary: Path
    folder: Path
    problem: str
    """Why they do not build, or what a benchmark failed with."""

    @property
    def is_built(self) -> bool:
        return self.binary.is_file()

    def run(self, pattern: str, time: str) -> BenchmarkRun:
        """Runs benchmarks once."""
        run = run_benchmarks(self.plan, self.binary, self.folder, pattern, time=time)
        self.problem = self.problem or run.failure
        return run


def _measure_one(
    package: str,
    sized: Measured,
    programs: Sequence[_Program],
    runs: int,
    found: Sequence[list[Benchmark]],
) -> None:
    """Runs one benchmark with all programs in turn; each but the first gets what it shows."""
    pattern = "/".join(f"^{re.escape(part)}(-[0-9]+)?$" for part in sized.name.split("/"))
    samples: list[list[tuple[Measured, int]]] = [[] for _ in programs]
    for turn in range(runs):
        # Whichever comes first may find a cooler processor, so they take turns at that too.
        order = [(turn + step) % len(programs) for step in range(len(programs))]
        for which in order if turn % 2 == 0 else reversed(order):
            if programs[which].is_built:
                run = programs[which].run(pattern, f"{sized.operations}x")
                samples[which] += [(one, run.collections) for one in run.measured[:1]]
    for after, of_program in zip(samples[1:], found, strict=True):
        if samples[0] and after:
            of_program.append(_compared(package, sized, samples[0], after))


def _tested(members: Members, packages: Sequence[str]) -> list[str]:
    """The packages that have tests."""
    known = ((path, members.get(path)) for path in packages)
    return [path for path, member in known if member is not None and member.test_files]


def _compared(
    package: str,
    sized: Measured,
    before: Sequence[tuple[Measured, int]],
    after: Sequence[tuple[Measured, int]],
) -> Benchmark:
    def compare(figure: Callable[[Measured, int], float]) -> Compared:
        return _compare([figure(*one) for one in before], [figure(*one) for one in after])

    return Benchmark(
        *(package, sized.name, sized.operations),
        compare(lambda one, _: one.nanoseconds),
        compare(lambda one, _: one.bytes),
        compare(lambda one, _: one.allocations),
        compare(lambda _, collections: float(collections)),
    )


def _compare(before: Sequence[float], after: Sequence[float]) -> Compared:
    return Compared(median(before), median(after), probability_of_chance(before, after))
