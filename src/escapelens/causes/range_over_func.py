"""The body or the state of a loop over a function."""

from escapelens.causes.base import Case, Cause, kept
from escapelens.evidence import Pattern, Subject


class RangeOverFunc(Cause):
    summary = "a loop ranges over a function, which may keep the loop's body"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.LOOP_BODY and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return case.because(kept(case))
