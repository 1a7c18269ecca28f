"""The slice that holds variadic arguments."""

from collections.abc import Iterator

from escapelens import dialect
from escapelens.causes.base import Case, Cause, Example, NearMiss, quoted, told
from escapelens.causes.clauses import kept
from escapelens.evidence import Pattern, Subject
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.log_lines import on_log_line
from escapelens.rewriting.rewrite import RewriteCase


class VariadicSlice(Cause):
    summary = "the slice of a call's variadic arguments outlives the call"
    why = """\
A call of `f(args ...T)` puts its arguments into a hidden slice and hands that over. The slice stays
on the stack if the function does not keep it. Here it does: it stores or returns the slice itself,
or the compiler cannot see which function is called.
"""
    safety = """\
A slice that is passed as `args...` is shared: changes on either side are seen by the other. A copy
inside the function must be made before anything is kept.
"""
    leave_it = """\
Leave it where keeping the arguments is the purpose, such as in a constructor, and where calls
without arguments are the common ones: those need no slice.
"""
    examples = (
        Example(
            before="""package p

type Group struct {
	names []string
}

//go:noinline
func (g *Group) Set(names ...string) {
	g.names = names
}

func Default(g *Group, user string) {
	g.Set("root", user) // heap
}
""",
            after="""package p

type Group struct {
	names []string
}

//go:noinline
func (g *Group) Set(names ...string) {
	g.names = append(g.names[:0], names...)
}

func Default(g *Group, user string) {
	g.Set("root", user)
}
""",
        ),
        Example(
            before="""package p

type Tracer interface {
	Trace(points ...int)
}

func Line(t Tracer, from, to int) {
	t.Trace(from, to) // heap
}
""",
            after="""package p

type Tracer interface {
	Trace(from, to int)
}

func Line(t Tracer, from, to int) {
	t.Trace(from, to)
}
""",
        ),
        Example(
            before="""package p

func Tags(tags ...string) []string {
	return tags
}

func ForUser(name string) []string {
	return Tags("user", name) // heap
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

//go:noinline
func sum(values ...int) int {
	total := 0
	for _, value := range values {
		total += value
	}
	return total
}

func Sum(a, b int) int {
	return sum(a, b)
}
""",
            "The function only reads the slice, so it stays on the stack.",
        ),
        NearMiss(
            """package p

import "fmt"

func Show(name string) {
	fmt.Println(name)
}
""",
            "`fmt.Println` keeps the arguments but not the slice: only they are on the heap.",
        ),
        NearMiss(
            """package p

type Group struct {
	names []string
}

//go:noinline
func (g *Group) Set(names ...string) {
	g.names = names
}

func Copy(g *Group, names []string) {
	g.Set(names...)
}
""",
            "The caller's own slice is handed over: the call makes none.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.ARGUMENTS and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        if function := case.inlined_function:
            what = f"the slice of variadic arguments that {function}, inlined here, makes"
        else:
            what = f"the slice of the variadic arguments of {case.what}"
        return f"{what} {case.is_on_the_heap} because {kept(case)}"

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        log_line = on_log_line(case, site.what, site.call)
        if log_line is not None:
            yield log_line
            return
        call = quoted(dialect.without_arguments(case.evidence.what))
        yield idea(
            "guard-or-slice",
            f"call {call}{site.line(case.site.position)} only where it is needed",
            "The arguments are gathered in a new slice for each call. A guard in front of it, or "
            "a variant with a fixed number of parameters, needs none.",
            "What is guarded is not evaluated where the condition does not hold.",
        )
