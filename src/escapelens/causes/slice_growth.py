"""append needs a larger array."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, quoted, told
from escapelens.causes.clauses import kept
from escapelens.evidence import Pattern, Subject
from escapelens.model import Effect
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.code import LOOPS, around
from escapelens.rewriting.grown import Grown, Origin, grown
from escapelens.rewriting.growth import made_with_room
from escapelens.rewriting.rewrite import Rewrite, RewriteCase


class SliceGrowth(Cause):
    summary = "`append` may have to grow a slice that outlives the call"
    why = """\
When a slice is full, `append` makes a larger array and copies all elements. The slice is kept
beyond this call, so the new array has to be on the heap. The compiler cannot tell whether the slice
will be full. It reports each such `append`, also where the capacity always suffices and nothing is
allocated.
"""
    safety = """\
A slice that is made with its length and filled by index is as long as that even if the loop leaves
early; its empty places are then zero values. One that is made with a large capacity keeps that
memory as long as it lives. Append to a slice that was cut from another one may write into that one.
"""
    leave_it = """\
When the final length is not known, growing is right: the arrays double at first, so a long slice is
copied only a few times. When it is known, `make([]T, 0, n)` before the loop is enough: this site
stays, but its `append` allocates nothing.
"""
    history = """\
Up to Go 1.24 the compiler says nothing of `append`, though it allocates in the same way. Since Go
1.25 it reports each `append` whose slice outlives the call. Where it does not, a slice that grows
from nothing gets its first 32 bytes on the stack. Since Go 1.26 that is also so for a slice that is
grown in the function and only then returned: three numbers cost one allocation where Go 1.25 made
three.
"""
    since = 25
    examples = (
        Example(
            before="""package p

type User struct{ Name, Mail string }

func Mails(users []User) []string {
	var mails []string
	for _, user := range users {
		mails = append(mails, user.Mail) // heap
	}
	return mails
}
""",
            after="""package p

type User struct{ Name, Mail string }

func Mails(users []User) []string {
	mails := make([]string, 0, len(users))
	for _, user := range users {
		mails = append(mails, user.Mail) // heap
	}
	return mails
}
""",
            since=25,
            rewrite="room-for-all",
            effect=Effect.REDUCED,
            check="""var users = make([]User, 100)

func check() any { return len(Mails(users)) }
""",
        ),
        Example(
            before="""package p

func Doubled(numbers []int) []int {
	doubled := []int{}
	for i := 0; i < len(numbers); i++ {
		doubled = append(doubled, 2*numbers[i]) // heap
	}
	return doubled
}
""",
            after="""package p

func Doubled(numbers []int) []int {
	doubled := make([]int, 0, len(numbers))
	for i := 0; i < len(numbers); i++ {
		doubled = append(doubled, 2*numbers[i]) // heap
	}
	return doubled
}
""",
            since=25,
            rewrite="room-for-all",
            effect=Effect.REDUCED,
            check="""var numbers = make([]int, 100)

func check() any { return len(Doubled(numbers)) }
""",
        ),
        Example(
            before="""package p

func Squares(n int) []int {
	squares := []int{}
	for i := 0; i < n; i++ {
		squares = append(squares, i*i) // heap
	}
	return squares
}
""",
            after="""package p

func Squares(n int) []int {
	squares := make([]int, 0, max(n, 0))
	for i := 0; i < n; i++ {
		squares = append(squares, i*i) // heap
	}
	return squares
}
""",
            since=25,
            rewrite="room-for-all",
            effect=Effect.REDUCED,
            check="""var many, few = 100, -3

func check() any { return len(Squares(many)) + len(Squares(few)) }
""",
        ),
        Example(
            before="""package p

func Pairs(env map[string]string) []string {
	pairs := []string{}
	for name, value := range env {
		pairs = append(pairs, name, value) // heap
	}
	return pairs
}
""",
            after="""package p

func Pairs(env map[string]string) []string {
	pairs := make([]string, 0, 2*len(env))
	for name, value := range env {
		pairs = append(pairs, name, value) // heap
	}
	return pairs
}
""",
            since=25,
            rewrite="room-for-all",
            effect=Effect.REDUCED,
            check="""var env = map[string]string{"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}

func check() any { return len(Pairs(env)) }
""",
        ),
        Example(
            before="""package p

type Log struct{ lines []string }

func (l *Log) Add(line string) {
	l.lines = append(l.lines, line) // heap
}
""",
            since=25,
        ),
        Example(
            before="""package p

import "strconv"

func Quote(into []byte, words []string) []byte {
	for _, word := range words {
		into = strconv.AppendQuote(into, word)
		into = append(into, ' ') // heap
	}
	return into
}
""",
            since=25,
        ),
    )
    refusals = (
        RefusalExample(
            "room-for-all",
            """package p

func Words(lines <-chan string) []string {
	var words []string
	for line := range lines {
		words = append(words, line) // heap
	}
	return words
}
""",
            "how often the loop turns is not the length of `lines`",
            since=25,
        ),
        RefusalExample(
            "room-for-all",
            """package p

func Walk(nodes []int, next func(int) []int) []int {
	found := []int{}
	for i := 0; i < len(nodes); i++ {
		found = append(found, nodes[i]) // heap
		nodes = append(nodes, next(nodes[i])...)
	}
	return found
}
""",
            "how often the loop turns is not known before",
            since=25,
        ),
        RefusalExample(
            "room-for-all",
            """package p

func Until(limit int, next func() int) []int {
	found := []int{}
	for i := 0; i < limit; i++ {
		n := next()
		if n < 0 {
			break
		}
		found = append(found, n) // heap
	}
	return found
}
""",
            "`limit` turns may be many more than append something",
            since=25,
        ),
        RefusalExample(
            "room-for-all",
            """package p

func Flat(table [][]int) []int {
	flat := []int{}
	for _, row := range table {
		flat = append(flat, row...) // heap
	}
	return flat
}
""",
            "how much it appends at once is not known before",
            since=25,
        ),
        RefusalExample(
            "room-for-all",
            """package p

func Flat(table [][]int) []int {
	var flat []int
	for _, row := range table {
		for _, cell := range row {
			flat = append(flat, cell) // heap
		}
	}
	return flat
}
""",
            "a loop around it appends more than that",
            since=25,
        ),
        RefusalExample(
            "room-for-all",
            """package p

func Copy(rows []int, more func() []int) []int {
	var all []int
	rows = more()
	for _, row := range rows {
		all = append(all, row) // heap
	}
	return all
}
""",
            "`rows` may change in between (line 5)",
            since=25,
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func Evens(numbers []int) int {
	var evens []int
	for _, n := range numbers {
		if n%2 == 0 {
			evens = append(evens, n)
		}
	}
	return len(evens)
}
""",
            "the slice does not outlive the call; a long one is allocated all the same, "
            "but the compiler does not report that",
        ),
        NearMiss(
            """package p

func Squares(n int) []int {
	squares := make([]int, n)
	for i := range squares {
		squares[i] = i * i
	}
	return squares
}
""",
            "the slice has its length from the start, and nothing is appended",
        ),
        NearMiss(
            """package p

func Longer(table [][]byte, row int) int {
	copied := copy(table[row], table[row+1])
	return copied
}
""",
            "`copy` stops where the slice ends and never grows it",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.APPEND and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return f"the array that {case.what} may grow {case.is_on_the_heap} because {kept(case)}"

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        if around(case.node, *LOOPS) is not None:
            yield from made_with_room(case)
        yield _advice(case)


def _advice(case: RewriteCase) -> Rewrite:
    """What is true of the slice that grows, by where it has its array from."""
    what = quoted(case.evidence.what)
    found = Grown(Origin.UNKNOWN) if case.code is None else grown(case.code, case.node)
    name = f"`{found.name}`"
    leave = f"leave {what}"
    match found.origin:
        case Origin.BUFFER if found.is_reserved:
            why = f"`{found.name}.Grow` makes room before: only what is longer than that allocates."
            return idea("leave-it", f"leave {name} as it is", why)
        case Origin.BUFFER:
            return idea(
                "grow-once",
                f"call `{found.name}.Grow` with the final length, if that is known",
                f"{name} gets a larger array each time it is full, twice as large as a rule. "
                "`Grow` makes room once, before the first part is written.",
                "Room that is never used is kept as long as the text.",
            )
        case Origin.PARAMETER:
            return idea(
                "leave-it",
                leave,
                f"The caller hands in {name}, and decides by its capacity whether this allocates: "
                "with room enough it never does.",
            )
        case Origin.FIELD:
            return idea(
                "leave-it",
                f"{leave}, or cut {name} with `[:0]` before it is filled anew",
                f"{name} keeps its array: it allocates only when that is full, and each time for "
                "twice as many as a rule.",
                "What is filled anew overwrites what somebody else may still read.",
            )
        case Origin.ROOM:
            return idea(
                "leave-it",
                leave,
                f"{name} is made with room for `{found.room}` elements (line {found.line}); it "
                "allocates only when there are more.",
            )
        case Origin.CUT:
            return idea(
                "leave-it",
                leave,
                f"It writes into the array of {name} (line {found.line}), and allocates only when "
                "that is full.",
            )
        case Origin.ELEMENTS:
            return idea(
                "known-length",
                f"make the slice with room for all of it, instead of {what}",
                f"{name} gets an array of its own, and what is appended needs a larger one. `make` "
                "with length 0 and that capacity makes one for all.",
            )
        case Origin.LITERAL:
            return idea(
                "leave-it",
                leave,
                "It makes a slice with an array of its own, with one allocation. If it is a copy "
                "of a slice that nobody changes any more, that slice itself will do.",
                "Without a copy, changes of the one are seen in the other.",
            )
        case Origin.NOTHING:
            return idea(
                "known-length",
                f"make {name} with its final capacity (line {found.line}), if that is known",
                f"{name} begins without an array, so {what} makes one, and a larger one each time "
                "it is full. `make` with length 0 and that capacity makes one for all.",
                "Room that is never used is kept as long as the slice.",
            )
        case Origin.UNKNOWN if case.site.origin is not None:
            return idea(
                "leave-it",
                f"leave {what} of {told(case).inlined_function or 'a function'}",
                "It allocates only when the slice is full, and each time for twice as many as a "
                "rule. A slice that is kept for the next call is soon large enough.",
            )
        case Origin.UNKNOWN:
            return idea(
                "known-length",
                f"give the slice of {what} its final capacity, or leave it",
                "It allocates only when the slice is full, and each time for twice as many. If "
                "the final length is known where the slice is made, make it with that capacity.",
            )
