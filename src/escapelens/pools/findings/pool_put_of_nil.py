"""A variable that was set to nil is put back, at once or by a deferred function."""

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule


class PoolPutOfNil(Rule):
    rank = 4
    summary = "a variable that was set to nil is put back in a `sync.Pool`"
    why = """\
A deferred function literal looks at its variables when it runs, not when `defer` is reached: what
was set to nil in the meantime is put back as nil. A nil pointer or slice in an `any` is not the
nil that `Put` ignores. So the pool gives it to the next `Get`, which takes it for a value, while
the value that was taken is lost.
"""
    safety = """\
`defer pool.Put(v)` keeps the value that `v` has at the `defer` statement. Where the variable must
be set to nil, put the value back before, and do not put it back again.
"""
    leave_it = """\
Never: a nil pointer fails at its next user, far from here.
"""
    examples = (
        Example(
            before="""package p

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Copy(w io.Writer, r io.Reader) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() {
		buffer = nil
		buffers.Put(buffer) // found
	}()
	buffer.Reset()
	if _, err := buffer.ReadFrom(r); err != nil {
		return err
	}
	_, err := buffer.WriteTo(w)
	return err
}
""",
            after="""package p

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Copy(w io.Writer, r io.Reader) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(r); err != nil {
		return err
	}
	_, err := buffer.WriteTo(w)
	return err
}
""",
        ),
        Example(
            before="""package p

import (
	"bytes"
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Copy(w io.Writer, r io.Reader) error {
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() { buffers.Put(buffer) }()
	buffer.Reset()
	if _, err := buffer.ReadFrom(r); err != nil {
		buffer = nil // found
		return err
	}
	_, err := buffer.WriteTo(w)
	return err
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

func Use(use func(*bytes.Buffer)) {
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	use(buffer)
	buffer = nil
	use(buffer)
}
""",
            "The arguments of a deferred call are evaluated at the `defer` statement.",
        ),
        NearMiss(
            """package p

import (
	"bytes"
	"sync"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func Use(use func(*bytes.Buffer)) {
	buffer := buffers.Get().(*bytes.Buffer)
	defer func() {
		buffers.Put(buffer)
		buffer = nil
	}()
	use(buffer)
}
""",
            "The variable is set to nil after its value was put back.",
        ),
        NearMiss(
            """package p

import (
	"hash"
	"sync"
)

var hashes sync.Pool

func Sum(fresh func() hash.Hash, b []byte) []byte {
	h, _ := hashes.Get().(hash.Hash)
	if h == nil {
		h = fresh()
	}
	h.Write(b)
	sum := h.Sum(nil)
	h = nil
	hashes.Put(h)
	return sum
}
""",
            "`Put` ignores an interface that is nil.",
        ),
    )

    def sentence(self, case: Case) -> str:
        if case.seen.detail == "deferred":
            return (
                f"{case.what} is set to nil here, and {case.other} puts back what it holds in the "
                "end: the next `Get` gives nil, and the value that was taken is lost"
            )
        return (
            f"{case.what} was set to nil by {case.other}, and is put back as nil: the next `Get` "
            "gives it to somebody, and the value that was taken is lost"
        )
