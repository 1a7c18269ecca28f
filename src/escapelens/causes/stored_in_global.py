"""An address is stored in a package variable."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class StoredInGlobal(Cause):
    summary = "the address of a value is stored in a package variable"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.GLOBAL

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.statement} stores it in a package variable")
