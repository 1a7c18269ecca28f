"""A constant in an interface."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.causes.clauses import kept
from escapelens.evidence import Pattern, Subject
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.rewrite import RewriteCase


class ConstantBoxed(Cause):
    summary = "a constant is put in an interface"
    why = """\
An interface holds a pointer to its value, and this interface outlives the call. So the compiler
prints that the value is on the heap. But the value never changes: the compiler writes it into the
program's read-only memory, and the interface points there. Nothing is allocated when the line runs.
"""
    safety = "There is nothing to gain, so there is nothing to rewrite."
    leave_it = """\
Always leave it. The site is listed because the compiler prints it, and so that no line of its
output goes missing.
"""
    history = """\
Since Go 1.25 a local variable that is set once, to a constant, counts as that constant. Before, it
was copied to the heap on each run. Up to Go 1.21 the compiler prints the constant's name or its
source text, later its value.
"""
    examples = (
        Example(
            before="""package p

import "io"

type Status struct {
	Text  any
	Cause error
}

func Done() Status {
	return Status{Text: "done", Cause: io.EOF} // heap
}
""",
            after="""package p

import "io"

type Status struct {
	Text  string
	Cause error
}

func Done() Status {
	return Status{Text: "done", Cause: io.EOF}
}
""",
        ),
        Example(
            before="""package p

import "fmt"

const Limit = 100000

type Level int

const Debug Level = 300

func Show() {
	fmt.Println("limit", Limit) // heap
	fmt.Println(Debug, 3.5)     // heap
}
""",
        ),
        Example(
            before="""package p

var limit any

func Reset() {
	n := 100000
	limit = n // heap
}
""",
            since=25,
        ),
    )
    near_misses = (
        NearMiss(
            """package p

var last any

func Store(text string) {
	last = text
}
""",
            "The value is only known when the program runs, so it is copied to the heap.",
        ),
        NearMiss(
            """package p

type Point struct{ X, Y int }

func Origin() any {
	return Point{1, 2}
}
""",
            "A struct literal is no constant in Go, even if all of its fields are.",
        ),
        NearMiss(
            """package p

func Name() string {
	const name = "gopher"
	return name
}
""",
            "No interface takes part: a string constant points to read-only memory anyway.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.CONSTANT and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return f"constant {case.what} counts as on the heap because {kept(case)}"

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        yield idea(
            "leave-it",
            f"leave {site.what}",
            "A constant in an interface points to read-only memory: nothing is allocated here.",
        )
