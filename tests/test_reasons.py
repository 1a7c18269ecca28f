"""What sentences say beyond their cause, on real compilers: memory, order, fields, holders."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.request import Request, Wanted
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain

Write = Callable[[str], Path]

NO_ORDER = "cannot run after this one, but the compiler does not look at the order of statements"


def sentences(folder: Path) -> dict[int, str]:
    """The sentence of the one site of each line."""
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    report = run(request, {**os.environ, "PWD": str(folder)}, folder).report
    return {site.position.line: site.sentence for site in report.sites}


def on(line: str, source: str) -> int:
    """The number of the line that a text stands in."""
    return next(n for n, text in enumerate(source.splitlines(), 1) if line in text)


def test_what_needs_no_memory_counts_as_on_the_heap(newest: Toolchain, write_module: Write) -> None:
    source = """package p

type none struct{}

type point struct{ x, y int }

var sink any

var nothing none

var list []int

func Keep(flag bool, n int, s string) {
	sink = none{}
	sink = nothing
	sink = flag
	sink = byte(n)
	sink = point{1, 2}
	list = []int{}
	sink = func() {}
	sink = new(none)
	sink = point{n, 2}
	sink = s
	sink = func() int { return n }
	sink = &point{1, 2}
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    said = {
        "none{}": "it has no size, and nothing is allocated for it",
        "sink = nothing": "it has no size, and nothing is allocated for it",
        "sink = flag": "it is one byte, of which Go keeps all values, and nothing is allocated",
        "byte(n)": "it is one byte, of which Go keeps all values, and nothing is allocated",
        "sink = point{1, 2}": "it lies in read-only memory, and nothing is allocated for it",
        "[]int{}": "it has no elements, and nothing is allocated for it",
        "func() {}": "it captures nothing, so it is made once, and nothing is allocated",
        "new(none)": "it has no size, and nothing is allocated for it",
    }
    for line, words in said.items():
        sentence = found[on(line, source)]
        assert sentence.endswith(f"; {words}"), line
        assert " counts as on the heap because " in sentence
    for line in ("point{n, 2}", "sink = s", "return n", "&point{1, 2}"):
        assert "nothing is allocated" not in found[on(line, source)]
        assert " is on the heap because " in found[on(line, source)]


def test_literals_need_no_memory_on_any_go(toolchain: Toolchain, write_module: Write) -> None:
    source = """package p

var sink any
var list []int
func Keep() {
	sink = func() {}
	list = make([]int, 0)
	sink = 100000
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert {"nothing is allocated" in found[line] for line in (6, 7, 8)} == {True}


def test_a_constant_that_is_printed_up_to_an_escape_is_one(
    newest: Toolchain, write_module: Write
) -> None:
    text = "x" * 67 + "\\n" + "y" * 9
    found = sentences(
        write_module(f"""-- p.go --
package p

import "fmt"

var sink any

func Keep(n int) string {{
	sink = "{text}"
	return fmt.Sprintf("{text}%d", n)
}}
""")
    )

    assert found[8].startswith("constant ")
    assert "because `fmt.Sprintf(…)` (line 9) takes it as an `any` for `%d`" in found[9]


def test_a_constant_beside_what_an_inlined_body_makes_has_its_own_cause(
    toolchain: Toolchain, write_module: Write
) -> None:
    source = """package p

func tag(kind string, value any) map[string]any {
	return map[string]any{"kind": kind, "value": value}
}

func Tag(s []byte) any {
	return tag("bytes", s)
}
"""
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    folder = write_module(f"-- p.go --\n{source}")
    report = run(request, {**os.environ, "PWD": str(folder)}, folder).report
    causes = sorted(
        one.cause or "" for one in report.sites if one.position.line == 8 and one.origin is not None
    )

    known = "returned-map", "constant-boxed" if toolchain.minor >= 25 else "interface-conversion"
    assert causes == sorted(known)


def test_a_line_that_never_follows_is_told(newest: Toolchain, write_module: Write) -> None:
    source = """package p

func Build(use func([]byte), big bool) int {
	var buf []byte
	use(buf)
	buf = append(buf, 1)
	return len(buf)
}

func Loop(use func([]byte)) {
	var buf []byte
	for len(buf) < 9 {
		use(buf)
		buf = append(buf, 2)
	}
}

func Branch(use func(*int), n int) {
	var p *int
	if n > 1 {
		use(p)
	} else {
		p = new(int)
	}
}

func Returned(n int) []byte {
	var buf []byte
	if n == 0 {
		return buf
	}
	buf = append(buf, 3)
	return buf
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert found[on("buf, 1", source)].endswith(f"; line 5 {NO_ORDER}")
    assert NO_ORDER not in found[on("buf, 2", source)]
    assert found[on("new(int)", source)].endswith(f"; line 21 {NO_ORDER}")
    assert "`return buf` (line 33) returns it" in found[on("buf, 3", source)]


def test_what_a_later_call_of_a_literal_keeps_is_no_matter_of_order(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

func Batches(send chan *[]int) func(int) {
	list := new([]int)
	return func(n int) {
		*list = append(*list, n)
		if len(*list) > 9 {
			send <- list
			list = new([]int) // next
		}
	}
}

func Batch(send chan *[]int) func(int) {
	return func(n int) {
		list := new([]int)
		if n > 9 {
			send <- list
			list = new([]int) // dropped
			*list = append(*list, n)
		}
	}
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    next_one = found[on("// next", source)]
    assert "`send <- list` (line 8) sends it" in next_one
    assert NO_ORDER not in next_one
    assert found[on("// dropped", source)].endswith(f"; line 18 {NO_ORDER}")


def test_what_gets_into_another_call_of_the_function_is_no_matter_of_order(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

var kept []*int

//go:noinline
func Walk(p *int, n int) {
	if n == 0 {
		kept = append(kept, p)
		return
	}
	Walk(new(int), n-1)
}

//go:noinline
func same(p *int) *int { return p }

func Through(use func(*int), n int) int {
	p := &n
	if n == 0 {
		use(p)
		return 0
	}
	p = same(new(int))
	return *p
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    sentence = found[on("Walk(new(int)", source)]
    assert "`append(kept, p)` (line 8)" in sentence
    assert NO_ORDER not in sentence
    assert found[on("same(new(int))", source)].endswith(f"; line 20 {NO_ORDER}")


def test_the_receiver_of_a_method_value_is_kept_with_it(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

type Conn struct{ close func() }

var last *Conn

func (c *Conn) keep() { last = c }

func Stored() {
	c := &Conn{} // stored
	c.close = c.keep
}

func Called() {
	c := &Conn{} // called
	f := c.keep
	f()
}

func dial() *Conn {
	c := new(Conn)
	c.close = c.keep
	return c
}

func Inlined() {
	dial() // inlined
}

func Later(n int) {
	for i := 0; i < n; i++ {
		count := func() { n++ } // deferred
		defer count()
	}
	run := func() { n++ } // run
	go run()
}

type Source struct{ next *int }

var drawn *int

func (s *Source) draw(n int) int { drawn = s.next; return n }

func open(p *int) *Source { return &Source{p} }

//go:noinline
func pick(draw func(int) int) int { return draw(1) }

func Pick() int {
	seed := 7 // made
	return pick(open(&seed).draw)
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert "`c.close = c.keep` (line 11) stores it behind a pointer" in found[on("// st", source)]
    assert "because `c.keep` (line 16) may keep it" in found[on("// called", source)]
    assert "goroutine" not in found[on("// inlined", source)]
    assert "because a `defer` that is reached in a loop" in found[on("// deferred", source)]
    assert "because the goroutine that runs it" in found[on("// run", source)]
    made = found[on("// made", source)]
    assert "because `open(&seed).draw` (line 52) may keep what holds it" in made


def test_another_field_is_told(newest: Toolchain, write_module: Write) -> None:
    source = """package p

type options struct {
	names  []string
	notify *int
}

var kept *int

//go:noinline
func run(o options) { kept = o.notify }

func Other() { run(options{names: make([]string, 9)}) }

func Same() { run(options{notify: new(int)}) }
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert found[on("Other", source)].endswith(
        "`run(…)` (line 13) keeps `notify` of the variable whose `names` it is, "
        "and the compiler does not tell the fields of a variable apart"
    )
    assert "fields" not in found[on("Same", source)]


def test_a_return_keeps_though_callers_go_on(newest: Toolchain, write_module: Write) -> None:
    source = """package p

import "errors"

func Even(n int, use func(string)) error {
	if n < 0 {
		return errors.New("negative")
	}
	if err := Odd(n-1, use); err != nil {
		use(err.Error())
	}
	return nil
}

func Odd(n int, use func(string)) error { return Even(n-1, use) }
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert found[7].endswith('`return errors.New("negative")` (line 7) returns it as an `error`')


def test_what_holds_a_value_says_why_it_is_on_the_heap(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

type named struct{ name *string }

var all []*named

//go:noinline
func register(name *string) {
	n := &named{name: name}
	all = append(all, n)
}

func Add() {
	name := "x"
	register(&name)
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert found[on('name := "x"', source)].endswith(
        "`register(…)` (line 15) keeps it: `&named{name: name}` (line 9) holds it, and "
        "`append(all, n)` (line 10) puts it in a slice whose array may outlive this call"
    )


@pytest.mark.parametrize("words", ["", "x" * 90])
def test_a_cut_string_hides_no_argument(newest: Toolchain, write_module: Write, words: str) -> None:
    source = f"""package p

var kept []any

type logger struct{{ prefix *string }}

var lines *string

//go:noinline
func (l *logger) logf(format string, args ...any) {{
	lines = l.prefix
	kept = args
}}

func Log(l *logger, n int) {{
	l.logf("{words}", n)
}}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert "`kept = args` (line 12)" in found[on("l.logf(", source)]


def test_brackets_in_strings_hide_no_call(newest: Toolchain, write_module: Write) -> None:
    source = """package p

import "fmt"

func Show(n int) string { return fmt.Sprintf("%d (of", n) }

func Fail() { panic("closed )") }
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert "`fmt.Sprintf(…)` (line 5) takes it as an `any` for `%d`: fmt calls" in found[5]
    assert '`panic("closed )")` (line 7) hands it to whoever recovers' in found[7]


def test_a_call_in_an_inlined_body_is_told_as_such(newest: Toolchain, write_module: Write) -> None:
    source = """package p

import "errors"

type wrapped struct{ cause error }

func (w *wrapped) Error() string { return "wrapped" }

func Cause() error { return errors.Unwrap(error(&wrapped{})) }

func Of(err error) error {
	w := &wrapped{err}
	var e error = w
	if err == nil {
		e = err
	}
	return errors.Unwrap(e)
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert "`u.Unwrap(…)` in `errors.Unwrap(…)` (line 17)" in found[12]


def test_the_type_checker_names_what_is_called(toolchain: Toolchain, write_module: Write) -> None:
    source = """package p

import "io"

type reader struct{ in io.Reader }

type hooks struct{ done func(*int) }

func (r *reader) First() byte {
	buf := make([]byte, 8)
	r.in.Read(buf)
	return buf[0]
}

func Run(h hooks) int {
	n := 1
	h.done(&n)
	return n
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert found[10] == (
        "`make([]byte, 8)` is on the heap because `r.in.Read(…)` (line 11) is called through "
        "the interface `io.Reader`: the compiler cannot see what `Read` does with it"
    )
    assert found[16].endswith(
        "`h.done(…)` (line 17) calls a function value: the compiler cannot see what it does with it"
    )


def test_the_type_checker_tells_maps_from_slices(newest: Toolchain, write_module: Write) -> None:
    source = """package p

import "example.com/m/q"

var list *q.List

func Store(in q.Index, items q.Items, rows *[4]*int) {
	in["x"] = new(int)
	items[0] = new(int)
	rows[0] = new(int)
	list.First = new(int)
}
-- q/q.go --
package q

type Index map[string]*int

type Items []*int

type List struct{ First *int }
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert "stores it in a map" in found[8]
    assert "stores it in a slice" in found[9]
    assert "stores it behind a pointer" in found[10]
    assert "stores it behind a pointer" in found[11]


def test_the_body_of_a_loop_over_a_function_is_no_literal_on_the_heap(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

import (
	"errors"
	"iter"
)

func Collect(seq iter.Seq[string]) (all []string, err error) {
	var last *string
	for one := range seq {
		if one == "" {
			return nil, errors.New("empty")
		}
		all = append(all, one)
		copied := one
		last = &copied
	}
	return append(all, *last), nil
}

func Plain(names []string) func() int {
	var kept []func() int
	for range names {
		n := 0
		kept = append(kept, func() int { n++; return n })
	}
	return kept[0]
}
"""
    found = sentences(write_module(f"-- go.mod --\nmodule m\n\ngo 1.23\n-- p.go --\n{source}"))

    for sentence in found.values():
        assert "is on the heap itself" not in sentence
    turn = "for longer than a turn of the loop"
    assert found[on("last = &copied", source) - 1].endswith(
        f"`last` (line 16) holds its address {turn}"
    )
    returned = found[on("errors.New", source)]
    assert returned.endswith('`return nil, errors.New("empty")` (line 12) returns it as an `error`')
    # A literal in an ordinary loop captures what it captures.
    assert "captured by reference by a function literal" in found[on("n := 0", source)]


def test_what_holds_it_is_what_is_handed_on(newest: Toolchain, write_module: Write) -> None:
    source = """package p

type Log interface{ Print(*Entry) }

type Entry struct {
	text []byte
	next *Entry
}

var last *Entry

//go:noinline
func keep(e *Entry) { last = e }

func Write(n int) {
	text := make([]byte, n)
	keep(&Entry{text: text})
}

func Plain(l Log) {
	entry := &Entry{} // itself
	l.Print(entry)
}

//go:noinline
func send(l Log, text []byte) {
	entry := Entry{text: text}
	l.Print(&entry)
}

func Send(l Log, n int) {
	send(l, make([]byte, n+1))
}

func Later(n int) func() *Entry {
	entry := Entry{next: new(Entry)}
	return func() *Entry {
		entry.text = entry.text[:n]
		return &entry
	}
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert (
        "`keep(…)` (line 17) keeps what holds it: `last = e`" in found[on("text := make", source)]
    )
    sent = found[on("n+1", source)]
    assert "`send(…)` (line 32) keeps it: `entry` (line 27) holds it, and `l.Print(…)`" in sent
    assert "loop" not in sent
    assert "because `entry`, which holds it, is captured" in found[on("new(Entry)", source)]
    assert "is captured" not in found[on("// itself", source)]


def test_a_variable_of_a_literal_is_told_from_one_around_it(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

import "fmt"

type Failure struct{ text string }

func (f *Failure) Error() string { return f.text }

func (f *Failure) in(text string) *Failure { return f }

func Recovered(work func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			failure := &Failure{fmt.Sprint(r)} // recovered
			if err, ok := r.(error); ok {
				println(err.Error())
			}
			err = failure.in("work")
		}
	}()
	work()
	return nil
}

var kept func()

//go:noinline
func keep(f func()) { kept = f }

func Cases() {
	keep(func() {
		cases := []struct{ list []int }{
			{[]int{1}}, // a case
		}
		for _, one := range cases {
			one := one
			keep(func() { keep(func() { one.list[0]++ }); one.list = nil })
		}
	})
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert "stores it in a variable of the function around" in found[on("// recovered", source)]
    assert "because `one`, which holds it, is captured by reference" in found[on("a case", source)]
    assert not any("longer than a turn" in sentence for sentence in found.values())


def test_nil_is_no_text_that_is_converted(toolchain: Toolchain, write_module: Write) -> None:
    source = """package p

func Lists() []any {
	return []any{
		([]byte)(nil),
		([]int32)(nil),
	}
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    assert found[5].startswith("a copy of `([]byte)(nil)` ")
    assert found[6].startswith("a copy of `([]int32)(nil)` ")


def test_a_loop_over_a_function_is_told_where_it_is_inlined(
    newest: Toolchain, write_module: Write
) -> None:
    iterators = """package it

import "iter"

func Contains[T any](all iter.Seq[T], fits func(T) bool) bool {
	for one := range all {
		if fits(one) {
			return true
		}
	}
	return false
}

func Count[T any](all iter.Seq[T]) int {
	var n int // counted
	for range all {
		n++
	}
	return n
}

func Map[T, R any](all iter.Seq[T], of func(T) R) iter.Seq[R] {
	return Indexed(all, func(one T, _ int) R { return of(one) }) // mapped
}

func Indexed[T, R any](all iter.Seq[T], of func(T, int) R) iter.Seq[R] {
	return func(yield func(R) bool) {
		for one := range all {
			if !yield(of(one, 0)) {
				return
			}
		}
	}
}
"""
    users = """package use

import (
	"iter"

	"example.com/m/it"
)

var kept []any

func keep(values ...any) { kept = values }

func Kept(all iter.Seq[string], fits func(string) bool) {
	keep(it.Contains(all, fits)) // contains
}

func Fits(all iter.Seq[string], n int) bool {
	return it.Contains(all, func(one string) bool { return len(one) > n }) // fits
}

func Counted(all iter.Seq[string]) int {
	return it.Count(all) // count
}

func Mapped(all iter.Seq[string]) iter.Seq[int] {
	return it.Map(all, func(one string) int { return len(one) })
}
"""
    module = f"-- go.mod --\nmodule example.com/m\n\ngo 1.23\n-- it/it.go --\n{iterators}"
    folder = write_module(f"{module}-- use/use.go --\n{users}")
    report = run(
        Request(BuildOptions(("./...",)), Wanted(), use_cache=False),
        {**os.environ, "PWD": str(folder)},
        folder,
    ).report

    def said(file: str, line: int) -> list[str]:
        at = (one for one in report.sites if one.position.file == file)
        return [one.sentence for one in at if one.position.line == line]

    ranged = "ranges over a function that is chosen when the program runs, so it may keep it"
    by_loop = "captured by reference by the body of a loop over a function"
    (counted,) = said("it/it.go", on("// counted", iterators))
    assert f"`n` is on the heap because it is {by_loop} (line 17), since line 17" in counted
    (mapped, literal) = said("it/it.go", on("// mapped", iterators))
    assert {"hands the function" in one for one in (mapped, literal)} == {True}
    found = [one.sentence for one in report.sites]
    assert not [one for one in found if "not analysed" in one or "`…`" in one]
    assert not [one for one in found if "holds it, and is on the heap itself" in one]
    copies = said("use/use.go", on("// contains", users))
    assert (
        sum("the hidden state of a range-over-func loop of `it.Contains`" in c for c in copies) == 3
    )
    assert any(c.startswith("a copy of `it.Contains(all, fits)` counts as") for c in copies)
    fits = next(one for one in said("use/use.go", on("// fits", users)) if "`func(" in one)
    assert (
        f"the body of a loop over a function captures it; `it.Contains(…)` (line 18) {ranged}"
        in fits
    )
    count = next(one for one in said("use/use.go", on("// count", users)) if "`n` of" in one)
    assert f"it is {by_loop} (line 22), and `it.Count(…)` (line 22) {ranged}" in count


def test_what_a_function_hands_itself_in_a_loop_is_no_longer_than_that(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

import "fmt"

type node struct {
	next *node
	n    int
}

func Sum(args ...any) (total int, err error) {
	for _, arg := range args {
		switch arg := arg.(type) {
		case int:
			total += arg
		case []any:
			for _, one := range arg {
				n, err := Sum(one) // variadic
				if err != nil {
					return 0, err
				}
				total += n
			}
		default:
			return 0, fmt.Errorf("no number: %v", arg)
		}
	}
	return total, nil
}

func Walk(n int, nodes ...*node) (total int) {
	for _, one := range nodes {
		made := []*node{one.next, {n: one.n}} // listed
		total += one.n + Walk(n-1, made...)
	}
	return total
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    same = "is the same variable in each call, which lives longer than a turn of the loop"
    again = "leads to this function again, and to the compiler"
    assert found[on("// variadic", source)].endswith(f"`Sum(…)` (line 17) {again} `args` {same}")


def test_what_an_inlined_literal_keeps_is_told_in_the_file_of_that(
    newest: Toolchain, write_module: Write
) -> None:
    options = """package options

type Config struct{ All map[string]*Function }

type Function struct {
	Name string
	Func func(int) int
}

func Add(name string, f func(int) int) func(*Config) {
	return func(c *Config) {
		c.All[name] = &Function{Name: name, Func: f}
	}
}
"""
    users = """package p

import "example.com/m/options"

func Use() func(*options.Config) {
	n := 0
	return options.Add("count", func(k int) int { n += k; return n }) // count
}
"""
    module = f"-- go.mod --\nmodule example.com/m\n\ngo 1.21\n-- options/a.go --\n{options}"
    found = sentences(write_module(f"{module}-- p.go --\n{users}"))

    line = on("// count", users)
    kept = (
        f"in `options.Add(…)` (line {line}), `&Function{{Name: name, Func: f}}` (options/a.go:12)"
    )
    stored = "`c.All[name] = &Function{Name: name, Func: f}` (options/a.go:12) stores it in a map"
    assert f"because {kept} holds it, and {stored}" in found[line]


def test_names_that_the_compiler_makes_up_mean_nothing_elsewhere(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

import "time"

type namer interface{ Named(s *int) }

type table struct{ first, second *int }

var Readers = map[string]func(a, b string) (any, error){
	"less": func(a, b string) (any, error) { return less(a, b) },
	"time": func(a, b string) (any, error) { return time.Parse(a, b) }, // time
}

func less(a, b string) (bool, error) { return a < b, nil }

func sized[T any](n int) []T {
	if n < 0 {
		panic("no such size")
	}
	return make([]T, n)
}

func Sized(n int) int {
	all := sized[int](n) // sized
	return len(all)
}

//go:noinline
func (t *table) put(old, key *int) {
	*old = 1
	t.second = key
}

func Put(t *table) {
	key := 3 // key
	t.put(&key, &key)
}

func Name(n *namer, s int) { // through a pointer
	(*n).Named(&s)
}
"""
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    folder = write_module(f"-- p.go --\n{source}")
    sites = run(request, {**os.environ, "PWD": str(folder)}, folder).report.sites

    def said(line: str, words: str) -> str:
        at = on(line, source)
        found = (one.sentence for one in sites if one.position.line == at)
        return next(one for one in found if words in one)

    assert "one byte" not in said("// time", "a copy of what")
    size = said("// sized", "constant")
    assert size.startswith('constant `"no such size"` of `sized`, inlined here, counts')
    assert "`t.put(…)` (line 36) keeps it: `t.second = key`" in said("// key", "`key`")
    through = said("// through a pointer", "`s`")
    assert "`(*n).Named(…)` (line 40) is called through the interface `namer`" in through


def test_what_points_into_itself_is_told_so(newest: Toolchain, write_module: Write) -> None:
    source = """package p

type walk struct {
	room  [4]int
	stack []int
}

//go:noinline
func Start() walk {
	var w walk
	w.stack = w.room[:0]
	return w
}
"""
    found = sentences(write_module(f"-- p.go --\n{source}"))

    stored = "`w.stack = w.room[:0]` (line 11) stores its address in itself"
    assert found[10].startswith(f"`w` is on the heap because {stored}, and the compiler says no")
