"""The slice that holds variadic arguments."""

from escapelens.causes.base import Case, Cause, kept
from escapelens.evidence import Pattern, Subject


class VariadicSlice(Cause):
    summary = "the slice of a call's variadic arguments outlives the call"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.ARGUMENTS and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return (
            f"the slice of the variadic arguments of {case.what} is on the heap because "
            f"{kept(case)}"
        )
