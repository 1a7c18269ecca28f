"""An address is stored through a pointer."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class StoredThroughPointer(Cause):
    summary = "the address of a value is stored in something that a pointer leads to"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.POINTER

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.statement} stores it behind a pointer, and that memory may outlive this call"
        )
