"""The address of a value is returned."""

from escapelens.causes.base import Case, Cause, Example, NearMiss
from escapelens.evidence import End, Pattern, Subject


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
    examples = (
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
