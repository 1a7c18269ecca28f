"""Runs the tests and benchmarks of packages, built with the flags of a plan."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from escapelens.toolchain.planning import Plan
from escapelens.toolchain.running import run_to_end

_FAILED = re.compile(r"^FAIL\t(?P<package>\S+)", re.MULTILINE)
_TEST = re.compile(r"^\s*--- FAIL: (?P<test>\S+)", re.MULTILINE)
_BENCHMARK = re.compile(
    r"^(?P<name>Benchmark\S*?)(?:-\d+)?\s+(?P<operations>\d+)\s+(?P<values>[\d.]+ ns/op.*)$",
    re.MULTILINE,
)
_VALUE = re.compile(r"(?P<number>[\d.]+) (?P<unit>ns/op|B/op|allocs/op)")
_COLLECTION = re.compile(rb"^gc \d+ @.*(?<!\(forced\))$", re.MULTILINE)
"""Those that `testing` asks for before a benchmark are forced."""


class TestOutcome(NamedTuple):
    """What came of the tests of some packages."""

    failed: frozenset[str]
    """The packages, and the tests as `package.TestName`."""
    words: str
    """The lines that tell what failed."""


class Measured(NamedTuple):
    """One run of one benchmark."""

    name: str
    operations: int
    nanoseconds: float
    bytes: float
    allocations: float


class BenchmarkRun(NamedTuple):
    """One run of the benchmarks of a package."""

    measured: tuple[Measured, ...]
    collections: int
    """How often the garbage collector ran meanwhile because of what was allocated."""
    failure: str = ""
    """What was said if it failed."""


def run_tests(plan: Plan, packages: Sequence[str]) -> TestOutcome:
    """Runs the tests of packages."""
    # Vet would find what was there before. `go test` takes what follows `--` for no packages.
    command = (str(plan.toolchain.go), "test", "-vet=off", *_quiet(plan.flags), *packages)
    done = run_to_end(command, plan.env, plan.root)
    out = done.stdout.decode(errors="replace")
    if done.returncode == 0:
        return TestOutcome(frozenset(), "")
    failed: set[str] = set()
    tests: set[str] = set()
    for line in out.splitlines():
        if (test := _TEST.match(line)) is not None:
            tests.add(test["test"])
        elif (package := _FAILED.match(line)) is not None:
            failed |= {package["package"], *(f"{package['package']}.{test}" for test in tests)}
            tests.clear()
        elif line.startswith("ok "):
            tests.clear()
    words = [line for line in out.splitlines() if not line.startswith(("ok ", "?", "PASS"))]
    said = done.stderr.decode(errors="replace").strip().splitlines()
    lines = words or said
    return TestOutcome(frozenset(failed or {"?"}), "\n".join(lines[:_MOST_LINES]))


_MOST_LINES = 20


def build_test_binary(plan: Plan, package: str, binary: Path) -> str:
    """Builds the test binary of one package; tells why not where that fails, else nothing.

    A package without tests makes none.
    """
    command = (
        *(str(plan.toolchain.go), "test", "-c", "-vet=off", *_quiet(plan.flags)),
        *("-o", str(binary), package),
    )
    done = run_to_end(command, plan.env, plan.root)
    return "" if done.returncode == 0 else done.stderr.decode(errors="replace").strip()


def run_benchmarks(
    plan: Plan,
    binary: Path,
    folder: Path,
    pattern: str,
    *,
    time: str = "",
    profile: Path | None = None,
) -> BenchmarkRun:
    """Runs the benchmarks of a test binary once, in the package's folder.

    Each allocation is written to `profile`, which slows them.
    """
    command = [str(binary), "-test.run=^$", f"-test.bench={pattern}", "-test.benchmem"]
    if time:
        command.append(f"-test.benchtime={time}")
    if profile is not None:
        command += [f"-test.memprofile={profile}", "-test.memprofilerate=1"]
    debug = ",".join(filter(None, (plan.env.get("GODEBUG", ""), "gctrace=1")))
    done = run_to_end(command, {**os.environ, **plan.env, "GODEBUG": debug}, folder)
    text = done.stdout.decode(errors="replace")
    failure = "" if done.returncode == 0 else _last_words(text, done.stderr)
    return BenchmarkRun(tuple(_measured(text)), len(_COLLECTION.findall(done.stderr)), failure)


def _last_words(out: str, err: bytes) -> str:
    """Why a test binary failed, in a line of its own."""
    said = [line for line in err.decode(errors="replace").splitlines() if line[:3] != "gc "]
    lines = [*said, *(line for line in out.splitlines() if line.strip() not in ("FAIL", "PASS"))]
    return next((line.strip() for line in lines if line.strip()), "it does not say why")


def _measured(text: str) -> Iterable[Measured]:
    for match in _BENCHMARK.finditer(text):
        values = {one["unit"]: float(one["number"]) for one in _VALUE.finditer(match["values"])}
        yield Measured(
            match["name"],
            int(match["operations"]),
            values.get("ns/op", 0.0),
            values.get("B/op", 0.0),
            values.get("allocs/op", 0.0),
        )


def _quiet(flags: Iterable[str]) -> list[str]:
    """The flags of a build without those that make the compiler talk."""
    return [flag for flag in flags if not flag.startswith("-gcflags=")]
