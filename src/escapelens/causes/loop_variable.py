"""A variable of a for clause."""

from escapelens.causes.base import Case, Cause, kept
from escapelens.evidence import Pattern, Subject


class LoopVariable(Cause):
    summary = "a variable that a `for` clause declares is on the heap"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.LOOP_VARIABLE and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return case.because(f"each turn of the loop has its own, and {kept(case)}")
