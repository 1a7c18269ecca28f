"""A goroutine runs a function literal."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss
from escapelens.evidence import End, Pattern, Subject
from escapelens.rewriting.attempts import Attempt
from escapelens.rewriting.goroutines import on_goroutine
from escapelens.rewriting.rewrite import RewriteCase


class GoroutineClosure(Cause):
    summary = "a `go` statement runs a function literal"
    why = """
A new goroutine has a stack of its own and may still run when this function has returned. It gets
the function literal as a block of memory with everything that the literal captures, and that block
must be where both goroutines can reach it. The compiler does not look for a `WaitGroup` or a
channel that makes this function wait: a `go` statement alone decides.
"""
    safety = """
A call without `go` runs at once: nothing happens at the same time, a panic reaches the caller, and
code that waits for the other side blocks for ever. Goroutines that are started once and take work
from a channel bound how much runs at a time, and someone must close that channel.
"""
    leave_it = """
Starting a goroutine costs more than this block, so almost always. A literal that captures nothing
is reported, but allocates nothing of its own. It shows where goroutines are started for very
little work each.
"""
    examples = (
        Example(
            before="""package p

import "sync"

func Squares(values []int) {
	var group sync.WaitGroup
	for i := range values {
		v := &values[i]
		group.Add(1)
		go func() { // heap
			defer group.Done()
			*v *= *v
		}()
	}
	group.Wait()
}
""",
            after="""package p

func Squares(values []int) {
	for i := range values {
		values[i] *= values[i]
	}
}
""",
        ),
        Example(
            before="""package p

func Forward(in <-chan int, out chan<- int) {
	go func() { // heap
		for v := range in {
			out <- v
		}
		close(out)
	}()
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func forward(in <-chan int, out chan<- int) {
	for v := range in {
		out <- v
	}
	close(out)
}

func Forward(in <-chan int, out chan<- int) {
	go forward(in, out)
}
""",
            "no literal is run; what the statement keeps for its call is on the heap instead",
        ),
        NearMiss(
            """package p

import "sync"

func Locked(mu *sync.Mutex, f func()) {
	mu.Lock()
	defer func() {
		mu.Unlock()
	}()
	f()
}
""",
            "a `defer` outside of loops runs the literal while the stack frame is still there",
        ),
        NearMiss(
            """package p

func tick() {}

func Start() {
	go tick()
}
""",
            "a declared function without arguments needs no memory of its own",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and (pattern.end is End.GOROUTINE and pattern.subject is Subject.FUNC_LITERAL)
        )

    def sentence(self, case: Case) -> str:
        return case.because("the goroutine that runs it may outlive this call")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        yield on_goroutine(case)
