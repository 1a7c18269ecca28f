"""Strings are added."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, told
from escapelens.causes.clauses import kept
from escapelens.evidence import End, Pattern, Subject
from escapelens.model import Effect
from escapelens.rewriting.attempts import Attempt, attempt, code_of, idea, safe
from escapelens.rewriting.builders import builder
from escapelens.rewriting.code import LOOPS, around
from escapelens.rewriting.parts import written_in_parts
from escapelens.rewriting.rewrite import Rewrite, RewriteCase

_KEPT = (End.RESULT, End.POINTER, End.GLOBAL, End.HELD, End.MAP_ENTRY, End.ELEMENT, End.CHANNEL)
"""Where the string itself is what is wanted."""


class StringConcatenation(Cause):
    summary = "strings are joined with `+`"
    why = """\
A string never changes, so a sum of strings is a new one into which all parts are copied. It is kept
beyond this call, or handed to code that the compiler cannot see into, so it has to be on the heap.
One expression makes one string, however many parts it has. In a loop, `s += a + b` makes a new one
in every turn, and copies all that is there already. Of `s += a` the compiler reports nothing,
though it allocates in the same way.
"""
    safety = """\
`strings.Builder` and `strings.Join` make the same string. A builder must not be copied once it was
written to. Text that is appended to a `[]byte` or written to an `io.Writer` part by part is no
string any more, and a write can fail half-way.
"""
    leave_it = """\
Outside of loops, `a + "/" + b` is the fastest way to make one string, with one allocation. It is
only worth a change where the string is needed for a moment and its parts would do.
"""
    examples = (
        Example(
            before="""package p

func Query(names []string) string {
	query := "SELECT id"
	for _, name := range names {
		query += ", " + name // heap
	}
	return query
}
""",
            after="""package p

import "strings"

func Query(names []string) string {
	var query strings.Builder
	query.WriteString("SELECT id")
	for _, name := range names {
		query.WriteString(", ")
		query.WriteString(name)
	}
	return query.String()
}
""",
            rewrite="builder",
            effect=Effect.MOVED,
            check="""var names = []string{"first_name", "last_name", "street", "town", "country"}

func check() any { return Query(names) }
""",
        ),
        Example(
            before="""package p

import "io"

func Print(w io.StringWriter, name, value string) error {
	_, err := w.WriteString(name + ": " + value + "\\n") // heap
	return err
}
""",
            after="""package p

import "io"

func Print(w io.StringWriter, name, value string) error {
	for _, part := range [...]string{name, ": ", value, "\\n"} {
		if _, err := w.WriteString(part); err != nil {
			return err
		}
	}
	return nil
}
""",
        ),
        Example(
            before="""package p

type Logger struct{ prefix string }

func (l *Logger) Named(name string) Logger {
	return Logger{prefix: l.prefix + "." + name} // heap
}
""",
        ),
        Example(
            before="""package p

import "bufio"

//go:noinline
func Heading(into *bufio.Writer, name []byte) {
	into.WriteString("## The functions of " + string(name)) // heap
}
""",
            after="""package p

import "bufio"

//go:noinline
func Heading(into *bufio.Writer, name []byte) {
	into.WriteString("## The functions of ")
	into.Write(name)
}
""",
            rewrite="write-parts",
            check="""import (
	"bufio"
	"io"
)

var (
	into = bufio.NewWriter(io.Discard)
	name = []byte("net/http/httptest")
)

func check() any {
	Heading(into, name)
	return into.Buffered()
}
""",
        ),
    )
    refusals = (
        RefusalExample(
            "builder",
            """package p

func Double(text string, times int) string {
	for i := 0; i < times; i++ {
		text += "-" + text // heap
	}
	return text
}
""",
            "`text` is no local variable of type string",
        ),
        RefusalExample(
            "builder",
            """package p

func Lines(words []string) func() string {
	all := ""
	for _, word := range words {
		all += ", " + word // heap
	}
	return func() string { return all }
}
""",
            "a function literal uses `all` (line 8)",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

const host = "localhost"

func Address() string {
	return "http://" + host + ":8080"
}
""",
            "all parts are constants, and the compiler adds them",
        ),
        NearMiss(
            """package p

func Lookup(table map[string]int, section, key string) int {
	return table[section+"."+key]
}
""",
            "the string does not outlive the call; one of more than 32 bytes is allocated all the "
            "same, but the compiler does not report that",
        ),
        NearMiss(
            """package p

func Path(names []string) string {
	path := ""
	for _, name := range names {
		path += name
	}
	return path
}
""",
            "`path += name` makes a new string in every turn, but the compiler reports no such sum",
        ),
        NearMiss(
            """package p

var last any

func Add(a, b int) {
	last = a + b
}
""",
            "numbers are added, and it is their copy in an interface that is on the heap",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.CONCATENATION and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return f"the string that {case.what} makes {case.is_on_the_heap} because {kept(case)}"

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        if around(case.node, *LOOPS) is not None:
            yield attempt("builder", lambda: _builder(case))
        yield from written_in_parts(case)
        yield _advice(case)


def _advice(case: RewriteCase) -> Rewrite:
    """What to do about a string by what becomes of it."""
    site = told(case)
    story = kept(site)
    because = f"{story[:1].upper()}{story[1:]}."
    if case.evidence.end in _KEPT:
        return idea(
            "leave-it",
            f"leave {site.what}",
            f"{because} It makes that string with one allocation, however many parts there are.",
        )
    return idea(
        "append-to-buffer",
        f"write the parts of {site.what} one by one, or leave it",
        f"{because} Where only the text is needed, a `strings.Builder`, or a slice of bytes that "
        "is used again, takes the parts without a string in between.",
        "A buffer that is used again must not be kept by who reads it.",
    )


def _builder(case: RewriteCase) -> Rewrite:
    name, edits = builder(code_of(case), case.node)
    return safe(
        "builder",
        f"gather `{name}` in a `strings.Builder`",
        f"`{name}` has the same text at each place that reads it.",
        edits,
    )
