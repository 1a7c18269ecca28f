"""What `fmt.Errorf` of Go 1.26 and newer is said to make, held against a program that runs."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.model import Allocates, Certainty
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain

PROGRAM = """
-- main.go --
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
)

var Sink error

//go:noinline
func Formatted(n int) error { return fmt.Errorf("bad %d", n) } // formatted

//go:noinline
func Plain() error { return fmt.Errorf("bad") } // plain

//go:noinline
func HandedOn(values ...any) error { return fmt.Errorf("bad", values...) } // handed on

func init() { runtime.MemProfileRate = 1 }

func main() {
	for i := 0; i < 100; i++ {
		Sink = Formatted(i)
		Sink = Plain()
		Sink = HandedOn()
	}
	runtime.GC()
	runtime.GC()
	records := make([]runtime.MemProfileRecord, 10000)
	n, _ := runtime.MemProfile(records, true)
	made := map[string]int64{"Formatted": 0, "Plain": 0, "HandedOn": 0}
	for _, record := range records[:n] {
		frames := runtime.CallersFrames(record.Stack())
		names := []string{}
		for more := true; more; {
			var frame runtime.Frame
			frame, more = frames.Next()
			names = append(names, frame.Function)
		}
		// fmt.errorf calls errors.New as well, for a text that it has formatted.
		all := strings.Join(names, " ")
		for name := range made {
			if strings.Contains(all, "errors.New fmt.Errorf main."+name) {
				made[name] += record.AllocObjects
			}
		}
	}
	json.NewEncoder(os.Stdout).Encode(made)
}
"""


@pytest.mark.parametrize("toolchain", ["1.26.6", "1.27.3"], indirect=True)
def test_the_text_without_verbs_is_only_made_where_nothing_is_formatted(
    toolchain: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module(PROGRAM)
    ran = subprocess.run(
        [toolchain.go, "run", "."], cwd=root, capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == {"Formatted": 0, "Plain": 100, "HandedOn": 100}

    request = Request(BuildOptions(("./...",)), use_cache=False)
    report = run(request, {**os.environ, "PWD": str(root)}, root).report
    lines = (root / "main.go").read_text().splitlines()
    told = {}
    for site in report.sites:
        if site.expression.startswith("&errors.errorString{"):
            assert site.cost is not None
            assert site.origin is not None
            assert (site.origin.function, site.origin.certainty) == ("errors.New", Certainty.EXACT)
            mark = lines[site.position.line - 1].partition("// ")[2]
            told[mark] = site.cost.allocates, site.sentence

    assert {mark: allocates for mark, (allocates, _) in told.items()} == {
        "formatted": Allocates.NO,
        "plain": Allocates.YES,
        "handed on": Allocates.YES,
    }
    assert told["formatted"][1].endswith(
        "; but it is only made where there is nothing to format, and here there is"
    )
