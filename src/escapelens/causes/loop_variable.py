"""A variable of a for clause."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, told
from escapelens.causes.clauses import kept
from escapelens.evidence import Pattern, Subject
from escapelens.rewriting.attempts import Attempt, attempt, code_of, idea, node_at, review
from escapelens.rewriting.code import Refused
from escapelens.rewriting.copies import copy_before_literal, variable_at
from escapelens.rewriting.elements import element_address
from escapelens.rewriting.rewrite import Rewrite, RewriteCase


class LoopVariable(Cause):
    summary = "a variable that a `for` clause declares is on the heap"
    why = """
Something that may be used after the loop, or after this turn of it, holds the address of a loop
variable: a pointer that is kept, or a function literal that shares it. The loop goes on and would
overwrite the place on the stack, so the variable must be on the heap. What decides how often that
costs something is the `go` line in go.mod: up to 1.21 all turns share one variable, from 1.22 on
each has its own.
"""
    safety = """
The variable holds a copy of an element. `&items[i]` points to the element itself: changes are then
seen in the slice, and a small result keeps the whole array alive. To raise the `go` line to 1.22
changes what literals and pointers see that outlive their turn, usually to what was meant.
"""
    leave_it = """
If each turn needs a value of its own that lives on, that is one allocation per turn however it is
written. With a `go` line up to 1.21, a shared variable is one allocation for the whole loop, but
check that sharing is what you want.
"""
    history = """
With `go 1.22` or later in go.mod, each turn has its own variable. Function literals that only read
it then hold a copy, and the variable stays on the stack. A variable whose address is kept costs
one allocation per turn instead of one per loop, and one whose address only outlives its turn comes
to the heap: `best = &item`. The version of the toolchain alone changes none of this.
"""
    examples = (
        Example(
            before="""package p

type User struct {
	id   int
	name string
}

func ByID(users []User) map[int]*User {
	found := make(map[int]*User, len(users))
	for _, user := range users { // heap
		user := &user
		found[user.id] = user
	}
	return found
}
""",
            after="""package p

type User struct {
	id   int
	name string
}

func ByID(users []User) map[int]*User {
	found := make(map[int]*User, len(users))
	for i := range users {
		user := &users[i]
		found[user.id] = user
	}
	return found
}
""",
        ),
        Example(
            before="""package p

func Start(names []string, run func(string)) {
	for _, name := range names { // heap
		go func() {
			run(name)
		}()
	}
}
""",
            after="""package p

func Start(names []string, run func(string)) {
	for _, name := range names {
		name := name
		go func() {
			run(name)
		}()
	}
}
""",
            rewrite="copy-per-turn",
            check="""var names = []string{"ann"}

func check() any {
	done := make(chan string)
	Start(names, func(name string) { done <- name })
	return <-done
}
""",
        ),
        Example(
            before="""package p

type Item struct{ price int }

func Find(items []Item, price int) *Item {
	for _, item := range items { // heap
		if item.price == price {
			return &item
		}
	}
	return nil
}
""",
            after="""package p

type Item struct{ price int }

func Find(items []Item, price int) *Item {
	for i, item := range items {
		if item.price == price {
			return &items[i]
		}
	}
	return nil
}
""",
            since=22,
            go="1.22",
            rewrite="element-address",
            check="""var items = []Item{{3}, {5}, {7}}

func check() any { return Find(items, 5).price }
""",
        ),
        Example(
            before="""package p

type Item struct{ price int }

func Cheapest(items []Item) int {
	best := &Item{price: 1 << 30}
	for _, item := range items { // heap
		if item.price < best.price {
			best = &item
		}
	}
	return best.price
}
""",
            after="""package p

type Item struct{ price int }

func Cheapest(items []Item) int {
	best := Item{price: 1 << 30}
	for _, item := range items {
		if item.price < best.price {
			best = item
		}
	}
	return best.price
}
""",
            since=22,
            go="1.22",
        ),
    )
    refusals = (
        RefusalExample(
            "element-address",
            """package p

type Item struct{ price int }

func Find(items []Item, price int) *Item {
	for _, item := range items { // heap
		if item.price == price {
			return &item
		}
	}
	return nil
}
""",
            "all turns share one variable, and with it one address",
        ),
        RefusalExample(
            "copy-per-turn",
            """package p

func Jobs(count int) []func() int {
	var jobs []func() int
	for i := 0; i < count; i++ { // heap
		jobs = append(jobs, func() int {
			i *= 2
			return i
		})
	}
	return jobs
}
""",
            "the literal assigns to `i` itself (line 7)",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Item struct{ price int }

func Pointers(items []Item) []*Item {
	var out []*Item
	for _, item := range items {
		item := item
		out = append(out, &item)
	}
	return out
}
""",
            "the variable is declared in the body, so it is an ordinary one",
        ),
        NearMiss(
            """package p

type Item struct{ price int }

func (i *Item) double() { i.price *= 2 }

func Sum(items []Item) int {
	sum := 0
	for _, item := range items {
		item.double()
		sum += item.price
	}
	return sum
}
""",
            "the address is used during the turn only",
        ),
        NearMiss(
            """package p

func Last(lines []string) *string {
	var line string
	for _, line = range lines {
		if line == "" {
			break
		}
	}
	return &line
}
""",
            "the loop uses a variable that was declared before it",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.LOOP_VARIABLE and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return case.because(kept(case))

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        yield attempt("copy-per-turn", lambda: _copy_per_turn(case))
        if case.site.origin is None:
            yield attempt("element-address", lambda: _element_address(case))
        site = told(case)
        yield idea(
            "value-per-turn",
            f"hand over {site.what} itself instead of its address",
            "What is kept beyond a turn needs memory of its own, once per turn; a copy in the "
            "slice, "
            "map or struct that keeps it needs no more than that.",
            "Changes of the one are then not seen in the other.",
        )


def _copy_per_turn(case: RewriteCase) -> Rewrite:
    code = code_of(case)
    use = node_at(case, case.evidence.literal)
    if use is None:
        raise Refused("no function literal uses it here")
    variable = variable_at(code, case.node)
    if case.language >= (1, 22):
        raise Refused(f"each turn has a `{variable.name}` of its own already")
    copy = copy_before_literal(code, variable, use)
    return review(
        "copy-per-turn",
        f"copy `{variable.name}` for the function literal of each turn",
        f"Each literal then has the `{variable.name}` of its own turn, as from Go 1.22 on; now all "
        "share one variable.",
        copy.edits,
    )


def _element_address(case: RewriteCase) -> Rewrite:
    if case.language < (1, 22):
        raise Refused("all turns share one variable, and with it one address")
    element = element_address(code_of(case), case.node)
    return review(
        "element-address",
        f"point to `{element.text}` itself, in place of a copy of it in `{element.variable}`",
        "What is pointed to then shows later changes of the slice, which sees changes through the "
        "pointer, and is kept as long as the pointer is.",
        element.edits,
    )
