"""A pool is copied."""

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule


class PoolCopied(Rule):
    rank = 7
    summary = "a `sync.Pool` is copied"
    why = """\
A pool must not be copied after its first use. The copy shares what the pool holds at that time, and
the garbage collector, which knows only the original, never empties the copy.
"""
    safety = """\
Give the address of the pool to who needs it.
"""
    leave_it = """\
Leave it where the copy is made before the first use of either, though `go vet` will complain.
"""
    examples = (
        Example(
            before="""package p

import "sync"

var buffers = sync.Pool{New: func() any { return new([64]byte) }}

type Writer struct {
	pool sync.Pool
}

func New() *Writer {
	return &Writer{
		pool: buffers, // found
	}
}

func Take(all []sync.Pool) []any {
	var taken []any
	for _, pool := range all { // found
		taken = append(taken, pool.Get())
	}
	return taken
}
""",
            after="""package p

import "sync"

var buffers = sync.Pool{New: func() any { return new([64]byte) }}

type Writer struct {
	pool *sync.Pool
}

func New() *Writer {
	return &Writer{
		pool: &buffers,
	}
}

func Take(all []sync.Pool) []any {
	var taken []any
	for i := range all {
		taken = append(taken, all[i].Get())
	}
	return taken
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import "sync"

func pool() sync.Pool {
	return sync.Pool{New: func() any { return new([64]byte) }}
}

var buffers = pool()

func Use(use func(any)) {
	v := buffers.Get()
	use(v)
	buffers.Put(v)
}
""",
            "A new pool is made and given away: nobody else has it.",
        ),
        NearMiss(
            """package p

import "sync"

var buffers = sync.Pool{New: func() any { return new([64]byte) }}

func Pool() *sync.Pool {
	pool := &buffers
	return pool
}
""",
            "The address of the pool is copied, not the pool.",
        ),
    )

    def sentence(self, case: Case) -> str:
        return (
            f"{case.what} copies the pool `{case.pool}`: the copy shares what it holds, and the "
            "garbage collector empties only the original"
        )
