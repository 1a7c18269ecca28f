"""A value that needs more alignment than a stack slot has."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.rewrite import RewriteCase


class OverAligned(Cause):
    summary = "a value needs more alignment than a stack slot has"
    why = """\
`atomic.Int64` and `atomic.Uint64` must lie at an address that is a multiple of 8, since the
processor can only change 8 bytes in one go there. On 32-bit targets (`GOARCH=386`, `arm`, `mips`)
the stack keeps addresses at multiples of 4 only. A variable of such a type, or of a struct or array
that has one in it, is therefore on the heap, even if it never leaves the function.
"""
    safety = """\
`atomic.Int32` and `atomic.Uint32` overflow after 2 or 4 billion steps. A plain `int64` is only
right where no other goroutine uses it at the same time.
"""
    leave_it = """\
When other goroutines use the value, it is on the heap anyway. On 64-bit targets the same code needs
no such care, so it is rarely worth a change for 32-bit ones alone.
"""
    examples = (
        Example(
            before="""package p

import "sync/atomic"

type Stats struct {
	name  string
	bytes atomic.Int64
}

func Total(sizes []int64) int64 {
	var total atomic.Int64 // heap
	for _, size := range sizes {
		total.Add(size)
	}
	return total.Load()
}

func Sum(name string, sizes []int64) int64 {
	stats := &Stats{name: name} // heap
	for _, size := range sizes {
		stats.bytes.Add(size)
	}
	return stats.bytes.Load()
}
""",
            after="""package p

type Stats struct {
	name  string
	bytes int64
}

func Total(sizes []int64) int64 {
	var total int64
	for _, size := range sizes {
		total += size
	}
	return total
}

func Sum(name string, sizes []int64) int64 {
	stats := &Stats{name: name}
	for _, size := range sizes {
		stats.bytes += size
	}
	return stats.bytes
}
""",
            goarch="386",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import "sync/atomic"

func Total(sizes []int64) int64 {
	var total atomic.Int64
	for _, size := range sizes {
		total.Add(size)
	}
	return total.Load()
}
""",
            "on a 64-bit target all slots of the stack lie at multiples of 8",
            goarch="amd64",
        ),
        NearMiss(
            """package p

import "sync/atomic"

func Total(sizes []int64) int64 {
	var total int64
	for _, size := range sizes {
		atomic.AddInt64(&total, size)
	}
	return total
}
""",
            "an `int64` needs no such alignment; "
            "it is on the heap because the compiler cannot look into `AddInt64`",
            goarch="386",
        ),
        NearMiss(
            """package p

import "sync/atomic"

func Count(words []string) int32 {
	var count atomic.Int32
	for range words {
		count.Add(1)
	}
	return count.Load()
}
""",
            "`atomic.Int32` has 4 bytes, which lie at multiples of 4",
            goarch="386",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.TOO_ALIGNED

    def sentence(self, case: Case) -> str:
        return case.because(
            "it must lie at a multiple of 8 bytes, "
            "and the stack of a 32-bit target keeps multiples of 4 only"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        yield idea(
            "put-in-struct",
            f"put {site.what} where its alignment is certain",
            "Make it the first field of a struct that is on the heap already, such as the "
            "receiver, or use 64-bit targets, where it needs no such care.",
        )
