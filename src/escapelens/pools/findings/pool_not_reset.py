"""A pooled buffer is written to and never emptied."""

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule


class PoolNotReset(Rule):
    rank = 5
    rewrite = "reset"
    summary = "a buffer from a `sync.Pool` is written to and never emptied"
    why = """\
`Get` gives a value as it was put back. A buffer that still holds what its last user wrote adds
that to the front of what is written now: data of one request shows up in the next. It works as
long as the pool is empty, such as in a test.
"""
    safety = """\
Empty it right after `Get`, which also covers values that somebody put back in any state:
`buffer.Reset()`, or `b = b[:0]` for a slice.
"""
    leave_it = """\
Leave it where what it holds is meant to be kept from one use to the next.
"""
    examples = (
        Example(
            before="""package p

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Render(name string) string {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.WriteString("hello ") // found
	buffer.WriteString(name)
	return buffer.String()
}
""",
            after="""package p

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Render(name string) string {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	buffer.WriteString("hello ")
	buffer.WriteString(name)
	return buffer.String()
}
""",
        ),
        Example(
            before="""package p

import "sync"

var lines sync.Pool

func get() *[]byte {
	line, _ := lines.Get().(*[]byte)
	if line == nil {
		line = new([]byte)
	}
	return line
}

func Render(name string, write func([]byte)) {
	line := get()
	*line = append(*line, name...) // found
	write(*line)
	lines.Put(line)
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func free(buffer *bytes.Buffer) {
	buffer.Reset()
	buffers.Put(buffer)
}

func Render(name string) string {
	buffer := buffers.Get().(*bytes.Buffer)
	defer free(buffer)
	buffer.WriteString(name)
	return buffer.String()
}
""",
            "It is emptied before it is put back.",
        ),
        NearMiss(
            """package p

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Render(w io.Writer, name string) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.WriteString(name)
	_, err := buffer.WriteTo(w)
	return err
}
""",
            "`WriteTo` empties the buffer, though not where it fails.",
        ),
        NearMiss(
            """package p

import (
	"io"
	"sync"
)

var blocks = sync.Pool{New: func() any { b := make([]byte, 4096); return &b }}

func Skip(r io.Reader) (int, error) {
	block := blocks.Get().(*[]byte)
	defer blocks.Put(block)
	return r.Read(*block)
}
""",
            "It is written over, not added to.",
        ),
    )

    def title(self, case: Case) -> str:
        return f"empty {case.what} right after `Get`"

    def sentence(self, case: Case) -> str:
        return (
            f"{case.what} is written to, and emptied neither after `Get` nor before `Put`: what "
            "its last user wrote comes first"
        )
