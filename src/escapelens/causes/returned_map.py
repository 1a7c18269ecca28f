"""A map or channel made here is returned."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern, Subject


class ReturnedMap(Cause):
    summary = "a map or channel that was made here is returned"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.is_plain
            and not pattern.is_in_slice
            and pattern.end is End.RESULT
            and pattern.subject in (Subject.MAP, Subject.CHANNEL)
        )

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.statement} hands it to the caller")
