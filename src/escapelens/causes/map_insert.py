"""An address is stored in a map."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class MapInsert(Cause):
    summary = "the address of a value is stored in a map"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.MAP_ENTRY

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.statement} stores it in a map, whose entries are always on the heap"
        )
