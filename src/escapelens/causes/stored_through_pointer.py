"""An address is stored through a pointer."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.causes.clauses import kept
from escapelens.evidence import End, Pattern
from escapelens.rewriting.attempts import Attempt, idea, instead
from escapelens.rewriting.cold import copied_in_branch
from escapelens.rewriting.entries import room_in_map
from escapelens.rewriting.rewrite import RewriteCase


class StoredThroughPointer(Cause):
    summary = "the address of a value is stored in something that a pointer leads to"
    why = """\
The assignment writes an address to a place that is only known by a pointer: `l.head = &n` where `l`
is a pointer, `*p = &n`, or a field of a method's pointer receiver. The compiler does not keep track
of where a pointer leads. It takes every such place for memory that may outlive the call, so what is
stored there has to be on the heap, even if the pointer leads to a variable of this very function.
"""
    safety = """\
A field that holds the value instead of its address copies it with every assignment. Nothing is
shared any more, `nil` no longer says that nothing is there, and the struct around it becomes
larger. A struct with a lock in it must not be copied.
"""
    leave_it = """\
Linked structures (lists, trees, caches) are made of such pointers; they have to be on the heap if
their owner is. It is also fine in a constructor or an option that runs once per object.
"""
    examples = (
        Example(
            before="""package p

import "time"

type Server struct {
	addr    string
	timeout *time.Duration
}

func (s *Server) SetTimeout(d time.Duration) { // heap
	s.timeout = &d
}
""",
            after="""package p

import "time"

type Server struct {
	addr       string
	timeout    time.Duration
	hasTimeout bool
}

func (s *Server) SetTimeout(d time.Duration) {
	s.timeout, s.hasTimeout = d, true
}
""",
        ),
        Example(
            before="""package p

type node struct {
	value int
	next  *node
}

type Stack struct {
	top *node
}

func (s *Stack) Push(value int) {
	s.top = &node{value: value, next: s.top} // heap
}

func (s *Stack) Pop() int {
	value := s.top.value
	s.top = s.top.next
	return value
}
""",
            after="""package p

type Stack struct {
	values []int
}

func (s *Stack) Push(value int) {
	s.values = append(s.values, value)
}

func (s *Stack) Pop() int {
	last := len(s.values) - 1
	value := s.values[last]
	s.values = s.values[:last]
	return value
}
""",
        ),
        Example(
            before="""package p

type Decoder struct {
	line   int
	buffer []byte
}

func (d *Decoder) Reset() {
	d.line = 0
	d.buffer = make([]byte, 0, 512) // heap
}
""",
            after="""package p

type Decoder struct {
	line   int
	buffer []byte
}

func (d *Decoder) Reset() {
	d.line = 0
	d.buffer = d.buffer[:0]
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type node struct {
	value int
	next  *node
}

func Sum(a, b int) int {
	last := node{value: b}
	first := node{value: a}
	first.next = &last
	return first.value + first.next.value
}
""",
            "`first` is a variable of this function, and no pointer is needed to reach its field",
        ),
        NearMiss(
            """package p

type Point struct{ X, Y int }

type Shape struct{ center Point }

func (s *Shape) MoveTo(x, y int) {
	p := &Point{x, y}
	s.center = *p
}
""",
            "a value is stored through the pointer, not its address",
        ),
        NearMiss(
            """package p

type Point struct{ X, Y int }

func Corners(into []*Point) {
	into[0] = &Point{0, 0}
	into[1] = &Point{1, 1}
}
""",
            "it is stored in elements of a slice",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        is_stored = pattern.end in (End.POINTER, End.HELD)
        return pattern.is_plain and not pattern.is_in_slice and is_stored

    def sentence(self, case: Case) -> str:
        if case.evidence.end is End.HELD:
            return case.because(kept(case))
        return case.because(
            f"{case.statement} stores {case.it} behind a pointer, "
            "and that memory may outlive this call"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        yield from copied_in_branch(case)
        yield from room_in_map(case)
        site = told(case)
        value = idea(
            "store-value",
            f"store {site.what} by value",
            f"{site.statement} stores its address in memory that outlives this call; a field of "
            "the value's own type holds it without a second piece of memory.",
            "Changes of the one are then not seen in the other.",
        )
        yield instead(case, site.what, value)
