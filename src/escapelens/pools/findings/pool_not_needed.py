"""A pool of values that the compiler would leave on the stack."""

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule


class PoolNotNeeded(Rule):
    rank = 12
    rewrite = "remove-pool"
    summary = "a `sync.Pool` holds values that would stay on the stack without it"
    why = """\
What does not outlive the function and has a fixed size needs no memory from the heap: a new value
in place of each `Get` costs no allocation. The pool costs its calls, keeps the values on the
heap, and may give back what somebody else wrote. That the value stays on the stack is not
guessed: the program is compiled with `new(T)` in place of `Get`.
"""
    safety = """\
A new value is zeroed in each call, where the pool gives what is in it. Goroutines with large
values on their stack need larger stacks.
"""
    leave_it = """\
Leave it where the value is large: to zero some KiB in each call may cost more than the pool.
"""
    examples = (
        Example(
            before="""package p

import "sync"

type digits struct {
	buffer [20]byte
	n      int
}

var pool = sync.Pool{New: func() any { return new(digits) }} // found

func Count(n uint) int {
	d := pool.Get().(*digits)
	defer pool.Put(d)
	d.n = 0
	for n > 0 {
		d.buffer[d.n] = byte(n % 10)
		d.n++
		n /= 10
	}
	return d.n
}
""",
            after="""package p

type digits struct {
	buffer [20]byte
	n      int
}

func Count(n uint) int {
	d := new(digits)
	d.n = 0
	for n > 0 {
		d.buffer[d.n] = byte(n % 10)
		d.n++
		n /= 10
	}
	return d.n
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

var arrays = sync.Pool{New: func() any { return new([512]byte) }}

func Skip(r io.Reader) (int, error) {
	a := arrays.Get().(*[512]byte)
	defer arrays.Put(a)
	return r.Read(a[:])
}
""",
            "The reader is only known when the program runs, so the value would be on the heap.",
        ),
        NearMiss(
            """package p

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Twice(name string) string {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	buffer.WriteString(name)
	buffer.WriteString(name)
	return buffer.String()
}
""",
            "The buffer would stay on the stack, but not the memory that it points to.",
        ),
    )

    def title(self, case: Case) -> str:
        return f"make a new value in place of each `Get` of `{case.pool}`"

    def sentence(self, case: Case) -> str:
        return (
            f"with {case.what} in place of `Get`, what `{case.pool}` holds stays on the stack: the "
            "pool saves no allocation"
        )
