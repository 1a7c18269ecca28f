"""The body or the state of a loop over a function."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, told
from escapelens.causes.clauses import kept
from escapelens.evidence import End, Pattern, Subject
from escapelens.rewriting.attempts import Attempt, loop_itself
from escapelens.rewriting.rewrite import RewriteCase


class RangeOverFunc(Cause):
    summary = "a loop ranges over a function, which may keep the loop's body"
    why = """
`for v := range seq`, where `seq` is a function, hands the body of the loop to `seq` as a function
literal, and `seq` calls it for each value. Which function `seq` is may be known only when the
program runs. The compiler must then assume that `seq` keeps the body, so the body is on the heap,
and with it the hidden variables that watch over the loop: whether it is still running, and what a
`return` in it returns.
"""
    safety = """
A loop over a slice needs all values at once, where an iterator makes them one by one. An iterator
that the compiler can see, because it is a declared function that is small enough to be copied
here, must not be chosen at run time.
"""
    leave_it = """
These are a few small allocations for the whole loop, not for each turn. They matter only where
short loops run very often.
"""
    history = """
A loop can range over a function from Go 1.23 on, with `go 1.23` or later in go.mod.
"""
    since = 23
    examples = (
        Example(
            before="""package p

import "iter"

type Log struct{ lines []string }

func (l *Log) Add(lines iter.Seq[string]) {
	for line := range lines { // heap
		l.lines = append(l.lines, line)
	}
}
""",
            after="""package p

type Log struct{ lines []string }

func (l *Log) Add(lines []string) {
	for _, line := range lines {
		l.lines = append(l.lines, line)
	}
}
""",
            since=23,
            go="1.23",
        ),
        Example(
            before="""package p

import "iter"

func Contains(words iter.Seq[string], wanted string) bool { // heap
	for word := range words { // heap
		if word == wanted {
			return true // heap
		}
	}
	return false
}
""",
            after="""package p

import "iter"

type Text struct{ words []string }

func (t Text) Words() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, word := range t.words {
			if !yield(word) {
				return
			}
		}
	}
}

func (t Text) Contains(wanted string) bool {
	for word := range t.Words() {
		if word == wanted {
			return true
		}
	}
	return false
}
""",
            since=23,
            go="1.23",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type Log struct{ lines []string }

func (l *Log) Add(each func(yield func(string) bool)) {
	each(func(line string) bool {
		l.lines = append(l.lines, line)
		return true
	})
}
""",
            "the same without a loop: a function literal is handed to a function value",
        ),
        NearMiss(
            """package p

type Log struct{ lines []string }

func (l *Log) Add(lines <-chan string) {
	for line := range lines {
		l.lines = append(l.lines, line)
	}
}
""",
            "the loop ranges over a channel, and its body stays a part of this function",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.LOOP_BODY and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        ranged = f"the function that the loop ranges over{case.line(case.evidence.position)}"
        if case.evidence.end is End.DYNAMIC_CALL:
            why = f"{ranged} is only known when the program runs, so it may keep the loop's body"
        elif case.evidence.end is End.CALL:
            why = f"{ranged} may keep the loop's body"
        else:
            why = kept(case)
        return case.because(why)

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        yield loop_itself(site.line(case.evidence.position))
