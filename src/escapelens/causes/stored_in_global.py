"""An address is stored in a package variable."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern
from escapelens.rewriting.attempts import Attempt, idea, instead
from escapelens.rewriting.cold import copied_in_branch
from escapelens.rewriting.entries import room_in_map
from escapelens.rewriting.rewrite import RewriteCase


class StoredInGlobal(Cause):
    summary = "the address of a value is stored in a package variable"
    why = """\
A package variable exists until the program ends, and every function can read it. What it points to
must therefore be there after this call has returned, when the call's stack frame is gone. Slices,
maps, channels and function literals are addresses too: their array or state goes to the heap with
them. It makes no difference that another assignment follows soon: the compiler does not look at the
order in time.
"""
    safety = """\
Storing the value itself copies it: who changed it through the pointer now changes a copy, `nil` no
longer says that nothing is there, and readers in other goroutines may see half of a new value. A
struct with a lock in it must not be copied.
"""
    leave_it = """\
When it is stored once, at the start or when a configuration is read, it costs nothing worth
mentioning. An `atomic.Pointer` that swaps a whole value at once needs a new value on the heap for
each swap; that is what makes it safe.
"""
    examples = (
        Example(
            before="""package p

type Config struct {
	Addr    string
	Retries int
}

var current *Config

func Load(addr string) {
	current = &Config{Addr: addr, Retries: 3} // heap
}

func Addr() string {
	return current.Addr
}
""",
            after="""package p

type Config struct {
	Addr    string
	Retries int
}

var current Config

func Load(addr string) {
	current = Config{Addr: addr, Retries: 3}
}

func Addr() string {
	return current.Addr
}
""",
        ),
        Example(
            before="""package p

type Stats struct {
	Requests int
	Slowest  *Request
}

type Request struct {
	Path string
	Took int
}

var stats Stats

func Done(path string, took int) {
	r := Request{Path: path, Took: took} // heap
	stats.Requests++
	if stats.Slowest == nil || took > stats.Slowest.Took {
		stats.Slowest = &r
	}
}
""",
            after="""package p

type Stats struct {
	Requests int
	Slowest  Request
}

type Request struct {
	Path string
	Took int
}

var stats Stats

func Done(path string, took int) {
	r := Request{Path: path, Took: took}
	stats.Requests++
	if took > stats.Slowest.Took {
		stats.Slowest = r
	}
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Point struct{ X, Y int }

var origin Point

func Move(x, y int) {
	p := &Point{x, y}
	p.X++
	origin = *p
}
""",
            "what the pointer leads to is copied into the package variable, not its address",
        ),
        NearMiss(
            """package p

type Session struct{ user string }

var sessions = map[string]*Session{}

func Open(id, user string) {
	sessions[id] = &Session{user}
}
""",
            "the package variable is a map, and it is the map's entry that keeps the address",
        ),
        NearMiss(
            """package p

type Table struct{ sizes []int }

var table = &Table{sizes: fibonacci()}

func fibonacci() []int {
	return []int{1, 2, 3, 5, 8}
}

func Size(i int) int {
	return table.sizes[i]
}
""",
            "it is the first value of a package variable, made before `main` starts and only once",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.GLOBAL

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.statement} stores {case.it} in a package variable")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        yield from copied_in_branch(case)
        yield from room_in_map(case)
        site = told(case)
        value = idea(
            "store-value",
            f"store {site.what} by value",
            f"{site.statement} stores its address in a package variable; a variable that holds "
            "the value itself is there already.",
            "Readers at the same time need a lock, as they do for the pointer.",
        )
        yield instead(case, site.what, value)
