"""An address is stored in an element of a slice."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern
from escapelens.rewriting.attempts import Attempt, idea, instead
from escapelens.rewriting.rewrite import RewriteCase


class SliceElementStored(Cause):
    summary = "the address of a value is stored in an element of a slice"
    why = """\
A slice is a pointer to an array that lies somewhere else, and other slices may share it. The
compiler does not keep track of which array that is. It takes each `s[i] = &v` and each `append(s,
[]T{…})` for a store into memory that may outlive the call, so `v` or the inner slice has to be on
the heap, even if `s` itself never leaves the function.
"""
    safety = """\
A slice of values (`[]T` for `[]*T`) copies what is stored and moves it when the slice grows, so no
address of an element stays valid. One array cut into rows keeps all rows alive as long as one of
them is used, and a row that grows beyond its part writes into the next unless it is cut with its
capacity: `row[:n:n]`.
"""
    leave_it = """\
When the slice is filled once and used for long, or when others hold the same pointers, one value
per element is the plain way to say so.
"""
    examples = (
        Example(
            before="""package p

type Slot struct {
	id   int
	used bool
}

func Reset(slots []*Slot) {
	for i := range slots {
		slots[i] = &Slot{id: i} // heap
	}
}
""",
            after="""package p

type Slot struct {
	id   int
	used bool
}

func Reset(slots []Slot) {
	for i := range slots {
		slots[i] = Slot{id: i}
	}
}
""",
        ),
        Example(
            before="""package p

type Board struct {
	cells [][]byte
}

func (b *Board) Clear() {
	for i := range b.cells {
		b.cells[i] = make([]byte, 9) // heap
	}
}
""",
            after="""package p

type Board struct {
	cells [][9]byte
}

func (b *Board) Clear() {
	for i := range b.cells {
		b.cells[i] = [9]byte{}
	}
}
""",
        ),
        Example(
            before="""package p

type Header struct{ Name, Value string }

func Rows(headers []Header) [][]string {
	rows := make([][]string, 0, 16)
	for _, h := range headers {
		rows = append(rows, []string{h.Name, h.Value}) // heap
	}
	return rows
}
""",
            after="""package p

type Header struct{ Name, Value string }

func Rows(headers []Header) [][2]string {
	rows := make([][2]string, 0, 16)
	for _, h := range headers {
		rows = append(rows, [2]string{h.Name, h.Value})
	}
	return rows
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Slot struct{ id int }

func First() int {
	var slots [4]*Slot
	for i := range slots {
		slots[i] = &Slot{}
	}
	return slots[0].id
}
""",
            "`slots` is an array, whose elements are in the variable itself; "
            "it is the loop that the addresses outlive",
        ),
        NearMiss(
            """package p

type Slot struct{ id int }

func Sum(slots []Slot) int {
	sum := 0
	for i := range slots {
		s := &slots[i]
		s.id = i
		sum += s.id
	}
	return sum
}
""",
            "the address is that of an element, and nothing is stored but numbers",
        ),
        NearMiss(
            """package p

type Slot struct{ id int }

func Add(slots []*Slot, id int) []*Slot {
	return append(slots, &Slot{id})
}
""",
            "a single value is appended to a slice of pointers",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.ELEMENT

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.statement} stores {case.it} in a slice whose array may outlive this call"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        value = idea(
            "store-value",
            f"store {site.what} by value",
            f"{site.statement} stores its address; a slice of values holds it in the slice's own "
            "array.",
            "Changes of the one are then not seen in the other.",
        )
        yield instead(case, site.what, value)
