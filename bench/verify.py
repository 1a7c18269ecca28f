"""Measures how long it takes to prove rewrites, against one raw compile of the same packages.

Every round compiles texts that were never compiled before, in turn with the raw go command, so that
nothing comes from the build cache. Run as `python -m bench.verify`.
"""

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from escapelens.basis import Basis, compile_basis, variation
from escapelens.model import Applicability, Effect, Suggestion, TextEdit
from escapelens.suggesting import Proposal, as_shown
from escapelens.toolchain import BuildOptions, Members, list_members, plan_build
from escapelens.verify import Verifier
from escapelens.verify.trial import Trial
from tests.toolchains import VERSIONS, Toolchain, install

LIMITS = {"one rewrite": 1.3, "50 rewrites": 5.0, "50 rewrites, one caller": 5.0}
"""The ratios that the project promises."""
MANY = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--go", default=VERSIONS[-1], choices=VERSIONS, help="the Go to use")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    os.environ.update(Toolchain(options.go, install(options.go)).environment)
    os.environ.update(GOFLAGS="", GOPROXY="off", GOTOOLCHAIN="local", GOENV="off")
    with tempfile.TemporaryDirectory() as folder:
        print(f"go {options.go}, {options.rounds} rounds")
        for name, functions, caller in (
            ("one rewrite", 1, False),
            ("50 rewrites", MANY, False),
            ("50 rewrites, one caller", MANY, True),
        ):
            measured = Measured(Path(folder, name.replace(" ", "")), functions, caller=caller)
            ratios, seconds, compiles = [], [], 0
            for _ in range(options.rounds):
                raw = timed(measured.raw)
                ours = timed(measured.ours)
                ratios.append(ours / raw)
                seconds.append(ours)
                compiles = measured.compiles
            middle = statistics.median(ratios)
            over = "" if middle <= LIMITS[name] else "  OVER"
            print(
                f"{name:<24} {middle:5.2f} x  (from {min(ratios):.2f} to {max(ratios):.2f}; "
                f"limit {LIMITS[name]:g}; {statistics.median(seconds):.2f} s, "
                f"{compiles} compile{'s' if compiles > 1 else ''}){over}"
            )


class Measured:
    """A small module in which each of some functions has a site that a rewrite removes."""

    def __init__(self, root: Path, functions: int, *, caller: bool) -> None:
        root.mkdir()
        self._root = root
        self._functions = functions
        self._round = 0
        self.compiles = 0
        (root / "go.mod").write_text("module example.com/bench\n\ngo 1.21\n")
        (root / "bench.go").write_text(_source(functions, caller=caller))
        (root / "bench_test.go").write_text(_TEST)
        (root / "use").mkdir()
        (root / "use/use.go").write_text(_USE)
        plan = plan_build(BuildOptions(patterns=("./...",), tests=True), os.environ, root)
        self._before: Basis = compile_basis(plan, None)
        self._members: Members = list_members(plan)

    def raw(self) -> None:
        """What the go command alone takes for the same packages, with the first rewrite."""
        with tempfile.TemporaryDirectory() as scratch:
            trial = Trial(self._before, self._proposals()[0].edits, Path(scratch, "raw"))
            packages = self._members.dependents({"example.com/bench"})
            plan = variation(self._before.plan, packages, tests=True, overlay=trial.overlay)
            words = (str(plan.toolchain.go), "list", "-e", "-test", "-export", *plan.flags)
            done = subprocess.run(
                (*words, "--", *packages),
                cwd=plan.root,
                env=plan.env,
                capture_output=True,
                check=True,
            )
            assert b"to heap" in done.stderr

    def ours(self) -> None:
        """What it takes to prove all rewrites, the program as it is being known."""
        proposals = self._proposals()
        with tempfile.TemporaryDirectory() as scratch:
            verifier = Verifier(self._before, self._members, Path(scratch, "ours"))
            found = list(verifier.verify(proposals))
            self.compiles = verifier.compiles
        effects = [one.suggestion.verdict.effect for one in found if one.suggestion.verdict]
        assert effects == [Effect.GONE] * self._functions, effects

    def _proposals(self) -> list[Proposal]:
        """The rewrites, with a number in them that no other round has."""
        self._round += 1
        return [self._proposal(number) for number in range(self._functions)]

    def _proposal(self, number: int) -> Proposal:
        path = self._root / "bench.go"
        old = f"fmt.Fprintln(os.Stderr, value{number})".encode()
        start = path.read_bytes().index(old)
        new = f"println(*value{number} + {self._round})"
        edits = (TextEdit(str(path), start, start + len(old), new),)
        (site,) = [one for one in self._before.found if one.site.expression == f"copy{number}"]
        suggestion = Suggestion(
            f"{site.site.fingerprint}/bench",
            "",
            "bench",
            "print it",
            Applicability.REVIEW,
            "",
            edits=as_shown(self._before, edits),
        )
        return Proposal(site, suggestion, edits, repair=False)


def timed(run: Callable[[], None]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _source(functions: int, *, caller: bool) -> str:
    body = [
        "package bench",
        "",
        'import (\n\t"fmt"\n\t"os"\n)',
        "",
        "func Fmt() { fmt.Fprintln(os.Stderr) }",
    ]
    for number in range(functions):
        body.append(_FUNCTION.replace("0", str(number)))
    if caller:
        calls: Sequence[str] = [f"\tsum += Function{number}(n)" for number in range(functions)]
        body.append(
            "func All(n int) int {\n\tsum := 0\n" + "\n".join(calls) + "\n\treturn sum\n}\n"
        )
    return "\n".join(body)


_FUNCTION = """
func Function0(n int) int {
	copy0 := n
	value0 := &copy0
	for n > len(os.Args) {
		n = n - len(os.Args)
		fmt.Fprintln(os.Stderr, value0)
		for _, argument := range os.Args {
			n -= len(argument)
		}
	}
	defer println("left")
	return n
}
"""
_TEST = """package bench

import "testing"

func TestFmt(t *testing.T) { Fmt() }
"""
_USE = """package use

import "example.com/bench"

func Use() { bench.Fmt() }
"""

if __name__ == "__main__":
    main()
