"""A value that is no pointer is put in a pool."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, is_pooled, told
from escapelens.evidence import Pattern, Subject
from escapelens.model import Effect
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.pooled import pooled_by_pointer
from escapelens.rewriting.rewrite import RewriteCase


class PoolPutByValue(Cause):
    summary = "a slice, string or struct is put in a `sync.Pool` by value"
    why = """\
`Put` takes an `any`, and an interface holds one pointer. A slice is three words: pointer, length
and capacity. So each `Put` copies these words to new memory on the heap, which is just what the
pool was meant to avoid. A pointer to the slice fits into the interface as it is. It does not matter
whether the `Put` is deferred: a deferred `Put` runs, and copies all the same.
"""
    safety = """\
Everyone who calls `Get` must assert the pointer type, and `New` must return a pointer. Put back the
pointer that `Get` gave, after writing the grown slice through it: the address of another variable,
such as a parameter, moves that variable to the heap instead.
"""
    asks_for_pools = True
    leave_it = """\
Leave it where the pooled memory is large and `Put` is rare: the copy is small (24 bytes for a
slice) next to what the pool saves.
"""
    examples = (
        Example(
            before="""package p

import (
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return make([]byte, 32*1024) }}

func Copy(w io.Writer, r io.Reader) (int64, error) {
	buffer := buffers.Get().([]byte)
	defer buffers.Put(buffer) // heap
	return io.CopyBuffer(w, r, buffer)
}
""",
            after="""package p

import (
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new([32 * 1024]byte) }}

func Copy(w io.Writer, r io.Reader) (int64, error) {
	buffer := buffers.Get().(*[32 * 1024]byte)
	defer buffers.Put(buffer)
	return io.CopyBuffer(w, r, buffer[:])
}
""",
        ),
        Example(
            before="""package p

import "sync"

var lines = sync.Pool{New: func() any { return make([]byte, 0, 64) }}

func Size(words []string) int {
	line := lines.Get().([]byte)
	line = line[:0]
	for _, word := range words {
		line = append(line, word...)
	}
	size := len(line)
	lines.Put(line) // heap
	return size
}
""",
            rewrite="pool-pointer",
            after="""package p

import "sync"

var lines = sync.Pool{New: func() any { b := make([]byte, 0, 64); return &b }}

func Size(words []string) int {
	pooled := lines.Get().(*[]byte)
	line := *pooled
	line = line[:0]
	for _, word := range words {
		line = append(line, word...)
	}
	size := len(line)
	*pooled = line
	lines.Put(pooled)
	return size
}
""",
            effect=Effect.MOVED,
            check="""var words = []string{"where", "are", "the", "trees"}

func check() any { return Size(words) }
""",
        ),
        Example(
            before="""package p

import "sync"

type Encoder struct {
	pool sync.Pool
}

func (e *Encoder) Encode(words []string, write func([]byte)) {
	line, _ := e.pool.Get().([]byte)
	for _, word := range words {
		line = append(line, word...)
	}
	write(line)
	e.pool.Put(line[:0]) // heap
}
""",
            after="""package p

import "sync"

type Encoder struct {
	pool sync.Pool
}

func (e *Encoder) Encode(words []string, write func([]byte)) {
	line, _ := e.pool.Get().(*[]byte)
	if line == nil {
		line = new([]byte)
	}
	for _, word := range words {
		*line = append(*line, word...)
	}
	write(*line)
	*line = (*line)[:0]
	e.pool.Put(line)
}
""",
        ),
    )
    refusals = (
        RefusalExample(
            "pool-pointer",
            """package p

import "sync"

var lines = sync.Pool{New: func() any { return make([]byte, 0, 64) }}

func Line() []byte {
	return lines.Get().([]byte)[:0]
}

func Free(line []byte) {
	lines.Put(line) // heap
}
""",
            "not everything that takes from the pool and puts back is understood",
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

func Free(buffer *bytes.Buffer) {
	buffer.Reset()
	buffers.Put(buffer)
}
""",
            "A pointer fits into the interface as it is: `Put` copies nothing.",
        ),
        NearMiss(
            """package p

import "sync"

var buffers sync.Pool

func Free(buffer []byte) {
	buffers.Put(&buffer)
}
""",
            "The pool gets a pointer, but to the parameter, which moves to the heap itself.",
        ),
        NearMiss(
            """package p

type Pool struct {
	free chan any
}

func (p *Pool) Put(buffer []byte) {
	p.free <- buffer
}
""",
            "A pool of the program's own: the value is copied into an interface and sent.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.BOX and not pattern.is_forced and is_pooled(pattern)

    def sentence(self, case: Case) -> str:
        return "a copy of " + case.because(
            f"{case.call} takes an interface, which holds an address: "
            "each call copies the value to new memory"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        yield from pooled_by_pointer(case)
        site = told(case)
        yield idea(
            "keep-pointer",
            f"keep a pointer to {site.what} in the pool",
            f"{site.call} copies the value to new memory each time. Let `New` return a pointer, "
            "keep the pointer that `Get` gives, assign through it, and put the same pointer back: "
            "a new `&` of a parameter or variable would be allocated just as well.",
            "All `Get` and `Put` of the pool must change together.",
        )
