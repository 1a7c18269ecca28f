"""An argument that the called function keeps."""

from escapelens.causes.base import Case, Cause, keeps
from escapelens.evidence import End, Pattern


class CalleeKeepsArgument(Cause):
    summary = "the address of a value is handed to a function that keeps it"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and (pattern.end is End.CALL and not pattern.is_formatted)
        )

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.call} {keeps(case)}")
