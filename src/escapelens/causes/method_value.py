"""A method value binds its receiver."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, quoted, told
from escapelens.causes.clauses import kept
from escapelens.evidence import Pattern, Subject
from escapelens.model import Effect
from escapelens.rewriting.attempts import Attempt, attempt, code_of, idea, safe
from escapelens.rewriting.code import LOOPS, around
from escapelens.rewriting.hoisting import hoist
from escapelens.rewriting.rewrite import Rewrite, RewriteCase


class MethodValue(Cause):
    summary = "a method is used as a value, which binds its receiver"
    why = """
`s.Stop` without a call is a function that remembers `s`. It is built as if it were written `func()
{ s.Stop() }`: a small block of memory with the receiver in it, a copy of the whole receiver if the
method takes no pointer. Where that function may outlive this call, or is handed to code that
cannot be seen, the block must be on the heap. A new one is made each time the expression is
evaluated.
"""
    safety = """
An interface with that method holds the same pointer without the block in between, but the other
side must expect an interface. A method value that is made once and used again shares one receiver
between all uses. A value receiver is copied when the method value is made, so what is shared
differs from what a call at the end would see.
"""
    leave_it = """
Handlers, callbacks and timers are registered once, and one small block each does not matter. It
does where a method value is made anew for each message, or at each turn of a loop.
"""
    examples = (
        Example(
            before="""package p

import "net/http"

type Status struct{ text string }

func (s *Status) Show(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Status", s.text)
}

func (s *Status) Handler() http.Handler {
	return http.HandlerFunc(s.Show) // heap
}
""",
            after="""package p

import "net/http"

type Status struct{ text string }

func (s *Status) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Status", s.text)
}

func (s *Status) Handler() http.Handler {
	return s
}
""",
        ),
        Example(
            before="""package p

type Source interface {
	Each(visit func(int))
}

type Sum struct{ total int }

func (s *Sum) Add(n int) { s.total += n }

func (s *Sum) Collect(sources []Source) {
	for _, source := range sources {
		source.Each(s.Add) // heap
	}
}
""",
            after="""package p

type Adder interface{ Add(int) }

type Source interface {
	Each(to Adder)
}

type Sum struct{ total int }

func (s *Sum) Add(n int) { s.total += n }

func (s *Sum) Collect(sources []Source) {
	for _, source := range sources {
		source.Each(s)
	}
}
""",
        ),
        Example(
            before="""package p

type Source interface {
	Each(visit func(int))
}

type Sum struct{ total int }

func (s *Sum) Add(n int) { s.total += n }

func (s *Sum) Collect(sources []Source) int {
	for _, source := range sources {
		source.Each(s.Add) // heap
	}
	return s.total
}
""",
            after="""package p

type Source interface {
	Each(visit func(int))
}

type Sum struct{ total int }

func (s *Sum) Add(n int) { s.total += n }

func (s *Sum) Collect(sources []Source) int {
	add := s.Add // heap
	for _, source := range sources {
		source.Each(add)
	}
	return s.total
}
""",
            rewrite="bind-once",
            effect=Effect.REDUCED,
            check="""type numbers []int

func (n numbers) Each(visit func(int)) {
	for _, one := range n {
		visit(one)
	}
}

var sources = []Source{numbers{1, 2}, numbers{3}}

func check() any { return new(Sum).Collect(sources) }
""",
        ),
        Example(
            before="""package p

import "time"

type Cache struct{ entries map[string]string }

func (c *Cache) clear() { c.entries = nil }

func (c *Cache) ClearAfter(pause time.Duration) {
	time.AfterFunc(pause, c.clear) // heap
}
""",
        ),
    )
    refusals = (
        RefusalExample(
            "bind-once",
            """package p

type Source interface {
	Each(visit func(int))
}

type Sum struct{ total int }

func (s Sum) Show(n int) { print(n + s.total) }

func Collect(sources []Source) {
	var s Sum
	for _, source := range sources {
		s.total++
		source.Each(s.Show) // heap
	}
}
""",
            "`s` may change (line 14)",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Sum struct{ total int }

func (s *Sum) Add(n int) { s.total += n }

func each(values []int, visit func(int)) {
	for _, v := range values {
		visit(v)
	}
}

func Total(values []int) int {
	var s Sum
	each(values, s.Add)
	return s.total
}
""",
            "the function that gets the method value calls it and does not keep it",
        ),
        NearMiss(
            """package p

type Cache struct{ entries map[string]string }

func (c *Cache) Clear() { c.entries = nil }

func Action() func(*Cache) {
	return (*Cache).Clear
}
""",
            "a method expression binds no receiver; whoever calls it brings one",
        ),
        NearMiss(
            """package p

type Hooks struct{ onClose func() }

func Closer(h *Hooks) func() {
	return h.onClose
}
""",
            "a field that holds a function is read, and nothing is bound",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.METHOD_VALUE and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return case.because(f"the method value holds its receiver; {kept(case)}")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        if around(case.node, *LOOPS) is not None:
            yield attempt("bind-once", lambda: _bind_once(case))
        site = told(case)
        yield idea(
            "call-directly",
            f"hand over the receiver instead of {site.what}",
            "An interface with that method, or a function literal that is made once, needs no new "
            "memory each time.",
            "What is called gets another type.",
        )


def _bind_once(case: RewriteCase) -> Rewrite:
    code = code_of(case)
    field = case.node.child_by_field_name("field")
    bound = "method" if field is None else code.text(field)
    name, edits = hoist(code, case.node, bound[:1].lower() + bound[1:], f"bound{bound}", "method")
    return safe(
        "bind-once",
        f"bind {quoted(code.text(case.node))} once, as `{name}` in front of the loop",
        "The receiver is the same in each turn of the loop.",
        edits,
    )._replace(effect=Effect.REDUCED)
