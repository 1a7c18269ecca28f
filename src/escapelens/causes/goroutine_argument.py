"""A goroutine is started with the address of a value."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern, Subject


class GoroutineArgument(Cause):
    summary = "the address of a value is handed to a `go` statement"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and (pattern.end is End.GOROUTINE and pattern.subject is not Subject.FUNC_LITERAL)
        )

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.statement} hands it to a goroutine, which may outlive this call"
        )
