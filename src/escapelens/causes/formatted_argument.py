"""A value is handed to a function that formats it."""

from escapelens.causes.base import Case, Cause, Example, NearMiss
from escapelens.evidence import Pattern, Subject


class FormattedArgument(Cause):
    summary = "a value is handed to fmt, log, errors or testing, which take interfaces"
    why = """\
`fmt.Sprintf`, `log.Printf`, `slog.Info`, `t.Errorf` and their kin take every value as an `any`. A
value that is no pointer is copied, and the interface points to the copy. What is done with it is
only known when the program runs: a `String` method may be called, or package `reflect` used. So the
compiler must assume that somebody keeps the address.
"""
    safety = """\
Text made with `strconv` or `+` must be the same: `%v` calls `String` and `Error` methods, pads and
quotes by its verb, and writes `nil` and wrong verbs in its own way. Guarding a log call by its
level also skips the work of its arguments.
"""
    leave_it = """\
Leave it in errors, tests, start-up code and log lines that are rarely written: formatting itself
costs far more than the copy. It matters in loops that format on each turn.
"""
    examples = (
        Example(
            before="""package p

import "fmt"

func Key(kind string, id int) string {
	return fmt.Sprintf("%s-%d", kind, id) // heap
}
""",
            after="""package p

import "strconv"

func Key(kind string, id int) string {
	return kind + "-" + strconv.Itoa(id)
}
""",
        ),
        Example(
            before="""package p

import "fmt"

func AppendSize(line []byte, width, height int) []byte {
	return fmt.Appendf(line, "%dx%d", width, height) // heap
}
""",
            after="""package p

import "strconv"

func AppendSize(line []byte, width, height int) []byte {
	line = strconv.AppendInt(line, int64(width), 10)
	line = append(line, 'x')
	return strconv.AppendInt(line, int64(height), 10)
}
""",
        ),
        Example(
            before="""package p

import "log"

func Sync(items []string) {
	for i, item := range items {
		log.Printf("%d: %s", i, item) // heap
	}
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import "fmt"

func Hello() {
	fmt.Println("hello, world")
}
""",
            "A constant needs no copy: the interface points to read-only memory.",
        ),
        NearMiss(
            """package p

import "fmt"

type Point struct{ X, Y int }

func Show(p *Point) {
	fmt.Println(p)
}
""",
            "The pointer fits into the interface, and what it points to was made elsewhere.",
        ),
        NearMiss(
            """package p

import "fmt"

func Port(text string) (port int) {
	fmt.Sscan(text, &port)
	return port
}
""",
            "The variable is not formatted: `fmt.Sscan` writes to it.",
        ),
        NearMiss(
            """package p

type Logger interface {
	Printf(format string, args ...any)
}

func Log(l Logger, n int) {
	l.Printf("%d items", n)
}
""",
            "The logger is an interface of the program's own, and it may do anything.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_formatted and (
            pattern.subject is Subject.BOX or (pattern.is_plain and not pattern.is_in_slice)
        )

    def sentence(self, case: Case) -> str:
        copy = "a copy of " if case.evidence.subject is Subject.BOX else ""
        return copy + case.because(
            f"{case.call} takes it as an interface, and what is done with that is only known "
            "when the program runs"
        )
