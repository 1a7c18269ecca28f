"""What is called in other packages of a module, where several are called alike, on real compilers."""

import os
from collections.abc import Callable
from pathlib import Path

from escapelens.request import Request, Wanted
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain

MODULE = """
-- go.mod --
module example.com/m

go 1.21
-- status/status.go --
package status

import "example.com/m/internal/status"

var last []byte

//go:noinline
func Keep(text []byte) {
	status.Keep(nil)
	last = text
}
-- internal/status/status.go --
package status

var kept [][]byte

//go:noinline
func Keep(text []byte) { kept = append(kept, text) }
-- internal/hooks/hooks.go --
package hooks

var Shuffle = func(n int, swap func(i, j int)) {}
-- use/use.go --
package use

import (
	"example.com/m/internal/hooks"
	"example.com/m/status"
)

func Report(n int) {
	status.Keep(make([]byte, n))
}

func Mix(list []int) {
	hooks.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}
"""


def test_functions_of_other_packages_are_told_from_their_variables(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module(MODULE)
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    sites = run(request, {**os.environ, "PWD": str(root)}, root).report.sites
    found = {one.position.line: one for one in sites if one.position.file == "use/use.go"}

    assert "`status.Keep(…)` (line 9) keeps it: `last = text` (status/status.go:10)" in (
        found[9].sentence
    )
    assert found[13].cause == "dynamic-call-argument"
    assert "`hooks.Shuffle(…)` (line 13) calls a function value" in found[13].sentence
