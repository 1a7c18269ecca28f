"""An address is stored in a map."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern
from escapelens.rewriting.attempts import Attempt, idea, instead
from escapelens.rewriting.rewrite import RewriteCase


class MapInsert(Cause):
    summary = "the address of a value is stored in a map"
    why = """\
A map moves its entries to larger tables as it grows, and these tables are memory that the compiler
does not keep track of. It takes whatever a key or a value points to for something that may outlive
the call. This holds for every map, also for one that never leaves the function.
"""
    safety = """\
A map of values (`map[K]V` for `map[K]*V`) hands out copies: `m[k].field = 1` does not compile, and
a changed copy must be stored again. Values larger than 128 bytes are put on the heap one by one by
the map itself. A struct with a lock in it must not be copied.
"""
    leave_it = """\
When the values are changed after they were stored, when others hold the same pointers, or when the
map is filled once at the start, pointers are fine.
"""
    examples = (
        Example(
            before="""package p

type Session struct {
	user string
	hits int
}

type Store struct {
	sessions map[string]*Session
}

func (s *Store) Open(id, user string) {
	s.sessions[id] = &Session{user: user} // heap
}
""",
            after="""package p

type Session struct {
	user string
	hits int
}

type Store struct {
	sessions map[string]Session
}

func (s *Store) Open(id, user string) {
	s.sessions[id] = Session{user: user}
}
""",
        ),
        Example(
            before="""package p

type count struct{ seen int }

func Unique(words []string) int {
	counts := map[string]*count{}
	for _, word := range words {
		if counts[word] == nil {
			counts[word] = new(count) // heap
		}
		counts[word].seen++
	}
	return len(counts)
}
""",
            after="""package p

func Unique(words []string) int {
	counts := map[string]int{}
	for _, word := range words {
		counts[word]++
	}
	return len(counts)
}
""",
        ),
        Example(
            before="""package p

type Unit struct{ factor float64 }

func Convert(value float64, unit string) float64 {
	units := map[string]*Unit{
		"mm": {0.001}, // heap
		"km": {1000},  // heap
	}
	return value * units[unit].factor
}
""",
            after="""package p

type Unit struct{ factor float64 }

func Convert(value float64, unit string) float64 {
	units := map[string]Unit{
		"mm": {0.001},
		"km": {1000},
	}
	return value * units[unit].factor
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Point struct{ X, Y int }

func Mark(seen map[Point]bool, x, y int) {
	p := &Point{x, y}
	seen[*p] = true
}
""",
            "key and value are copied into the map, and neither is an address",
        ),
        NearMiss(
            """package p

func Index(words []string) map[string]int {
	index := make(map[string]int, len(words))
	for i, word := range words {
		index[word] = i
	}
	return index
}
""",
            "it is the map itself that is on the heap, since it is returned",
        ),
        NearMiss(
            """package p

type Session struct{ hits int }

func Hit(sessions map[string]*Session, id string) {
	s := sessions[id]
	s.hits++
}
""",
            "an address is read from the map, and nothing new is stored in it",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.MAP_ENTRY

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.statement} stores {case.it} in a map, whose entries may outlive this call"
        )

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        value = idea(
            "store-value",
            f"store {site.what} by value",
            f"{site.statement} stores its address; a map of values keeps it in the map's own "
            "memory. A value in a map cannot be changed in place, only assigned anew.",
            "Each lookup gives a copy.",
        )
        yield instead(case, site.what, value)
