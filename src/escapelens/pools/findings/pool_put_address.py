"""The address of a parameter or local variable is put back, which moves it to the heap."""

from escapelens.model import Kind, Site
from escapelens.pools.findings.base import Case, Example, NearMiss, Rule
from escapelens.types import Observation


class PoolPutAddress(Rule):
    rank = 9
    needs_site = True
    summary = "the address of a parameter or local variable is put back in a `sync.Pool`"
    why = """\
The pool keeps the address, so the variable must be on the heap: it is allocated anew in each
call, and the pool saves what the slice points to but not the 24 bytes of the slice itself. Put
back the pointer that `Get` gave.
"""
    safety = """\
The wrapper must take and give the pointer, so its callers change too.
"""
    leave_it = """\
Leave it where the pooled memory is large: 24 bytes are little next to it, and the interface of
plain slices may be worth more.
"""
    examples = (
        Example(
            before="""package p

import "sync"

var lines = sync.Pool{New: func() any { return new([]byte) }}

func get() []byte { return *lines.Get().(*[]byte) }

func put(line []byte) {
	lines.Put(&line) // found
}

func Each(use func([]byte) []byte) {
	put(use(get()))
}
""",
            after="""package p

import "sync"

var lines = sync.Pool{New: func() any { return new([]byte) }}

func get() *[]byte { return lines.Get().(*[]byte) }

func put(line *[]byte) {
	lines.Put(line)
}

func Each(use func([]byte) []byte) {
	line := get()
	*line = use(*line)
	put(line)
}
""",
        ),
        Example(
            before="""package p

import "sync"

var lines = sync.Pool{New: func() any { return new([]byte) }}

func Each(use func([]byte) []byte) {
	line := *lines.Get().(*[]byte)
	line = use(line[:0])
	lines.Put(&line) // found
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import "sync"

var lines = sync.Pool{New: func() any { return new([]byte) }}

func Each(use func([]byte) []byte) {
	line := lines.Get().(*[]byte)
	*line = use((*line)[:0])
	lines.Put(line)
}
""",
            "The pointer is the one that the pool gave.",
        ),
        NearMiss(
            """package p

import "sync"

var lines sync.Pool

func Fill(n int) {
	for i := 0; i < n; i++ {
		line := make([]byte, 0, 1024)
		lines.Put(&line)
	}
}
""",
            "A new value is made for the pool, which must be somewhere.",
        ),
        NearMiss(
            """package p

import "sync"

var lines sync.Pool

func Each(use func([]byte)) {
	var line []byte
	if pooled, ok := lines.Get().(*[]byte); ok {
		defer lines.Put(pooled)
		line = *pooled
	} else {
		line = make([]byte, 1024)
		defer lines.Put(&line)
	}
	use(line)
}
""",
            "What is put back by its address was made just before.",
        ),
    )

    def is_site(self, seen: Observation, site: Site) -> bool:
        at = seen.other_place
        return (
            at is not None
            and site.kind is Kind.MOVED
            and (site.position.line, site.position.column) == (at.line, at.column)
        )

    def sentence(self, case: Case) -> str:
        seen = case.seen
        kind = "parameter" if seen.detail == "parameter" else "variable"
        return (
            f"the pool keeps the address of the {kind} {case.what}{case.line(seen.other_place)}, "
            f"which is on the heap for that: each call allocates a variable of type `{seen.type}`"
        )
