"""A function literal that outlives the call captures a variable."""

from escapelens.causes.base import Case, Cause, outlives
from escapelens.evidence import Pattern


class ClosureCapture(Cause):
    summary = "a function literal that may outlive the call captures the variable"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_captured

    def sentence(self, case: Case) -> str:
        return case.because(f"it is {case.literal}, and {outlives(case)}")
