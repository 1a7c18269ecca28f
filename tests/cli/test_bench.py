"""`escapelens bench` on real benchmarks."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from escapelens.benching import enough
from tests.toolchains import Toolchain

Module = Callable[[str], Path]

KEEP = """\
-- lib.go --
package lib

type T struct{ A, B, C int }

var Kept []*T

func New(i int) *T { return &T{i, i, i} }
-- lib_test.go --
package lib

import (
	"os"
	"testing"
)

func BenchmarkNew(b *testing.B) {
	if _, err := os.Stat("lib.go"); err != nil {
		b.Fatal(err)
	}
	for i := 0; i < b.N; i++ {
		Kept = append(Kept[:0], New(i))
	}
}

func BenchmarkNothing(b *testing.B) {
	for i := 0; i < b.N; i++ {
	}
}
-- none/none.go --
package none
"""


def bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "escapelens", "bench", *arguments],
        cwd=folder,
        env={**os.environ, "PWD": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_figures_and_the_sites_that_pay(toolchain: Toolchain, write_module: Module) -> None:
    folder = write_module(KEEP)
    before = sorted(folder.rglob("*"))

    done = bench(folder, "--benchtime", "200000x", "--format", "json")

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    figures = {one["name"]: (one["bytes"], one["allocations"]) for one in document["benchmarks"]}
    assert figures == {"BenchmarkNew": (24, 1), "BenchmarkNothing": (0, 0)}
    (paying,) = [
        site for site in document["sites"] if site["cost"].get("profile", {}).get("share", 0) > 0.5
    ]
    assert (paying["expression"], paying["position"]["line"]) == ("&T{…}", 13)
    assert 200_000 <= paying["cost"]["profile"]["objects"] <= 200_010
    assert document["profile"]["matched"] >= 0.95
    assert sorted(folder.rglob("*")) == before


def test_text_tells_the_figures_first(newest: Toolchain, write_module: Module) -> None:
    done = bench(write_module(KEEP), "--benchtime", "200000x", "--bench", "New", "--no-flow")

    head, table, row, collections, *rest = done.stdout.splitlines()
    assert head == "example.com/m"
    assert table.split() == ["benchmark", "ns/op", "B/op", "allocs/op"]
    assert row.split()[0] == "BenchmarkNew"
    assert row.split()[2:] == ["24", "1"]
    assert collections.endswith("meanwhile")
    assert any("`&T{…}` of `New`, inlined here," in line for line in rest)
    assert "BenchmarkNothing" not in done.stdout
    assert ", 24 bytes each" in " ".join(done.stdout.split())
    assert any(line.startswith("profile of the benchmarks: 20") for line in rest)


def test_sites_are_shown_until_enough_is_accounted_for() -> None:
    assert enough([0.5, 0.3, 0.16, 0.04], [], 0.95) == 3
    assert enough([0.01, 0.02], [0.9, 0.06, 0.01], 0.95) == 0
    assert enough([0.3, 0.01], [0.66, 0.03], 0.95) == 1
    assert enough([0.3, 0.0, -0.1], [0.2], 0.95) == 1


def test_nothing_to_run(newest: Toolchain, write_module: Module) -> None:
    folder = write_module(KEEP)

    done = bench(folder, "--bench", "Missing")

    assert done.returncode == 2
    assert done.stderr.startswith("error: no benchmark matches Missing\n")


def test_a_benchmark_that_fails_is_told(newest: Toolchain, write_module: Module) -> None:
    folder = write_module(KEEP)
    test = folder / "lib_test.go"
    test.write_text(test.read_text().replace('"lib.go"', '"gone.go"'))

    done = bench(folder, "--benchtime", "10x", "--bench", "New")

    assert done.returncode == 4
    assert "the benchmarks of example.com/m failed: " in done.stderr


def test_sites_that_no_profile_tells_apart_share(
    toolchain: Toolchain, write_module: Module
) -> None:
    folder = write_module(
        """
        -- lib.go --
        package lib

        import "sync"

        type T struct{ a, b, c int }

        type U struct{ a, b, c *int }

        var Pool = sync.Pool{New: func() any { return new([64]int) }}

        //go:noinline
        func New(i int) (*T, *U) { return &T{i, i, i}, &U{} }
        -- lib_test.go --
        package lib

        import "testing"

        var (
        	kept  *T
        	other *U
        )

        func BenchmarkNew(b *testing.B) {
        	for i := 0; i < b.N; i++ {
        		kept, other = New(i)
        		Pool.Get()
        	}
        }
        """
    )

    done = bench(folder, "--benchtime", "100000x", "--format", "json")
    text = bench(folder, "--benchtime", "100000x").stdout

    document = json.loads(done.stdout)
    paid = {
        site["expression"].partition("{")[0]: (profile["objects"], profile.get("among", 1))
        for site in document["sites"]
        if (profile := site["cost"].get("profile")) and profile["objects"] > 1000
    }
    assert {name: among for name, (_, among) in paid.items()} == {
        "&T": 2,
        "&U": 2,
        "new([64]int)": 1,
    }
    # Of each stack, an odd object goes to the last of those that are alike.
    assert all(objects in range(99_990, 100_100) for objects, _ in paid.values())
    assert "one of 2 alike on the line" in " ".join(text.split())
    assert "allocated elsewhere" not in text
    assert "0.00 %" not in text
