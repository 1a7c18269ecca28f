"""A value is handed to panic."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern, Subject


class PanicArgument(Cause):
    summary = "a value is handed to `panic`"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.PANIC and (
            pattern.subject is Subject.BOX or (pattern.is_plain and not pattern.is_in_slice)
        )

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.statement} hands it to whoever recovers")
