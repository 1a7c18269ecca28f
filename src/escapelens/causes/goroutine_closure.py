"""A goroutine runs a function literal."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern, Subject


class GoroutineClosure(Cause):
    summary = "a `go` statement runs a function literal"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and (pattern.end is End.GOROUTINE and pattern.subject is Subject.FUNC_LITERAL)
        )

    def sentence(self, case: Case) -> str:
        return case.because("the goroutine that runs it may outlive this call")
