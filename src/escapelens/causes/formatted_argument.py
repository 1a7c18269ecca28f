"""A value is handed to a function that formats it."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, quoted
from escapelens.causes.clauses import keeps
from escapelens.evidence import Pattern, Subject
from escapelens.model import Applicability, Effect
from escapelens.rewriting.attempts import (
    Attempt,
    attempt,
    code_of,
    idea,
    node_at,
    review,
    safe,
)
from escapelens.rewriting.boxing import boxed_again
from escapelens.rewriting.code import Refused
from escapelens.rewriting.cold import copied_in_branch
from escapelens.rewriting.fmt_calls import (
    append_statements,
    call_around,
    concatenation,
    means_of,
    plain_error,
    values_are_stable,
    written,
)
from escapelens.rewriting.guards import guard, is_debug_line
from escapelens.rewriting.rewrite import WHEN_FAILING, Rewrite, RewriteCase
from escapelens.rewriting.texts import text_instead


class FormattedArgument(Cause):
    summary = "a value is handed to fmt, log, log/slog or testing, which take interfaces"
    why = """\
`fmt.Sprintf`, `log.Printf`, `slog.Info`, `t.Errorf` and their kin take every value as an `any`. A
value that is no pointer is copied, and the interface points to the copy. What fmt does with it
depends on the type that it finds there: it reads numbers and strings, calls the `Format`, `Error`
or `String` method of what has one, and looks at all else with package `reflect`. The compiler
decides once for all types. It cannot follow such a method, nor reflection, and must assume that
somebody keeps the address, also where the value is a number. `log/slog` hands it to a handler that
is chosen when the program runs.
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
            rewrite="concatenate",
            effect=Effect.MOVED,
            check="""var kind, id = "user", 70000

func check() any { return Key(kind, id) }
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
            rewrite="append-parts",
            effect=Effect.MOVED,
            check="""var (
	space         [64]byte
	width, height = 1024, 768
)

func check() any {
	AppendSize(space[:0], width, height)
	return space[5]
}
""",
        ),
        Example(
            before="""package p

import "fmt"

func Check(data []byte) (byte, error) {
	var head [8]byte // heap
	n := copy(head[:], data)
	if n < 8 || head[0] != 'E' {
		return 0, fmt.Errorf("bad magic %q", head[:n]) // heap
	}
	return head[7], nil
}
""",
            after="""package p

import "fmt"

func Check(data []byte) (byte, error) {
	var head [8]byte
	n := copy(head[:], data)
	if n < 8 || head[0] != 'E' {
		return 0, fmt.Errorf("bad magic %q", string(head[:n])) // heap
	}
	return head[7], nil
}
""",
            rewrite="stringify",
            effect=Effect.MOVED,
            check="""var data = []byte("ESCAPES.")

func check() any {
	version, _ := Check(data)
	return version
}
""",
        ),
        Example(
            before="""package p

import "fmt"

type Table struct {
	title string
	names map[string]int
}

func (t *Table) Find(name string) (int, error) {
	n, ok := t.names[name]
	if !ok {
		return 0, fmt.Errorf("%s has %d rows, not %s", t.title, len(t.names), name) // heap
	}
	return n, nil
}
""",
            after="""package p

import (
	"errors"
	"strconv"
)

type Table struct {
	title string
	names map[string]int
}

func (t *Table) Find(name string) (int, error) {
	n, ok := t.names[name]
	if !ok {
		return 0, errors.New(t.title + " has " + strconv.Itoa(len(t.names)) + " rows, not " + name)
	}
	return n, nil
}
""",
            rewrite="plain-error",
            effect=Effect.MOVED,
            check="""var name = "first"

func check() any {
	_, err := new(Table).Find(name)
	return err.Error()
}
""",
        ),
        Example(
            before="""package p

import (
	"bytes"
	"fmt"
)

func Row(line *bytes.Buffer, name string, on bool) {
	fmt.Fprintf(line, "%s=%t;", name, on) // heap
}
""",
            after="""package p

import (
	"bytes"
	"strconv"
)

func Row(line *bytes.Buffer, name string, on bool) {
	line.WriteString(name)
	line.WriteString("=")
	line.WriteString(strconv.FormatBool(on))
	line.WriteString(";")
}
""",
            rewrite="write-string",
            check="""import "bytes"

var (
	line bytes.Buffer
	name = "first"
)

func check() any {
	line.Reset()
	Row(&line, name, name == "first")
	return line.String()
}
""",
        ),
        Example(
            before="""package p

import (
	"context"
	"log/slog"
)

func Sum(ctx context.Context, l *slog.Logger, values []int) int {
	sum := 0
	for _, value := range values {
		sum += value
		l.DebugContext(ctx, "added", "value", value, "sum", sum) // heap
	}
	return sum
}
""",
            after="""package p

import (
	"context"
	"log/slog"
)

func Sum(ctx context.Context, l *slog.Logger, values []int) int {
	sum := 0
	for _, value := range values {
		sum += value
		if l.Enabled(ctx, slog.LevelDebug) {
			l.DebugContext(ctx, "added", "value", value, "sum", sum) // heap
		}
	}
	return sum
}
""",
            rewrite="guard-by-level",
            effect=Effect.REDUCED,
            check="""import (
	"context"
	"log/slog"
)

var values = []int{1000, 2000}

func check() any { return Sum(context.Background(), slog.Default(), values) }
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
    refusals = (
        RefusalExample(
            "concatenate",
            """package p

import "fmt"

type Color uint8

func (c Color) String() string { return "red" }

func Name(c Color) string {
	return fmt.Sprintf("the color %v", c) // heap
}
""",
            "`%v` calls the `String` method of `c`",
        ),
        RefusalExample(
            "concatenate",
            """package p

import "fmt"

func Cell(width int) string {
	return fmt.Sprintf("|%6d|", width) // heap
}
""",
            "`%6d` has flags or a width",
        ),
        RefusalExample(
            "append-parts",
            """package p

import "fmt"

func AppendLength(line []byte) []byte {
	return fmt.Appendf(line, "%d:%d", len(line), cap(line)) // heap
}
""",
            "`len(line)` may tell how long `line` is by then",
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
        return case.boxed_because(f"{case.call} {keeps(case)}")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        name = _called(case)
        if name.startswith("Sprint"):
            yield attempt("concatenate", lambda: _concatenate(case))
        elif name == "Errorf":
            yield attempt("plain-error", lambda: _plain_error(case))
        elif name.startswith("Append"):
            yield attempt("append-parts", lambda: _append_parts(case))
        elif name.startswith("Fprint"):
            yield attempt("write-string", lambda: _write_string(case))
        if case.evidence.subject is not Subject.BOX and case.site.origin is None:
            yield attempt("stringify", lambda: _stringify(case))
            yield from copied_in_branch(case)
        yield from boxed_again(case)
        callee = case.evidence.callee
        if callee is None:
            return
        if case.code is not None and is_debug_line(case.code, case.node):
            yield attempt("guard-by-level", lambda: _guard_by_level(case))
        else:
            inlined_into = callee.within.removeprefix(f"{callee.package}.")
            yield _advice(case, callee.package, name or inlined_into or callee.function)


def _called(case: RewriteCase) -> str:
    """The function of fmt that takes the value; empty if it is none."""
    try:
        return call_around(code_of(case), case.node).name
    except Refused:
        return ""


def _concatenate(case: RewriteCase) -> Rewrite:
    code = code_of(case)
    call = call_around(code, case.node)
    edits = concatenation(code, call)
    means = means_of(code, call)
    text = f"write the text of `fmt.{call.name}` with {means}" if means else ""
    return Rewrite(
        "concatenate",
        text or f"use the string as it is, without `fmt.{call.name}`",
        *_claim(values_are_stable(code, call)),
        tuple(edits),
    )


def _plain_error(case: RewriteCase) -> Rewrite:
    code = code_of(case)
    call = call_around(code, case.node)
    edits = plain_error(code, call)
    means = means_of(code, call)
    text = f", and its text with {means}" if means else ""
    return Rewrite(
        "plain-error",
        f"make the error with `errors.New`{text}",
        *_claim(values_are_stable(code, call)),
        tuple(edits),
        gains=WHEN_FAILING,
    )


def _append_parts(case: RewriteCase) -> Rewrite:
    code = code_of(case)
    call = call_around(code, case.node)
    name, edits = append_statements(code, call)
    return Rewrite(
        "append-parts", f"append each part to `{name}` by itself", *_claim(True), tuple(edits)
    )


def _write_string(case: RewriteCase) -> Rewrite:
    code = code_of(case)
    call = call_around(code, case.node)
    writer, is_buffer, edits = written(code, call)
    stable = values_are_stable(code, call)
    claim = _claim(stable)
    if not is_buffer:
        claim = (
            Applicability.REVIEW,
            f"The text is the same; a `WriteString` of `{writer}` is called instead of `Write`.",
        )
    return Rewrite(
        "write-string", f"write the text to `{writer}` as a string", *claim, tuple(edits)
    )


def _guard_by_level(case: RewriteCase) -> Rewrite:
    call, edits = guard(code_of(case), case.node)
    return safe(
        "guard-by-level",
        f"call `{call}` only where its level is on",
        "The logger asks the same first, and no argument does more than give a value.",
        edits,
    )._replace(effect=Effect.REDUCED)


def _stringify(case: RewriteCase) -> Rewrite:
    made = text_instead(code_of(case), case.node, node_at(case, case.evidence.position))
    title = f"hand `{made.text}` to `{made.call}`"
    if not made.is_bytes:
        said = f"`{made.call}` calls the same method, but writes a panic of it as text."
        return review("stringify", title, said, made.edits)._replace(effect=Effect.MOVED)
    if made.risk:
        said = f"The text is the same unless `{made.risk}` changes the bytes."
        return review("stringify", title, said, made.edits)._replace(effect=Effect.MOVED)
    said = "The text is the same, and the bytes are only read."
    return safe("stringify", title, said, made.edits)._replace(effect=Effect.MOVED)


def _claim(stable: bool) -> tuple[Applicability, str]:
    if stable:
        return (
            Applicability.SAFE,
            "The text is the same: no value has a method that fmt would call.",
        )
    return (
        Applicability.REVIEW,
        "The text is the same unless a call among its values changes another of them.",
    )


def _advice(case: RewriteCase, package: str, function: str) -> Rewrite:
    what = quoted(case.evidence.what)
    call = f"`{package.rpartition('/')[2]}.{function}`"
    name = package.rpartition("/")[2]
    if name == "fmt" and function == "Errorf":
        return idea(
            "leave-it",
            f"leave {what} where errors are rare",
            f"What {call} tells of an error is worth a copy.",
        )
    if name == "testing":
        return idea("leave-it", f"leave {what}", f"{call} runs in tests only.")
    if name == "slog":
        return idea(
            "ask-for-level",
            f"ask for the level before {what} is handed over",
            f"Where the line is rarely written, call {call} behind the logger's `Enabled`, or "
            "use `LogAttrs` with attributes such as `slog.Int`, which hold numbers and strings "
            "without a copy on the heap.",
            "The arguments are then only evaluated where the line is written.",
        )
    return idea(
        "guard-or-append",
        f"hand {what} over only where the text is needed",
        f"Put {call} behind the condition under which somebody reads its text, or build the text "
        f"with `strconv.Append…` in a buffer that is kept.",
        "What is guarded is not evaluated where the condition does not hold.",
    )
