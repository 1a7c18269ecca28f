"""The pool that is offered for what is made in a loop: it compiles, and is what it should be."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from escapelens.fixing import glance
from escapelens.model import Applicability, Measured, Site, Suggestion
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions, plan_build
from tests.toolchains import Toolchain

Module = Callable[[str], Path]
HEAD = """\
package m

import (
	"bytes"
	"io"
)

var (
	_ bytes.Buffer
	_ io.Reader
)

type point struct{ x, y [64]int }

type filler interface {
	Fill(*point)
	Write(*bytes.Buffer)
	Take([]point)
}
"""
IN_LOOPS = {
    "make([]point, n)": """
func Many(f filler, sizes []int) {
	for _, n := range sizes {
		f.Take(make([]point, n))
	}
}
""",
    "make([]point, 0, 8)": """
func Some(f filler, n int) {
	for i := 0; i < n; i++ {
		f.Take(make([]point, 0, 8))
	}
}
""",
    "p": """
func Points(f filler, n int) (sum int) {
	for i := 0; i < n; i++ {
		var p point
		f.Fill(&p)
		sum += p.x[0]
	}
	return sum
}
""",
    "new(bytes.Buffer)": """
func Buffers(f filler, n int) (sum int) {
	for i := 0; i < n; i++ {
		b := new(bytes.Buffer)
		f.Write(b)
		sum += b.Len()
	}
	return sum
}
""",
}
USES = {
    "make([]point, n)": """
	withPooled(10, func(value []point) {
		if len(value) != 10 {
			t.Fatal(len(value))
		}
		for i := range value {
			if value[i].x[7] != 0 {
				t.Fatal("not zero")
			}
			value[i].x[7] = 1
		}
	})
""",
    "make([]point, 0, 8)": """
	withPooled(func(value *[]point) {
		if len(*value) != 0 {
			t.Fatal(len(*value))
		}
		*value = append(*value, point{})
	})
""",
    "p": """
	withPooled(func(value *point) {
		if value.x[0] != 0 {
			t.Fatal("not zero")
		}
		value.x[0] = 1
	})
""",
    "new(bytes.Buffer)": """
	withPooled(func(value *bytes.Buffer) {
		if value.Len() != 0 {
			t.Fatal(value.Len())
		}
		value.WriteString("abc")
	})
""",
}
TEST = """\
package m

import (
	"bytes"
	"testing"
)

var _ bytes.Buffer

func use(t *testing.T) {%s}

func TestItIsUsedAgain(t *testing.T) {
	use(t)
	if n := testing.AllocsPerRun(1000, func() { use(t) }); n != 0 {
		t.Fatal(n)
	}
}
"""
OTHERS = {
    "outside of a loop": """
func Once(r io.Reader, n int) (int, error) { b := make([]byte, n); return r.Read(b) }
""",
    "kept": """
func All(n int) (all [][]byte) {
	for i := 0; i < n; i++ {
		all = append(all, make([]byte, n))
	}
	return all
}
""",
    "of a local type": """
type runner[T any] interface{ Run(*T) }

func Local[T any](f runner[T], n int) {
	for i := 0; i < n; i++ {
		var v T
		f.Run(&v)
	}
}

func UseLocal(f runner[point]) { Local(f, 1) }
""",
    "before a panic": """
func Cold(r io.Reader, n int) {
	for i := 0; i < n; i++ {
		if n > 7 {
			b := make([]byte, n)
			r.Read(b)
			panic("done")
		}
	}
}
""",
}


def proposed(root: Path, profile: Measured | None = None) -> list[tuple[Site, Suggestion]]:
    """The ideas to use a pool, with their sites."""
    environ = {**os.environ, "PWD": str(root)}
    report = run(Request(BuildOptions()), environ, root).report
    sites = report.sites
    if profile is not None:
        sites = tuple(
            replace(one, cost=replace(one.cost, profile=profile)) for one in sites if one.cost
        )
    seen = glance(plan_build(BuildOptions(), environ, root), environ, sites)
    return [(site, one) for site in seen for one in site.suggestions if one.rewrite == "pool"]


@pytest.mark.parametrize("what", IN_LOOPS)
def test_the_code_is_a_pool(toolchain: Toolchain, write_module: Module, what: str) -> None:
    root = write_module(f"-- m.go --\n{HEAD}{IN_LOOPS[what]}")
    ((site, idea),) = proposed(root)

    assert site.expression == what
    assert idea.applicability is Applicability.IDEA
    assert not idea.edits
    source = f'package m\n\nimport (\n\t"bytes"\n\t"sync"\n)\n\nvar _ bytes.Buffer\n\n{idea.code}'
    (root / "pool.go").write_text(source)
    (root / "pool_test.go").write_text(TEST % USES[what])
    unformatted = subprocess.run(
        [toolchain.gofmt, "-l", "pool.go"], cwd=root, capture_output=True, text=True, check=True
    )
    done = subprocess.run(
        [toolchain.go, "test", "-count=1", "."],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert unformatted.stdout == ""
    assert done.returncode == 0, done.stdout + done.stderr


def test_older_modules_get_code_they_can_compile(newest: Toolchain, write_module: Module) -> None:
    what = "make([]point, n)"
    module = "-- go.mod --\nmodule example.com/m\n\ngo 1.17\n"
    root = write_module(f"{module}-- m.go --\n{HEAD}{IN_LOOPS[what]}")
    ((_, idea),) = proposed(root)

    assert "interface{}" in idea.code
    assert "clear(" not in idea.code
    (root / "pool.go").write_text(f'package m\n\nimport "sync"\n\n{idea.code}')
    (root / "pool_test.go").write_text(TEST % USES[what])
    subprocess.run([newest.go, "test", "-count=1", "."], cwd=root, capture_output=True, check=True)


@pytest.mark.parametrize("why", OTHERS)
def test_none_is_offered_where_it_does_not_fit(
    newest: Toolchain, write_module: Module, why: str
) -> None:
    assert proposed(write_module(f"-- m.go --\n{HEAD}{OTHERS[why]}")) == []


def test_a_profile_shows_what_is_made_often(newest: Toolchain, write_module: Module) -> None:
    root = write_module(f"-- m.go --\n{HEAD}{OTHERS['outside of a loop']}")

    ((site, idea),) = proposed(root, Measured(100, 6400, 0.5, 0.5))

    assert site.expression == "make([]byte, n)"
    assert "as the profile shows" in idea.advice
