"""Go lines with what must be said of them: where nothing allocates, and where the compiler is silent."""

from pathlib import Path
from textwrap import indent
from typing import NamedTuple

from escapelens.model import Allocates
from tests.toolchains import Toolchain

NO, YES, SOMETIMES = Allocates.NO, Allocates.YES, Allocates.SOMETIMES


class Row(NamedTuple):
    """A function body, which runs with `i` above 255, and what must be said of its line `// here`."""

    name: str
    body: str
    said: Allocates | None = None
    """Of every site of the line; None where there must be none."""
    since: int = 21
    until: int = 99
    bytes: int | None = None
    """What the only allocation takes."""
    objects: int | None = None
    """How many a run allocates; None for some."""
    taken: int | None = None
    """How many bytes a run takes; None where it is not known."""
    within: str = ""
    """The function of PRELUDE in which the line is; its own where there is none."""


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
    Row("make of n, n", "Ints2 = make([]int, 0, i) // here", SOMETIMES, objects=1),
    Row("make of no size", "Structs = make([]struct{}, i) // here", NO, objects=0),
    Row("literal without captures", "F = func() {} // here", NO, objects=0),
    Row("string of nothing", "Str = string(B0) // here", SOMETIMES, objects=0),
    Row("string of one byte", "Str = string(B1) // here", SOMETIMES, objects=0),
    Row("bytes of nothing", "B2 = []byte(EmptyS) // here", SOMETIMES, objects=0),
    Row("bytes of no text", 'B2 = []byte("") // here', NO, objects=0),
    Row("one operand", "Str = FullS + EmptyS // here", SOMETIMES, objects=0),
    Row("no text behind", 'Str = FullS + "" // here', SOMETIMES, objects=0),
    Row("constant struct", "Sink = Pt{1, 2} // here", YES, until=24, bytes=16, objects=1),
    Row("constant struct", "Sink = Pt{1, 2} // here", NO, since=25, objects=0),
    Row("constant array", "Sink = [3]int{1, 2, 3} // here", YES, until=24, bytes=24, objects=1),
    Row("constant array", "Sink = [3]int{1, 2, 3} // here", NO, since=25, objects=0),
    Row("variable set once", "x := 100000\nSink = x // here", SOMETIMES, until=24, objects=1),
    Row("variable set once", "x := 100000\nSink = x // here", NO, since=25, objects=0),
    Row("branch not taken", "if i < 0 {\n\tSink = i - 1000 // here\n}", SOMETIMES, objects=0),
    Row("panic", 'if i < 0 {\n\tpanic("neg") // here\n}', NO, objects=0),
    Row("before a panic", 'if i < 0 {\n\tpanic("neg" + Str) // here\n}', SOMETIMES, objects=0),
    Row("dead branch", "x := i // here\nif i < 0 {\n\tSinkI = &x\n}", YES, bytes=8, objects=1),
    Row("never compiled", "if Never {\n\tSink = i // here\n}", objects=0),
    Row("pointer in an interface", "Sink = SinkPt // here", objects=0),
    Row("map in an interface", "Sink = Map // here", objects=0),
    Row("channel in an interface", "Sink = Chan // here", objects=0),
    Row("function in an interface", "Sink = Fixed // here", objects=0),
    Row("one pointer in an interface", "Sink = One{SinkPt} // here", objects=0),
    Row("one map in an interface", "Sink = [1]map[int]int{Map} // here", objects=0),
)

TWENTY = "m := map[int]int{}\nfor j := 0; j < 20; j++ {\n\tm[j] = j // here\n}"
HINTED = "m := make(map[int]int, 100) // here\nm[1] = i"
THREE = "var s []int\nfor j := 0; j < 3; j++ {\n\ts = append(s, j) // here\n}\nN = len(s)"
HUNDRED = THREE.replace("j < 3", "j < 100")
UNCHANGED = "b := []byte(Long) // here\nfor _, c := range b {\n\tN += int(c)\n}"
AGAIN = 'var s string\nfor j := 0; j < 10; j++ {\n\ts += "abcdefgh" // here\n}\nN = len(s)'
BUILT = "var b strings.Builder\nfor j := 0; j < 20; j++ {\n\tb.WriteString(Long) // here\n}\nN = b.Len()"
SORTED = "sort.Slice(Ints, func(a, b int) bool { return Ints[a] < Ints[b] }) // here"
LARGE = "var a [25000]int // here\na[i] = i\nN = a[i-1]"

ALLOCATION_WITHOUT_HEAP_LINE = (
    Row("channel", "c := make(chan int) // here\nTake(c)", YES, until=22, objects=1, taken=96),
    Row("channel", "c := make(chan int) // here\nTake(c)", YES, since=24, objects=1, taken=112),
    Row("room for one", "c := make(chan int, 1) // here\nTake(c)", YES, objects=1),
    Row("room for ten", "c := make(chan int, 10) // here\nTake(c)", YES, objects=1),
    Row("growth", "s := Room[:0:0]\ns = append(s, i, i, i, i, i) // here\nInts2 = s", SOMETIMES),
    Row("three appended", THREE, SOMETIMES, until=24, objects=3, taken=56),
    Row("three appended", THREE, SOMETIMES, since=25, objects=0),
    Row("a hundred appended", HUNDRED, SOMETIMES, until=24, objects=8),
    Row("a hundred appended", HUNDRED, SOMETIMES, since=25, objects=5),
    Row("a hundred returned", "Ints2 = Hundred()", SOMETIMES, 21, 25, objects=8, within="Hundred"),
    Row("a hundred returned", "Ints2 = Hundred()", SOMETIMES, 26, objects=5, within="Hundred"),
    Row("map", TWENTY, SOMETIMES, until=23, objects=3),
    Row("map", TWENTY, SOMETIMES, since=24, objects=5, taken=936),
    Row("map with a hint", HINTED, YES, until=23, objects=2, taken=5400),
    Row("map with a hint", HINTED, YES, since=24, objects=3, taken=2344),
    Row("map with room", "m := make(map[int]int, 5)\nm[1] = i // here", SOMETIMES, objects=0),
    Row("joined", "s := FullS + Long // here\nN = len(s)", SOMETIMES, objects=1),
    Row("joined short", 's := FullS + "short" // here\nN = len(s)', SOMETIMES, objects=0),
    Row("string", "s := string(LongB) // here\nN = len(s)\nUse(s)", SOMETIMES, objects=1),
    Row("short string", "s := string(B1) // here\nN = len(s)\nUse(s)", SOMETIMES, objects=0),
    Row("bytes", "b := []byte(Long) // here\nb[0] = 1\nN = len(b)", SOMETIMES, objects=1),
    Row("unchanged bytes", UNCHANGED, SOMETIMES, until=21, objects=1, taken=48),
    Row("unchanged bytes", UNCHANGED, since=22, objects=0),
    Row(
        "bytes of a range", "for _, c := range []byte(Long) { // here\n\tN += int(c)\n}", objects=0
    ),
    Row("bytes looked up", "N = Numbers[string(LongB)] // here", objects=0),
    Row("bytes compared", "if string(LongB) == Long { // here\n\tN++\n}", objects=0),
    Row("runes", "r := []rune(Long) // here\nr[0] = 1\nN = len(r)", SOMETIMES, objects=1),
    Row("string of runes", "s := string(Runes) // here\nN = len(s)\nUse(s)", SOMETIMES, objects=1),
    Row("string of few runes", "s := string(Runes[:29]) // here\nN = len(s)", SOMETIMES, objects=0),
    Row("make of n", "b := make([]byte, i) // here\nN = len(b)\nb[0] = 1", SOMETIMES, objects=1),
    Row("large box", "var l Large\nl[0] = i\nUse(l) // here", YES, objects=1),
    Row("large array", LARGE, until=23, objects=0),
    Row("large array", LARGE, YES, since=24, objects=1, bytes=204800),
    Row("goroutine", "go Nothing(i) // here", YES, bytes=16),
    Row("goroutine that captures", "go func() { N = i }() // here", YES, bytes=16),
    Row(
        "defer", "for j := 0; j < 3; j++ {\n\tdefer Nothing(i) // here\n}", YES, bytes=16, objects=3
    ),
    Row("defer of no arguments", "for j := 0; j < 3; j++ {\n\tdefer Nix() // here\n}", objects=0),
    Row("room to append", "Room = append(Room[:0], i) // here", SOMETIMES, objects=0),
    Row("no text added", 'Str = FullS\nStr += "" // here', SOMETIMES, objects=0),
    Row("nothing added", "Str = FullS\nStr += EmptyS // here", SOMETIMES, objects=0),
    Row("long constant", "s := FullS + Long40 // here\nN = len(s)", SOMETIMES, objects=1),
    Row("again and again", AGAIN, SOMETIMES, objects=9, taken=456),
    Row("within strconv", "Str = strconv.Itoa(i) // here", objects=1),
    Row("within fmt", 'Str = fmt.Sprintf("%d", i) // here', SOMETIMES, bytes=8, objects=2),
    Row("within sort", SORTED, SOMETIMES, objects=1, bytes=24),
    Row("within a builder", BUILT, NO, until=24, objects=6),
    Row("within strings", "Str = strings.Repeat(Long, 2) // here", objects=1),
    Row("generic box", "Sink = Boxed(i)", SOMETIMES, within="Boxed", objects=1, taken=8),
    Row("pointer", "SinkI = new(int) // here", YES, bytes=8, objects=1),
    Row("struct", "SinkPt = &Pt{i, i} // here", YES, bytes=16, objects=1),
    Row("header", "SinkBig = &Big{} // here", YES, objects=1),
    Row("closure", "x, y := i, i\nF = func() { N = x + y } // here", YES, bytes=24, objects=1),
    Row("method value", "F = SinkPt.Method // here", YES, bytes=16, objects=1),
    Row("three values", "Ints2 = []int{i, i, i} // here", YES, bytes=24, objects=1),
    Row("variadic", "Keep(&N, &N) // here", YES, bytes=16, objects=1),
)

CONVERTED = (
    Row("bytes as bytes", "Sink = Bytes(B0) // here", SOMETIMES, bytes=24, objects=1),
    Row("sum of numbers", "Sink = Numeral(i) + Numeral(N) // here", SOMETIMES, bytes=8, objects=1),
    Row("rune not kept", "s := string(rune(i)) // here\nN = len(s)\nUse(s)", objects=0),
    Row("copy", "Ints2 = append([]int(nil), Ints...) // here", SOMETIMES, objects=1),
    Row("copy of nothing", "Ints2 = append([]int(nil), NilS...) // here", SOMETIMES, objects=0),
    Row(
        "channel of pointers",
        "c := make(chan *int, 10) // here\nTake(c)",
        YES,
        24,
        taken=192,
        objects=2,
    ),
    Row("channel of nothing", "c := make(chan struct{}, 10) // here\nTake(c)", YES, objects=1),
    Row("empty map", "Map = map[int]int{} // here", YES, bytes=48, objects=1),
    Row("map made", "Map = make(map[int]int) // here", YES, bytes=48, objects=1),
    Row("map made small", "Header = make(http.Header, 5) // here", YES, bytes=48, objects=1),
    Row("text of bytes", 'B2 = []byte("hello world") // here', YES, bytes=16, objects=1),
    Row("text of runes", 'Runes2 = []rune("hello") // here', YES, bytes=24, objects=1),
    Row("string of a rune", "Str = string(rune(i)) // here", YES, bytes=4, objects=1),
    Row("small box", "Sink = int32(i) // here", SOMETIMES, bytes=4, objects=1),
    Row("few bytes", 'B2 = []byte("abc") // here', YES, bytes=3, objects=1),
    Row("six bytes", 'B2 = []byte("abcdef") // here', YES, bytes=8, objects=1),
    Row("string of no runes", "Str = string(Runes[:0]) // here", YES, objects=1),
    Row("two constants", 'Str = "a" + EmptyS + "b" // here', YES, objects=1),
    Row("one constant", 'Str = "a" + EmptyS + "" // here', SOMETIMES, objects=0),
    Row("constants in a row", 'Str = "a" + RO + EmptyS // here', SOMETIMES, objects=0),
    Row("text alone", "Sink = Text{FullS} // here", SOMETIMES, bytes=16, objects=1),
    Row("no text alone", "Sink = Text{EmptyS} // here", SOMETIMES, bytes=16, objects=0),
    Row("small numbers", "Sink = Four{uint16(i & 1)} // here", YES, bytes=8, objects=1),
    Row("small complex", "Sink = complex(float32(i-1000), 0) // here", YES, bytes=8, objects=1),
    Row("byte alone", "Sink = [1]byte{byte(i)} // here", NO, objects=0),
    Row("small generic box", "Sink = Boxed(i - 1000)", SOMETIMES, within="Boxed", objects=0),
)

PRELUDE = """\
package main

import (
	"encoding/json"
	"net/http"
	"os"
	"runtime"
	"strings"
)

const (
	RO    = "read only"
	Never = false

	Long40 = "0123456789012345678901234567890123456789"
)

type Pt struct{ X, Y int }

func (p *Pt) Method() { N = p.X }

type One struct{ p *Pt }
type Text struct{ s string }
type Four [4]uint16
type Bytes []byte
type Numeral int

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
	B0      = []byte{}
	Map     = map[int]int{}
	Chan    = make(chan int)
	Fixed   = func() {}
	Numbers = map[string]int{}
	Runes   = []rune(Long)
	Runes2  []rune
	Header  http.Header
)

func Keep(p ...*int) { Kept = p }

//go:noinline
func Use(any) {}

//go:noinline
func Take(any) {}

//go:noinline
func Nothing(int) {}

//go:noinline
func Nix() {}

//go:noinline
func Hundred() []int {
	var s []int
	for j := 0; j < 100; j++ {
		s = append(s, j) // here
	}
	return s
}

//go:noinline
func Boxed[T any](x T) any { return x } // here

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
    """Those that hold with a toolchain."""
    every = (*HEAP_LINE_WITHOUT_ALLOCATION, *ALLOCATION_WITHOUT_HEAP_LINE, *CONVERTED)
    return [row for row in every if row.since <= toolchain.minor <= row.until]


def write(folder: Path, written: list[Row]) -> None:
    """The program, with each row in a function of its own."""
    (folder / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    (folder / "main.go").write_text(PRELUDE)
    imports = "\n".join(f'\t"{name}"' for name in ("fmt", "net/http", "sort", "strconv", "strings"))
    functions = [
        f"//go:noinline\nfunc f{number}(i int) {{\n{indent(row.body, chr(9))}\n}}\n"
        for number, row in enumerate(written)
    ]
    names = ", ".join(f"f{number}" for number in range(len(written)))
    head = f"package main\n\nimport (\n{imports}\n)\n"
    text = "\n".join([head, *functions, f"var All = []func(int){{{names}}}\n"])
    (folder / "rows.go").write_text(text)
