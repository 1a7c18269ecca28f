"""What is put back has another type than what is taken is asserted to have."""

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule


class PoolWrongType(Rule):
    rank = 2
    summary = "a `sync.Pool` holds another type than `Get` is asserted to give"
    why = """\
The type of what a pool holds is known to nobody but the program: `Put` takes an `any`, and the
type assertion after `Get` panics when it meets something else. A pool that gets a `T` and is
asserted to hold a `*T` works until the first value comes back.
"""
    safety = """\
Change the `Put`, the `New` or the assertions, so that all name one type.
"""
    leave_it = """\
Never: the program panics when such a value is taken.
"""
    examples = (
        Example(
            before="""package p

import "sync"

var lines = sync.Pool{New: func() any { return new([]byte) }}

func Each(use func([]byte)) {
	line := lines.Get().(*[]byte)
	use(*line)
	lines.Put(*line) // found
}
""",
            after="""package p

import "sync"

var lines = sync.Pool{New: func() any { return new([]byte) }}

func Each(use func([]byte)) {
	line := lines.Get().(*[]byte)
	use(*line)
	lines.Put(line)
}
""",
        ),
        Example(
            before="""package p

import (
	"bytes"
	"sync"
)

var buffers sync.Pool

func init() {
	buffers.New = func() any { return bytes.Buffer{} } // found
}

func Each(use func(*bytes.Buffer)) {
	buffer := buffers.Get().(*bytes.Buffer)
	use(buffer)
	buffers.Put(buffer)
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import "sync"

var lines sync.Pool

func Each(use func([]byte)) {
	line, ok := lines.Get().(*[]byte)
	if !ok {
		line = new([]byte)
	}
	use(*line)
	lines.Put(*line)
}
""",
            "The assertion with `ok` does not panic, though what is put back is never used again.",
        ),
        NearMiss(
            """package p

import "sync"

type Shape interface{ Area() int }

type Square struct{ side int }

func (s *Square) Area() int { return s.side * s.side }

var shapes = sync.Pool{New: func() any { return new(Square) }}

func Each(use func(Shape)) {
	shape := shapes.Get().(Shape)
	use(shape)
	shapes.Put(shape)
}
""",
            "The assertion is to an interface, which the type has.",
        ),
    )

    def sentence(self, case: Case) -> str:
        seen = case.seen
        if seen.detail == "new":
            return (
                f"`New` makes `{seen.type}`, and the value of `Get` is asserted to be "
                f"`{seen.other_type}`: `Get().({seen.other_type})` panics"
            )
        return (
            f"{case.what} is put in the pool as `{seen.type}`, and what `Get` gives is asserted to "
            f"be `{seen.other_type}`: the `Get` that meets it panics"
        )
