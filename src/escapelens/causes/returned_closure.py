"""A function literal is returned."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Memory, Pattern, Subject
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.rewrite import RewriteCase


class ReturnedClosure(Cause):
    summary = "a function literal is returned"
    why = """
A function literal is a small block of memory: the code to run, and what it captures, as copies or
as addresses. The caller gets that block and may call it at any time, when the stack frame of the
function that made it is long gone. So the block must be on the heap, and with it every variable
that the literal shares with the function around it.
"""
    safety = """
A struct with a method does the same in the open, and its fields can be looked at. It is another
type, though: where a `func` is expected, its method must be used as a value, which is an
allocation again. Each call of a literal sees what the calls before it left; the fields of a copied
struct do not.
"""
    leave_it = """
A literal that captures nothing costs nothing: it is one fixed value in the program, although the
compiler reports it. Options, middleware and handlers are set up once, and reading well is worth
more there.
"""
    examples = (
        Example(
            before="""package p

func Scale(by float64) func(float64) float64 {
	return func(x float64) float64 { return by * x } // heap
}
""",
            after="""package p

type Scale float64

func (by Scale) Apply(x float64) float64 { return float64(by) * x }
""",
        ),
        Example(
            before="""package p

type Server struct{ port int }

type Option func(*Server)

func WithPort(port int) Option {
	return func(s *Server) { s.port = port } // heap
}

func New(options ...Option) *Server {
	s := &Server{port: 80}
	for _, option := range options {
		option(s)
	}
	return s
}
""",
            after="""package p

type Server struct{ port int }

type Options struct{ Port int }

func New(options Options) *Server {
	s := &Server{port: 80}
	if options.Port != 0 {
		s.port = options.Port
	}
	return s
}
""",
        ),
        Example(
            before="""package p

type Tokens struct{ next func() string }

func Split(words []string) Tokens {
	at := 0
	next := func() string { // heap
		if at == len(words) {
			return ""
		}
		at++
		return words[at-1]
	}
	return Tokens{next: next}
}
""",
            after="""package p

type Tokens struct {
	words []string
	at    int
}

func Split(words []string) Tokens {
	return Tokens{words: words}
}

func (t *Tokens) Next() string {
	if t.at == len(t.words) {
		return ""
	}
	t.at++
	return t.words[t.at-1]
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func Sum(values []float64, weight float64) float64 {
	scaled := func(x float64) float64 { return weight * x }
	total := 0.0
	for _, v := range values {
		total += scaled(v)
	}
	return total
}
""",
            "the literal is called here and goes nowhere",
        ),
        NearMiss(
            """package p

func half(x float64) float64 { return x / 2 }

func Half() func(float64) float64 {
	return half
}
""",
            "a declared function is returned, which captures nothing and is no literal",
        ),
        NearMiss(
            """package p

type Counter struct{ n int }

func (c *Counter) Add() { c.n++ }

func Adder(c *Counter) func() {
	return c.Add
}
""",
            "a method is returned as a value; what is on the heap holds its receiver",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and pattern.end is End.RESULT
            and pattern.subject is Subject.FUNC_LITERAL
        )

    def sentence(self, case: Case) -> str:
        what = "" if case.evidence.memory is Memory.STATIC else ", and what it captures,"
        return case.because(f"{case.statement} hands the function{what} to the caller")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        yield idea(
            "data-instead",
            f"leave {site.what} where it is made once, or return a struct with a method",
            "Options, handlers and the like are set up once. Where many are made, a struct that "
            "holds what the literal captures can be returned by value; the caller calls its "
            "method.",
            "The result gets another type.",
        )
