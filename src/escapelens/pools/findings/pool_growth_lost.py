"""A slice grows, and the pool gets back what it was before."""

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule


class PoolGrowthLost(Rule):
    rank = 13
    rewrite = "put-later"
    summary = "a slice grows, but the `sync.Pool` gets back the slice that it was before"
    why = """\
The arguments of a deferred call are evaluated at the `defer` statement: `defer pool.Put(b)` puts
back the slice as it was then. Where `append` runs out of capacity it makes a new array, and `b`
leads to that one from then on; the pool gets the old, small one. The same happens where `b := *p`
is a copy of the slice behind a pointer that is put back, and nothing stores `*p = b` before.
Nothing breaks, but whoever takes it grows it anew: the pool saves nothing of what was allocated.
"""
    safety = """\
A deferred function literal sees the slice as it is when the function ends. If it is set to nil on
some way, that nil would be put back.
"""
    leave_it = """\
Leave it where the slice has the capacity for nearly all uses from the start: then the array is the
same, and what grew too large is left to the garbage collector, as a limit of size would do.
"""
    examples = (
        Example(
            before="""package p

import (
	"io"
	"sync"
)

var lines = sync.Pool{New: func() any { return []byte(nil) }}

func Write(w io.Writer, name string) error {
	line := lines.Get().([]byte)[:0]
	defer lines.Put(line)
	line = append(line, name...) // found
	line = append(line, '\\n')
	_, err := w.Write(line)
	return err
}
""",
            after="""package p

import (
	"io"
	"sync"
)

var lines = sync.Pool{New: func() any { return new([]byte) }}

func Write(w io.Writer, name string) error {
	pooled := lines.Get().(*[]byte)
	line := (*pooled)[:0]
	defer func() {
		*pooled = line
		lines.Put(pooled)
	}()
	line = append(line, name...)
	line = append(line, '\\n')
	_, err := w.Write(line)
	return err
}
""",
        ),
        Example(
            before="""package p

import (
	"io"
	"strconv"
	"sync"
)

var lines = sync.Pool{New: func() any { return new([]byte) }}

func Write(w io.Writer, n int64) error {
	pooled := lines.Get().(*[]byte)
	line := (*pooled)[:0]
	line = strconv.AppendInt(line, n, 10) // found
	_, err := w.Write(line)
	lines.Put(pooled)
	return err
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import (
	"io"
	"sync"
)

var lines = sync.Pool{New: func() any { return []byte(nil) }}

func Write(w io.Writer, name string) error {
	line := lines.Get().([]byte)[:0]
	defer func() { lines.Put(line) }()
	line = append(line, name...)
	_, err := w.Write(line)
	return err
}
""",
            "The literal sees what the variable holds in the end.",
        ),
        NearMiss(
            """package p

import (
	"io"
	"sync"
)

var lines = sync.Pool{New: func() any { return new([]byte) }}

func Write(w io.Writer, name string) error {
	pooled := lines.Get().(*[]byte)
	line := append((*pooled)[:0], name...)
	_, err := w.Write(line)
	*pooled = line
	lines.Put(pooled)
	return err
}
""",
            "What has grown is stored before it is put back.",
        ),
        NearMiss(
            """package p

import "sync"

var blocks = sync.Pool{New: func() any { return make([]byte, 4096) }}

func Fill(fill func([]byte) int) int {
	block := blocks.Get().([]byte)
	defer blocks.Put(block)
	n := fill(block)
	block = block[:n]
	return len(block)
}
""",
            "A part of the slice is the same array.",
        ),
    )

    def title(self, case: Case) -> str:
        return f"put {case.what} back as it is when the function ends"

    def sentence(self, case: Case) -> str:
        seen = case.seen
        if seen.detail == "deferred":
            return (
                f"{case.other} holds {case.what} as it is there: where this makes a longer array, "
                "the pool gets back the old one"
            )
        return (
            f"`{seen.type}` is a copy of `*{seen.what}`, and nothing stores it there again: where "
            f"this makes a longer array, {case.other} puts back the old one"
        )
