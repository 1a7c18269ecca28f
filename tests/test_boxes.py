"""The interface that holds a copy, named as the file writes it."""

import os
from collections.abc import Callable
from pathlib import Path

from escapelens.request import Request, Wanted
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.test_reasons import on
from tests.toolchains import Toolchain

CAUSE = "interface-conversion"
BOXES = {
    'l.Info("x", n)': "any",
    "l.Log(n)": "any",
    "all = append(all, n)": "fmt.Stringer",
    "c <- n": "fmt.Stringer",
    "byKey[id]++": "Key",
    "var s fmt.Stringer = n": "fmt.Stringer",
    "holder{key: id}": "Key",
    "&holder{id}": "Key",
    "[]*holder{{id}}": "Key",
    "map[string]Key{": "Key",
    "x := fmt.Stringer(n)": "fmt.Stringer",
    "return n, nil": "fmt.Stringer",
    "return id": "Key",
}


def test_the_interface_that_holds_a_copy_is_told(
    toolchain: Toolchain, write_module: Callable[[str], Path]
) -> None:
    source = """package p

import "fmt"

type Log interface {
	Info(msg string, args ...any)
	Log(interface{})
}

type Key interface{ Key() string }

type ID [3]int

func (id ID) Key() string { return "" }

type Num int

func (n Num) String() string { return "" }

type holder struct{ key Key }

var (
	all   []fmt.Stringer
	byKey = map[Key]int{}
	kept  []holder
	held  []*holder
	keys  map[string]Key
)

func Calls(l Log, n Num) { l.Info("x", n) }

func Old(l Log, n Num) { l.Log(n) }

func Append(n Num) { all = append(all, n) }

func Send(c chan fmt.Stringer, n Num) { c <- n }

func Index(id ID) { byKey[id]++ }

func Declare(n Num) {
	var s fmt.Stringer = n
	all[0] = s
}

func Field(id ID) { kept = append(kept, holder{key: id}) }

func First(id ID) { held[0] = &holder{id} }

func Short(id ID) { held = []*holder{{id}} }

func Table(id ID) {
	keys = map[string]Key{
		"a": id,
	}
}

func Convert(n Num) {
	x := fmt.Stringer(n)
	all[0] = x
}

func Two(n Num) (fmt.Stringer, error) { return n, nil }

func One(id ID) (key Key) { return id }
"""
    root = write_module(f"-- p.go --\n{source}")
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    sites = run(request, {**os.environ, "PWD": str(root)}, root).report.sites
    found = {one.position.line: one.sentence for one in sites if one.cause == CAUSE}
    for text, interface in BOXES.items():
        line = on(text, source) + (text == "map[string]Key{")
        article = "an" if interface == "any" else "a"
        assert f"because {article} `{interface}` holds its address" in found[line]
