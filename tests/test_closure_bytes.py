"""How many bytes are told for what is captured, held against the compiler, and for new values."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from escapelens.request import Request, Wanted
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain

SOURCE = """package p

var kept []any

func Before(s []int, b bool) func() int {
	if b {
		s = append(s, 1)
	}
	return func() int { return s[0] }
}

func After(s []int, b bool) func() int {
	f := func() int { return s[0] }
	if b {
		s = append(s, 1)
	}
	return f
}

func InLoop(s []int, n int) (fs []func() int) {
	for i := 0; i < n; i++ {
		s = append(s, i)
		fs = append(fs, func() int { return s[0] })
	}
	return fs
}

func OfLoop(n int) (fs []func() int) {
	for i := 0; i < n; i++ {
		var s []int
		s = append(s, n)
		fs = append(fs, func() int { return s[0] })
	}
	return fs
}

func ByAnother(s []int) func() int {
	s = append(s, len(s))
	f := func() int { return s[0] }
	kept = append(kept, func() { s = nil })
	return f
}

func Address(s []int) func() int {
	kept = append(kept, &s)
	return func() int { return s[0] }
}
"""
_CAPTURED = re.compile(r": (\w+) capturing by (value|ref): s \(.* width=24\)")


def test_a_literal_takes_what_the_compiler_says_it_captures(
    toolchain: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module(f"-- p.go --\n{SOURCE}")
    command = (str(toolchain.go), "build", "-gcflags=-m=2", "./...")
    said = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stderr
    by = dict(_CAPTURED.findall(said))
    assert set(by.values()) == {"value", "ref"}

    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    sites = run(request, {**os.environ, "PWD": str(root)}, root).report.sites
    literals = [one for one in sites if one.expression.startswith("func(")]
    assert {one.function for one in literals} == by.keys()
    for one in literals:
        assert one.cost is not None
        assert one.cost.bytes == (32 if by[one.function] == "value" else 16), one.function


def test_a_new_value_takes_what_is_pointed_to(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module("""
        -- go.mod --
        module example.com/m

        go 1.26
        -- p.go --
        package p

        type Point struct{ X, Y, Z int }

        func Clone(p *Point) *Point { return new(*p) }
    """)
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    (site,) = run(request, {**os.environ, "PWD": str(root)}, root).report.sites
    assert site.expression == "new(*p)"
    assert site.cost is not None
    assert site.cost.bytes == 24
