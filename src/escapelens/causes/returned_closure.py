"""A function literal is returned."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern, Subject


class ReturnedClosure(Cause):
    summary = "a function literal is returned"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and pattern.end is End.RESULT
            and pattern.subject is Subject.FUNC_LITERAL
        )

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.statement} hands the function, and what it captures, to the caller"
        )
