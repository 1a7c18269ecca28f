"""A function literal that outlives the call captures a variable."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from escapelens.causes.base import (
    Case,
    Cause,
    Example,
    NearMiss,
    RefusalExample,
    quoted,
    told,
)
from escapelens.causes.clauses import outlives
from escapelens.evidence import Pattern
from escapelens.model import Applicability, Kind
from escapelens.rewriting.attempts import (
    Attempt,
    attempt,
    code_of,
    idea,
    loop_itself,
    node_at,
)
from escapelens.rewriting.code import Refused
from escapelens.rewriting.copies import (
    copy_before_literal,
    declare_in_literal,
    move_behind_last_write,
    variable_at,
)
from escapelens.rewriting.rewrite import Rewrite, RewriteCase

if TYPE_CHECKING:
    from tree_sitter import Node


class ClosureCapture(Cause):
    summary = "a function literal that may outlive the call captures the variable"
    why = """
A function literal that uses a variable of the function around it holds either a copy of it or its
address. A copy is enough for a variable of at most 128 bytes whose address nobody takes and which
nobody assigns to once the literal is there. Every other one is shared by address, and if the
literal may outlive the call, the variable must be on the heap. The same is true of what a copied
pointer, slice or map refers to, if it was made here.
"""
    safety = """
Both functions see a shared variable change. A second variable that the literal gets a copy of, or
a parameter of the literal, cuts that link: later assignments on one side are no longer seen on the
other. Where two goroutines use the variable, that link needs a lock or a channel in any case.
"""
    leave_it = """
If both sides must see the same variable, it has to live somewhere that both can reach, and that is
what the compiler arranged. A literal made once, such as a handler or a callback, costs as much as
one small struct.
"""
    examples = (
        Example(
            before="""package p

type Tally struct{ callbacks []func(int) }

func (t *Tally) Above(limit int) {
	if limit < 0 {
		limit = 0
	}
	seen := 0 // heap
	t.callbacks = append(t.callbacks, func(n int) {
		if n > limit {
			seen++
		}
	})
}
""",
            after="""package p

type Counter struct{ limit, seen int }

func (c *Counter) Add(n int) {
	if n > c.limit {
		c.seen++
	}
}

type Tally struct{ counters []Counter }

func (t *Tally) Above(limit int) {
	if limit < 0 {
		limit = 0
	}
	t.counters = append(t.counters, Counter{limit: limit})
}
""",
        ),
        Example(
            before="""package p

func Longest(words []string) func() int {
	longest := 0 // heap
	get := func() int { return longest }
	for _, word := range words {
		if len(word) > longest {
			longest = len(word)
		}
	}
	return get
}
""",
            after="""package p

func Longest(words []string) func() int {
	longest := 0
	for _, word := range words {
		if len(word) > longest {
			longest = len(word)
		}
	}
	get := func() int { return longest }
	return get
}
""",
            rewrite="move-literal",
            check="""var longest = Longest

func check() any { return longest([]string{"heap", "stack", "go"})() }
""",
        ),
        Example(
            before="""package p

import "errors"

type Reader struct{ onError func() error }

func (r *Reader) Read(line string) (int, error) {
	depth := 0 // heap
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 {
			break
		}
	}
	if depth < 0 {
		r.onError = func() error {
			if depth < -10 {
				return errors.New("far too many")
			}
			return errors.New("too many")
		}
		return 0, errors.New("unbalanced")
	}
	depth *= 2
	return depth, nil
}
""",
            after="""package p

import "errors"

type Reader struct{ onError func() error }

func (r *Reader) Read(line string) (int, error) {
	depth := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 {
			break
		}
	}
	if depth < 0 {
		depth := depth
		r.onError = func() error {
			if depth < -10 {
				return errors.New("far too many")
			}
			return errors.New("too many")
		}
		return 0, errors.New("unbalanced")
	}
	depth *= 2
	return depth, nil
}
""",
            rewrite="copy-before-literal",
            check="""var read = (*Reader).Read

func check() any {
	n, err := read(new(Reader), "((x)")
	return [2]any{n, err}
}
""",
        ),
        Example(
            before="""package p

type Work struct {
	jobs []func()
	done int
}

func (w *Work) Plan(sizes []int) {
	var next int // heap
	w.jobs = append(w.jobs, func() {
		next = w.done + len(sizes)
		if next > 10 {
			next = 10
		}
		w.done = next
	})
}
""",
            after="""package p

type Work struct {
	jobs []func()
	done int
}

func (w *Work) Plan(sizes []int) {
	w.jobs = append(w.jobs, func() {
		var next int
		next = w.done + len(sizes)
		if next > 10 {
			next = 10
		}
		w.done = next
	})
}
""",
            rewrite="declare-in-literal",
            check="""func check() any {
	var w Work
	w.Plan([]int{1, 2, 3})
	w.Plan([]int{1, 2, 3, 4, 5, 6, 7, 8})
	for range w.jobs {
		w.jobs[0]()
		w.jobs[1]()
	}
	return w.done
}
""",
        ),
        Example(
            before="""package p

type Rates struct{ table [32]float64 }

func (r *Rates) Lookup() func(int) float64 {
	table := r.table // heap
	return func(i int) float64 { return table[i] }
}
""",
            after="""package p

type Rates struct{ table [32]float64 }

func (r *Rates) Lookup() func(int) float64 {
	return func(i int) float64 { return r.table[i] }
}
""",
        ),
        Example(
            before="""package p

func Fetch(load func() error) error {
	var err error // heap
	done := make(chan struct{})
	go func() {
		err = load()
		close(done)
	}()
	<-done
	return err
}
""",
            after="""package p

func Fetch(load func() error) error {
	done := make(chan error, 1)
	go func() {
		done <- load()
	}()
	return <-done
}
""",
        ),
    )
    refusals = (
        RefusalExample(
            "copy-before-literal",
            """package p

func Counter() (func(), func() int) {
	n := 0 // heap
	add := func() { n++ }
	return add, func() int { return n }
}
""",
            "`n` is assigned to later (line 5)",
        ),
        RefusalExample(
            "copy-before-literal",
            """package p

func Total(values []int) func() int {
	total := 0 // heap
	callbacks := [1]func() int{func() int { return total }}
	for _, value := range values {
		total += value
	}
	return callbacks[0]
}
""",
            "`total` is assigned to later (line 7)",
        ),
        RefusalExample(
            "move-literal",
            """package p

func Last(words []string) func() string {
	last := "" // heap
	get := func() string { return last }
	for _, word := range words {
		if word != get() {
			last = word
		}
	}
	return get
}
""",
            "`get` is used before that (line 7)",
        ),
        RefusalExample(
            "declare-in-literal",
            """package p

func Turns() func() int {
	var turns int // heap
	return func() int {
		turns += 1
		return turns
	}
}
""",
            "the literal may see the `turns` of an earlier call",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

func each(values []int, visit func(int)) {
	for _, v := range values {
		visit(v)
	}
}

func Sum(values []int) int {
	total := 0
	each(values, func(v int) { total += v })
	return total
}
""",
            "the function that gets the literal calls it and does not keep it",
        ),
        NearMiss(
            """package p

func Above(limit int) func(int) bool {
	if limit < 0 {
		limit = 0
	}
	return func(n int) bool { return n > limit }
}
""",
            "nothing is assigned to the variable after the literal, so the literal holds a copy",
        ),
        NearMiss(
            """package p

type Counter struct{ n int }

func (c *Counter) Add() { c.n++ }

func Adder() func() {
	var c Counter
	return c.Add
}
""",
            "a method value holds the address, not a function literal",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_captured

    def sentence(self, case: Case) -> str:
        what = "it"
        if case.evidence.is_in_captured:
            name = case.evidence.captured
            what = f"{quoted(name)}, which holds it," if name.isidentifier() else "what holds it"
        return case.because(f"{what} is {case.literal}, and {outlives(case)}")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        site = told(case)
        if case.evidence.width:
            yield idea(
                "copy-part",
                f"let the function literal read copies of the parts of {site.what} that it needs",
                "A variable of at most 128 bytes that nobody changes any more is copied into the "
                "literal. One for each part, declared in front of the literal, leaves "
                f"{site.what} on the stack; so does a pointer to what is on the heap anyway.",
            )
            return
        if case.evidence.by_loop:
            yield loop_itself(site.line(case.evidence.position))
            return
        yield idea(
            "hold-in-struct",
            f"keep {site.what} in a struct with a method instead of a function literal",
            f"It is {site.literal}; {outlives(site)}. A struct that holds it and lives on "
            "anyway, such "
            "as the receiver, needs no second piece of memory.",
            "What takes the literal must take the method, or the struct.",
        )
        if case.site.kind is not Kind.MOVED or case.site.origin is not None:
            return
        yield attempt("declare-in-literal", lambda: _declare_in_literal(case))
        yield attempt("move-literal", lambda: _move_literal(case))
        yield attempt("copy-before-literal", lambda: _copy_before_literal(case))


def _use(case: RewriteCase) -> "Node":
    """Where the literal uses the variable."""
    use = node_at(case, case.evidence.literal)
    if use is None:
        raise Refused("the literal stands elsewhere")
    return use


def _declare_in_literal(case: RewriteCase) -> Rewrite:
    code = code_of(case)
    variable = variable_at(code, case.node)
    edits, calls = declare_in_literal(code, variable, _use(case))
    applicability = Applicability.SAFE
    safety = f"Only the literal uses `{variable.name}`, and it assigns to it before it reads it."
    if calls is not None:
        applicability = Applicability.REVIEW
        safety = (
            f"If what line {calls} calls leads back into the literal, both calls share "
            f"`{variable.name}` now, and no longer then."
        )
    return Rewrite(
        "declare-in-literal",
        f"declare `{variable.name}` in the function literal",
        applicability,
        safety,
        tuple(edits),
    )


def _move_literal(case: RewriteCase) -> Rewrite:
    variable = variable_at(code_of(case), case.node)
    edits = move_behind_last_write(code_of(case), variable, _use(case))
    return Rewrite(
        "move-literal",
        f"make the function literal after the last assignment to `{variable.name}`",
        Applicability.SAFE,
        f"The literal is not used before that, and `{variable.name}` does not change after it.",
        tuple(edits),
    )


def _copy_before_literal(case: RewriteCase) -> Rewrite:
    variable = variable_at(code_of(case), case.node)
    copy = copy_before_literal(code_of(case), variable, _use(case))
    name = f"`{variable.name}`"
    where = "in the branch that uses it" if copy.is_cold else "for the function literal"
    safety = f"Nothing assigns to {name} while the literal is in use."
    if not copy.is_exact:
        if copy.written:
            raise Refused(f"{name} is assigned to later (line {copy.written[0]})")
        line = copy.addressed[0]
        safety = f"The literal does not see what is assigned through the address of line {line}."
    return Rewrite(
        "copy-before-literal",
        f"copy {name} {where}",
        Applicability.SAFE if copy.is_exact else Applicability.REVIEW,
        safety,
        tuple(copy.edits),
    )
