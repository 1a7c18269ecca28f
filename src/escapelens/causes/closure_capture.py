"""A function literal that outlives the call captures a variable."""

from escapelens.causes.base import Case, Cause, Example, NearMiss, outlives
from escapelens.evidence import Pattern


class ClosureCapture(Cause):
    summary = "a function literal that may outlive the call captures the variable"
    why = """
A function literal that uses a variable of the function around it holds either a copy of it or its
address. A copy is enough for a variable of at most 128 bytes whose address nobody takes and which
nobody assigns to once the literal is there. Every other one is shared by address, and if the
literal may outlive the call, the variable must be on the heap. The same is true of what a copied
pointer, slice or map refers to, if it was made here.
"""
    safety = """
Both functions see a shared variable change. A second variable that the literal gets a copy of, or
a parameter of the literal, cuts that link: later assignments on one side are no longer seen on the
other. Where two goroutines use the variable, that link needs a lock or a channel in any case.
"""
    leave_it = """
If both sides must see the same variable, it has to live somewhere that both can reach, and that is
what the compiler arranged. A literal made once, such as a handler or a callback, costs as much as
one small struct.
"""
    examples = (
        Example(
            before="""package p

type Tally struct{ callbacks []func(int) }

func (t *Tally) Above(limit int) {
	if limit < 0 {
		limit = 0
	}
	seen := 0 // heap
	t.callbacks = append(t.callbacks, func(n int) {
		if n > limit {
			seen++
		}
	})
}
""",
            after="""package p

type Counter struct{ limit, seen int }

func (c *Counter) Add(n int) {
	if n > c.limit {
		c.seen++
	}
}

type Tally struct{ counters []Counter }

func (t *Tally) Above(limit int) {
	if limit < 0 {
		limit = 0
	}
	t.counters = append(t.counters, Counter{limit: limit})
}
""",
        ),
        Example(
            before="""package p

func Longest(words []string) func() int {
	longest := 0 // heap
	get := func() int { return longest }
	for _, word := range words {
		if len(word) > longest {
			longest = len(word)
		}
	}
	return get
}
""",
            after="""package p

func Longest(words []string) func() int {
	longest := 0
	for _, word := range words {
		if len(word) > longest {
			longest = len(word)
		}
	}
	return func() int { return longest }
}
""",
        ),
        Example(
            before="""package p

type Rates struct{ table [32]float64 }

func (r *Rates) Lookup() func(int) float64 {
	table := r.table // heap
	return func(i int) float64 { return table[i] }
}
""",
            after="""package p

type Rates struct{ table [32]float64 }

func (r *Rates) Lookup() func(int) float64 {
	return func(i int) float64 { return r.table[i] }
}
""",
        ),
        Example(
            before="""package p

func Fetch(load func() error) error {
	var err error // heap
	done := make(chan struct{})
	go func() {
		err = load()
		close(done)
	}()
	<-done
	return err
}
""",
            after="""package p

func Fetch(load func() error) error {
	done := make(chan error, 1)
	go func() {
		done <- load()
	}()
	return <-done
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func each(values []int, visit func(int)) {
	for _, v := range values {
		visit(v)
	}
}

func Sum(values []int) int {
	total := 0
	each(values, func(v int) { total += v })
	return total
}
""",
            "the function that gets the literal calls it and does not keep it",
        ),
        NearMiss(
            """package p

func Above(limit int) func(int) bool {
	if limit < 0 {
		limit = 0
	}
	return func(n int) bool { return n > limit }
}
""",
            "nothing is assigned to the variable after the literal, so the literal holds a copy",
        ),
        NearMiss(
            """package p

type Counter struct{ n int }

func (c *Counter) Add() { c.n++ }

func Adder() func() {
	var c Counter
	return c.Add
}
""",
            "a method value holds the address, not a function literal",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_captured

    def sentence(self, case: Case) -> str:
        return case.because(f"it is {case.literal}, and {outlives(case)}")
