"""What `fix` makes of real packages: sites, rewrites proposed, proven and rejected, as a table.

Each package is compiled with its own tests, but without what depends on it, so that packages of the
standard library can be tried in GOROOT itself; nothing is written there. All rewrites that claim to
be safe are then applied together, the package's tests must pass as before, and its benchmarks run
with and without them. Run as `python -m bench.rewrites [-C FOLDER] [--diffs FILE] PACKAGE...`.
"""

import argparse
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from escapelens.basis import Basis, compile_basis
from escapelens.counting import is_hidden
from escapelens.edits import apply, by_file, unified_diff
from escapelens.fixing import alike, confirmed, together
from escapelens.model import Allocations, Applicability
from escapelens.suggesting import Proposal, suggest
from escapelens.toolchain import BuildOptions, Members, list_members, plan_build
from escapelens.verify import Standing, Verifier, standing
from escapelens.verify.measuring import measure, newly_failing_tests
from escapelens.verify.tidying import tidied
from escapelens.verify.trial import Trial, new_errors
from tests.toolchains import VERSIONS, Toolchain, cache, install

PACKAGES = (
    "encoding/json",
    "net/http",
    "go/parser",
    "strconv",
    "text/template",
    "log/slog",
    "archive/zip",
)
"""Those of the standard library that are tried unless others are named."""
_HEAD = (
    "| package | sites | edits proposed | proven | only a benchmark can tell | rejected "
    "| safe | tests with all safe ones | allocations of the benchmarks |"
)


class Row(NamedTuple):
    """What came of the rewrites of one package."""

    package: str
    sites: int
    by_standing: Counter[Standing]
    safe: int
    """How many of those that are offered claim to be safe, and are applied together."""
    tests: str
    allocations: Allocations | None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--go", default=VERSIONS[-1], choices=VERSIONS, help="the Go to use")
    parser.add_argument("-C", dest="folder", type=Path, help="the module; else GOROOT/src")
    parser.add_argument("--diffs", type=Path, help="the file that all diffs go to")
    parser.add_argument("--benchtime", default="20x")
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    options = parser.parse_args()
    toolchain = Toolchain(options.go, install(options.go))
    os.environ.update(toolchain.environment)
    os.environ.update(GOFLAGS="", GOPROXY="off", GOTOOLCHAIN="local", GOENV="off")
    folder = options.folder or toolchain.go.parent.parent / "src"
    print(_HEAD, "|---" * _HEAD.count(" | ") + "|---|", sep="\n")
    for package in options.packages:
        with tempfile.TemporaryDirectory() as scratch:
            row, diffs = tried(folder.resolve(), package, Path(scratch), options.benchtime)
        print(line(row), flush=True)
        if options.diffs is not None:
            with options.diffs.open("a") as file:
                file.write(diffs)


def tried(folder: Path, package: str, scratch: Path, time: str) -> tuple[Row, str]:
    """What came of a package, and all diffs that are offered."""
    plan = plan_build(BuildOptions(patterns=(package,), tests=True), os.environ, folder)
    basis = compile_basis(plan, None)
    members = list_members(plan)
    named = compile_basis(plan_build(BuildOptions((package,)), os.environ, folder), None)
    path = next(one.import_path for one in named.packages if not one.dep_only)
    member = members.get(path)
    assert member is not None
    alone = Members([member._replace(imports=frozenset(), test_imports=frozenset())])
    sites = [one for one in basis.found if not is_hidden(one.site) and one.site.origin is None]
    suggested = suggest(basis, sites, cache() / "types")
    (scratch / "tidied").mkdir()
    proposals = tidied(basis, suggested.proposals, scratch / "tidied")
    verifier = Verifier(basis, alone, scratch / "trials")
    edits = [one for of_site in proposals.values() for one in of_site if one.edits]
    verified = {one.id: one for one in verifier.verify(edits, whole=False)}
    passed = [one for one in verified.values() if _standing(one) is not Standing.REJECTED]
    verified |= {one.id: one for one in confirmed(verifier, passed)}
    groups = [group[0] for group in alike([verified[one.id] for one in edits])]
    offered = [one for one in groups if _standing(one) is not Standing.REJECTED]
    safe = [one for one in offered if one.suggestion.applicability is Applicability.SAFE]
    chosen = together(safe)
    tests, allocations = "none to apply", None
    if chosen:
        trial = Trial(basis, [edit for one in chosen for edit in one.edits], scratch / "all")
        after = trial.compile((path,), None, with_test_files=False)
        errors = [one for of_package in new_errors(basis, after).values() for one in of_package]
        tests = (
            errors[0].message
            if errors
            else newly_failing_tests(basis, alone, (path,), trial.overlay)
        )
        tests = tests or "pass"
        (found,) = measure(
            *(basis, alone, (path,), [trial.overlay], ".", scratch / "all"), runs=2, time=time
        )
        allocations = found.allocations
    counted = Counter(map(_standing, groups))
    row = Row(package, len(sites), counted, len(chosen), tests.partition("\n")[0], allocations)
    return row, "".join(_diff(basis, one) for one in offered)


def _standing(one: Proposal) -> Standing:
    assert one.suggestion.verdict is not None
    return standing(one.suggestion.verdict)


def _diff(basis: Basis, one: Proposal) -> str:
    suggestion = one.suggestion
    head = f"# {suggestion.id} {suggestion.applicability.value}: {suggestion.title}\n"
    head += f"# {suggestion.safety}\n"
    for path, edits in by_file(one.edits).items():
        source = basis.source(path)
        assert source is not None
        text = source.content
        head += unified_diff(basis.shown(path), text, apply(text, edits), context=2)
    return head


def line(row: Row) -> str:
    """A row of the table."""
    counted = row.by_standing
    figures = [row.sites, counted.total(), counted[Standing.PROVEN]]
    figures += [counted[Standing.UNMEASURED], counted[Standing.REJECTED], row.safe]
    told = "no benchmarks"
    if row.allocations is not None:
        told = f"{row.allocations.before:,.0f} → {row.allocations.after:,.0f}"
    cells = [row.package, *(f"{one:,}" for one in figures), row.tests, told]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
