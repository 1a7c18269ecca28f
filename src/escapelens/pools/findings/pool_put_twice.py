"""The same value is put back twice."""

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule


class PoolPutTwice(Rule):
    rank = 1
    summary = "the same value is put back in a `sync.Pool` twice"
    why = """\
The pool then holds the value twice and gives it to two owners, each of whom believes to be alone.
That happens where an early `Put` and a deferred one meet.
"""
    safety = """\
Keep one of the two: the deferred one also covers panics and later returns.
"""
    leave_it = """\
Never: two goroutines will write to the same memory.
"""
    examples = (
        Example(
            before="""package p

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Copy(w io.Writer, r io.Reader) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(r); err != nil {
		buffers.Put(buffer) // found
		return errors.New("cannot read")
	}
	_, err := buffer.WriteTo(w)
	return err
}
""",
            after="""package p

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Copy(w io.Writer, r io.Reader) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(r); err != nil {
		return errors.New("cannot read")
	}
	_, err := buffer.WriteTo(w)
	return err
}
""",
        ),
        Example(
            before="""package p

import "sync"

type Task struct{ n int }

func (t *Task) free() { tasks.Put(t) }

var tasks = sync.Pool{New: func() any { return new(Task) }}

func Run(n int, do func(int)) {
	t := tasks.Get().(*Task)
	t.n = n
	do(t.n)
	if n < 0 {
		t.free()
		goto end
	}
	t.free()
end:
	t.free() // found
}
""",
        ),
        Example(
            before="""package p

import "sync"

var arrays = sync.Pool{New: func() any { return new([64]byte) }}

func Use(use func([]byte) bool) {
	a := arrays.Get().(*[64]byte)
	defer func() {
		arrays.Put(a)
	}()
	if use(a[:]) {
		arrays.Put(a) // found
	}
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import "sync"

var arrays = sync.Pool{New: func() any { return new([64]byte) }}

func Use(use func([]byte) bool) {
	a := arrays.Get().(*[64]byte)
	defer func() {
		if a != nil {
			arrays.Put(a)
		}
	}()
	if use(a[:]) {
		arrays.Put(a)
		a = nil
	}
}
""",
            "The deferred function puts nothing back where the variable is nil.",
        ),
        NearMiss(
            """package p

import "sync"

var arrays = sync.Pool{New: func() any { return new([64]byte) }}

func Use(n int, use func([]byte) bool) {
	for i := 0; i < n; i++ {
		a := arrays.Get().(*[64]byte)
		if !use(a[:]) {
			arrays.Put(a)
			continue
		}
		arrays.Put(a)
	}
}
""",
            "Only one of the two is reached with the same value.",
        ),
    )

    def sentence(self, case: Case) -> str:
        when = "puts it back too" if case.seen.detail else "has put it back already"
        return (
            f"{case.what} is put back here, and {case.other} {when}: "
            "two later calls of `Get` may give the same value"
        )
