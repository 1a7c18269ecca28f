"""Runs the benchmarks of packages, first for their figures and then for a profile of each.

A profile slows what it measures, so the two are never one run. The test binaries are built in a
folder that is gone afterwards and run in the folders of their packages, as `go test` does.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from escapelens.errors import BuildFailedError
from escapelens.model import Benchmark
from escapelens.profiles import Named, Stacks, load
from escapelens.toolchain import Plan
from escapelens.toolchain.testing import build_test_binary, run_benchmarks

_BENCHMARK = re.compile(r"(?!testing\.).*\.Benchmark(?:[^a-z.][^.]*)?(?:\.|$)")


class Benched(NamedTuple):
    """What the benchmarks of some packages showed."""

    benchmarks: tuple[Benchmark, ...]
    stacks: Stacks
    """What ran below a benchmark, without the testing around it."""
    problems: tuple[str, ...]
    """Why benchmarks of a package could not be run."""


def bench(
    plan: Plan,
    packages: Iterable[tuple[str, str]],
    folder: Path,
    pattern: str,
    *,
    time: str = "",
    progress: Callable[[str], None] = lambda package: None,
) -> Benched:
    """Runs the benchmarks of packages, given as import path and folder, whose names match.

    Raises BuildFailedError if no test binary could be built.
    """
    figures: list[Benchmark] = []
    profiles: list[str] = []
    problems: list[str] = []
    failures: list[str] = []
    for number, (package, where) in enumerate(packages):
        progress(package)
        binary = folder / f"{number}.test"
        failure = build_test_binary(plan, package, binary)
        if failure:
            failures.append(failure)
            problems.append(f"the tests of {package} do not build")
            continue
        if not binary.exists():
            continue
        plain = run_benchmarks(plan, binary, Path(where), pattern, time=time)
        if plain.failure:
            problems.append(f"the benchmarks of {package} failed: {plain.failure}")
        if not plain.measured:
            continue
        profile = folder / f"{number}.pb.gz"
        run_benchmarks(plan, binary, Path(where), pattern, time=time, profile=profile)
        if profile.exists():
            profiles.append(str(profile))
        figures += [
            Benchmark(
                package,
                one.name,
                one.nanoseconds,
                one.bytes,
                one.allocations,
                plain.collections,
            )
            for one in plain.measured
        ]
    if failures and not figures:
        raise BuildFailedError(failures[0], "`go vet` and `go test` should say the same")
    stacks = load(Named(tuple(profiles), index="alloc_objects"))
    return Benched(tuple(figures), _below_benchmarks(stacks), tuple(problems))


def _below_benchmarks(stacks: Stacks) -> Stacks:
    kept = [
        (sample, amount)
        for sample, amount in stacks.samples
        if any(_BENCHMARK.match(frame.function) for physical in sample.stack for frame in physical)
    ]
    return Stacks(tuple(kept))


def enough(sites: Sequence[float], lines: Sequence[float], wanted: float) -> int:
    """How many sites it takes until they and lines without one have so much of the whole.

    The largest shares come first; all sites if that is never reached.
    """
    total, number = 0.0, 0
    shares = [(share, True) for share in sites] + [(share, False) for share in lines]
    for share, is_site in sorted(shares, reverse=True):
        if total >= wanted or share <= 0:
            break
        total += share
        number += is_site
    return number
