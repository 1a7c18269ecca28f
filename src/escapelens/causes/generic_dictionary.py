"""A generic function used as a value."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.causes.clauses import kept
from escapelens.evidence import Pattern, Subject
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.rewrite import RewriteCase


class GenericDictionary(Cause):
    summary = "a generic function is used as a value, which binds its dictionary"
    why = """\
Types of the same shape share the code of a generic function; which type it is, the code learns from
a hidden argument, the dictionary. Inside a generic function, `Parse[T]` as a value therefore needs
a hidden closure that holds the dictionary of this call. Here that closure is stored, returned or
handed to code that may keep it, so it must outlive the call.
"""
    safety = """\
A direct call in place of a function value fixes what is called. Written out for one type, the code
no longer serves others.
"""
    leave_it = """\
Leave it where the value is made once, such as at start-up. It is a closure of two words.
"""
    examples = (
        Example(
            before="""package p

type Parser[T any] struct {
	parse func(string) T
}

//go:noinline
func parse[T ~int](text string) T {
	return T(len(text))
}

//go:noinline
func Reset[T ~int](p *Parser[T]) {
	p.parse = parse[T] // heap
}

func ResetInt(p *Parser[int]) { Reset(p) }
""",
            after="""package p

type Parser[T ~int] struct{}

//go:noinline
func parse[T ~int](text string) T {
	return T(len(text))
}

func (p *Parser[T]) Parse(text string) T {
	return parse[T](text)
}

func ParseInt(p *Parser[int], text string) int { return p.Parse(text) }
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func parse[T ~int](text string) T {
	return T(len(text))
}

func Parser() func(string) int {
	return parse[int]
}
""",
            "The type is known when the code is compiled, and so is the dictionary: "
            "the function value is a constant.",
        ),
        NearMiss(
            """package p

//go:noinline
func each[T any](values []T, do func(T)) {
	for _, value := range values {
		do(value)
	}
}

func ignore[T any](T) {}

func All[T any](values []T) {
	each(values, ignore[T])
}

func AllInts(values []int) { All(values) }
""",
            "The hidden closure is only called, not kept, so it stays on the stack.",
        ),
        NearMiss(
            """package p

type List[T any] struct{ items []T }

func (l *List[T]) Len() int { return len(l.items) }

func Counter(l *List[int]) func() int {
	return l.Len
}
""",
            "A method value: what is bound is the receiver.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.DICTIONARY and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return (
            f"a hidden closure for {case.what} {case.is_on_the_heap} because "
            "a generic function used as a "
            f"value carries its type arguments with it, and {kept(case)}"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        yield idea(
            "bind-once",
            f"make {site.what} once",
            "Keep the function value in a package variable, or call the generic function "
            f"directly: {site.statement} binds it anew each time.",
        )
