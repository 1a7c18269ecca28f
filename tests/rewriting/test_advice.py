"""Advice fits its line: what is said of a site where no edit can be made."""

from collections.abc import Callable
from pathlib import Path

from tests.causes.proposals import propose
from tests.toolchains import Toolchain

MODULE = """\
-- go.mod --
module example.com/m

go 1.21
-- a.go --
package m

import (
	"fmt"
	"strings"
	"sync"
)

type Logger struct{ on bool }

func (l *Logger) Debugf(format string, values ...any) { keep(values) }

func (l *Logger) Warnf(format string, values ...any) { keep(values) }

var kept []any

//go:noinline
func keep(values []any) { kept = values }

var pool = sync.Pool{New: func() any {
	return new([64]byte) // pool
}}

func Log(l *Logger, n int) {
	l.Debugf("%d", n) // debug
	l.Warnf("%d", n)  // warn
}

func Fail(n int) error {
	if n > 3 {
		return fmt.Errorf("%d", n) // cold
	}
	return nil
}

func Path(a, b string) string {
	return a + b // sum
}

func Words(into []string, word string) []string {
	return append(into, word) // parameter
}

func Join(parts []string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString(part) // builder
	}
	return b.String()
}

func Sized(parts []string) string {
	var sized strings.Builder
	sized.Grow(100)
	for _, part := range parts {
		sized.WriteString(part) // sized
	}
	return sized.String()
}

type Node struct {
	next *Node
	n    int
}

var nodes = map[int]*Node{}

func Changed(n int) {
	node := &Node{n: n} // changed
	nodes[n] = node
	node.next = nodes[n+1]
}

func Handed(n int) *Node {
	node := &Node{n: n} // handed
	nodes[n] = node
	return node
}

func Read(n int) int {
	node := &Node{n: n} // read
	nodes[n] = node
	return node.n + 1
}

func Stored(n int) {
	node := &Node{n: n} // stored
	node.n++
	nodes[n] = node
	node = nil
}

func Each(words []string, done chan<- int) {
	for _, word := range words {
		go func() { done <- len(word) }() // each
	}
}

func Serve(work <-chan func(), done chan<- bool) {
	go func() { // serve
		for {
			f, ok := <-work
			if !ok {
				done <- true
				return
			}
			f()
		}
	}()
}

func Turned(p [3]int, n int) {
	for i := 0; i < n; i++ {
		p[0] += i
		keep([]any{p}) // turned
	}
}

type Shape interface{ Sides() int }

type Square struct{ side int }

func (s *Square) Sides() int { return 4 * s.side }

var (
	shapes []Shape
	named  = map[string]Shape{}
)

func Shapes(n int, to chan<- Shape) {
	named["a"] = &Square{n} // named shape
	to <- &Square{n + 1}    // sent shape
	shapes = append(shapes, &Square{n + 2}) // shape
}

func Tagged(values []any) {
	all := append([]any{len(values)}, values...) // in front
	keep(all)
}

func gather(values ...any) { kept = append([]any(nil), values) }

func Gathered(n int) {
	gather(n, "x") // gathered
}

func Rows(words []string) map[string]int {
	var last map[string]int
	for i, word := range words {
		row := map[string]int{word: i} // row
		if last[word] < i {
			last = row
		}
	}
	return map[string]int{"all": len(last)}
}

func Once(word string, done chan<- int) {
	go func() { done <- len(word) }() // once
}
"""


def test_advice_goes_by_what_the_line_does(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module(MODULE)
    lines = (root / "a.go").read_text().splitlines()
    told: dict[str, set[str]] = {}
    for one in propose(root):
        mark = lines[one.site.position.line - 1].partition(" // ")[2]
        told.setdefault(mark, set()).update(
            f"{made.suggestion.title}: {made.suggestion.advice}"
            for made in one.proposals
            if not made.edits
        )

    def says(mark: str, *words: str) -> bool:
        return all(any(word in one for one in told[mark]) for word in words)

    assert says("pool", "that is what the pool is for")
    assert says("turned", "hand over a pointer that exists already instead of `p`")
    assert says("debug", "ask whether `l.Debugf` writes anything before `n` is handed over")
    assert says("warn", "leave `n`", "something that went wrong")
    assert says("cold", "only runs where the function returns an error")
    assert says("sum", "leave `a + b`", "with one allocation")
    assert says("parameter", "The caller hands in `into`")
    assert says("builder", "call `b.Grow` with the final length")
    assert says("sized", "leave `sized` as it is")
    assert says("changed", "`node` is still used after its address is stored")
    assert says("handed", "`node` is still used after its address is stored")
    assert says("read", "by value")
    assert says("stored", "by value")
    assert says("each", "in front of `for _, word := range words`", "captures (`done`, `word`)")
    assert says("serve", "which runs for long", "(`work`, `done`) once", "loop of line")
    for mark in ("named shape", "sent shape", "shape"):
        assert says(mark, "unless its own type can stand in place of the interface")
        assert not says(mark, "by value")
    assert says("in front", "with room for all of it", "what is appended needs a larger one")
    assert says("gathered", "call `gather(…)` (line")
    assert says("row", "two that take turns", "`last` (line")
    assert says("once", "captures (`done`, `word`) with each call of `Once`")


def test_a_refusal_names_a_file_of_another_folder_with_that(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module("""\
-- go.mod --
module example.com/m

go 1.21
-- internal/made/a.go --
package made

type User struct{ Name string }

//go:noinline
func New(name string) *User {
	return &User{name}
}
-- internal/used/a.go --
package used

import "example.com/m/internal/made"

var make = made.New

func Use() string {
	return made.New("a").Name + make("b").Name
}
""")

    refused = [reason for one in propose(root) for reason in one.refused("by-value")]

    assert refused == ["line 5 of used/a.go uses the function as a value"]
