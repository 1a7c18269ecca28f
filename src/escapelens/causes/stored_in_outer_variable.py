"""A function literal stores an address in a variable of the function around it."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.rewrite import RewriteCase


class StoredInOuterVariable(Cause):
    summary = (
        "a function literal stores the address of a value in a variable of the function around it"
    )
    why = """\
Everything that a function literal makes on the stack is gone when the literal returns. Here it
stores an address in a variable of the function around it, which goes on living and may be read
later. So what the address points to cannot be on the literal's own stack. Each call of the literal
may allocate.
"""
    safety = """\
With a copy in the outer variable in place of a pointer, "nothing found yet" needs a mark of its
own, such as a `bool`, and later changes of the original are not seen.
"""
    leave_it = """\
Leave it where the literal stores rarely, and the value is large or must be shared.
"""
    examples = (
        Example(
            before="""package p

type Node struct {
	Name     string
	Children []Node
}

func (n *Node) Walk(visit func(name string)) {
	visit(n.Name)
	for i := range n.Children {
		n.Children[i].Walk(visit)
	}
}

func Longest(root *Node) string {
	var longest *string
	root.Walk(func(name string) { // heap
		if longest == nil || len(name) > len(*longest) {
			longest = &name
		}
	})
	return *longest
}
""",
            after="""package p

type Node struct {
	Name     string
	Children []Node
}

func (n *Node) Walk(visit func(name string)) {
	visit(n.Name)
	for i := range n.Children {
		n.Children[i].Walk(visit)
	}
}

func Longest(root *Node) string {
	var longest string
	root.Walk(func(name string) {
		if len(name) > len(longest) {
			longest = name
		}
	})
	return longest
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func Longest(names []string) string {
	var longest *string
	for i := range names {
		name := names[i]
		if longest == nil || len(name) > len(*longest) {
			longest = &name
		}
	}
	return *longest
}
""",
            "A loop, not a function literal, lies between the value and the variable.",
        ),
        NearMiss(
            """package p

//go:noinline
func each(names []string, visit func(*string)) {
	for i := range names {
		visit(&names[i])
	}
}

func Longest(names []string) string {
	var longest *string
	each(names, func(name *string) {
		if longest == nil || len(*name) > len(*longest) {
			longest = name
		}
	})
	return *longest
}
""",
            "The address comes from outside: the literal makes nothing of its own.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.OUTER_FUNCTION

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.statement} stores {case.it} in a variable of the function around this one"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        yield idea(
            "return-it",
            f"return {site.what} from the literal instead",
            f"{site.statement} stores its address in a variable of the function around the "
            "literal; a result of the literal, or a value there, needs none.",
            "A copy does not see later changes.",
        )
