"""The address of a value is returned."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, told
from escapelens.evidence import End, Pattern, Subject
from escapelens.model import Applicability, Effect
from escapelens.rewriting.attempts import Attempt, attempt, code_of, idea, safe
from escapelens.rewriting.by_value import is_api, return_by_value, value_type
from escapelens.rewriting.code import function_around
from escapelens.rewriting.outline import outlined
from escapelens.rewriting.rewrite import Rewrite, RewriteCase


class ReturnedPointer(Cause):
    summary = "the address of a variable or literal is returned"
    why = """
The stack frame of a function is gone when it returns, and with it every variable in it. The caller
gets an address and may keep it for as long as it likes, so what stands at that address must be on
the heap. The compiler decides this for the function alone, without looking at its callers: that a
caller lets go of the pointer at once changes nothing. Only where the whole function is copied into
its caller is the question asked again there, for that copy.
"""
    safety = """
A value is copied with every assignment, so changes to one copy are not seen in another. A struct
with a lock in it must not be copied, and code that compares addresses, or takes `nil` for "none",
needs another way to say so. The type of an exported function is part of its API. To fill a
variable of the caller's, as in `func (c *Config) Load()`, changes how the function is called, but
shares nothing new.
"""
    leave_it = """
A large value, or one that is passed on as a pointer anyway, costs one allocation here and would
cost many copies otherwise. Constructors that run once per server, file or connection do not
matter. A small function is often copied into its callers; the site at a call tells what happens
there.
"""
    asks_for_users = True
    examples = (
        Example(
            before="""package p

type version struct{ major, minor, patch int }

func parse(text string) *version {
	v := &version{} // heap
	dots := 0
	for i := 0; i < len(text); i++ {
		digit := int(text[i] - '0')
		switch {
		case text[i] == '.':
			dots++
		case dots == 0:
			v.major = v.major*10 + digit
		case dots == 1:
			v.minor = v.minor*10 + digit
		default:
			v.patch = v.patch*10 + digit
		}
	}
	return v
}

func compare(a, b *version) int {
	if a.major != b.major {
		return a.major - b.major
	}
	return a.minor - b.minor
}

func IsOlder(text, other string) bool {
	a, b := parse(text), parse(other)
	return compare(a, b) < 0 || *a == *b
}
""",
            after="""package p

type version struct{ major, minor, patch int }

func parse(text string) version {
	v := &version{}
	dots := 0
	for i := 0; i < len(text); i++ {
		digit := int(text[i] - '0')
		switch {
		case text[i] == '.':
			dots++
		case dots == 0:
			v.major = v.major*10 + digit
		case dots == 1:
			v.minor = v.minor*10 + digit
		default:
			v.patch = v.patch*10 + digit
		}
	}
	return *v
}

func compare(a, b *version) int {
	if a.major != b.major {
		return a.major - b.major
	}
	return a.minor - b.minor
}

func IsOlder(text, other string) bool {
	a, b := parse(text), parse(other)
	return compare(&a, &b) < 0 || a == b
}
""",
            rewrite="by-value",
            check="""func check() any { return IsOlder("1.21.13", "1.27.3") }
""",
        ),
        Example(
            before="""package p

import "errors"

type Version struct{ Major, Minor, Patch int }

// Parse reads a version such as 1.27.3.
func Parse(text string) (*Version, error) {
	// No sign, no space.
	v := &Version{} // heap
	dots := 0
	for i := 0; i < len(text); i++ {
		digit := int(text[i]) - '0'
		switch {
		case text[i] == '.':
			dots++
		case digit < 0 || digit > 9:
			return nil, errors.New("neither digit nor dot")
		case dots == 0:
			v.Major = v.Major*10 + digit
		case dots == 1:
			v.Minor = v.Minor*10 + digit
		default:
			v.Patch = v.Patch*10 + digit
		}
	}
	return v, nil
}

func Minor(text string) int {
	v, err := Parse(text)
	if err != nil {
		return -1
	}
	return v.Minor
}
""",
            after="""package p

import "errors"

type Version struct{ Major, Minor, Patch int }

// Parse reads a version such as 1.27.3.
func Parse(text string) (*Version, error) {
	return fillVersion(new(Version), text) // heap
}

func fillVersion(v *Version, text string) (*Version, error) {
	// No sign, no space.
	dots := 0
	for i := 0; i < len(text); i++ {
		digit := int(text[i]) - '0'
		switch {
		case text[i] == '.':
			dots++
		case digit < 0 || digit > 9:
			return nil, errors.New("neither digit nor dot")
		case dots == 0:
			v.Major = v.Major*10 + digit
		case dots == 1:
			v.Minor = v.Minor*10 + digit
		default:
			v.Patch = v.Patch*10 + digit
		}
	}
	return v, nil
}

func Minor(text string) int {
	v, err := Parse(text)
	if err != nil {
		return -1
	}
	return v.Minor
}
""",
            rewrite="outline",
            effect=Effect.MOVED,
            check="""func check() any { return Minor("1.27.3") }
""",
        ),
        Example(
            before="""package p

type Point struct{ X, Y float64 }

func Middle(a, b Point) *Point {
	m := Point{(a.X + b.X) / 2, (a.Y + b.Y) / 2} // heap
	return &m
}
""",
            after="""package p

type Point struct{ X, Y float64 }

func Middle(a, b Point) Point {
	return Point{(a.X + b.X) / 2, (a.Y + b.Y) / 2}
}
""",
        ),
        Example(
            before="""package p

type Stats struct {
	count int
	sum   float64
}

func Measure(samples []float64) (stats *Stats, ok bool) {
	if len(samples) == 0 {
		return nil, false
	}
	stats = &Stats{count: len(samples)} // heap
	for _, sample := range samples {
		stats.sum += sample
	}
	return stats, true
}
""",
            after="""package p

type Stats struct {
	count int
	sum   float64
}

func (s *Stats) Measure(samples []float64) bool {
	s.count = len(samples)
	s.sum = 0
	for _, sample := range samples {
		s.sum += sample
	}
	return s.count > 0
}
""",
        ),
        Example(
            before="""package p

func Hex(x uint16) []byte {
	const digits = "0123456789abcdef"
	var text [4]byte // heap
	for i := range text {
		text[i] = digits[x>>(12-4*i)&15]
	}
	return text[:]
}
""",
            after="""package p

func AppendHex(to []byte, x uint16) []byte {
	const digits = "0123456789abcdef"
	var text [4]byte
	for i := range text {
		text[i] = digits[x>>(12-4*i)&15]
	}
	return append(to, text[:]...)
}
""",
        ),
    )
    refusals = (
        RefusalExample(
            "by-value",
            """package p

import "sync"

type counter struct {
	mu sync.Mutex
	n  int
}

func newCounter(n int) *counter {
	return &counter{n: n} // heap
}

var shared = newCounter(1)
""",
            "a `counter` holds a lock or the like, and must not be copied",
        ),
        RefusalExample(
            "by-value",
            """package p

type limit struct{ max int }

func find(limits map[string]int, name string) *limit {
	max, ok := limits[name]
	if !ok {
		return nil
	}
	return &limit{max} // heap
}

func Max(limits map[string]int, name string) int {
	if l := find(limits, name); l != nil {
		return l.max
	}
	return 0
}
""",
            "`nil` is returned on line 8",
        ),
        RefusalExample(
            "by-value",
            """package p

type node struct{ next *node }

func newNode() *node {
	return &node{} // heap
}

func IsLast(n *node) bool {
	last := newNode()
	return n.next == last
}
""",
            "line 11 of a.go compares `last` with another pointer",
        ),
        RefusalExample(
            "by-value",
            """package p

type table struct{ cells [64]int }

func newTable() *table {
	return &table{} // heap
}

func First() int { return newTable().cells[0] }
""",
            "a `table` is 512 bytes large, too many to copy",
        ),
        RefusalExample(
            "by-value",
            """package p

type item struct{ n int }

func newItem(n int) *item {
	return &item{n} // heap
}

var last *item

func Note(n int) { last = newItem(n) }
""",
            "line 11 of a.go stores the pointer at once",
        ),
        RefusalExample(
            "outline",
            """package p

type grid struct{ cells []int }

//go:noinline
func newGrid(n int) *grid {
	g := &grid{} // heap
	for i := 0; i < n; i++ {
		g.cells = append(g.cells, i*i)
	}
	return g
}

func Last(n int) int { return newGrid(n).cells[n-1] }
""",
            "`//go:noinline` keeps it from being copied into its callers",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Point struct{ X, Y float64 }

func (p *Point) Move(dx, dy float64) *Point {
	p.X += dx
	p.Y += dy
	return p
}

func Right(x, y float64) float64 {
	p := Point{x, y}
	return p.Move(1, 0).X
}
""",
            "a pointer that the caller handed in is returned; what it points to is the caller's",
        ),
        NearMiss(
            """package p

type Limit struct{ max int }

var standard = Limit{max: 10}

func Standard() *Limit {
	return &standard
}
""",
            "the address of a package variable is returned, which is no part of any stack frame",
        ),
        NearMiss(
            """package p

type NotFound struct{ name string }

func (e *NotFound) Error() string { return e.name }

func Find(names map[string]int, name string) (int, error) {
	n, ok := names[name]
	if !ok {
		return 0, &NotFound{name}
	}
	return n, nil
}
""",
            "the pointer is returned as an `error`, which has a cause of its own",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and pattern.end is End.RESULT
            and pattern.subject in (Subject.VARIABLE, Subject.PARAMETER, Subject.POINTER)
            and not pattern.is_error
        )

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.statement} hands its address to the caller")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        if case.site.origin is None:
            yield attempt("by-value", lambda: _by_value(case))
            yield attempt("outline", lambda: _outline(case))
        site = told(case)
        yield idea(
            "callers-variable",
            f"leave {site.what} where few are made, or fill a variable of the caller's",
            f"{site.statement} hands out a new value each time. A function that takes the "
            "pointer and fills what it points to leaves it to the caller where the value lives.",
            "The function is called in another way.",
        )


def _by_value(case: RewriteCase) -> Rewrite:
    code = code_of(case)
    edits = return_by_value(case.program, code, case.node)
    typ = value_type(code, case.node)
    function = function_around(case.node)
    outside = "files for another system"
    if function is not None and is_api(code, function):
        outside = "other modules, which this breaks, or files for another system"
    return Rewrite(
        "by-value",
        f"return the `{typ}` by value",
        Applicability.REVIEW,
        "Each caller gets a copy in a variable of its own. Code that was not analysed, such as "
        f"{outside}, may still expect the pointer.",
        tuple(edits),
        repair=True,
        calls=code.known_calls,
    )


def _outline(case: RewriteCase) -> Rewrite:
    code = code_of(case)
    name, edits = outlined(case.program, code, case.node)
    is_made_alike = case.node.type == "call_expression"
    return safe(
        "outline",
        f"let callers make the value, and fill it in `{name}`",
        "The same statements run on the same value; only the allocation is where callers can have "
        "it on their stack.",
        edits,
    )._replace(
        effect=Effect.REDUCED if is_made_alike else Effect.MOVED,
        calls=code.known_calls,
    )
