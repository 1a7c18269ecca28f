"""Whether lines allocate, held against programs that run: what is said must be what happens."""

import json
import os
import subprocess
from pathlib import Path
from textwrap import indent
from typing import NamedTuple

import pytest

from escapelens.model import Allocates, Cost, Kind, Site
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain

NO, YES, SOMETIMES = Allocates.NO, Allocates.YES, Allocates.SOMETIMES


class Row(NamedTuple):
    """A function body, which runs with `i` above 255, and what must be said of its line `// here`."""

    name: str
    body: str
    said: Allocates | None = None
    """Of the line's only site; None where only agreement with the run is asked for."""
    since: int = 21
    until: int = 99
    bytes: int | None = None
    """What the only allocation takes."""
    objects: int | None = None
    """How many a run allocates; None for some."""


HEAP_LINE_WITHOUT_ALLOCATION = (
    Row("constant string", 'Sink = "hello" // here', NO, objects=0),
    Row("constant number", "Sink = 100000 // here", NO, objects=0),
    Row("constant float", "Sink = 1.5 // here", NO, objects=0),
    Row("named constant", "Sink = RO // here", NO, objects=0),
    Row("small number", "x := i & 127\nSink = x // here", SOMETIMES, bytes=8, objects=0),
    Row("large number", "x := i + 1000\nSink = x // here", SOMETIMES, bytes=8, objects=1),
    Row("byte", "x := byte(i)\nSink = x // here", NO, objects=0),
    Row("bool", "x := i > 3\nSink = x // here", NO, objects=0),
    Row("empty struct", "Sink = struct{}{} // here", NO, objects=0),
    Row("empty array", "Sink = [0]int{} // here", NO, objects=0),
    Row("new of no size", "SinkP = new(struct{}) // here", NO, objects=0),
    Row("pointer to no size", "SinkZ = &Z{} // here", NO, objects=0),
    Row("empty string", "Sink = EmptyS // here", SOMETIMES, bytes=16, objects=0),
    Row("full string", "Sink = FullS // here", SOMETIMES, bytes=16, objects=1),
    Row("nil slice", "Sink = NilS // here", SOMETIMES, bytes=24, objects=0),
    Row("slice", "Sink = Ints // here", SOMETIMES, bytes=24, objects=1),
    Row("empty slice literal", "Ints2 = []int{} // here", NO, objects=0),
    Row("make of nothing", "Ints2 = make([]int, 0) // here", NO, objects=0),
    Row("make of n, 0", "n := i - 1000\nInts2 = make([]int, 0, n) // here", SOMETIMES, objects=0),
    Row("make of no size", "Structs = make([]struct{}, i) // here", objects=0),
    Row("literal without captures", "F = func() {} // here", NO, objects=0),
    Row("string of one byte", "Str = string(B1) // here", SOMETIMES, objects=0),
    Row("bytes of nothing", "B2 = []byte(EmptyS) // here", SOMETIMES, objects=0),
    Row("one operand", "Str = FullS + EmptyS // here", SOMETIMES, objects=0),
    Row("constant struct", "Sink = Pt{1, 2} // here", YES, until=24, bytes=16, objects=1),
    Row("constant struct", "Sink = Pt{1, 2} // here", NO, since=25, objects=0),
    Row("constant array", "Sink = [3]int{1, 2, 3} // here", YES, until=24, bytes=24, objects=1),
    Row("constant array", "Sink = [3]int{1, 2, 3} // here", NO, since=25, objects=0),
    Row("variable set once", "x := 100000\nSink = x // here", SOMETIMES, until=24, objects=1),
    Row("variable set once", "x := 100000\nSink = x // here", NO, since=25, objects=0),
    Row("branch not taken", "if i < 0 {\n\tSink = i - 1000 // here\n}", SOMETIMES, objects=0),
    Row("before a panic", 'if i < 0 {\n\tpanic("neg" + Str) // here\n}', SOMETIMES, objects=0),
    Row("dead branch", "x := i // here\nif i < 0 {\n\tSinkI = &x\n}", YES, bytes=8, objects=1),
)

ALLOCATION_WITHOUT_HEAP_LINE = (
    Row("room to append", "Room = append(Room[:0], i) // here", SOMETIMES, objects=0),
    Row("channel", "c := make(chan int, 1) // here\nc <- i", YES),
    Row("growth", "s := Room[:0:0]\ns = append(s, i, i, i, i, i) // here\nInts2 = s", SOMETIMES),
    Row("map", "m := map[int]int{}\nfor j := 0; j < 20; j++ {\n\tm[j] = j // here\n}", SOMETIMES),
    Row("map with a hint", "m := make(map[int]int, 100) // here\nm[1] = i", YES),
    Row("joined", "s := FullS + Long // here\nN = len(s)", SOMETIMES, objects=1),
    Row("string", "s := string(LongB) // here\nN = len(s)\nUse(s)", SOMETIMES, objects=1),
    Row("bytes", "b := []byte(Long) // here\nb[0] = 1\nN = len(b)", SOMETIMES, objects=1),
    Row("runes", "r := []rune(Long) // here\nr[0] = 1\nN = len(r)", SOMETIMES, objects=1),
    Row("make of n", "b := make([]byte, i) // here\nN = len(b)\nb[0] = 1", SOMETIMES, objects=1),
    Row("large box", "var l Large\nl[0] = i\nUse(l) // here", YES, objects=1),
    Row("goroutine", "go Nothing(i) // here", YES, bytes=16),
    Row(
        "defer", "for j := 0; j < 3; j++ {\n\tdefer Nothing(i) // here\n}", YES, bytes=16, objects=3
    ),
    Row(
        "again and again",
        'var s string\nfor j := 0; j < 10; j++ {\n\ts += "abcdefgh" // here\n}\nN = len(s)',
        SOMETIMES,
    ),
    Row("generic box", "Sink = Boxed(i) // any", None),
    Row("pointer", "SinkI = new(int) // here", YES, bytes=8, objects=1),
    Row("struct", "SinkPt = &Pt{i, i} // here", YES, bytes=16, objects=1),
    Row("header", "SinkBig = &Big{} // here", YES, objects=1),
    Row("closure", "x, y := i, i\nF = func() { N = x + y } // here", YES, bytes=24, objects=1),
    Row("method value", "F = SinkPt.Method // here", YES, bytes=16, objects=1),
    Row("three values", "Ints2 = []int{i, i, i} // here", YES, bytes=24, objects=1),
    Row("variadic", "Keep(&i, &i) // other", None),
)

PRELUDE = """\
package main

import (
	"encoding/json"
	"os"
	"runtime"
	"strings"
)

const RO = "read only"

type Pt struct{ X, Y int }

func (p *Pt) Method() { N = p.X }

type Z struct{}
type Large [200]int
type Big struct {
	next *Big
	data [600]byte
}

var (
	Sink    any
	SinkP   *struct{}
	SinkZ   *Z
	SinkI   *int
	SinkPt  = &Pt{}
	SinkBig *Big
	EmptyS  string
	FullS   = strings.Repeat("f", 3)
	Long    = strings.Repeat("l", 40)
	LongB   = []byte(Long)
	NilS    []int
	Ints    = []int{1}
	Ints2   []int
	Structs []struct{}
	F       func()
	B1      = []byte{200}
	B2      []byte
	Str     string
	N       int
	Room    = make([]int, 0, 8)
	Kept    []*int
)

func Keep(p ...*int) { Kept = p }

//go:noinline
func Use(any) {}

//go:noinline
func Nothing(int) {}

//go:noinline
func Boxed[T any](x T) any { return x }

type result struct{ Objects, Bytes float64 }

func measure(run func(int)) result {
	const runs = 1000
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	run(1000)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := 0; i < runs; i++ {
		run(1000)
	}
	runtime.ReadMemStats(&after)
	return result{
		float64((after.Mallocs - before.Mallocs) / runs),
		float64((after.TotalAlloc - before.TotalAlloc) / runs),
	}
}

func main() {
	results := []result{}
	for _, run := range All {
		results = append(results, measure(run))
	}
	json.NewEncoder(os.Stdout).Encode(results)
}
"""


def rows(toolchain: Toolchain) -> list[Row]:
    every = (*HEAP_LINE_WITHOUT_ALLOCATION, *ALLOCATION_WITHOUT_HEAP_LINE)
    return [row for row in every if row.since <= toolchain.minor <= row.until]


def write(folder: Path, written: list[Row]) -> None:
    """The program, with each row in a function of its own."""
    (folder / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    (folder / "main.go").write_text(PRELUDE)
    functions = [
        f"//go:noinline\nfunc f{number}(i int) {{\n{indent(row.body, chr(9))}\n}}\n"
        for number, row in enumerate(written)
    ]
    names = ", ".join(f"f{number}" for number in range(len(written)))
    text = "\n".join(["package main\n", *functions, f"var All = []func(int){{{names}}}\n"])
    (folder / "rows.go").write_text(text)


def sites(folder: Path, *, machine_code: bool) -> list[Site]:
    options = BuildOptions(directory=folder, machine_code=machine_code)
    report = run(Request(options), os.environ, folder).report
    assert report.unrecognised == ()
    assert report.notes == ()
    return list(report.sites)


@pytest.mark.parametrize("machine_code", [False, True], ids=["words", "code"])
def test_what_is_said_is_what_happens(
    toolchain: Toolchain, tmp_path: Path, machine_code: bool
) -> None:
    written = rows(toolchain)
    write(tmp_path, written)
    ran = subprocess.run(
        [toolchain.go, "run", "."], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    measured = json.loads(ran.stdout)
    by_function: dict[str, list[Site]] = {}
    lines = (tmp_path / "rows.go").read_text().splitlines()
    for site in sites(tmp_path, machine_code=machine_code):
        if site.position.file == "rows.go":
            by_function.setdefault(site.function.partition(".")[0], []).append(site)
    wrong: list[object] = []
    for number, (row, result) in enumerate(zip(written, measured, strict=True)):
        found = by_function.get(f"f{number}", [])
        objects = result["Objects"]
        marked = [one.cost for one in found if lines[one.position.line - 1].endswith("// here")]
        said = (row.name, objects, [(one.expression, one.cost) for one in found])
        if row.objects is not None and objects != row.objects:
            wrong.append(("ran otherwise", *said))
        if not machine_code and row in ALLOCATION_WITHOUT_HEAP_LINE and not marked:
            continue  # the compiler's words do not tell
        if not _agree(found, objects) and "// here" in row.body:
            wrong.append(("does not agree", *said))
        if row.said is not None and not any(cost and cost.allocates is row.said for cost in marked):
            wrong.append(("said otherwise", *said))
        if row.bytes is not None and not any(_takes(cost, row.bytes) for cost in marked):
            wrong.append(("takes otherwise", *said))
        told = [cost.bytes for cost in marked if cost and cost.bytes]
        if objects == len(told) == 1 and told[0] != result["Bytes"]:
            wrong.append(("took otherwise", result["Bytes"], *said))
    assert not wrong, "\n".join(map(str, wrong))


def _agree(found: list[Site], objects: float) -> bool:
    """Whether what is said of all sites of a function may be so, given what a run allocated."""
    said = {site.cost.allocates for site in found if site.cost is not None}
    return YES not in said if objects == 0 else bool(said & {YES, SOMETIMES})


def _takes(cost: Cost | None, size: int) -> bool:
    return cost is not None and cost.bytes in (size, None)


def test_only_the_machine_code_shows_what_is_not_reported(
    newest: Toolchain, tmp_path: Path
) -> None:
    write(tmp_path, rows(newest))

    untold = [site for site in sites(tmp_path, machine_code=True) if site.kind is Kind.UNREPORTED]

    assert {"make(chan int, 1)", "FullS + Long", "m[j] = j"} <= {one.expression for one in untold}
    assert all(site.decisions == () and site.cause == "unreported-allocation" for site in untold)
    assert not any(site.kind is Kind.UNREPORTED for site in sites(tmp_path, machine_code=False))
