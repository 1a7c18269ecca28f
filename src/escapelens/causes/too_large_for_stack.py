"""A value larger than the compiler puts on a stack."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, told
from escapelens.evidence import End, Pattern, Subject
from escapelens.rewriting.attempts import Attempt, attempt, code_of, idea, review
from escapelens.rewriting.large import declared_large
from escapelens.rewriting.rewrite import Rewrite, RewriteCase


class TooLargeForStack(Cause):
    summary = "a value is larger than the compiler puts on a stack"
    why = """\
A goroutine starts with a stack of a few KiB, and a larger one means that the whole stack is copied.
So the compiler has limits: 128 KiB for a variable, 64 KiB for what `new(T)`, `&T{…}` or a `make`
with a constant size creates. What is larger is on the heap, even if it never leaves the function. A
copy counts as well: the variable of a `range` over large arrays, or the receiver of a method value.
"""
    safety = """\
A buffer that the caller hands in, or one that is kept in a struct, holds what the last call left in
it and must not be used by two goroutines at once. A smaller buffer means more rounds. A package
variable keeps its memory as long as the program runs.
"""
    leave_it = """\
A function that works on so much memory at once usually takes longer with it than the allocation
does. It matters where the function is called often and uses only a little of the memory.
"""
    history = """\
Since Go 1.24 the limit for variables is 128 KiB; before, it was 10 MiB. That of 64 KiB for `new`,
`&T{…}` and `make` is the same in all versions. Since Go 1.25 a local variable that only ever has
one constant value counts as that constant in `make([]T, n)`; before, such a `make` is on the heap
because its size is not a constant.
"""
    examples = (
        Example(
            before="""package p

func Commonest(pixels []uint16) int {
	var counts [1 << 16]int // heap
	most := 0
	for _, pixel := range pixels {
		counts[pixel]++
		if counts[pixel] > counts[most] {
			most = int(pixel)
		}
	}
	return most
}
""",
            after="""package p

func Commonest(pixels []uint16, counts *[1 << 16]int) int {
	*counts = [1 << 16]int{}
	most := 0
	for _, pixel := range pixels {
		counts[pixel]++
		if counts[pixel] > counts[most] {
			most = int(pixel)
		}
	}
	return most
}
""",
            since=24,
        ),
        Example(
            before="""package p

func Primes() int {
	var composite [16 << 20]bool // heap
	count := 0
	for i := 2; i < len(composite); i++ {
		if composite[i] {
			continue
		}
		count++
		for j := 2 * i; j < len(composite); j += i {
			composite[j] = true
		}
	}
	return count
}
""",
        ),
        Example(
            before="""package p

import "os"

func Lines(file *os.File) (lines int, err error) {
	buf := make([]byte, 128<<10) // heap
	for {
		n, err := file.Read(buf)
		for _, b := range buf[:n] {
			if b == '\\n' {
				lines++
			}
		}
		if err != nil {
			return lines, err
		}
	}
}
""",
            after="""package p

import "os"

func Lines(file *os.File) (lines int, err error) {
	buf := make([]byte, 32<<10)
	for {
		n, err := file.Read(buf)
		for _, b := range buf[:n] {
			if b == '\\n' {
				lines++
			}
		}
		if err != nil {
			return lines, err
		}
	}
}
""",
        ),
        Example(
            before="""package p

type Board struct {
	cells [300][300]byte
}

func (b *Board) Set(x, y int) {
	b.cells[y][x] = 1
}

func Draw() byte {
	b := &Board{}   // heap
	c := new(Board) // heap
	b.Set(1, 2)
	c.Set(3, 4)
	return b.cells[2][1] + c.cells[4][3]
}
""",
            after="""package p

type Board struct {
	cells [300][300]byte
}

func (b *Board) Set(x, y int) {
	b.cells[y][x] = 1
}

func Draw() byte {
	var b, c Board
	b.Set(1, 2)
	c.Set(3, 4)
	return b.cells[2][1] + c.cells[4][3]
}
""",
        ),
        Example(
            before="""package p

func Sum(text string) int {
	buf := make([]byte, 100<<10) // heap
	sum := 0
	for _, b := range buf[:copy(buf, text)] {
		sum += int(b)
	}
	return sum
}
""",
            after="""package p

func Sum(text string) int {
	var bufArray [100 << 10]byte
	buf := bufArray[:]
	sum := 0
	for _, b := range buf[:copy(buf, text)] {
		sum += int(b)
	}
	return sum
}
""",
            rewrite="variable",
            check="""var text = "text"

func check() any { return Sum(text) }
""",
        ),
        Example(
            before="""package p

type Board struct {
	cells [300][300]byte
}

func (b *Board) Set(x, y int) {
	b.cells[y][x] = 1
}

func Mark(x, y int) byte {
	b := &Board{} // heap
	b.Set(x, y)
	return b.cells[2][1]
}
""",
            after="""package p

type Board struct {
	cells [300][300]byte
}

func (b *Board) Set(x, y int) {
	b.cells[y][x] = 1
}

func Mark(x, y int) byte {
	var bValue Board
	b := &bValue
	b.Set(x, y)
	return b.cells[2][1]
}
""",
            rewrite="variable",
            check="""var x, y = 1, 2

func check() any { return Mark(x, y) }
""",
        ),
        Example(
            before="""package p

func Fill(text string) byte {
	size := 100_000
	buf := make([]byte, size) // heap
	copy(buf, text)
	return buf[len(text)/2]
}
""",
            since=25,
        ),
    )
    refusals = (
        RefusalExample(
            "variable",
            """package p

func Sum(text string, deep int) int {
	buf := make([]byte, 100<<10) // heap
	copy(buf, text)
	if deep > 0 {
		return Sum(text, deep-1)
	}
	return int(buf[0])
}
""",
            "the function may call itself, and each call would take as much of the stack",
        ),
        RefusalExample(
            "variable",
            """package p

func Sum(text string) int {
	buf := make([]byte, 1<<20) // heap
	copy(buf, text)
	return int(buf[0])
}
""",
            "it takes 1048576 bytes, and a variable on the stack 131072 at most",
            since=24,
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func Sum(text string) int {
	buf := make([]byte, 64<<10)
	sum := 0
	for _, b := range buf[:copy(buf, text)] {
		sum += int(b)
	}
	return sum
}
""",
            "64 KiB are just within the limit",
        ),
        NearMiss(
            """package p

type Board struct {
	cells [300][300]byte
}

func (b *Board) At(x, y int) byte {
	return b.cells[y][x]
}

func Draw() byte {
	var b Board
	b.cells[2][1] = 1
	return b.At(1, 2)
}
""",
            "88 KiB are too much for `new(Board)` but not for a variable",
        ),
        NearMiss(
            """package p

type Board struct {
	cells [300][300]byte
}

func New() *Board {
	var b Board
	return &b
}
""",
            "it is on the heap because its address is returned, whatever its size",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.TOO_LARGE

    def sentence(self, case: Case) -> str:
        match case.evidence.subject:
            case Subject.SLICE:
                return case.because(
                    "its array is larger than 64 KiB, the limit for `make` on a stack"
                )
            case Subject.POINTER:
                return case.because(
                    "it is larger than 64 KiB, the limit for `new(T)` and `&T{…}` on a stack"
                )
            case Subject.METHOD_VALUE | Subject.FUNC_LITERAL:
                return case.because("it holds a copy of more than 64 KiB, the limit on a stack")
            case _:
                return case.because(
                    "it is larger than 128 KiB (10 MiB before Go 1.24), "
                    "the limit for a variable on a stack"
                )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        if case.site.origin is None and case.evidence.subject in (Subject.SLICE, Subject.POINTER):
            yield attempt("variable", lambda: _variable(case))
        yield idea(
            "smaller-or-kept",
            f"make {site.what} smaller, or keep it",
            "It is larger than what Go puts on a stack. Work on it in smaller pieces, or keep "
            "one in a `sync.Pool` or in a struct that lives on, and use it again.",
            "What is used again holds what the last call left in it.",
        )


def _variable(case: RewriteCase) -> Rewrite:
    large = declared_large(code_of(case), case.node, case.go)
    return review(
        "variable",
        f"declare it as the variable `{large.variable}`, which may be larger",
        f"The stack of each goroutine that runs this grows by {large.size >> 10} KiB or more, and "
        "stays so until a collection.",
        large.edits,
    )
