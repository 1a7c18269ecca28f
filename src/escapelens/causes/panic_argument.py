"""A value is handed to panic."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern, Subject
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.cold import copied_in_branch
from escapelens.rewriting.rewrite import RewriteCase


class PanicArgument(Cause):
    summary = "a value is handed to `panic`"
    why = """\
`panic` takes an `any` and hands it to a `recover` in some caller, when this function is already
over. So the value must outlive the call. The compiler does not look for that `recover`: every
argument of `panic` counts as kept.
"""
    safety = """\
Whoever recovers sees another type or text if the argument changes. A panic that nobody recovers
prints its argument, and users may search for that text.
"""
    leave_it = """\
Almost always leave it: the memory is allocated on the way to a panic only, which ends the program
or the request. It is worth a look where a variable *moves* to the heap, for that is allocated on
each call, whether it panics or not.
"""
    examples = (
        Example(
            before="""package p

type IndexError struct{ Index, Length int }

func (e IndexError) Error() string { return "index out of range" }

func At(values []int, i int) int {
	if i >= len(values) {
		panic(IndexError{i, len(values)}) // heap
	}
	return values[i]
}
""",
            after="""package p

import "errors"

var errIndex = errors.New("index out of range")

func At(values []int, i int) int {
	if i >= len(values) {
		panic(errIndex)
	}
	return values[i]
}
""",
        ),
        Example(
            before="""package p

type State struct {
	Depth int
	Path  [8]int
}

func Walk(depth int) int {
	state := State{Depth: depth} // heap
	if depth > len(state.Path) {
		panic(&state)
	}
	return state.Depth
}
""",
            after="""package p

type State struct {
	Depth int
	Path  [8]int
}

func Walk(depth int) int {
	state := State{Depth: depth}
	if depth > len(state.Path) {
		panic("too deep")
	}
	return state.Depth
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func Check(ok bool) {
	if !ok {
		panic("check failed")
	}
}
""",
            "A constant needs no copy: the interface points to read-only memory.",
        ),
        NearMiss(
            """package p

func Must(value int, err error) int {
	if err != nil {
		panic(err)
	}
	return value
}
""",
            "The error is an interface already, and what it points to was made elsewhere.",
        ),
        NearMiss(
            """package p

import "log"

func Fail(line int) {
	log.Panicf("line %d", line)
}
""",
            "`log.Panicf` panics with a text: the number is on the heap for the formatting.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.PANIC and (
            pattern.subject is Subject.BOX or (pattern.is_plain and not pattern.is_in_slice)
        )

    def sentence(self, case: Case) -> str:
        return case.boxed_because(f"{case.statement} hands it to whoever recovers")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        yield from copied_in_branch(case)
        site = told(case)
        yield idea(
            "leave-it",
            f"leave {site.what}",
            "It is only needed on the way to a panic.",
        )
