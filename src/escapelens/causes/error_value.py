"""A value is returned as an error."""

from collections.abc import Iterator

from escapelens.causes.base import Case, Cause, Example, NearMiss, RefusalExample, told
from escapelens.evidence import End, Pattern, Subject
from escapelens.rewriting.attempts import Attempt, attempt, code_of, idea, review
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.rewriting.sentinels import makes_error, sentinel


class ErrorValue(Cause):
    summary = "a value is put in an `error` and returned"
    why = """
An `error` is an interface: it holds a type and the address of a value. The value is made here, and
the caller may keep the error, wrap it or pass it on. So the value outlives this call's stack frame
and must be on the heap. A struct that is no pointer is copied there first.
"""
    safety = """
One error value for all calls has no details: no name, no position. If it is exported, callers will
compare with it, and it must stay. An error that is compared by address, as with `errors.Is` and a
pointer, is equal only to itself. A result of the concrete type instead of `error` is a trap: a
`nil` pointer in an interface is not `nil`.
"""
    leave_it = """
Errors are rare in most programs: the allocation happens only where something went wrong, and what
the error tells is worth more. It matters where "not found" or "try again" is an ordinary answer in
a hot loop.
"""
    history = """
From Go 1.25 on, a struct whose fields are all constants, as in `return Status{404, "not found"}`,
is read from the program's read-only memory: it is still reported, but nothing is allocated. From
Go 1.26 on, `fmt.Errorf` is small enough to be copied into its callers, so one part of it is
reported at each call, as a value of `errors.New`; a text without verbs then costs one allocation
instead of two.
"""
    examples = (
        Example(
            before="""package p

type NotFound struct{ Name string }

func (e *NotFound) Error() string { return e.Name }

func Find(ids map[string]int, name string) (int, error) {
	id, ok := ids[name]
	if !ok {
		return 0, &NotFound{Name: name} // heap
	}
	return id, nil
}
""",
            after="""package p

func Find(ids map[string]int, name string) (int, bool) {
	id, ok := ids[name]
	return id, ok
}
""",
        ),
        Example(
            before="""package p

import "errors"

func Check(size int) error {
	if size > 4096 {
		return errors.New("too large") // heap
	}
	return nil
}
""",
            after="""package p

import "errors"

var errTooLarge = errors.New("too large")

func Check(size int) error {
	if size > 4096 {
		return errTooLarge
	}
	return nil
}
""",
            rewrite="sentinel",
            check="""var verify = Check

func check() any { return verify(5000).Error() }
""",
        ),
        Example(
            before="""package p

type Status struct {
	Code int
	Text string
}

func (s Status) Error() string { return s.Text }

func Answer(code int) (err error) {
	if code >= 400 {
		err = Status{code, "failed"} // heap
	}
	return err
}
""",
            after="""package p

type Status struct {
	Code int
	Text string
}

func (s Status) Error() string { return s.Text }

func Answer(code int) (status Status, failed bool) {
	return Status{code, "failed"}, code >= 400
}
""",
        ),
        Example(
            before="""package p

import "fmt"

func Check(size int) error {
	if size > 4096 {
		return fmt.Errorf("more than 4096 bytes") // heap
	}
	return nil
}
""",
            after="""package p

import "errors"

var errMoreThanBytes = errors.New("more than 4096 bytes")

func Check(size int) error {
	if size > 4096 {
		return errMoreThanBytes
	}
	return nil
}
""",
            since=26,
            rewrite="sentinel",
            check="""var verify = Check

func check() any { return verify(5000).Error() }
""",
        ),
    )
    refusals = (
        RefusalExample(
            "sentinel",
            """package p

import "errors"

func Check(name string) error {
	return errors.New("no " + name) // heap
}
""",
            "the text of the error is no short constant",
        ),
    )
    near_misses = (
        NearMiss(
            """package p

type NotFound struct{ Name string }

func (e *NotFound) Error() string { return e.Name }

func Find(ids map[string]int, name string) (int, *NotFound) {
	id, ok := ids[name]
	if !ok {
		return 0, &NotFound{Name: name}
	}
	return id, nil
}
""",
            "the result is a pointer and no `error`",
        ),
        NearMiss(
            """package p

import "errors"

var errTooLarge = errors.New("too large")

func Check(size int) error {
	if size > 4096 {
		return errTooLarge
	}
	return nil
}
""",
            "the error is a package variable, and no value is made",
        ),
        NearMiss(
            """package p

type Status int

func (s Status) Error() string { return "failed" }

func Check(ok bool) error {
	if !ok {
		return Status(404)
	}
	return nil
}
""",
            "a constant needs no memory of its own",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.end is End.RESULT
            and pattern.is_error
            and (pattern.subject is Subject.BOX or _is_pointed_to(pattern))
        )

    def sentence(self, case: Case) -> str:
        if case.evidence.statement.startswith("return"):
            return case.because(f"{case.statement} returns it as an `error`")
        return case.because(f"{case.statement} puts it in a result of type `error`")

    def rewrites(self, case: RewriteCase) -> Iterator[Attempt]:
        if case.code is not None and makes_error(case.code, case.node):
            yield attempt("sentinel", lambda: _sentinel(case))
        site = told(case)
        yield idea(
            "leave-it",
            f"leave {site.what} where errors are rare",
            "What an error tells is worth an allocation. Where it is an ordinary answer, return a "
            "`bool`, or an error that is made once as a package variable.",
            "One error for all calls has no details.",
        )


def _is_pointed_to(pattern: Pattern) -> bool:
    pointed_to = (Subject.VARIABLE, Subject.PARAMETER, Subject.POINTER)
    return pattern.is_plain and not pattern.is_in_slice and pattern.subject in pointed_to


def _sentinel(case: RewriteCase) -> Rewrite:
    name, is_known, edits = sentinel(code_of(case), case.node)
    if is_known:
        return review(
            "sentinel",
            f"return `{name}`, which has the same text",
            f"What is returned is then equal to `{name}`, which callers may look for.",
            edits,
        )
    return review(
        "sentinel",
        f"make the error once, as the package variable `{name}`",
        "All calls then return the same error, which is equal to itself.",
        edits,
    )
