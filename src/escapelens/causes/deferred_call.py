"""The hidden closure of a `go` or `defer` statement."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern, Subject


class DeferredCall(Cause):
    summary = (
        "a `go` statement, or a `defer` in a loop, keeps the function and its arguments for later"
    )
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return (pattern.subject is Subject.WRAPPER and not pattern.is_forced) or (
            pattern.is_plain and not pattern.is_in_slice and pattern.end is End.DEFER
        )

    def sentence(self, case: Case) -> str:
        if case.evidence.end is End.GOROUTINE:
            why = "the goroutine that runs the call may outlive this one"
        else:
            why = "a `defer` that is reached in a loop keeps a call for each turn"
        return f"the hidden closure of {case.what} is on the heap because {why}"
