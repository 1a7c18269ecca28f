"""A slice made here is returned."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, told
from escapelens.evidence import End, Pattern, Subject
from escapelens.model import Effect
from escapelens.rewriting.attempts import Attempt, attempt, code_of, idea, safe
from escapelens.rewriting.outline import outlined
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.rewriting.tables import made_once


class ReturnedSlice(Cause):
    asks_for_users = True
    summary = "a slice that was made here is returned"
    why = """
A slice is a pointer to an array, with a length and a capacity. To return the slice copies these
three words; the array stays where it was made. The function's stack frame ends with the return,
and the caller may read the elements at any time after it, so the array must be on the heap.
"""
    safety = """
A function that appends to a slice of the caller's shares that array: the caller must not use it
for something else while the result is in use, and must take the result, since the array may have
been replaced. An array as a result is copied whole with every assignment.
"""
    leave_it = """
If every caller needs a slice of its own, the allocation is the price of that, and it is only one
as long as the capacity is right from the start. A caller's buffer pays off where the function runs
often and its result is used up before the next call.
"""
    history = """
Up to Go 1.24, a `make` whose length is no constant is on the heap wherever it goes, which is the
cause `variable-size-make`. From Go 1.25 on, it depends on what becomes of the slice, as for every
other `make`; one that is returned is then claimed here.
"""
    examples = (
        Example(
            before="""package p

func Header(kind byte, length uint16) []byte {
	header := make([]byte, 4) // heap
	header[0] = kind
	header[2] = byte(length >> 8)
	header[3] = byte(length)
	return header
}
""",
            after="""package p

func Header(kind byte, length uint16) [4]byte {
	return [4]byte{0: kind, 2: byte(length >> 8), 3: byte(length)}
}
""",
        ),
        Example(
            before="""package p

type Command struct{ args []string }

func Remove(path string) Command {
	return Command{args: []string{"rm", "-r", path}} // heap
}
""",
            after="""package p

type Command struct{ args [3]string }

func Remove(path string) Command {
	return Command{args: [3]string{"rm", "-r", path}}
}
""",
        ),
        Example(
            before="""package p

import "strconv"

func Version(version [3]int) []byte {
	text := make([]byte, 0, 24) // heap
	for i, part := range version {
		if i > 0 {
			text = append(text, '.')
		}
		text = strconv.AppendInt(text, int64(part), 10)
	}
	return text
}
""",
            after="""package p

import "strconv"

func Version(version [3]int) []byte {
	return fillVersion(make([]byte, 0, 24), version) // heap
}

func fillVersion(text []byte, version [3]int) []byte {
	for i, part := range version {
		if i > 0 {
			text = append(text, '.')
		}
		text = strconv.AppendInt(text, int64(part), 10)
	}
	return text
}
""",
            rewrite="callers-buffer",
            effect=Effect.REDUCED,
            check="""func check() any { return len(Version([3]int{1, 27, 3})) }
""",
        ),
        Example(
            before="""package p

// Columns are the names of the columns.
//
//go:noinline
func Columns() []string {
	return []string{ // heap
		"name",
		"street",
		"town",
	}
}
""",
            after="""package p

var columnsValues = []string{
	"name",
	"street",
	"town",
}

// Columns are the names of the columns.
//
//go:noinline
func Columns() []string {
	return columnsValues
}
""",
            rewrite="package-value",
            check="""func check() any { return len(Columns()) }
""",
        ),
        Example(
            before="""package p

func Doubled(values []int) []int {
	out := make([]int, len(values)) // heap
	for i, v := range values {
		out[i] = 2 * v
	}
	return out
}
""",
            after="""package p

func Double(values []int) {
	for i := range values {
		values[i] *= 2
	}
}
""",
            since=25,
        ),
    )
    refusals = (
        RefusalExample(
            "package-value",
            """package p

func Shape() []int {
	corners := []int{0, 0, 4, 4} // heap
	corners[0]++
	return corners
}
""",
            "`corners` is changed (line 5)",
        ),
        RefusalExample(
            "package-value",
            """package p

func Pair(a, b string) []string {
	return []string{a, b} // heap
}
""",
            "`a` has a meaning in the function only",
        ),
        RefusalExample(
            "callers-buffer",
            """package p

func Zeros(count int) []byte {
	zeros := make([]byte, 4096) // heap
	for i := range zeros {
		zeros[i] = '0'
	}
	return zeros[:count]
}
""",
            "it is no slice of known size, and of up to 1024 bytes",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func TrimLeft(line []byte) []byte {
	for len(line) > 0 && line[0] == ' ' {
		line = line[1:]
	}
	return line
}
""",
            "a part of the caller's own slice is returned, and no array is made",
        ),
        NearMiss(
            """package p

func Checksum(data [16]byte) byte {
	work := make([]byte, 16)
	copy(work, data[:])
	for i := range work[1:] {
		work[i+1] ^= work[i]
	}
	return work[15]
}
""",
            "an element is returned; the slice itself goes nowhere",
        ),
        NearMiss(
            """package p

func Evens(values []int) []int {
	var out []int
	for _, v := range values {
		if v%2 == 0 {
			out = append(out, v)
		}
	}
	return out
}
""",
            "no array is made at the start; `append` makes one when it is needed",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and pattern.end is End.RESULT
            and pattern.subject is Subject.SLICE
        )

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.statement} hands its elements to the caller")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        yield from made_once(case)
        if case.node.type == "call_expression" and case.site.origin is None:
            yield attempt("callers-buffer", lambda: _callers_buffer(case))
        site = told(case)
        yield idea(
            "append-to-callers",
            "append to a slice of the caller's",
            "A variant `Append…(to []T, …) []T` lets the caller use one array again and again; "
            f"{site.statement} returns a new one each time.",
            "The caller must not keep the slice of an earlier call.",
        )


def _callers_buffer(case: RewriteCase) -> Rewrite:
    code = code_of(case)
    name, edits = outlined(case.program, code, case.node)
    return safe(
        "callers-buffer",
        f"let callers make the slice, and fill it in `{name}`",
        "The same statements run on the same slice; only the allocation is where callers can have "
        f"it on their stack. A caller with a buffer of its own can call `{name}`.",
        edits,
    )._replace(effect=Effect.REDUCED, calls=code.known_calls)
