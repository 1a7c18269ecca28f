"""A map or channel made here is returned."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, told
from escapelens.evidence import End, Pattern, Subject
from escapelens.model import Effect
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.entries import room_in_map
from escapelens.rewriting.rewrite import RewriteCase
from escapelens.rewriting.tables import made_once


class ReturnedMap(Cause):
    summary = "a map that was made here is returned"
    why = """
A map is a pointer to a table. A small one that is used in one function only can have its first
entries on the stack. One that is returned outlives that function's stack frame, so its table must
be on the heap from the start, whatever the caller does with it.
"""
    safety = """
A map of the caller's must be emptied between uses, and nobody else may still hold it. A sorted
slice or a `switch` answers the same questions only if the set of keys is small or fixed, and a
slice keeps the order in which it was filled, where a map has none.
"""
    leave_it = """
Most of what a map costs are its entries and its growth, not the table that is made here. If the
caller needs a map of its own, give it the number of entries it will have, and leave it.
"""
    examples = (
        Example(
            before="""package p

func Count(words []string) map[string]int {
	counts := make(map[string]int) // heap
	for _, word := range words {
		counts[word]++
	}
	return counts
}
""",
            after="""package p

func Count(counts map[string]int, words []string) {
	for _, word := range words {
		counts[word]++
	}
}
""",
        ),
        Example(
            before="""package p

type Index struct {
	lines map[string]int
}

func New(size int) Index {
	return Index{lines: make(map[string]int, size)} // heap
}
""",
            after="""package p

type Index struct {
	lines map[string]int
}

func (x *Index) Add(word string, line int) {
	if x.lines == nil {
		x.lines = make(map[string]int)
	}
	x.lines[word] = line
}
""",
        ),
        Example(
            before="""package p

func Ports() map[string]int {
	return map[string]int{"http": 80, "https": 443} // heap
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

//go:noinline
func Days() map[string]int {
	days := map[string]int{"Mon": 1, "Tue": 2, "Wed": 3, "Thu": 4, "Fri": 5, "Sat": 6} // heap
	return days
}
""",
            after="""package p

var daysDays = map[string]int{"Mon": 1, "Tue": 2, "Wed": 3, "Thu": 4, "Fri": 5, "Sat": 6}

//go:noinline
func Days() map[string]int {
	return daysDays
}
""",
            rewrite="package-value",
            effect=Effect.MOVED,
            check="""func check() any { return Days()["Fri"] }
""",
        ),
        Example(
            before="""package p

type User struct {
	ID   int
	Name string
}

func Names(users []User) map[int]string {
	names := make(map[int]string) // heap
	for _, user := range users {
		names[user.ID] = user.Name
	}
	return names
}
""",
            after="""package p

type User struct {
	ID   int
	Name string
}

func Names(users []User) map[int]string {
	names := make(map[int]string, len(users)) // heap
	for _, user := range users {
		names[user.ID] = user.Name
	}
	return names
}
""",
            rewrite="room-for-entries",
            effect=Effect.REDUCED,
            check="""var users = func() (users []User) {
	for i := range make([]int, 100) {
		users = append(users, User{ID: i})
	}
	return users
}()

func check() any { return len(Names(users)) }
""",
        ),
    )
    refusals = (
        RefusalExample(
            "room-for-entries",
            """package p

func Counts(words <-chan string) map[string]int {
	counts := make(map[string]int) // heap
	for word := range words {
		counts[word]++
	}
	return counts
}
""",
            "how often the loop turns is not the length of `words`",
        ),
        RefusalExample(
            "room-for-entries",
            """package p

func Flat(tables []map[string]int) map[string]int {
	flat := map[string]int{} // heap
	for _, table := range tables {
		for name, n := range table {
			flat[name] += n
		}
	}
	return flat
}
""",
            "how many entries `flat` gets is not known before",
        ),
        RefusalExample(
            "room-for-entries",
            """package p

func Index(lines []string, more func() []string) map[string]int {
	index := map[string]int{} // heap
	lines = more()
	for i, line := range lines {
		index[line] = i
	}
	return index
}
""",
            "`lines` may change in between (line 5)",
        ),
        RefusalExample(
            "room-for-entries",
            """package p

func Defaults() map[string]int {
	ports := map[string]int{} // heap
	ports["http"] = 80
	return ports
}
""",
            "no loop behind the line that makes `ports` fills it",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func Distinct(words []string) int {
	seen := make(map[string]bool)
	for _, word := range words {
		seen[word] = true
	}
	return len(seen)
}
""",
            "the map is used here only; a number is returned",
        ),
        NearMiss(
            """package p

func Events() chan int {
	return make(chan int, 16)
}
""",
            "a channel is always on the heap, and the compiler never says so",
        ),
        NearMiss(
            """package p

type Index struct{ lines map[string]int }

func (x *Index) Reset() {
	x.lines = make(map[string]int)
}
""",
            "the map is stored through a pointer, and nothing is returned",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and pattern.end is End.RESULT
            and pattern.subject in (Subject.MAP, Subject.CHANNEL)
        )

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.statement} hands it to the caller")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        yield from made_once(case)
        yield from room_in_map(case)
        site = told(case)
        yield idea(
            "fill-callers-map",
            "fill a map of the caller's",
            "Take the map as a parameter, and clear it before it is filled again; or make it "
            f"with the number of entries that it will get: {site.statement} returns a new one "
            "each time.",
            "The caller must not keep the map of an earlier call.",
        )
