"""An argument of a call through an interface or function value."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, told
from escapelens.causes.clauses import chosen, kept
from escapelens.evidence import End, Pattern, Through
from escapelens.model import Effect
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.cold import copied_in_branch
from escapelens.rewriting.fast_path import with_fast_path
from escapelens.rewriting.hoisting import literal_made_once
from escapelens.rewriting.parameters import with_own_type
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.rewriting.scratch import kept_in_receiver
from escapelens.rewriting.tables import made_once


class DynamicCallArgument(Cause):
    asks_for_users = True
    summary = "the address of a value is handed to an interface method or a function value"
    why = """\
Which code a method of an interface or a function value runs is only known when the program runs.
The compiler looks into the functions it knows to see whether they keep their arguments. Here there
is no function to look into, so it must assume the worst: that the address is kept. The receiver of
such a call counts as an argument too.
"""
    safety = """\
A concrete type in place of an interface fixes what callers can pass. A buffer that is a field is
shared by all users of its struct: two goroutines must not use it at once, and the callee must not
keep it.
"""
    leave_it = """\
Leave it where the call itself is slow, as reading a file or writing to a network is: one small
allocation is lost next to that.
"""
    history = """\
Since Go 1.26 an interface variable to which only one type is ever assigned counts as that type, so
its methods are looked into; before, only a variable set once did. Since Go 1.27 the same holds for
a local function variable that is only ever set to functions the compiler knows.
"""
    examples = (
        Example(
            before="""package p

type Source interface{ Each(visit func(int)) }

type Sum struct{ total int }

func (s *Sum) Add(sources []Source) int {
	for _, source := range sources {
		source.Each(func(n int) { // heap
			s.total += n
		})
	}
	return s.total
}
""",
            after="""package p

type Source interface{ Each(visit func(int)) }

type Sum struct{ total int }

func (s *Sum) Add(sources []Source) int {
	callback := func(n int) { // heap
		s.total += n
	}
	for _, source := range sources {
		source.Each(callback)
	}
	return s.total
}
""",
            rewrite="hoist",
            effect=Effect.REDUCED,
            check="""type numbers []int

func (n numbers) Each(visit func(int)) {
	for _, one := range n {
		visit(one)
	}
}

var sources = []Source{numbers{1, 2}, numbers{3}}

func check() any { return new(Sum).Add(sources) }
""",
        ),
        Example(
            before="""package p

import "errors"

type Tracer interface{ Trace(position *[2]int) }

func Parse(t Tracer, text string) (int, error) {
	var position [2]int // heap
	for i := 0; i < len(text); i++ {
		position[0]++
		if text[i] == 10 {
			position = [2]int{0, position[1] + 1}
		}
	}
	if position[0] > 80 {
		t.Trace(&position)
		return 0, errors.New("line too long")
	}
	return position[1], nil
}
""",
            after="""package p

import "errors"

type Tracer interface{ Trace(position *[2]int) }

func Parse(t Tracer, text string) (int, error) {
	var position [2]int
	for i := 0; i < len(text); i++ {
		position[0]++
		if text[i] == 10 {
			position = [2]int{0, position[1] + 1}
		}
	}
	if position[0] > 80 {
		position := position // heap
		t.Trace(&position)
		return 0, errors.New("line too long")
	}
	return position[1], nil
}
""",
            rewrite="copy-in-branch",
            effect=Effect.MOVED,
            check="""func check() any {
	lines, err := Parse(nil, "a b c")
	return [2]any{lines, err}
}
""",
        ),
        Example(
            before="""package p

import (
	"bytes"
	"io"
)

func readLength(r io.Reader) (int, error) {
	var header [2]byte // heap
	if _, err := r.Read(header[:]); err != nil {
		return 0, err
	}
	return int(header[0])<<8 | int(header[1]), nil
}

func Lengths(data []byte) (total int) {
	r := bytes.NewReader(data)
	for {
		n, err := readLength(r)
		if err != nil {
			return total
		}
		total += n
	}
}
""",
            after="""package p

import (
	"bytes"
)

func readLength(r *bytes.Reader) (int, error) {
	var header [2]byte
	if _, err := r.Read(header[:]); err != nil {
		return 0, err
	}
	return int(header[0])<<8 | int(header[1]), nil
}

func Lengths(data []byte) (total int) {
	r := bytes.NewReader(data)
	for {
		n, err := readLength(r)
		if err != nil {
			return total
		}
		total += n
	}
}
""",
            rewrite="concrete-parameter",
            check="""var data = []byte{0, 1, 1, 2, 0, 3}

func check() any { return Lengths(data) }
""",
        ),
        Example(
            before="""package p

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
)

//go:noinline
func writeNumber(w io.Writer, n uint32) error {
	var number [4]byte // heap
	binary.BigEndian.PutUint32(number[:], n)
	_, err := w.Write(number[:])
	return err
}

func Text(text *bytes.Buffer) error { return writeNumber(text, 1<<24) }

func File(file *os.File) error { return writeNumber(file, 1) }
""",
            after="""package p

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
)

//go:noinline
func writeNumber(w io.Writer, n uint32) error {
	var number [4]byte
	binary.BigEndian.PutUint32(number[:], n)
	if w, ok := w.(*bytes.Buffer); ok {
		_, err := w.Write(number[:])
		return err
	}
	numberCopy := number // heap
	_, err := w.Write(numberCopy[:])
	return err
}

func Text(text *bytes.Buffer) error { return writeNumber(text, 1<<24) }

func File(file *os.File) error { return writeNumber(file, 1) }
""",
            rewrite="fast-path",
            effect=Effect.MOVED,
            check="""import "bytes"

var text bytes.Buffer

func check() any {
	text.Reset()
	err := Text(&text)
	return [2]any{text.String(), err}
}
""",
        ),
        Example(
            before="""package p

import (
	"bytes"
	"io"
	"os"
)

//go:noinline
func end(w io.Writer, flag byte) {
	w.Write([]byte{flag, '\\r', '\\n'}) // heap
	if flag == '.' {
		os.Exit(0)
	}
	os.Stdout.Sync()
}

func Ends(text *bytes.Buffer, file *os.File) {
	end(text, '+')
	end(text, '-')
	if file != nil {
		end(file, '.')
	}
}
""",
            after="""package p

import (
	"bytes"
	"io"
	"os"
)

//go:noinline
func end(w io.Writer, flag byte) {
	switch w := w.(type) {
	case *bytes.Buffer:
		w.Write([]byte{flag, '\\r', '\\n'})
	default:
		w.Write([]byte{flag, '\\r', '\\n'}) // heap
	}
	if flag == '.' {
		os.Exit(0)
	}
	os.Stdout.Sync()
}

func Ends(text *bytes.Buffer, file *os.File) {
	end(text, '+')
	end(text, '-')
	if file != nil {
		end(file, '.')
	}
}
""",
            rewrite="fast-path",
            effect=Effect.REDUCED,
            check="""import "bytes"

type plain struct{ sum *int }

func (p plain) Write(text []byte) (int, error) {
	*p.sum += len(text)
	return len(text), nil
}

var text bytes.Buffer

func check() any {
	text.Reset()
	Ends(&text, nil)
	var sum int
	end(plain{&sum}, '+')
	return [2]any{text.String(), sum}
}
""",
        ),
        Example(
            before="""package p

import "io"

func ReadLength(r io.Reader) (int, error) {
	var header [2]byte // heap
	if _, err := r.Read(header[:]); err != nil {
		return 0, err
	}
	return int(header[0])<<8 | int(header[1]), nil
}
""",
            after="""package p

import "bufio"

func ReadLength(r *bufio.Reader) (int, error) {
	high, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	low, err := r.ReadByte()
	return int(high)<<8 | int(low), err
}
""",
        ),
        Example(
            before="""package p

import "io"

type Reader struct {
	r io.Reader
	n int
}

func (r *Reader) Length() (int, error) {
	var header [2]byte // heap
	if _, err := r.r.Read(header[:]); err != nil {
		return 0, err
	}
	r.n++
	return int(header[0])<<8 | int(header[1]), nil
}
""",
            after="""package p

import "io"

type Reader struct {
	r io.Reader
	n int

	scratch [2]byte
}

func (r *Reader) Length() (int, error) {
	header := &r.scratch
	*header = [2]byte{}
	if _, err := r.r.Read(header[:]); err != nil {
		return 0, err
	}
	r.n++
	return int(header[0])<<8 | int(header[1]), nil
}
""",
            rewrite="scratch-field",
            check="""type ones struct{}

func (ones) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 1
	}
	return len(p), nil
}

var reader = &Reader{r: ones{}}

func check() any {
	n, err := reader.Length()
	return [2]any{n, err}
}
""",
        ),
        Example(
            before="""package p

import "io"

type Writer struct {
	out io.Writer
}

func (w *Writer) WriteFlag(flag byte) error {
	_, err := w.out.Write([]byte{flag, '\\n'}) // heap
	return err
}
""",
            after="""package p

import "io"

type Writer struct {
	out     io.Writer
	scratch [2]byte
}

func (w *Writer) WriteFlag(flag byte) error {
	w.scratch = [2]byte{flag, '\\n'}
	_, err := w.out.Write(w.scratch[:])
	return err
}
""",
        ),
        Example(
            before="""package p

type config struct {
	host string
	port int
}

type Option func(*config)

func Address(options ...Option) (string, int) {
	c := config{host: "localhost", port: 80} // heap
	for _, option := range options {
		option(&c)
	}
	return c.host, c.port
}
""",
            after="""package p

type config struct {
	host string
	port int
}

type Option func(config) config

func Address(options ...Option) (string, int) {
	c := config{host: "localhost", port: 80}
	for _, option := range options {
		c = option(c)
	}
	return c.host, c.port
}
""",
        ),
        Example(
            before="""package p

import "io"

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}

func Count(line []byte) int {
	var w io.Writer
	c := &counter{} // heap
	w = c
	w.Write(line)
	return c.n
}
""",
            after="""package p

type counter struct{ n int }

func (c *counter) Write(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}

func Count(line []byte) int {
	c := &counter{}
	c.Write(line)
	return c.n
}
""",
            until=25,
        ),
        Example(
            before="""package p

func Total(values []int, negate bool) int {
	add := func(total *int, value int) { *total += value }
	if negate {
		add = func(total *int, value int) { *total -= value }
	}
	total := 0 // heap
	for _, value := range values {
		add(&total, value)
	}
	return total
}
""",
            after="""package p

func Total(values []int, negate bool) int {
	add := func(total, value int) int { return total + value }
	if negate {
		add = func(total, value int) int { return total - value }
	}
	total := 0
	for _, value := range values {
		total = add(total, value)
	}
	return total
}
""",
            until=26,
        ),
    )
    refusals = (
        RefusalExample(
            "fast-path",
            """package p

import "io"

func ReadFlag(r io.Reader) byte {
	var flag [1]byte // heap
	r.Read(flag[:])
	return flag[0]
}
""",
            "no caller hands over a type whose methods are known to keep nothing",
        ),
        RefusalExample(
            "fast-path",
            """package p

import (
	"bytes"
	"io"
	"strings"
)

func readFlags(r io.Reader, n int) (sum int) {
	var flag [1]byte // heap
	for i := 0; i < n; i++ {
		r.Read(flag[:])
		sum += int(flag[0])
	}
	return sum
}

func Flags(b *bytes.Reader, s *strings.Reader) int { return readFlags(b, 1) + readFlags(s, 2) }
""",
            "`flag` lives on from turn to turn of a loop",
        ),
        RefusalExample(
            "scratch-field",
            """package p

import "io"

type Reader struct {
	r    io.Reader
	last []byte
}

func (r *Reader) Next() error {
	last := make([]byte, 8) // heap
	_, err := r.r.Read(last)
	r.last = last
	return err
}
""",
            "`last` is used in another way (line 13)",
        ),
        RefusalExample(
            "scratch-field",
            """package p

type Visitor interface{ Visit([]byte) }

type Walker struct {
	v Visitor
}

func (w *Walker) Walk() {
	var place [8]byte // heap
	w.v.Visit(place[:])
}
""",
            "`w.v.Visit` may keep `place` (line 11)",
        ),
        RefusalExample(
            "scratch-field",
            """package p

import "io"

type Reader struct {
	r io.Reader
}

func (r *Reader) Skip(n int) {
	var space [8]byte // heap
	if n > 0 {
		r.r.Read(space[:])
		r.Skip(n - 1)
	}
}
""",
            "the method may call itself, while the buffer is in use",
        ),
        RefusalExample(
            "concrete-parameter",
            """package p

import (
	"bytes"
	"io"
	"os"
)

func readFlag(r io.Reader) byte {
	var flag [1]byte // heap
	r.Read(flag[:])
	return flag[0]
}

func Flags(data []byte, f *os.File) (byte, byte) {
	return readFlag(bytes.NewReader(data)), readFlag(f)
}
""",
            "callers hand over `*bytes.Reader` and `*os.File`",
        ),
        RefusalExample(
            "concrete-parameter",
            """package p

import (
	"bytes"
	"io"
)

func readFlag(r io.Reader) byte {
	var flag [1]byte // heap
	if r != nil {
		r.Read(flag[:])
	}
	return flag[0]
}

func Flag(data []byte) byte {
	return readFlag(bytes.NewReader(data))
}
""",
            "`r` is used in another way than by its methods (line 10)",
        ),
        RefusalExample(
            "concrete-parameter",
            """package p

import (
	"bytes"
	"io"
)

func readFlag(r io.Reader) byte {
	var flag [1]byte // heap
	r.Read(flag[:])
	return flag[0]
}

var read func(io.Reader) byte = readFlag

func Flag(data []byte) byte {
	return readFlag(bytes.NewReader(data))
}
""",
            "line 14 of a.go uses the function as a value",
        ),
        RefusalExample(
            "copy-in-branch",
            """package p

type Visitor interface{ Visit(*int) }

func Walk(v Visitor, n int) int { // heap
	if n > 3 {
		v.Visit(&n)
	}
	return n
}
""",
            "the address of `n` is taken where the function goes on",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

import "os"

func First(f *os.File) byte {
	var buffer [1]byte
	f.Read(buffer[:])
	return buffer[0]
}
""",
            "`(*os.File).Read` is known, and keeps nothing.",
        ),
        NearMiss(
            """package p

import (
	"bytes"
	"io"
)

func First(data []byte) byte {
	var r io.Reader = bytes.NewReader(data)
	var buffer [1]byte
	r.Read(buffer[:])
	return buffer[0]
}
""",
            "The variable is only ever one type, so the compiler knows the method.",
        ),
        NearMiss(
            """package p

import "io"

func First(r io.Reader) (byte, error) {
	var buffer [1]byte
	_, err := io.ReadFull(r, buffer[:])
	return buffer[0], err
}
""",
            "`io.ReadFull` is known; that it hands the buffer on to the reader is its own story.",
        ),
        NearMiss(
            """package p

func Apply(f func(int) int, n int) int {
	return f(n)
}
""",
            "The argument is a number: no address is handed over.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.DYNAMIC_CALL

    def sentence(self, case: Case) -> str:
        callee = case.evidence.callee
        if case.evidence.through is not Through.NONE:
            return case.because(kept(case))
        what = f"`{callee.method}`" if callee is not None and callee.interface else "it"
        return case.because(
            f"{case.call} {chosen(callee)}: the compiler cannot see what {what} does with {case.it}"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        yield from copied_in_branch(case)
        yield from literal_made_once(case)
        typed = list(with_own_type(case))
        yield from typed
        if not any(isinstance(one, Rewrite) for one in typed):
            yield from with_fast_path(case)
        yield from kept_in_receiver(case)
        yield from made_once(case)
        site = told(case)
        yield idea(
            "concrete-or-kept",
            f"call a function that the compiler can see, or keep {site.what}",
            f"The compiler does not know what {site.call} does with it. Take a concrete type "
            "where there is only one, or keep one value in a struct that lives on and hand over "
            "its address each time.",
            "What is used again holds what the last call left in it.",
        )
