"""A function literal stores an address in a variable of the function around it."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class StoredInOuterVariable(Cause):
    summary = (
        "a function literal stores the address of a value in a variable of the function around it"
    )
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.OUTER_FUNCTION

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.statement} stores it in a variable of the function around this one"
        )
