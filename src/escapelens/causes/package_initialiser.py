"""A package variable is initialised with it."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import Pattern
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.rewrite import RewriteCase


class PackageInitialiser(Cause):
    summary = "the value of a package variable"
    why = """
A package variable lives as long as the program, and so does everything that it refers to. What
`make`, `new` or a map literal yields is made when the program starts, and that memory is on the
heap. A struct, an array, a slice literal or `&T{…}` gets its place when the program is built, even
where some of its fields are computed later, and is not reported.
"""
    safety = """
An array, a `switch` or a sorted slice of constants holds the same without any work at the start.
To compute a value at its first use moves the work, and errors with it, into the first call that
needs it, and several goroutines may make that call at once.
"""
    leave_it = """
Almost always: it happens once per run of the program. A large table is different in a command that
runs for a few milliseconds and does not look at it.
"""
    examples = (
        Example(
            before="""package p

var ports = map[string]int{"http": 80, "https": 443} // heap

func Port(scheme string) int {
	return ports[scheme]
}
""",
            after="""package p

func Port(scheme string) int {
	switch scheme {
	case "http":
		return 80
	case "https":
		return 443
	}
	return 0
}
""",
        ),
        Example(
            before="""package p

type Stats struct{ requests, errors int }

var (
	current = new(Stats)         // heap
	scratch = make([]byte, 4096) // heap
)

func Failed() {
	current.errors++
	scratch[0] = 0
}
""",
            after="""package p

type Stats struct{ requests, errors int }

var (
	current Stats
	scratch [4096]byte
)

func Failed() {
	current.errors++
	scratch[0] = 0
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Limits struct{ min, max int }

var (
	limits = &Limits{1, 10}
	names  = []string{"low", "high"}
)

func Max() (string, int) { return names[1], limits.max }
""",
            "slice literals and `&T{…}` get their place when the program is built",
        ),
        NearMiss(
            """package p

type Limits struct{ min, max int }

var limits *Limits

func init() {
	limits = &Limits{1, 10}
}
""",
            "a function stores the value, even if that function runs before `main`",
        ),
        NearMiss(
            """package p

import "sync"

var buffers = sync.Pool{New: func() any { return new([512]byte) }}
""",
            "the value is made by a function literal, each time that it is called",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_initialiser

    def sentence(self, case: Case) -> str:
        return case.because(
            "it belongs to the value of a package variable, made once when the program starts"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        yield idea(
            "leave-it",
            f"leave {site.what}",
            "It is made once, when the program starts.",
        )
