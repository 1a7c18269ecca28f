"""A make whose size is known only at run time."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class VariableSizeMake(Cause):
    summary = "`make` is called with a size that is not a constant"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.VARIABLE_SIZE

    def sentence(self, case: Case) -> str:
        return case.because(
            "its size is known only at run time, and a stack frame has a fixed size"
        )
