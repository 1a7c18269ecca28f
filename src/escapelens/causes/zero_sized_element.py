"""A slice whose elements have no size."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class ZeroSizedElement(Cause):
    summary = "a slice is made whose elements have no size"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.NO_SIZE

    def sentence(self, case: Case) -> str:
        return case.because("its elements have no size; nothing is allocated for it")
