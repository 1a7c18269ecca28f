"""A value that needs more alignment than a stack slot has."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class OverAligned(Cause):
    summary = "a value needs more alignment than a stack slot has"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.TOO_ALIGNED

    def sentence(self, case: Case) -> str:
        return case.because("it needs more alignment than a stack slot has")
