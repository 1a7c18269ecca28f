"""An argument of a function without a Go body."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern
from escapelens.rewriting.attempts import Attempt, attempt, code_of, idea, review
from escapelens.rewriting.pragmas import noescape
from escapelens.rewriting.rewrite import Rewrite, RewriteCase


class NoBody(Cause):
    summary = "the address of a value is handed to assembly, C or as a uintptr"
    why = """\
The compiler sees whether a function keeps its arguments by looking at its body. A function in
assembly or C has none in Go, so every address that it is given counts as kept. The comment
`//go:noescape` above the declaration promises that nothing is kept. `//go:uintptrescapes` says the
opposite, for addresses that are passed as a `uintptr`.
"""
    safety = """\
`//go:noescape` is a promise that nobody checks. If the function stores the address, or uses it
after it returns, the program corrupts memory.
"""
    leave_it = """\
Leave it where the function really keeps the address, or where you cannot read its source.
"""
    history = """\
In Go 1.21 the functions of `sync/atomic` did not promise to keep nothing, so a variable whose
address they got was on the heap. In Go 1.24 they do.
"""
    examples = (
        Example(
            before="""-- a.go --
package p

func sum4(values *[4]int32) int32

func Sum(a, b, c, d int32) int32 {
	values := [4]int32{a, b, c, d} // heap
	return sum4(&values)
}
-- a.s --
""",
            after="""-- a.go --
package p

//go:noescape
func sum4(values *[4]int32) int32

func Sum(a, b, c, d int32) int32 {
	values := [4]int32{a, b, c, d}
	return sum4(&values)
}
-- a.s --
""",
            rewrite="noescape",
        ),
        Example(
            before="""-- a.go --
package p

func checksum(data []byte) uint32

func Checksum(kind byte, length uint16) uint32 {
	return checksum([]byte{kind, byte(length >> 8), byte(length)}) // heap
}
-- a.s --
""",
            after="""-- a.go --
package p

//go:noescape
func checksum(data []byte) uint32

func Checksum(kind byte, length uint16) uint32 {
	return checksum([]byte{kind, byte(length >> 8), byte(length)})
}
-- a.s --
""",
            rewrite="noescape",
        ),
        Example(
            before="""-- a.go --
package p

import "unsafe"

//go:uintptrescapes
func invoke(address uintptr) int

func Size() (int, int) {
	var size int // heap
	status := invoke(uintptr(unsafe.Pointer(&size)))
	return size, status
}
-- a.s --
""",
        ),
        Example(
            before="""package p

import "sync/atomic"

func Count(values []int64) int64 {
	var total int64 // heap
	for _, value := range values {
		atomic.AddInt64(&total, value)
	}
	return total
}
""",
            after="""package p

func Count(values []int64) int64 {
	var total int64
	for _, value := range values {
		total += value
	}
	return total
}
""",
            until=21,
        ),
    )
    near_misses = (
        NearMiss(
            """-- a.go --
package p

func add(a, b int) int

func Add(a, b int) int {
	return add(a, b)
}
-- a.s --
""",
            "No address is handed over.",
        ),
        NearMiss(
            """package p

//go:noinline
func sum4(values *[4]int32) int32 {
	return values[0] + values[1] + values[2] + values[3]
}

func Sum(a, b, c, d int32) int32 {
	values := [4]int32{a, b, c, d}
	return sum4(&values)
}
""",
            "The function is written in Go: the compiler sees that it keeps nothing.",
        ),
        NearMiss(
            """package p

import "bytes"

func HasZero(a, b, c byte) bool {
	return bytes.IndexByte([]byte{a, b, c}, 0) >= 0
}
""",
            "Assembly does the work in the end, but it promises to keep nothing.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.NO_BODY

    def sentence(self, case: Case) -> str:
        if case.evidence.callee is None:
            return case.because(
                f"{case.statement} hands its address on as a number, which may be kept"
            )
        return case.because(f"{case.call} has no body that the compiler can see, so it may keep it")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        if case.evidence.callee is not None:
            yield attempt("noescape", lambda: _noescape(case))
        site = told(case)
        yield idea(
            "copy-to-kept",
            f"keep one {site.what} and hand over its address each time",
            f"The compiler cannot see what {site.call} does. Memory that is on the heap already, "
            "such "
            "as a field of the receiver, needs no new allocation.",
            "What is used again holds what the last call left in it.",
        )


def _noescape(case: RewriteCase) -> Rewrite:
    code = code_of(case)
    name, edits = noescape(case.program, code, case.node)
    return review(
        "noescape",
        f"promise with `//go:noescape` that `{name}` keeps no pointer",
        f"The promise is not checked. If `{name}` keeps an address beyond the call, memory is "
        "used after it was given away.",
        edits,
    )
