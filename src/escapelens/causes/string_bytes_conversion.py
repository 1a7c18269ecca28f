"""A string is made of bytes, or bytes of a string."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, told
from escapelens.causes.clauses import kept
from escapelens.evidence import End, Pattern, Subject
from escapelens.model import Effect
from escapelens.rewriting.at_use import converted_at_use
from escapelens.rewriting.attempts import Attempt, attempt, code_of, idea, review, safe
from escapelens.rewriting.conversions import is_written, write_string
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.rewriting.unconverted import (
    format_bytes,
    is_formatted,
    is_written_as_string,
    write_bytes,
)


class StringBytesConversion(Cause):
    summary = "a conversion between `string` and `[]byte` or `[]rune` copies"
    why = """\
A string never changes, and the elements of a slice may. So `string(b)`, `[]byte(s)` and `[]rune(s)`
copy. The copy is kept beyond this call, or handed to code that the compiler cannot see into, so it
has to be on the heap. The compiler leaves out the copy only where it sees that nobody can tell: in
a comparison, in a map lookup, or where the bytes are only read and not kept.
"""
    safety = """\
Code that keeps the `[]byte` shares its memory: a later change of it shows everywhere. Text that is
written as a string (`io.WriteString`) is written the same, but a writer without a `WriteString` of
its own still gets a copy.
"""
    leave_it = """\
A copy is right where the bytes are in a buffer that is used again, or where a small part of a large
text is kept for long. Converting once and keeping the result is cheap; converting the same text in
every turn of a loop is not.
"""
    history = """\
The sites are the same in all versions. Where the bytes do not leave the function and are only read,
Go 1.21 copies what is longer than 32 bytes, and later versions do not copy at all; neither is
reported as being on the heap.
"""
    examples = (
        Example(
            before="""package p

type Token struct {
	kind int
	text string
}

func Next(line []byte) Token {
	end := 0
	for end < len(line) && line[end] != ' ' {
		end++
	}
	return Token{kind: 1, text: string(line[:end])} // heap
}
""",
            after="""package p

type Token struct {
	kind int
	text []byte
}

func Next(line []byte) Token {
	end := 0
	for end < len(line) && line[end] != ' ' {
		end++
	}
	return Token{kind: 1, text: line[:end]}
}
""",
        ),
        Example(
            before="""package p

import "io"

func Print(w io.Writer, lines []string) error {
	for _, line := range lines {
		if _, err := w.Write([]byte(line)); err != nil { // heap
			return err
		}
	}
	return nil
}
""",
            after="""package p

import "io"

func Print(w io.Writer, lines []string) error {
	for _, line := range lines {
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	return nil
}
""",
            rewrite="write-string",
            check="""import "strings"

func check() any {
	var b strings.Builder
	b.Grow(100)
	line := strings.Repeat("x", 40)
	if err := Print(&b, []string{line, line}); err != nil {
		return err.Error()
	}
	return b.String()
}
""",
        ),
        Example(
            before="""package p

import (
	"fmt"
	"io"
)

func Header(w io.Writer, name, value []byte) {
	fmt.Fprintf(w, "%s: %s\\r\\n", name, string(value)) // heap
}
""",
            after="""package p

import (
	"fmt"
	"io"
)

func Header(w io.Writer, name, value []byte) {
	fmt.Fprintf(w, "%s: %s\\r\\n", name, value)
}
""",
            rewrite="format-bytes",
            effect=Effect.MOVED,
            check="""import "bytes"

func check() any {
	var b bytes.Buffer
	Header(&b, []byte("Content-Type"), bytes.Repeat([]byte("text/"), 20))
	return b.String()
}
""",
        ),
        Example(
            before="""package p

import "io"

type Output interface {
	io.Writer
	io.StringWriter
}

func Echo(out Output, lines [][]byte) {
	for _, line := range lines {
		out.WriteString(string(line)) // heap
	}
}
""",
            after="""package p

import "io"

type Output interface {
	io.Writer
	io.StringWriter
}

func Echo(out Output, lines [][]byte) {
	for _, line := range lines {
		out.Write(line)
	}
}
""",
            rewrite="write-bytes",
            check="""import "bytes"

func check() any {
	var b bytes.Buffer
	b.Grow(500)
	line := bytes.Repeat([]byte("x"), 80)
	Echo(&b, [][]byte{line, line})
	return b.String()
}
""",
        ),
        Example(
            before="""package p

func Reverse(text string) string {
	runes := []rune(text)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes) // heap
}
""",
        ),
        Example(
            before="""package p

type Table struct {
	ids   map[string]int
	names []string
}

func (t *Table) ID(name []byte) int {
	key := string(name) // heap
	if id, ok := t.ids[key]; ok {
		return id
	}
	id := len(t.names)
	t.names = append(t.names, key)
	t.ids[key] = id
	return id
}
""",
            after="""package p

type Table struct {
	ids   map[string]int
	names []string
}

func (t *Table) ID(name []byte) int {
	if id, ok := t.ids[string(name)]; ok {
		return id
	}
	id := len(t.names)
	key := string(name) // heap
	t.names = append(t.names, key)
	t.ids[key] = id
	return id
}
""",
            rewrite="convert-at-use",
            effect=Effect.REDUCED,
            check="""var table = &Table{ids: map[string]int{}}

func check() any {
	return table.ID([]byte("first")) + table.ID([]byte("second")) + table.ID([]byte("first"))
}
""",
        ),
        Example(
            before="""package p

type Lexer struct {
	input      []byte
	start, end int
	names      []string
}

func (l *Lexer) Word(keywords map[string]int) int {
	text := string(l.input[l.start:l.end]) // heap
	if keyword, ok := keywords[text]; ok {
		return keyword
	}
	l.names = append(l.names, text)
	return 0
}
""",
            after="""package p

type Lexer struct {
	input      []byte
	start, end int
	names      []string
}

func (l *Lexer) Word(keywords map[string]int) int {
	if keyword, ok := keywords[string(l.input[l.start:l.end])]; ok {
		return keyword
	}
	text := string(l.input[l.start:l.end]) // heap
	l.names = append(l.names, text)
	return 0
}
""",
            rewrite="convert-at-use",
            effect=Effect.REDUCED,
            check="""var (
	lexer    = &Lexer{input: []byte("return nothing"), end: 6}
	keywords = map[string]int{"return": 7}
)

func check() any { return lexer.Word(keywords) }
""",
        ),
    )
    refusals = (
        RefusalExample(
            "convert-at-use",
            """package p

type Lexer struct {
	input []byte
	end   int
	names []string
}

func (l *Lexer) next() { l.end++ }

func (l *Lexer) Word(keywords map[string]int) int {
	text := string(l.input[:l.end]) // heap
	l.next()
	if keyword, ok := keywords[text]; ok {
		return keyword
	}
	l.names = append(l.names, text)
	return 0
}
""",
            "`l.input[:l.end]` may change (line 13)",
        ),
        RefusalExample(
            "convert-at-use",
            """package p

func Add(counts map[string]int, word []byte) int {
	key := string(word) // heap
	n := counts[key] + 1
	counts[key] = n
	return n
}
""",
            "line 6 needs it each time",
        ),
        RefusalExample(
            "convert-at-use",
            """package p

func Names(all []string, word []byte, want int) []string {
	name := string(word) // heap
	if name == "" {
		return all
	}
	for len(all) < want {
		all = append(all, name)
	}
	return all
}
""",
            "a loop would make it in each turn",
        ),
        RefusalExample(
            "write-string",
            """package p

type Packet struct{ data []byte }

func (p *Packet) Write(data []byte) { p.data = data }

func Send(p *Packet, text string) {
	p.Write([]byte(text)) // heap
}
""",
            "its `Write` is not that of an `io.Writer`",
        ),
        RefusalExample(
            "format-bytes",
            """package p

import "fmt"

func Name(text []byte) string {
	return fmt.Sprintf("%q is taken", string(text)) // heap
}
""",
            "`%q` makes a string of bytes itself",
        ),
        RefusalExample(
            "format-bytes",
            """package p

import "fmt"

func Name(text []byte) string {
	return fmt.Sprintf("%v is taken", string(text)) // heap
}
""",
            "`%v` writes bytes in another way",
        ),
        RefusalExample(
            "format-bytes",
            """package p

import "log"

func Last(text []byte) {
	defer log.Printf("last: %s", string(text)) // heap
	text[0] = '#'
}
""",
            "the bytes may be others by the time that it is called",
        ),
        RefusalExample(
            "write-bytes",
            """package p

import "io"

func Send(w io.StringWriter, text []byte) {
	w.WriteString(string(text)) // heap
}
""",
            "`w` has no `Write`",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func Count(counts map[string]int, word []byte) int {
	return counts[string(word)]
}
""",
            "the string is only looked up in a map, and nothing is copied",
        ),
        NearMiss(
            """package p

func IsHelp(argument []byte) bool {
	return string(argument) == "--help"
}
""",
            "the string is only compared, and nothing is copied",
        ),
        NearMiss(
            """package p

func Sum(text string) int {
	sum := 0
	for _, b := range []byte(text) {
		sum += int(b)
	}
	return sum
}
""",
            "the bytes are only read here, and nothing is copied",
        ),
        NearMiss(
            """package p

type Name string

func Names(words []string) []Name {
	names := make([]Name, 0, 8)
	for _, word := range words {
		names = append(names, Name(word))
	}
	return names
}
""",
            "both are strings, and such a conversion copies nothing",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.CONVERSION and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return f"the copy that {case.what} makes {case.is_on_the_heap} because {kept(case)}"

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        if is_written(case.node):
            yield attempt("write-string", lambda: _write_string(case))
        elif is_written_as_string(case.node):
            yield attempt("write-bytes", lambda: _write_bytes(case))
        elif case.code is not None and is_formatted(case.code, case.node):
            yield attempt("format-bytes", lambda: _format_bytes(case))
        yield from converted_at_use(case)
        yield _advice(case)


def _advice(case: RewriteCase) -> Rewrite:
    """What to do about a copy by what becomes of it."""
    site = told(case)
    story = kept(site)
    because = f"{story[:1].upper()}{story[1:]}."
    match case.evidence.end:
        case End.MAP_ENTRY:
            return idea(
                "leave-it",
                f"leave {site.what} where it is new in the map",
                f"{because} A key must not change, so it is a copy. To look up `m[string(b)]` "
                "copies nothing: look first, and convert only what is not there yet.",
            )
        case End.RESULT:
            return idea(
                "return-as-is",
                f"return the text in the type that it has, or leave {site.what}",
                f"{because} A caller that only compares, looks up or writes it needs no copy.",
                "Bytes that are shared show later changes everywhere.",
            )
        case _:
            return idea(
                "convert-once",
                f"convert once, or keep {site.what} in the form in which it is needed",
                f"{because} Keep the text in the type that is asked for most often, and convert "
                "only to compare it, to look it up in a map or to range over it, which copies "
                "nothing.",
                "Bytes that are shared show later changes everywhere.",
            )


def _write_string(case: RewriteCase) -> Rewrite:
    written = write_string(code_of(case), case.node)
    title = f"write the string to `{written.writer}` as it is"
    if written.is_known:
        return safe("write-string", title, "Both methods write the same.", written.edits)
    return review(
        "write-string",
        title,
        f"The same text is written; if `{written.writer}` has a `WriteString`, that is called.",
        written.edits,
    )


def _write_bytes(case: RewriteCase) -> Rewrite:
    written = write_bytes(code_of(case), case.node)
    title = f"write `{written.bytes}` to `{written.taker}` as it is"
    if not written.risk:
        return safe("write-bytes", title, "Both methods write the same.", written.edits)
    return review(
        "write-bytes",
        title,
        f"The same text is written, if `Write` of `{written.risk}` does what its `WriteString` "
        f"does, and `{written.bytes}` is not memory that it writes to.",
        written.edits,
    )


def _format_bytes(case: RewriteCase) -> Rewrite:
    formatted = format_bytes(code_of(case), case.node)
    title = f"let `{formatted.taker}` format `{formatted.bytes}` as it is"
    if not formatted.risk:
        safety = "The verb writes bytes as it writes a string."
        made = safe("format-bytes", title, safety, formatted.edits)
    else:
        safety = f"The text is the same unless `{formatted.risk}` changes `{formatted.bytes}`."
        made = review("format-bytes", title, safety, formatted.edits)
    return made._replace(effect=Effect.MOVED)
