"""An address is stored in a variable declared outside of the loop."""

import re
from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.evidence import End, Pattern
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.rewrite import RewriteCase


class AddressOutlivesLoop(Cause):
    summary = "a variable declared outside of a loop holds the address of a value made in it"
    why = """\
What is declared or made inside of a loop is new on each turn, but the stack has only one place for
it. Here a variable from outside of the loop holds its address, so the value of one turn may still
be in use while the next turn makes another. One place would not do, so each value gets memory of
its own.
"""
    safety = """\
With a copy or an index in the outer variable in place of a pointer, "nothing yet" needs a mark of
its own, and later changes of the original are not seen. A buffer made before the loop keeps what
the last turn wrote.
"""
    leave_it = """\
Leave it where the values must live side by side, as in a linked list, or where few turns store one.
"""
    examples = (
        Example(
            before="""package p

type Match struct {
	Word  string
	Score int
}

func Best(words []string, score func(string) int) string {
	var best *Match
	for _, word := range words {
		match := Match{word, score(word)} // heap
		if best == nil || match.Score > best.Score {
			best = &match
		}
	}
	if best == nil {
		return ""
	}
	return best.Word
}
""",
            after="""package p

type Match struct {
	Word  string
	Score int
}

func Best(words []string, score func(string) int) string {
	var best Match
	for i, word := range words {
		match := Match{word, score(word)}
		if i == 0 || match.Score > best.Score {
			best = match
		}
	}
	return best.Word
}
""",
        ),
        Example(
            before="""package p

func Unique(groups [][]string) int {
	var seen map[string]bool
	total := 0
	for _, group := range groups {
		if seen == nil || len(seen) > 100 {
			seen = map[string]bool{} // heap
		}
		for _, name := range group {
			seen[name] = true
		}
		total += len(group)
	}
	return total
}
""",
            after="""package p

func Unique(groups [][]string) int {
	seen := map[string]bool{}
	total := 0
	for _, group := range groups {
		if len(seen) > 100 {
			for name := range seen {
				delete(seen, name)
			}
		}
		for _, name := range group {
			seen[name] = true
		}
		total += len(group)
	}
	return total
}
""",
        ),
        Example(
            before="""package p

type frame struct {
	value int
	below *frame
}

func Reverse(values []int) []int {
	var top *frame
	for _, value := range values {
		top = &frame{value, top} // heap
	}
	for i := range values {
		values[i], top = top.value, top.below
	}
	return values
}
""",
            after="""package p

func Reverse(values []int) []int {
	for i, j := 0, len(values)-1; i < j; i, j = i+1, j-1 {
		values[i], values[j] = values[j], values[i]
	}
	return values
}
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Match struct {
	Word  string
	Score int
}

func Count(words []string) int {
	total := 0
	for _, word := range words {
		match := Match{word, len(word)}
		current := &match
		total += current.Score
	}
	return total
}
""",
            "The pointer is declared in the loop too, and gone with the value.",
        ),
        NearMiss(
            """package p

type Match struct {
	Word  string
	Score int
}

func Best(matches []Match) string {
	var best *Match
	for i := range matches {
		if best == nil || matches[i].Score > best.Score {
			best = &matches[i]
		}
	}
	return best.Word
}
""",
            "The address is that of an element that exists already.",
        ),
        NearMiss(
            """package p

type Match struct {
	Word  string
	Score int
}

func All(words []string) []*Match {
	var all []*Match
	for _, word := range words {
		all = append(all, &Match{Word: word})
	}
	return all
}
""",
            "The addresses become elements of a slice, which is a cause of its own.",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.OUTER_LOOP

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.holder} holds its address for longer than a turn of the loop")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        holder = case.evidence.holder
        if holder.isidentifier() and re.search(rf"\b{holder}\b", case.evidence.what):
            yield idea(
                "leave-it",
                f"leave {site.what}",
                "Each holds the one before it, so all of them must live side by side.",
            )
            return
        yield idea(
            "index-or-copy",
            f"keep a copy of {site.what} or its index instead of its address",
            f"Declare what holds it ({site.holder}) as a value and assign to that, or remember "
            "the index of the element; then each turn can use the same memory.",
            "Later changes of the one are then not seen in the other.",
        )
