"""What is said of allocations, held against the assembly by a reader that shares no code with ours."""

import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from escapelens.model import Allocates, Kind, Site
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain

PACKAGES = ("strconv", "encoding/json", "net/http", "go/parser", "text/template")
OF_OBJECTS = r"newobject|mallocgc\w*|convT\w*|makeslice\w*|makemap\w*|makechan\w*"
OF_GROWTH = r"growslice\w*|moveSlice\w*|mapassign\w*"
OF_STRINGS = r"concat\w+|slicebytetostring|stringtoslice\w+|slicerunetostring|intstring"
CALL = re.compile(
    rf"\((?P<file>/[^\s():]+):(?P<line>\d+)\)\tCALL\truntime\."
    rf"(?P<routine>{OF_OBJECTS}|{OF_GROWTH}|{OF_STRINGS})\(SB\)"
)
CONDITIONS = {
    "not for numbers from 0 to 255": r"convT(16|32|64)",
    "not when its bits are those of a number from 0 to 255": r"convT(16|32|64)",
    "not when it is 0": r"convT(32|64)",
    "not when the string is empty": r"convTstring",
    "not when the slice is nil": r"convTslice",
    "not for small numbers or empty values": r"convT\w*",
    "only when the map must grow": r"mapassign\w*",
    "not when the size is 0": r"makeslice\w*|newobject|mallocgc\w*",
    "only when the array is full": r"growslice\w*",
    "only when the array is full, and only above 32 bytes": r"growslice\w*",
    "only when the array still is on the stack": r"moveSlice\w*",
    "not when nothing is appended": r"growslice\w*",
    "only what is appended to it": r"growslice\w*",
    "only above 1 byte": r"slicebytetostring",
    "not when it is empty": r"stringtoslice\w+|concatbyte\w+",
    "only when more than one operand is not empty": r"concatstring\w+",
    "not when the other operand is empty": r"concatstring\w+",
    "only when the text is on the stack": r"concatstring\w+",
    "only above 32 bytes": r"concat\w+|slicebytetostring|stringtoslicebyte|makeslice\w*|growslice\w*",
    "only above 32 characters": r"stringtoslicerune",
    "only above 29 bytes": r"slicerunetostring",
}
"""The routine that allocates under a condition."""
COLD = re.compile(r"only (?:on an error path|before a panic or exit)(?:, and )?")
Line = tuple[str, int]


class Checked(NamedTuple):
    """The sites of packages beside the calls of their lines."""

    allocating: int
    """Sites called `yes`."""
    without_call: list[Site]
    """Those of them whose innermost line has no call."""
    contradicted: list[Site]
    """Sites called `no` whose line has a call that no other site accounts for."""
    conditional: int
    """Sites called `sometimes`."""
    otherwise: list[Site]
    """Those of them on whose lines no routine is called that has such a condition."""


def calls_of(
    toolchain: Toolchain, sources: Path, packages: tuple[str, ...]
) -> dict[Line, Counter[str]]:
    """The runtime's allocating routines that compiled packages call, by innermost line."""
    done = subprocess.run(
        [toolchain.go, "build", "-gcflags=-S", *packages],
        cwd=sources,
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        errors="replace",
        check=True,
    )
    found: dict[Line, Counter[str]] = {}
    for match in CALL.finditer(done.stderr):
        line = (match["file"], int(match["line"]))
        found.setdefault(line, Counter())[match["routine"]] += 1
    return found


def check(toolchain: Toolchain, packages: tuple[str, ...]) -> Checked:
    sources = toolchain.go.parent.parent / "src"
    environ = {**os.environ, "CGO_ENABLED": "0", "PWD": str(sources)}
    report = run(Request(BuildOptions(packages, machine_code=True)), environ, sources).report
    assert report.packages
    calls = calls_of(toolchain, sources, packages)

    def innermost(site: Site) -> Line:
        origin = site.origin
        at = origin.position if origin is not None and origin.position else site.position
        return os.path.normpath(sources / at.file), at.line

    accounted = {
        innermost(site)
        for site in report.sites
        if site.cost is not None and site.cost.allocates is not Allocates.NO
    }
    checked = Checked(0, [], [], 0, [])
    for site in report.sites:
        assert site.cost is not None
        line = innermost(site)
        there = calls.get(line, Counter())
        if site.kind is Kind.UNREPORTED and site.expression.startswith(
            ("strings.Split", "bytes.Split")
        ):
            assert site.cost.allocates is not Allocates.NO  # the function called makes the slice
        elif site.cost.allocates is Allocates.YES:
            checked = checked._replace(allocating=checked.allocating + 1)
            if not there:
                checked.without_call.append(site)
        elif site.cost.allocates is Allocates.NO and line not in accounted and there:
            checked.contradicted.append(site)
        elif site.cost.allocates is Allocates.SOMETIMES and site.position.file != "<autogenerated>":
            checked = checked._replace(conditional=checked.conditional + 1)
            condition = COLD.sub("", site.cost.because)
            routine = re.compile(CONDITIONS[condition] if condition else r"\w+")
            own = os.path.normpath(sources / site.position.file)
            last = site.range.end.line if site.range else site.position.line
            near = (calls.get((own, number), ()) for number in range(site.position.line, last + 1))
            if not any(routine.fullmatch(name) for names in (there, *near) for name in names):
                checked.otherwise.append(site)
    return checked


def assert_true(checked: Checked, at_least: int) -> None:
    assert checked.allocating + checked.conditional >= at_least
    named = [(site.position, site.expression) for site in checked.without_call]
    assert len(named) <= 0.01 * checked.allocating, named
    assert not checked.contradicted
    unlike = [(site.position, site.expression, site.cost) for site in checked.otherwise]
    assert len(unlike) <= 0.01 * checked.conditional, unlike


@pytest.mark.sweep
@pytest.mark.parametrize("toolchain", ["1.21.13", "1.24.11", "1.27.3"], indirect=True)
def test_what_allocates_has_a_call_on_its_line(toolchain: Toolchain) -> None:
    assert_true(check(toolchain, PACKAGES), 800)


def test_what_allocates_has_a_call_on_its_line_in_one_package(newest: Toolchain) -> None:
    assert_true(check(newest, ("text/template",)), 250)
