"""A slice whose elements have no size."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.rewrite import RewriteCase


class ZeroSizedElement(Cause):
    summary = "a slice is made whose elements have no size"
    why = """\
`make([]struct{}, n)` creates a slice whose elements take no memory at all. The compiler counts
every such `make` as one on the heap. When the program runs, nothing is allocated: all these slices
point to one and the same address, and only their lengths differ.
"""
    safety = """\
Without the slice, what was its length must be counted in another way.
"""
    leave_it = """\
Always. It costs nothing.
"""
    history = """\
Since Go 1.25 every `make` of a slice whose elements have no size is reported, also with a constant
length. Up to Go 1.24 it is on the heap only where its size is not a constant. Nothing is allocated
in any version.
"""
    since = 25
    examples = (
        Example(
            before="""package p

func Repeat(n int, do func(int)) {
	for i := range make([]struct{}, n) { // heap
		do(i)
	}
}
""",
            after="""package p

func Repeat(n int, do func(int)) {
	for i := 0; i < n; i++ {
		do(i)
	}
}
""",
            since=25,
        ),
        Example(
            before="""package p

type token struct{}

func Slots() int {
	free := make([]token, 8) // heap
	return len(free)
}
""",
            since=25,
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func Repeat(do func(int)) {
	for i := range [8]struct{}{} {
		do(i)
	}
}
""",
            "an array is a value, and nothing has to be made for it",
        ),
        NearMiss(
            """package p

func Distinct(words []string) int {
	seen := make(map[string]struct{}, len(words))
	for _, word := range words {
		seen[word] = struct{}{}
	}
	return len(seen)
}
""",
            "it is a map: its values have no size, but its keys do",
        ),
        NearMiss(
            """package p

func Flags() int {
	flags := make([]bool, 8)
	flags[3] = true
	return len(flags)
}
""",
            "each element has a size of one byte",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.NO_SIZE

    def sentence(self, case: Case) -> str:
        return (
            f"{case.what} counts as on the heap because its elements have no size; "
            "nothing is allocated for it"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        yield idea(
            "leave-it",
            f"leave {site.what}",
            "Its elements have no size: nothing is allocated here.",
        )
