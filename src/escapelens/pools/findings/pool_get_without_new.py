"""A type assertion on the value of a pool without New panics when the pool is empty."""

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule


class PoolGetWithoutNew(Rule):
    rank = 3
    summary = "a `sync.Pool` has no `New`, and the value of `Get` is asserted without `ok`"
    why = """\
`Get` of an empty pool without `New` gives nil, and a type assertion on nil panics. A pool is
empty at the start, and again whenever the garbage collector has run twice without a use of what
it holds: filling it beforehand does not help.
"""
    safety = """\
Give the pool a `New`, or use the assertion with `ok` and make the value where it is false.
"""
    leave_it = """\
Never: how often the pool is empty depends on the garbage collector.
"""
    examples = (
        Example(
            before="""package p

import "sync"

var arrays sync.Pool

func Use(use func([]byte)) {
	a := arrays.Get().(*[64]byte) // found
	use(a[:])
	arrays.Put(a)
}
""",
            after="""package p

import "sync"

var arrays = sync.Pool{New: func() any { return new([64]byte) }}

func Use(use func([]byte)) {
	a := arrays.Get().(*[64]byte)
	use(a[:])
	arrays.Put(a)
}
""",
        ),
        Example(
            before="""package p

import "sync"

type Reader struct {
	scratch *sync.Pool
	pool    sync.Pool
}

func New() *Reader {
	return &Reader{scratch: &sync.Pool{New: func() any { return new([8]byte) }}}
}

func (r *Reader) Use(use func([]byte)) {
	a := r.scratch.Get().(*[8]byte)
	b := r.pool.Get().(*[16]byte) // found
	use(a[:])
	use(b[:])
	r.pool.Put(b)
	r.scratch.Put(a)
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import "sync"

var arrays sync.Pool

func Use(use func([]byte)) {
	a, _ := arrays.Get().(*[64]byte)
	if a == nil {
		a = new([64]byte)
	}
	use(a[:])
	arrays.Put(a)
}
""",
            "The assertion with `ok` gives nil.",
        ),
        NearMiss(
            """package p

import "sync"

type Scratch struct {
	pool sync.Pool
}

func New(size int) *Scratch {
	s := new(Scratch)
	s.pool.New = func() any {
		b := make([]byte, size)
		return &b
	}
	return s
}

func (s *Scratch) Use(use func([]byte)) {
	b := s.pool.Get().(*[]byte)
	use(*b)
	s.pool.Put(b)
}
""",
            "`New` is set where the pool is made.",
        ),
    )

    def sentence(self, case: Case) -> str:
        return (
            f"`{case.pool}` has no `New`: where it is empty, `Get` gives nil, and "
            f"`.({case.seen.type})` panics"
        )
