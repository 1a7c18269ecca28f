"""A value that is no pointer is put back, and boxed for it."""

from escapelens.model import Site
from escapelens.pools.findings.base import Case, Example, NearMiss, Rule, within
from escapelens.types import Observation


class PoolPutByValue(Rule):
    rank = 10
    needs_site = True
    rewrite = "pool-pointer"
    summary = "a slice, string or struct is put in a `sync.Pool` by value"
    why = """\
`Put` takes an `any`, and an interface holds one pointer. A slice is three words, so each `Put`
copies these words to new memory on the heap. That is an allocation per use, which the pool was
meant to avoid. It does not matter whether the `Put` is deferred: a deferred `Put` runs, and boxes
all the same.
"""
    safety = """\
All who call `Get` must assert the pointer type, and `New` must return a pointer.
"""
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
	defer buffers.Put(buffer) // found
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

type point struct{ x, y int }

type Points[T any] struct{ pool sync.Pool }

func (p *Points[T]) Put(v point, line []T) {
	p.pool.Put(v)        // found
	p.pool.Put(line[:0]) // found
}

var ints Points[int]

func Use(n int) {
	ints.Put(point{n, n}, nil)
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import "sync"

var arrays = sync.Pool{New: func() any { return new([64]byte) }}

func Use(use func([]byte)) {
	a := arrays.Get().(*[64]byte)
	defer arrays.Put(a)
	use(a[:])
}
""",
            "A pointer fits into the interface as it is.",
        ),
        NearMiss(
            """package p

import "sync"

var channels = sync.Pool{New: func() any { return make(chan error, 1) }}

func Wait(start func(chan error)) error {
	c := channels.Get().(chan error)
	start(c)
	err := <-c
	channels.Put(c)
	return err
}
""",
            "A channel is one pointer, and so are maps and functions.",
        ),
    )

    def is_site(self, seen: Observation, site: Site) -> bool:
        return site.cause == "pool-put-by-value" and within(seen, site)

    def title(self, case: Case) -> str:
        return f"let `{case.pool}` hold pointers to slices"

    def sentence(self, case: Case) -> str:
        seen = case.seen
        return (
            f"{case.what} is no pointer but a `{seen.type}`, which an interface holds by its "
            "address: each `Put` copies it to new memory on the heap"
        )
