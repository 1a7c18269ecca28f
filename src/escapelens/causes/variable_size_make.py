"""A make whose size is known only at run time."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, told
from escapelens.evidence import End, Pattern
from escapelens.model import Applicability, Effect
from escapelens.rewriting.arrays import constant_size, fixed_array
from escapelens.rewriting.attempts import Attempt, attempt, code_of, idea
from escapelens.rewriting.rewrite import Rewrite, RewriteCase


class VariableSizeMake(Cause):
    summary = "`make` is called with a size that is not a constant"
    why = """\
The size of a function's stack frame is fixed when the program is compiled. The array behind
`make([]T, n)` can only be a part of it if `n`, or the capacity if there is one, is a constant. Up
to Go 1.24 every other `make` of a slice is on the heap, even if the slice never leaves the function
and `n` is always small.
"""
    safety = """\
An array of fixed size, or a buffer that the caller hands in, has a limit: code that slices it must
handle a longer input, since `buf[:n]` panics beyond the end. A buffer that is kept and used again
holds what the last call left in it, must not be used by two goroutines at once, and keeps its
memory.
"""
    leave_it = """\
When the slice is returned or stored, it would be on the heap for that reason anyway. One allocation
of the right size per call is cheap next to reading a file or answering a request. Go 1.25 puts
short ones on the stack without any change.
"""
    history = """\
Up to Go 1.24 every `make([]T, n)` without a constant size is on the heap. Since Go 1.25 the
compiler treats a local variable that only ever has one constant value as that constant. Otherwise,
where the slice does not leave the function, it decides at run time: up to 32 bytes of elements are
on the stack, more are still allocated on the heap, and the compiler does not report that. Where the
slice leaves, the site has the cause by which it leaves.
"""
    until = 24
    examples = (
        Example(
            before="""package p

func IsPalindrome(text string) bool {
	letters := make([]byte, 0, len(text)) // heap
	for i := 0; i < len(text); i++ {
		if c := text[i] | 0x20; 'a' <= c && c <= 'z' {
			letters = append(letters, c)
		}
	}
	for i, j := 0, len(letters)-1; i < j; i, j = i+1, j-1 {
		if letters[i] != letters[j] {
			return false
		}
	}
	return true
}
""",
            after="""package p

func IsPalindrome(text string) bool {
	var lettersArray [256]byte
	var letters []byte
	if len(text) <= len(lettersArray) {
		letters = lettersArray[:0:len(text)]
	} else {
		letters = make([]byte, 0, len(text)) // heap
	}
	for i := 0; i < len(text); i++ {
		if c := text[i] | 0x20; 'a' <= c && c <= 'z' {
			letters = append(letters, c)
		}
	}
	for i, j := 0, len(letters)-1; i < j; i, j = i+1, j-1 {
		if letters[i] != letters[j] {
			return false
		}
	}
	return true
}
""",
            until=24,
            rewrite="fixed-array",
            effect=Effect.REDUCED,
            check="""func check() any { return IsPalindrome("A man, a plan, a canal, Panama") }
""",
        ),
        Example(
            before="""package p

func Distance(a, b string) int {
	row := make([]int, len(b)+1) // heap
	for j := range row {
		row[j] = j
	}
	for i := range []byte(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range []byte(b) {
			cost := corner
			if a[i] != b[j] {
				cost = 1 + min(corner, row[j], row[j+1])
			}
			corner, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
""",
            after="""package p

func Distance(a, b string, row []int) int {
	row = row[:len(b)+1]
	for j := range row {
		row[j] = j
	}
	for i := range []byte(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range []byte(b) {
			cost := corner
			if a[i] != b[j] {
				cost = 1 + min(corner, row[j], row[j+1])
			}
			corner, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
""",
            until=24,
        ),
        Example(
            before="""package p

func Squares(n int) []int {
	squares := make([]int, 0, n) // heap
	for i := 0; i < n; i++ {
		squares = append(squares, i*i)
	}
	return squares
}
""",
            until=24,
        ),
        Example(
            before="""package p

func Count(text string) int {
	size := 256
	counts := make([]int, size) // heap
	for i := 0; i < len(text); i++ {
		counts[text[i]]++
	}
	return counts['e']
}
""",
            after="""package p

func Count(text string) int {
	const size = 256
	counts := make([]int, size)
	for i := 0; i < len(text); i++ {
		counts[text[i]]++
	}
	return counts['e']
}
""",
            until=24,
            rewrite="constant-size",
            check="""func check() any { return Count("where are the trees") }
""",
        ),
    )
    refusals = (
        RefusalExample(
            "fixed-array",
            """package p

func next(n *int) int {
	*n++
	return *n
}

func Sum(n int) int {
	values := make([]int, next(&n)) // heap
	for i := range values {
		values[i] = i
	}
	return len(values) + values[0]
}
""",
            "`next(&n)` does something each time it is evaluated",
            until=24,
        ),
        RefusalExample(
            "constant-size",
            """package p

func Count(text string) int {
	size := 128
	if len(text) > 80 {
		size = 256
	}
	counts := make([]int, size) // heap
	for i := 0; i < len(text); i++ {
		counts[text[i]]++
	}
	return counts['e']
}
""",
            "`size` may change (line 6)",
            until=24,
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func Digits(n, base int) int {
	digits := make([]byte, 0, 64)
	for n > 0 {
		digits = append(digits, byte(n%base))
		n /= base
	}
	return len(digits)
}
""",
            "the capacity is a constant",
        ),
        NearMiss(
            """package p

func Distinct(words []string) int {
	seen := make(map[string]bool, len(words))
	for _, word := range words {
		seen[word] = true
	}
	return len(seen)
}
""",
            "it is a map, whose size is only a hint",
        ),
        NearMiss(
            """package p

func Pad(text string) []byte {
	row := make([]byte, 80)
	copy(row, text)
	return row
}
""",
            "the size is a constant; it is on the heap because it is returned",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.VARIABLE_SIZE

    def sentence(self, case: Case) -> str:
        return case.because(
            "its size is known only at run time, and a stack frame has a fixed size"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        yield attempt("constant-size", lambda: _constant_size(case))
        yield attempt("fixed-array", lambda: _fixed_array(case))
        site = told(case)
        yield idea(
            "callers-buffer",
            f"use a buffer of the caller's instead of {site.what}",
            "A parameter that is cut with `[:0]` and appended to, or a field of the receiver, can "
            "be used for many calls. Go 1.25 puts short ones on the stack without any change.",
            "A buffer that is used again holds what the last call left in it, and must not be used "
            "by two goroutines at once.",
        )


def _constant_size(case: RewriteCase) -> Rewrite:
    variable, edits = constant_size(code_of(case), case.node)
    return Rewrite(
        "constant-size",
        f"make `{variable}` a constant",
        Applicability.SAFE,
        f"Nothing is ever assigned to `{variable}`, so it has the same value everywhere.",
        tuple(edits),
    )


def _fixed_array(case: RewriteCase) -> Rewrite:
    array = fixed_array(code_of(case), case.node)
    return Rewrite(
        "fixed-array",
        f"give `{array.variable}` an array of {array.length} elements, and `make` only larger ones",
        Applicability.SAFE,
        f"Length and capacity of `{array.variable}` stay the same, and so does what a larger one "
        "costs. The stack frame grows by the array, which is cleared each time.",
        tuple(array.edits),
        effect=Effect.REDUCED,
    )
