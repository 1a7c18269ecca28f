"""A value is copied into an interface."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, is_pooled, told
from escapelens.causes.clauses import kept
from escapelens.evidence import End, Pattern, Subject
from escapelens.model import Effect
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.boxing import boxed_again
from escapelens.rewriting.code import LOOPS, around, descendants, function_around
from escapelens.rewriting.log_lines import on_log_line
from escapelens.rewriting.rewrite import RewriteCase
from escapelens.rewriting.sorting import sorted_otherwise
from escapelens.rewriting.type_parameters import taken_as_it_is

if TYPE_CHECKING:
    from tree_sitter import Node


class InterfaceConversion(Cause):
    asks_for_callees = True
    summary = "a value is copied into an interface that outlives the call"
    why = """\
An interface holds a type and one pointer. A value that is no pointer itself, such as a number, a
string, a slice or a struct, is therefore copied, and the interface points to the copy. The copy
could stay on the stack if the interface did. Here the interface is stored, returned or handed to
code that may keep it, so the copy must live as long as that does.
"""
    safety = """\
With a pointer in the interface, the receiver sees later changes of the value, and comparing two
such interfaces compares addresses. A type assertion must then name the pointer type. A concrete or
generic parameter changes the signature: callers that pass an interface no longer compile.
"""
    leave_it = """\
Leave it where the interface is the point of the API and the call is rare. Numbers from 0 to 255,
`bool`, empty strings, nil slices and types of size zero cost nothing: Go has one copy for all.
"""
    history = """\
Since Go 1.25 a struct or array literal of constants only, such as `Point{1, 2}`, is still printed
as being on the heap, but the interface points to read-only memory and nothing is allocated. A local
variable that is set once, to a constant, counts as that constant since Go 1.25.
"""
    examples = (
        Example(
            before="""package p

type Point struct{ X, Y int }

type Event struct {
	Name string
	Data any
}

func Moved(x, y int) Event {
	return Event{Name: "moved", Data: Point{x, y}} // heap
}
""",
            after="""package p

type Point struct{ X, Y int }

type Event struct {
	Name string
	Data Point
}

func Moved(x, y int) Event {
	return Event{Name: "moved", Data: Point{x, y}}
}
""",
        ),
        Example(
            before="""package p

type Cache struct {
	entries map[string]any
}

func (c *Cache) SetCount(name string, count int) {
	c.entries[name] = count // heap
}
""",
            after="""package p

type Cache struct {
	counts map[string]int
}

func (c *Cache) SetCount(name string, count int) {
	c.counts[name] = count
}
""",
        ),
        Example(
            before="""package p

import "sort"

type byAge []Person

type Person struct {
	Name string
	Age  int
}

func (p byAge) Len() int           { return len(p) }
func (p byAge) Less(i, j int) bool { return p[i].Age < p[j].Age }
func (p byAge) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }

func Sort(people []Person) {
	sort.Sort(byAge(people)) // heap
}
""",
            after="""package p

import (
	"cmp"
	"slices"
)

type Person struct {
	Name string
	Age  int
}

func Sort(people []Person) {
	slices.SortFunc(people, func(a, b Person) int { return cmp.Compare(a.Age, b.Age) })
}
""",
        ),
        Example(
            before="""package p

import "sort"

type Person struct {
	Name string
	Age  int
}

func Oldest(people []Person) string {
	sort.SliceStable(people, func(i, j int) bool { // heap
		return people[i].Age > people[j].Age
	})
	return people[0].Name
}
""",
            after="""package p

import (
	"cmp"
	"slices"
)

type Person struct {
	Name string
	Age  int
}

func Oldest(people []Person) string {
	slices.SortStableFunc(people, func(a, b Person) int {
		return cmp.Compare(b.Age, a.Age)
	})
	return people[0].Name
}
""",
            rewrite="sort-func",
            check="""var people = []Person{{"Ann", 30}, {"Bob", 42}, {"Eve", 42}, {"Joe", 9}}

func check() any { return Oldest(people) }
""",
        ),
        Example(
            before="""package p

import "sort"

type keys []string

func (k keys) Len() int           { return len(k) }
func (k keys) Less(i, j int) bool { return k[i] < k[j] }
func (k keys) Swap(i, j int)      { k[i], k[j] = k[j], k[i] }

type Node struct{ keys keys }

func (n *Node) First() string {
	sort.Sort(n.keys) // heap
	return n.keys[0]
}
""",
            after="""package p

import "sort"

type keys []string

func (k keys) Len() int           { return len(k) }
func (k keys) Less(i, j int) bool { return k[i] < k[j] }
func (k keys) Swap(i, j int)      { k[i], k[j] = k[j], k[i] }

type Node struct{ keys keys }

func (n *Node) First() string {
	sort.Sort(&n.keys)
	return n.keys[0]
}
""",
            rewrite="sort-through-pointer",
            check="""var node = &Node{keys{"b", "c", "a"}}

func check() any { return node.First() }
""",
        ),
        Example(
            before="""package p

type Sink interface{ Put(key string, value any) }

func Fill(s Sink, keys []string, count int) {
	for _, key := range keys {
		s.Put(key, count) // heap
	}
}
""",
            after="""package p

type Sink interface{ Put(key string, value any) }

func Fill(s Sink, keys []string, count int) {
	var boxedCount any = count // heap
	for _, key := range keys {
		s.Put(key, boxedCount)
	}
}
""",
            rewrite="box-once",
            effect=Effect.REDUCED,
            check="""type table map[string]any

func (t table) Put(key string, value any) { t[key] = value }

var (
	into = table{"a": 0, "b": 0, "c": 0}
	keys = []string{"a", "b", "c"}
	many = 1000
)

func check() any {
	Fill(into, keys, many)
	return into["a"].(int) + into["c"].(int)
}
""",
        ),
        Example(
            before="""package p

type Event struct{ Name string }

type Bus struct{ last, first, log any }

func (b *Bus) Send(e Event, keep bool) {
	b.last = e // heap
	if keep {
		b.log = e // heap
	}
	if b.first == nil {
		return
	}
	b.first = e // heap
}
""",
            after="""package p

type Event struct{ Name string }

type Bus struct{ last, first, log any }

func (b *Bus) Send(e Event, keep bool) {
	var boxedE any = e // heap
	b.last = boxedE
	if keep {
		b.log = boxedE
	}
	if b.first == nil {
		return
	}
	b.first = boxedE
}
""",
            rewrite="box-once",
            check="""var bus = &Bus{first: 1}

func check() any {
	bus.Send(Event{"started"}, true)
	return [2]any{bus.last, bus.log}
}
""",
        ),
        Example(
            before="""package p

import "strconv"

type Labelled interface{ Label() string }

type Number struct{ n, base int }

type Name struct{ first, last string }

func (n Number) Label() string { return strconv.FormatInt(int64(n.n), n.base) }
func (n Name) Label() string   { return n.first + n.last }

//go:noinline
func width(of Labelled, most int) int {
	n := len(of.Label())
	if n > most {
		return most
	}
	return n
}

func Widths(n int, first, last string) int {
	number := width(Number{n, 10}, 40)           // heap
	return number + width(Name{first, last}, 40) // heap
}
""",
            after="""package p

import "strconv"

type Labelled interface{ Label() string }

type Number struct{ n, base int }

type Name struct{ first, last string }

func (n Number) Label() string { return strconv.FormatInt(int64(n.n), n.base) }
func (n Name) Label() string   { return n.first + n.last }

//go:noinline
func width[T Labelled](of T, most int) int {
	n := len(of.Label())
	if n > most {
		return most
	}
	return n
}

func Widths(n int, first, last string) int {
	number := width(Number{n, 10}, 40)
	return number + width(Name{first, last}, 40)
}
""",
            rewrite="type-parameter",
            check="""var n, first = 12, "a"

func check() any { return Widths(n, first, "b") }
""",
        ),
        Example(
            before="""package p

type Shape interface{ Area() float64 }

type Square struct{ a, b float64 }

func (s Square) Area() float64 { return s.a * s.b }

//go:noinline
func times(n int, of Shape) (sum float64) {
	for i := 0; i < n; i++ {
		sum += of.Area()
	}
	return sum
}

func Tiles(n int, side float64) float64 {
	return times(n, Square{side, side}) // heap
}
""",
            after="""package p

type Shape interface{ Area() float64 }

type Square struct{ a, b float64 }

func (s Square) Area() float64 { return s.a * s.b }

//go:noinline
func times(n int, of Square) (sum float64) {
	for i := 0; i < n; i++ {
		sum += of.Area()
	}
	return sum
}

func Tiles(n int, side float64) float64 {
	return times(n, Square{side, side})
}
""",
            rewrite="concrete-parameter",
            check="""var side = 3.0

func check() any { return Tiles(3, side) }
""",
        ),
        Example(
            before="""package p

var limit any

func Reset() {
	n := 100000
	limit = n // heap
}
""",
            until=24,
        ),
    )
    refusals = (
        RefusalExample(
            "type-parameter",
            """package p

type Shape interface{ Area() float64 }

type Square struct{ a, b float64 }

func (s Square) Area() float64 { return s.a * s.b }

type Circle struct{ r float64 }

func (c Circle) Area() float64 { return c.r * c.r * 3 }

//go:noinline
func twice(s Shape) float64 {
	if s == nil {
		return 0
	}
	return 2 * s.Area()
}

func Both(a float64) float64 {
	return twice(Square{a, a}) + twice(Circle{3}) // heap
}
""",
            "`s` is used in another way than by its methods (line 15)",
        ),
        RefusalExample(
            "type-parameter",
            """package p

type Shape interface{ Area() float64 }

type Square struct{ a, b float64 }

func (s Square) Area() float64 { return s.a * s.b }

type Circle struct{ r float64 }

func (c Circle) Area() float64 { return c.r * c.r * 3 }

type sheet struct{ sum float64 }

//go:noinline
func (s *sheet) add(one Shape) { s.sum += one.Area() }

func (s *sheet) Both(a float64) {
	s.add(Square{a, a}) // heap
	s.add(Circle{a})    // heap
}
""",
            "a method has no type parameters of its own",
        ),
        RefusalExample(
            "type-parameter",
            """package p

type Shape interface{ Area() float64 }

type Square struct{ a, b float64 }

func (s Square) Area() float64 { return s.a * s.b }

type Circle struct{ r float64 }

func (c Circle) Area() float64 { return c.r * c.r * 3 }

//go:noinline
func twice(s Shape) float64 { return 2 * s.Area() }

var Twice = twice

func Both(a float64) float64 {
	return twice(Square{a, a}) + twice(Circle{3}) // heap
}
""",
            "line 16 of a.go uses the function as a value",
        ),
        RefusalExample(
            "box-once",
            """package p

type Pair struct{ first, second any }

func (p *Pair) Fill(n int) {
	p.first = n // heap
	n++
	p.second = n // heap
}
""",
            "`n` is changed in between (line 7)",
        ),
        RefusalExample(
            "box-once",
            """package p

type Sink interface{ Put(value any) }

func Count(s Sink, n int) {
	for i := 0; i < n; i++ {
		s.Put(i) // heap
	}
}
""",
            "`i` is another one in each turn of the loop",
        ),
        RefusalExample(
            "box-once",
            """package p

type Sink interface{ Put(value any) }

type Counter struct{ n int }

func (c *Counter) Fill(s Sink, keys []string) {
	for range keys {
		s.Put(c.n) // heap
	}
}
""",
            "what it points to may change from turn to turn",
        ),
        RefusalExample(
            "box-once",
            """package p

type Sink interface{ Put(value any) }

func Rare(s Sink, keys []string, count int) {
	for _, key := range keys {
		if key == "" {
			s.Put(count) // heap
		}
	}
}
""",
            "not each turn of the loop needs it",
        ),
        RefusalExample(
            "sort-func",
            """package p

import "sort"

func Sort(names []string, ages []int) {
	sort.Slice(names, func(i, j int) bool { return ages[i] < ages[j] }) // heap
}
""",
            "it does not compare the same part of two elements",
        ),
        RefusalExample(
            "sort-func",
            """package p

import "sort"

type Person struct {
	First, Last string
}

func Sort(people []Person) {
	sort.Slice(people, func(i, j int) bool { // heap
		if people[i].Last != people[j].Last {
			return people[i].Last < people[j].Last
		}
		return people[i].First < people[j].First
	})
}
""",
            "the literal does more than compare one key",
        ),
        RefusalExample(
            "sort-func",
            """package p

import "sort"

func Sort(rows [][]int) {
	sort.Slice(rows, func(i, j int) bool { return rows[i][0] < rows[j][1] }) // heap
}
""",
            "it does not compare the same part of two elements",
        ),
        RefusalExample(
            "sort-through-pointer",
            """package p

import "sort"

type keys []string

func (k keys) Len() int           { return len(k) }
func (k keys) Less(i, j int) bool { return k[i] < k[j] }
func (k keys) Swap(i, j int)      { k[i], k[j] = k[j], k[i] }

func First(names []string) string {
	sorted := keys(names)
	sort.Sort(sorted) // heap
	return sorted[0]
}
""",
            "`sorted` is no part of memory that is on the heap already",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Shape interface{ Area() float64 }

type Square struct{ Side float64 }

func (s *Square) Area() float64 { return s.Side * s.Side }

type Scene struct{ shapes []Shape }

func (s *Scene) Set(i int, square *Square) {
	s.shapes[i] = square
}
""",
            "A pointer fits into the interface as it is: nothing is copied.",
        ),
        NearMiss(
            """package p

type Shape interface{ Area() float64 }

type Square struct{ Side float64 }

func (s Square) Area() float64 { return s.Side * s.Side }

func Area(side float64) float64 {
	var shape Shape = Square{side}
	return shape.Area()
}
""",
            "The interface does not leave the function, and its type is known: "
            "the copy stays on the stack.",
        ),
        NearMiss(
            """package p

import "fmt"

func Label(id int) string {
	return fmt.Sprintf("item-%d", id)
}
""",
            "The copy is made for a function that formats, which is a cause of its own.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.subject is Subject.BOX
            and not pattern.is_forced
            and not pattern.is_formatted
            and not is_pooled(pattern)
            and pattern.end not in (End.PANIC, End.REFLECTION)
            and not (pattern.end is End.RESULT and pattern.is_error)
        )

    def sentence(self, case: Case) -> str:
        return case.boxed_because(f"{case.box} holds its address, and {kept(case)}")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        yield from sorted_otherwise(case)
        yield from taken_as_it_is(case)
        yield from boxed_again(case)
        site = told(case)
        log_line = on_log_line(case, site.what, site.call)
        if log_line is not None:
            yield log_line
            return
        outer = around(case.node, *LOOPS)
        again = f"put {site.what} in an interface once"
        if outer is not None:
            again = f"put {site.what} in an interface in front of the loop"
        if not _is_same_each_time(case, outer or function_around(case.node)):
            again = f"hand over a pointer that exists already instead of {site.what}"
        yield idea(
            "convert-once",
            f"{again}, or take its own type",
            f"Each conversion copies {site.what} to new memory. A pointer that exists already "
            "needs no copy; neither does a parameter of a concrete or generic type.",
            "A pointer in an interface shows later changes, a copy does not.",
        )


def _is_same_each_time(case: RewriteCase, outer: "Node | None") -> bool:
    """Whether a value names nothing that is made or changed in a loop or function."""
    code = case.code
    if code is None or outer is None or next(descendants(case.node, "call_expression"), None):
        return False
    if not all(map(code.is_part, descendants(case.node, "selector_expression"))):
        return False
    for name in descendants(case.node, "identifier"):
        known = code.object_of(name)
        if known is None or (known.file == case.path and _holds(outer, known.offset)):
            return False
        changes = (use for use in code.uses(known) if use.role != "read")
        if any(_holds(outer, change.offset) for change in changes):
            return False
    return True


def _holds(outer: "Node", offset: int) -> bool:
    return outer.start_byte <= offset < outer.end_byte
