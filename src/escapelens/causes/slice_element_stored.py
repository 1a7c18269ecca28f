"""An address is stored in an element of a slice."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class SliceElementStored(Cause):
    summary = "the address of a value is stored in an element of a slice"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.ELEMENT

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.statement} stores it in a slice whose array may outlive this call"
        )
