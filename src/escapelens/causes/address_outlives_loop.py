"""An address is stored in a variable declared outside of the loop."""

import re
from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, told
from escapelens.causes.clauses import calls_itself, recursion
from escapelens.evidence import End, Pattern, Subject
from escapelens.rewriting.attempts import OF_A_VALUE, Attempt, attempt, code_of, idea, safe
from escapelens.rewriting.outer_copy import copy_to_outer
from escapelens.rewriting.rewrite import Rewrite, RewriteCase

_OF_A_VALUE = (Subject.VARIABLE, Subject.POINTER)


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
	var best *Match
	var bestValue Match
	for _, word := range words {
		match := Match{word, score(word)}
		if best == nil || match.Score > best.Score {
			bestValue = match
			best = &bestValue
		}
	}
	if best == nil {
		return ""
	}
	return best.Word
}
""",
            rewrite="copy-to-outer",
            check="""var words = []string{"a", "ccc", "bb"}

func check() any { return Best(words, func(word string) int { return len(word) }) }
""",
        ),
        Example(
            before="""package p

type span struct{ from, to int }

func Longest(text []byte) int {
	var last *span
	longest := 0
	for i, b := range text {
		if b != ' ' && (last == nil || last.to < i) {
			last = &span{i, i} // heap
		}
		if last != nil && b != ' ' {
			last.to = i + 1
			longest = max(longest, last.to-last.from)
		}
	}
	return longest
}
""",
            after="""package p

type span struct{ from, to int }

func Longest(text []byte) int {
	var last *span
	var lastValue span
	longest := 0
	for i, b := range text {
		if b != ' ' && (last == nil || last.to < i) {
			lastValue = span{i, i}
			last = &lastValue
		}
		if last != nil && b != ' ' {
			last.to = i + 1
			longest = max(longest, last.to-last.from)
		}
	}
	return longest
}
""",
            rewrite="copy-to-outer",
            check="""var text = []byte("a few words make a sentence")

func check() any { return Longest(text) }
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
    refusals = (
        RefusalExample(
            "copy-to-outer",
            """package p

type Match struct {
	Word  string
	Score int
}

func Two(words []string) int {
	var best, second *Match
	for _, word := range words {
		match := Match{word, len(word)} // heap
		if best == nil || match.Score > best.Score {
			second = best
			best = &match
		}
	}
	return best.Score + second.Score
}
""",
            "`best` is not declared by a `var` of its own",
        ),
        RefusalExample(
            "copy-to-outer",
            """package p

type Match struct {
	Word  string
	Score int
}

func Two(words []string) int {
	var best *Match
	var second *Match
	for _, word := range words {
		match := Match{word, len(word)} // heap
		if best == nil || match.Score > best.Score {
			second = best
			best = &match
		}
	}
	return best.Score + second.Score
}
""",
            "`best` itself goes elsewhere (line 14)",
        ),
        RefusalExample(
            "copy-to-outer",
            """package p

type Match struct {
	Word  string
	Score int
}

func Last(words []string) int {
	var last *Match
	for _, word := range words {
		match := Match{Word: word} // heap
		last = &match
		match.Score = len(word)
	}
	return last.Score
}
""",
            "`match` may change afterwards (line 13)",
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
        if calls_itself(case.evidence):
            return case.because(recursion(case))
        it = "its address" if case.evidence.subject in OF_A_VALUE else "it"
        return case.because(f"{case.holder} holds {it} for longer than a turn of {case.loop}")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        if calls_itself(case.evidence):
            yield idea(
                "leave-it",
                f"leave {site.what}, or make it in front of the loop",
                "Each call of the function needs one of its own, but its turns can share it.",
                "What is used again holds what the last turn left in it.",
            )
            return
        holder = case.evidence.holder
        if holder.isidentifier() and re.search(rf"\b{holder}\b", case.evidence.what):
            yield idea(
                "leave-it",
                f"leave {site.what}",
                "Each holds the one before it, so all of them must live side by side.",
            )
            return
        if case.evidence.subject in (Subject.MAP, Subject.SLICE):
            yield idea(
                "two-in-turn",
                f"make two of {site.what} in front of the loop, or leave it",
                f"{site.holder} still holds that of an earlier turn. Where only the last one is "
                "needed, two that take turns, cleared or cut to no length, are enough.",
                "What is used again must not be in use elsewhere.",
            )
            return
        if case.site.origin is None and case.evidence.subject in _OF_A_VALUE:
            yield attempt("copy-to-outer", lambda: _copy_to_outer(case))
        yield idea(
            "index-or-copy",
            f"keep a copy of {site.what} or its index instead of its address",
            f"Declare what holds it ({site.holder}) as a value and assign to that, or remember "
            "the index of the element; then each turn can use the same memory.",
            "Later changes of the one are then not seen in the other.",
        )


def _copy_to_outer(case: RewriteCase) -> Rewrite:
    kept = copy_to_outer(code_of(case), case.node)
    return safe(
        "copy-to-outer",
        f"let `{kept.holder}` point to a copy, `{kept.copy}`, beside it",
        f"Only `{kept.holder}` has the address: it is compared with nil, and what it points to is "
        "read.",
        kept.edits,
    )
