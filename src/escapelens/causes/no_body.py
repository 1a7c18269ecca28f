"""An argument of a function without a Go body."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class NoBody(Cause):
    summary = "the address of a value is handed to assembly, C or as a uintptr"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.NO_BODY

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.call} is not written in Go, and nothing promises that it keeps no pointer"
        )
