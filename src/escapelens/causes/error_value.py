"""A value is returned as an error."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern, Subject


class ErrorValue(Cause):
    summary = "a value is put in an `error` and returned"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.end is End.RESULT
            and pattern.is_error
            and (pattern.subject is Subject.BOX or _is_pointed_to(pattern))
        )

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.statement} returns it as an `error`")


def _is_pointed_to(pattern: Pattern) -> bool:
    pointed_to = (Subject.VARIABLE, Subject.PARAMETER, Subject.POINTER)
    return pattern.is_plain and not pattern.is_in_slice and pattern.subject in pointed_to
