"""The hidden closure of a `go` or `defer` statement."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern, Subject
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.rewrite import RewriteCase


class DeferredCall(Cause):
    summary = (
        "a `go` statement, or a `defer` in a loop, keeps the function and its arguments for later"
    )
    why = """
A `go` or `defer` statement evaluates the function and its arguments at once and calls later. In
between they are kept in a small block of memory, as if a function literal had captured them. For
`go`, that block must be reachable from another goroutine. For a `defer` that may be reached more
than once before the function ends, there is one block for each time, and a stack frame has room
for a fixed number only.
"""
    safety = """
To move the body of a loop into a function runs its deferred calls at the end of every turn, not at
the end of the whole function: files are closed and locks are released earlier. A plain call
instead of `defer` does not run when the code before it panics.
"""
    leave_it = """
For `go`, always: starting the goroutine costs more. For a `defer` in a loop that has few turns. A
`defer` in a long loop is worth a look for another reason: nothing is closed before the function
ends.
"""
    history = """
From Go 1.23 on, a loop may range over a function (with `go 1.23` in go.mod). A `defer` in its body
counts as one in a loop.
"""
    examples = (
        Example(
            before="""package p

import "os"

func Sizes(names []string) (total int64, err error) {
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return 0, err
		}
		defer f.Close() // heap
		info, err := f.Stat()
		if err != nil {
			return 0, err
		}
		total += info.Size()
	}
	return total, nil
}
""",
            after="""package p

import "os"

func Sizes(names []string) (total int64, err error) {
	for _, name := range names {
		n, err := size(name)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

func size(name string) (int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
""",
        ),
        Example(
            before="""package p

import "sync"

func All(locks []*sync.Mutex, visit func(int)) {
	for i, lock := range locks {
		lock, i := lock, i
		lock.Lock()
		defer func() { // heap
			visit(i)
			lock.Unlock()
		}()
	}
}
""",
            after="""package p

import "sync"

func All(locks []*sync.Mutex, visit func(int)) {
	for _, lock := range locks {
		lock.Lock()
	}
	for i := len(locks) - 1; i >= 0; i-- {
		visit(i)
		locks[i].Unlock()
	}
}
""",
        ),
        Example(
            before="""package p

func work(jobs <-chan int, results chan<- int) {
	for job := range jobs {
		results <- job * job
	}
}

func Start(n int, jobs <-chan int, results chan<- int) {
	for i := 0; i < n; i++ {
		go work(jobs, results) // heap
	}
}
""",
        ),
        Example(
            before="""package p

import (
	"iter"
	"sync"
)

func Hold(locks iter.Seq[*sync.Mutex], run func()) {
	for lock := range locks {
		lock.Lock()
		defer lock.Unlock() // heap
	}
	run()
}
""",
            since=23,
            go="1.23",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import "sync"

type Counter struct {
	mu sync.Mutex
	n  int
}

func (c *Counter) Add(by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += by
}
""",
            "the `defer` is reached once at most, so what it keeps is part of the stack frame",
        ),
        NearMiss(
            """package p

import "sync"

func All(locks []*sync.Mutex, visit func()) {
	for _, lock := range locks {
		func() {
			lock.Lock()
			defer lock.Unlock()
			visit()
		}()
	}
}
""",
            "the `defer` belongs to the function literal, which calls it at the end of each turn",
        ),
        NearMiss(
            """package p

func work() {}

func Start(n int) {
	for i := 0; i < n; i++ {
		go work()
	}
}
""",
            "a declared function without arguments leaves nothing to keep",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return (pattern.subject is Subject.WRAPPER and not pattern.is_forced) or (
            pattern.is_plain and not pattern.is_in_slice and pattern.end is End.DEFER
        )

    def sentence(self, case: Case) -> str:
        if case.evidence.subject is not Subject.WRAPPER:
            why = "a `defer` that is reached in a loop keeps it until the function ends"
            return case.because(why)
        if case.evidence.end is End.GOROUTINE:
            why = "the goroutine that runs the call may outlive this one"
        else:
            why = "a `defer` that is reached in a loop keeps a call for each turn"
        return f"what {case.what} keeps for later {case.is_on_the_heap} because {why}"

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        if case.evidence.end is End.DEFER:
            yield idea(
                "function-per-turn",
                "give each turn of the loop a function of its own",
                f"In a function that one turn calls, {site.what} is no `defer` in a loop: it "
                "needs no "
                "memory on the heap, and runs at the end of the turn.",
                "What is deferred then runs at the end of each turn, not of the whole function.",
            )
        else:
            yield idea(
                "leave-it",
                f"leave {site.what} unless it starts goroutines very often",
                "A `go` statement needs memory for the call that it makes; starting the goroutine "
                "costs more.",
            )
