"""A pool is copied, and what one copy holds the other does not."""

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule


class PoolCopied(Rule):
    rank = 7
    summary = "a `sync.Pool` is copied"
    why = """\
A pool must not be copied after its first use: both copies point to the same values, which two
owners may then take at once, and the garbage collector knows only one of them as a pool.
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
            f"{case.what} copies the pool `{case.pool}`: both hold the same values, and may give "
            "one to two owners"
        )
