"""Values are kept in a slice by their addresses."""

from escapelens.causes.base import Case, Cause, kept
from escapelens.evidence import Pattern


class SliceOfPointers(Cause):
    summary = "values are kept in a slice as pointers"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_in_slice

    def sentence(self, case: Case) -> str:
        return case.because(f"a slice holds its address, and {kept(case)}")
