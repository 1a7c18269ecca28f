"""An address is stored in a variable declared outside of the loop."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class AddressOutlivesLoop(Cause):
    summary = "a variable declared outside of a loop holds the address of a value made in it"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.OUTER_LOOP

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.holder} holds its address for longer than a turn of the loop")
