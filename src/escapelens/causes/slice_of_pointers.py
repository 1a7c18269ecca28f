"""Values are kept in a slice by their addresses."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, told
from escapelens.causes.clauses import kept
from escapelens.evidence import End, Pattern
from escapelens.model import Effect
from escapelens.rewriting.attempts import (
    Attempt,
    attempt,
    code_of,
    idea,
    is_in_interface,
    its_own_type,
    review,
)
from escapelens.rewriting.backing import one_array
from escapelens.rewriting.code import LOOPS, around
from escapelens.rewriting.rewrite import Rewrite, RewriteCase


class SliceOfPointers(Cause):
    summary = "values are kept in a slice as pointers"
    why = """\
A slice of pointers holds addresses, and each value that they lead to is a piece of memory of its
own. `append` writes the address into an array that the compiler does not keep track of, so the
value is on the heap even if the slice never leaves the function. A slice literal is followed: its
values are on the heap only if the slice itself leaves, as when it is returned.
"""
    safety = """\
With `[]T` in place of `[]*T` the values lie side by side. Then an assignment copies, `for _, v :=
range` hands out copies, and the address of an element is that of an old array as soon as the slice
grows. Sorting moves whole values, and an element can no longer be `nil` or be in two slices. A
struct with a lock in it must not be copied.
"""
    leave_it = """\
When the same values are in other slices, maps or structs, when they are large and often moved, or
when they are compared by address, pointers are the right elements. For a handful of values it makes
no difference.
"""
    examples = (
        Example(
            before="""package p

import "strings"

type User struct{ Name string }

func Parse(lines string) []*User {
	var users []*User
	for _, line := range strings.Split(lines, "\\n") {
		users = append(users, &User{Name: line}) // heap
	}
	return users
}
""",
            after="""package p

import "strings"

type User struct{ Name string }

func Parse(lines string) []User {
	var users []User
	for _, line := range strings.Split(lines, "\\n") {
		users = append(users, User{Name: line})
	}
	return users
}
""",
        ),
        Example(
            before="""package p

type User struct {
	Name string
	next *User
}

func Chain(names []string) []*User {
	users := make([]*User, 0, len(names))
	for i, name := range names {
		users = append(users, &User{Name: name}) // heap
		if i > 0 {
			users[i-1].next = users[i]
		}
	}
	return users
}
""",
            after="""package p

type User struct {
	Name string
	next *User
}

func Chain(names []string) []*User {
	users := make([]*User, 0, len(names))
	values := make([]User, 0, len(names))
	for i, name := range names {
		values = append(values, User{Name: name})
		users = append(users, &values[len(values)-1])
		if i > 0 {
			users[i-1].next = users[i]
		}
	}
	return users
}
""",
            rewrite="one-array",
            effect=Effect.MOVED,
            check="""import "strings"

func check() any {
	names := strings.Split("ann,bob,eve,joe", ",")
	return Chain(names)[1].next.Name
}
""",
        ),
        Example(
            before="""package p

type Rule struct {
	pattern string
	weight  int
}

func Defaults() []*Rule {
	return []*Rule{
		{pattern: "*.go", weight: 2}, // heap
		{pattern: "*.md", weight: 1}, // heap
	}
}
""",
            after="""package p

type Rule struct {
	pattern string
	weight  int
}

func Defaults() []Rule {
	return []Rule{
		{pattern: "*.go", weight: 2},
		{pattern: "*.md", weight: 1},
	}
}
""",
        ),
        Example(
            before="""package p

type Order struct{ total int }

type Book struct{ open []*Order }

func (b *Book) Add(total int) {
	order := Order{total} // heap
	b.open = append(b.open, &order)
}
""",
            after="""package p

type Order struct{ total int }

type Book struct{ open []Order }

func (b *Book) Add(total int) {
	order := Order{total}
	b.open = append(b.open, order)
}
""",
        ),
    )
    refusals = (
        RefusalExample(
            "one-array",
            """package p

type Line struct{ text string }

func Read(lines <-chan string) []*Line {
	var all []*Line
	for line := range lines {
		all = append(all, &Line{line}) // heap
	}
	return all
}
""",
            "how often the loop turns is not known before",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Point struct{ X, Y int }

func Sum(a, b Point) int {
	sum := 0
	for _, p := range []*Point{&a, &b} {
		sum += p.X + p.Y
	}
	return sum
}
""",
            "the slice literal stays in the function, and so do the values that it points to",
        ),
        NearMiss(
            """package p

type Point struct{ X, Y int }

func Line(a, b Point) [2]*Point {
	return [2]*Point{&a, &b}
}
""",
            "an array is returned: its elements are part of the result, with no slice in between",
        ),
        NearMiss(
            """package p

func Lines(table [][]int) [][]int {
	return append(table, []int{1, 2, 3})
}
""",
            "what the slice holds is not the address of a single value but another slice",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_in_slice

    def sentence(self, case: Case) -> str:
        evidence = case.evidence
        if evidence.end is End.ELEMENT and evidence.callee is not None:
            return case.because(
                f"{case.statement} puts its address in a slice whose array may outlive this call"
            )
        if evidence.end is End.RESULT and evidence.statement.startswith("return"):
            return case.because(f"{case.statement} returns a slice that holds its address")
        return case.because(f"a slice holds its address, and {kept(case)}")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        if around(case.node, *LOOPS) is not None:
            yield attempt("one-array", lambda: _one_array(case))
        site = told(case)
        if is_in_interface(case):
            yield its_own_type(site.what)
            return
        yield idea(
            "values",
            f"keep {site.what} in the slice by value",
            "The slice holds an address for each element. A slice of values holds all of them in "
            "one array.",
            "An element that is copied does not see later changes, and growing the slice moves "
            "them.",
        )


def _one_array(case: RewriteCase) -> Rewrite:
    name, edits = one_array(code_of(case), case.node)
    return review(
        "one-array",
        f"make all values of the loop in one array, `{name}`",
        "One element that is still used keeps the memory of all of them.",
        edits,
    )
