"""How sentences word what is formatted, inlined, assigned or stored, on real compilers."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.evidence import Callee, formats
from escapelens.request import Request, Wanted
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.test_reasons import on, sentences
from tests.toolchains import Toolchain

Write = Callable[[str], Path]

FORMATTING = (
    "fmt calls methods of what it formats or uses reflection, and the compiler can follow neither"
)


def told(write_module: Write, source: str) -> Callable[[str], str]:
    """The sentence of the one site on the line that a text stands in."""
    found = sentences(write_module(f"-- p.go --\n{source}"))
    return lambda line: found[on(line, source)]


def all_told(folder: Path) -> list[str]:
    """The sentences of all sites."""
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    report = run(request, {**os.environ, "PWD": str(folder)}, folder).report
    return [site.sentence for site in report.sites]


def test_the_verb_of_a_format_is_told(newest: Toolchain, write_module: Write) -> None:
    said = told(
        write_module,
        """package p

import (
	"fmt"
	"io"
	"log"
)

const wide = "%*d"

func Plain(n int) string         { return fmt.Sprintf("100%% of %d", n) }
func Second(a *int, n int) error { return fmt.Errorf("%v and %+v", a, n) }
func To(w io.Writer, n int)      { fmt.Fprintf(w, "at "+"%-8x", n) }
func Append(b []byte, n int)     { _ = fmt.Appendf(b, "%o", n) }
func Log(n int)                  { log.Printf("%c", n) }
func Fatal(l *log.Logger, n int) { l.Fatalf("%x", n) }
func Numbered(a *int, n int)     { fmt.Printf("%[2]d %[1]p", a, n) }
func Width(w *int, n int)        { fmt.Printf("%*d", w, n) }
func Unknown(f string, n int)    { fmt.Printf(f, n) }
func Missing(n int)              { fmt.Printf("none", n) }
func Line(n int)                 { fmt.Println("%d", n) }
""",
    )

    verbs = {
        "Plain": "%d",
        "Second": "%+v",
        "To(": "%-8x",
        "Append": "%o",
        "Log(": "%c",
        "Fatal": "%x",
    }
    for function, verb in verbs.items():
        assert f"takes it as an `any` for `{verb}`" in said(f"func {function}")
    for function in ("Numbered", "Width", "Unknown", "Missing", "Line"):
        assert f"takes it as an `any`: {FORMATTING}" in said(f"func {function}")


def test_what_formats_says_why_it_is_kept(newest: Toolchain, write_module: Write) -> None:
    said = told(
        write_module,
        """package p

import (
	"fmt"
	"log"
	"log/slog"
)

type logger struct{ prefix string }

func (l *logger) printf(format string, args ...any) {
	fmt.Printf(l.prefix+format, args...)
	fmt.Println()
	fmt.Println()
}

func Direct(n int)            { fmt.Println(n) }
func Log(n int)               { log.Print(n) }
func Handled(n int)           { slog.Info("made", "n", n) }
func Grouped(n int) slog.Attr { return slog.Group("made", "n", n) }
func Own(l *logger, n int)    { l.printf("%d", n) }
""",
    )

    assert f"`fmt.Println(…)` (line 17) takes it as an `any`: {FORMATTING}" in said("Direct")
    where = r"in `log.Print\(…\)` \(line 18\), `fmt.Append\(…\)` \(log/log.go:\d+\) takes it"
    assert re.search(where, said("Log("))
    assert "hands it to a handler that is chosen when the program runs" in said("Handled")
    assert "takes it as an `any`, and what it returns holds that" in said("Grouped")
    assert f"hands it on to `fmt.Printf(…)` (line 12): {FORMATTING}" in said("Own")


@pytest.mark.parametrize(
    ("package", "function", "argument", "is_formatted"),
    [
        ("fmt", "Fprintf", 2, True),
        ("fmt", "Fprintf", 0, False),
        ("fmt", "Sscan", 1, False),
        ("log", "(*Logger).SetOutput", 1, False),
        ("log/slog", "(*Logger).Enabled", 1, False),
        ("log/slog", "(*Logger).Info", 2, True),
        ("example.com/log", "Printf", 1, False),
    ],
)
def test_only_what_is_formatted_counts_as_such(
    package: str, function: str, argument: int, is_formatted: bool
) -> None:
    assert formats(Callee("", package, function, argument)) is is_formatted


def test_the_result_of_an_inlined_call_is_the_callers_own(
    toolchain: Toolchain, write_module: Write
) -> None:
    said = told(
        write_module,
        """package p

import "fmt"

type user struct{ id int }

func (u *user) number() int { return u.id }

func (u *user) bytes() []byte { return []byte{byte(u.id), 1} }

func Show(u *user) string { return fmt.Sprintf("%d", u.number()) }

func Text(u *user) string { return string(u.bytes()) }
""",
    )

    assert "a copy of `u.number()` is on the heap because" in said("func Show")
    if toolchain.minor > 21:
        assert "the copy that `string(u.bytes())` makes is on the heap" in said("func Text")


def test_inlined_code_names_what_the_source_calls(newest: Toolchain, write_module: Write) -> None:
    said = told(
        write_module,
        """package p

func Two(n int) ([]byte, []byte) {
	fill := func(n int) []byte {
		return make([]byte, n)
	}
	a := fill(n)
	return a, fill(n + 1)
}

//go:noinline
func print(values ...any) { all = append(all, values...) }

var all []any

func note(name string) { print(name) }

func Note() { note("start") }
""",
    )

    assert "of `fill`, inlined here," in said("a := fill(n)")
    assert said("func Note").startswith('constant `"start"` counts as on the heap because ')


def test_what_is_assigned_or_returned_together_is_told_as_such(
    newest: Toolchain, write_module: Write
) -> None:
    said = told(
        write_module,
        """package p

//go:noinline
func two() (int, error) { return 1, nil }

func Any() (v any, err error) {
	v, err = two()
	return v, err
}

func Both() (any, error) {
	return two()
}

func Grown(list []int, n int) (all []int) {
	all = append(list, n)
	return
}
""",
    )

    assert said("= two()").startswith("a copy of what `v, err = two()` assigns is on the heap")
    assert said("return two()").startswith("a copy of what `return two()` returns is on the heap")
    assert "(line 16) stores it in a result of the function" in said("append(list, n)")


def test_addresses_in_slices(newest: Toolchain, write_module: Write) -> None:
    said = told(
        write_module,
        """package p

type user struct{ id int }

func Add(all []*user, id int) []*user {
	all = append(all, &user{id: id})
	return all
}

func All() []*user {
	return []*user{
		{id: 1},
	}
}
""",
    )

    assert "puts its address in a slice whose array may outlive" in said("&user{id: id}")
    assert "(line 11) returns a slice that holds its address" in said("{id: 1}")


def test_maps_are_told_of_inlined_methods_and_keys(newest: Toolchain, write_module: Write) -> None:
    said = told(
        write_module,
        """package p

import "net/http"

var seen = map[string]int{}

func Set(h http.Header, v string) {
	h.Set("Name", v)
}

func Seen(name string, n int) {
	key := name + "!"
	seen[key] = n
}
""",
    )

    assert "stores it in a map, whose entries may outlive this call" in said("h.Set(")
    assert "`seen[key] = n` (line 13) stores it in a map" in said('name + "!"')


def test_a_variable_of_an_inlined_body_is_not_named(newest: Toolchain, write_module: Write) -> None:
    said = told(
        write_module,
        """package p

func first(b []byte) byte {
	return b[0]
}

func Last(n int) byte {
	var last []byte
	for i := 0; i < 4; i++ {
		last = make([]byte, n)
	}
	return first(last[1:])
}
""",
    )

    assert "because `last` (line 10) holds it for longer than" in said("make([]byte, n)")


def test_what_is_stored_atomically(newest: Toolchain, write_module: Write) -> None:
    said = told(
        write_module,
        """package p

import "sync/atomic"

var current atomic.Pointer[int]

func Swap(n int) *int {
	v := n
	return current.Swap(&v)
}
""",
    )

    assert "`current.Swap(&v)` (line 9) stores it behind a pointer" in said("v := n")


def test_the_field_in_an_inlined_literal_is_told(newest: Toolchain, write_module: Write) -> None:
    said = told(
        write_module,
        """package p

type index struct {
	names map[string]int
	notify chan *int
}

var all []chan *int

func newIndex() *index {
	return &index{
		names: make(map[string]int),
	}
}

//go:noinline
func watch(i *index) {
	all = append(all, i.notify)
}

func Count() int {
	i := newIndex()
	watch(i)
	return len(i.names)
}
""",
    )

    assert "keeps `notify` of the variable whose `names` it is" in said("i := newIndex()")


def test_a_field_is_not_told_where_all_of_it_is_returned(
    newest: Toolchain, write_module: Write
) -> None:
    said = told(
        write_module,
        """package p

type response struct{ status int }

type writer struct {
	res *response
	ready chan *response
}

func New() (*writer, chan *response) {
	w := &writer{
		ready: make(chan *response),
		res: &response{status: 200},
	}
	return w, w.ready
}
""",
    )

    sentence = said("res: &response{")
    assert sentence.endswith("`return w, w.ready` (line 15) hands its address to the caller")


def test_the_function_that_a_loop_ranges_over_is_chosen(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

func Sum(all func() func(func(int) bool), n int) (sum int) {
	add := func(m int) {
		for range m {
			sum += n
		}
	}
	for m := range all() {
		add(m)
	}
	return sum
}
"""
    found = sentences(write_module(f"-- go.mod --\nmodule m\n\ngo 1.23\n-- p.go --\n{source}"))

    assert (
        "the function that the loop ranges over (line 9) is chosen when the program runs"
        in found[on("add := func", source)]
    )


def test_the_container_at_the_end_of_a_chain_is_told_by_its_type(
    newest: Toolchain, write_module: Write
) -> None:
    said = told(
        write_module,
        """package p

type ring struct {
	slots [4]*int
	at int
}

type table struct{ index lookup }

type lookup map[string]*int

//go:noinline
func (r *ring) put(v *int) {
	r.slots[r.at] = v
}

//go:noinline
func (t *table) set(name string, v *int) {
	t.index[name] = v
}

func Put(r *ring) {
	one := 1
	r.put(&one)
}

func Set(t *table) {
	two := 2
	t.set("two", &two)
}
""",
    )

    assert said("one := 1").endswith("(line 14) stores it in memory that may outlive this call")
    assert said("two := 2").endswith("stores it in a map, whose entries may outlive this call")


def test_what_changes_a_captured_variable_is_told(
    toolchain: Toolchain, write_module: Write
) -> None:
    said = told(
        write_module,
        """package p

var all []func()

//go:noinline
func keep(f func()) { all = append(all, f) }

//go:noinline
func use(n *int) { *n++ }

func Step() {
	steps := 0
	keep(func() { steps++ })
}

func Later(n int) {
	keep(func() { println(n) })
	n = 2
}

func Address() {
	held := 1
	keep(func() { use(&held) })
}

func Large() {
	var large [64]int
	keep(func() { println(large[3]) })
}

func Twice(on bool) {
	twice := 1
	if on {
		twice := 2
		twice++
	}
	keep(func() { println(&twice) })
}
""",
    )

    by_reference = (
        "it is captured by reference by a function literal (line {}), since line {} {}, and"
    )
    assert by_reference.format(13, 13, "assigns to it") in said("steps := 0")
    assert by_reference.format(17, 18, "assigns to it") in said("func Later(n int)")
    assert by_reference.format(23, 23, "takes its address") in said("held := 1")
    assert "(line 28), since its 512 bytes are too many for a copy, and" in said("var large")
    assert "by a function literal (line 37), and" in said("twice := 1")


def test_of_what_is_called_later_the_bodies_are_left_out(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

func Each(values []int, use func(int)) {
	for _, value := range values {
		go func(n int) { // later
			defer use(n)
			use(n + 1)
		}(value)
	}
}
"""
    found = all_told(write_module(f"-- p.go --\n{source}"))

    assert any("what `go func(n int) {…}(value)` keeps for later" in one for one in found)


def test_what_an_inlined_function_formats_is_told_with_the_function_that_does(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

import "fmt"

func header(level string, line int) string { return fmt.Sprintf("%s %d", level, line) }

func Print(level string) { fmt.Println(level) }

func Warn(line int) string { return header("WARN", line) }
"""
    found = all_told(write_module(f"-- p.go --\n{source}"))

    warned = [one for one in found if '"WARN"' in one]
    assert warned
    assert all("`fmt.Sprintf(…)` in `header(…)` (line 9) takes it" in one for one in warned)
    assert any("because `fmt.Println(…)` (line 7) takes it" in one for one in found)


def test_a_call_of_a_circle_leads_to_the_function_that_keeps_it(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

type Node struct {
	next  *Node
	visit func(*int)
}

//go:noinline
func (n *Node) Walk(count *int) {
	n.visit(count)
	n.Begin()
}

//go:noinline
func (n *Node) Begin() {
	if n.next != nil {
		n.next.Walk(new(int))
	}
}
"""
    found = all_told(write_module(f"-- p.go --\n{source}"))

    assert any(
        one.startswith(
            "`new(int)` is on the heap because in `n.next.Walk(…)` (line 17), `n.visit(…)` (line 10)"
        )
        for one in found
    )


def test_the_loop_of_an_inlined_body_is_told_by_its_call(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

func last(names map[string]bool) (found []string) {
	for name := range names {
		found = []string{name}
	}
	return found
}

func Last(names map[string]bool) int { return len(last(names)) }

func Chosen(names map[string]bool, use func(string)) {
	var one []string
	for name := range names {
		one = []string{name}
	}
	use(one[0])
}
"""
    found = all_told(write_module(f"-- p.go --\n{source}"))

    inlined = [one for one in found if "(line 10)" in one]
    assert inlined
    assert all(one.endswith("longer than a turn of a loop in `last(…)`") for one in inlined)
    assert any(one.endswith("for longer than a turn of the loop") for one in found)


def test_a_pointer_that_an_inlined_body_makes_with_new_is_that_of_its_origin(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

type State struct{ Term *uint64 }

func state(term uint64) State { return State{Term: new(term + 1)} }

func Next(term uint64) State { return state(term) }
"""
    folder = write_module(f"-- go.mod --\nmodule example.com/m\n\ngo 1.26\n-- p.go --\n{source}")

    inlined = [one for one in all_told(folder) if "inlined here" in one]

    assert len(inlined) == 1
    assert inlined[0].startswith("`new(term + 1)` of `state`, inlined here, is on the heap")


def test_methods_in_inlined_bodies_are_told_as_written(
    newest: Toolchain, write_module: Write
) -> None:
    source = """package p

import "net/http"

type Step interface{ Take(*int) }

type Tree struct{ leaves map[string]*int }

//go:noinline
func (t *Tree) add(name string, leaf *int) { t.leaves[name] = leaf }

func (t *Tree) Add(name string) { t.add(name, new(int)) }

func Plant(t *Tree) { t.Add("oak") }

func Start(s Step) { go s.Take(new(int)) }

func Serve(w http.ResponseWriter) { w.Header().Set("Server", "p") }
"""
    found = all_told(write_module(f"-- p.go --\n{source}"))

    assert any("because `t.add(…)` in `t.Add(…)` (line 14) keeps it" in one for one in found)
    assert any(
        "`s.Take(…)` (line 16) is called through the interface `Step`" in one for one in found
    )
    assert any("`[]string{…}` of `w.Header().Set`, inlined here," in one for one in found)
    assert not any("…." in one or "of a function" in one for one in found)


def test_what_an_inlined_call_panics_with_is_told_there(
    newest: Toolchain, write_module: Write
) -> None:
    said = told(
        write_module,
        """package p

import "fmt"

func assert(ok bool, text string, values ...any) {
	if !ok {
		panic(fmt.Sprintf("failed: "+text, values...))
	}
}

func Check(n int) int {
	assert(n > 0, "n")
	return n
}
""",
    )

    panics = 'panic(fmt.Sprintf("failed: '
    assert said("panic(").startswith("a copy of `fmt.Sprintf(")
    assert f'`{panics}"+text, values...))` (line 7) hands it to whoever' in said("panic(")
    assert f'`{panics}" + text, values...))` in `assert(…)` (line 12) hands' in said("assert(n")


def test_calls_on_several_lines_are_told_with_what_is_called(
    newest: Toolchain, write_module: Write
) -> None:
    said = told(
        write_module,
        """package p

import "strings"

type list struct{ all []*int }

//go:noinline
func (l *list) add(p *int) *list {
	l.all = append(l.all, p)
	return l
}

func Chain(l *list, n int) {
	l.add(nil).
		add(&n)
}

func Several(n int) (func() int, *int) {
	return func() int {
		return 1
	}, &n
}

func Read(s string) *strings.Reader {
	return strings.NewReader(
		s,
	)
}
""",
    )

    assert "because `l.add(nil).add(…)` (line 15)" in said("func Chain")
    assert "`return func() int {…}, &n` (line 19)" in said("func Several")
    assert "`return strings.NewReader(…)` (line 25)" in said("return strings")
