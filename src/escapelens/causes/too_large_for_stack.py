"""A value larger than the compiler puts on a stack."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class TooLargeForStack(Cause):
    summary = "a value is larger than the compiler puts on a stack"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.TOO_LARGE

    def sentence(self, case: Case) -> str:
        return case.because("it is larger than what the compiler puts on a stack")
