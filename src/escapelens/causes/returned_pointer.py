"""The address of a value is returned."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern, Subject


class ReturnedPointer(Cause):
    summary = "the address of a variable or literal is returned"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and pattern.end is End.RESULT
            and pattern.subject in (Subject.VARIABLE, Subject.PARAMETER, Subject.POINTER)
            and not pattern.is_error
        )

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.statement} hands its address to the caller")
