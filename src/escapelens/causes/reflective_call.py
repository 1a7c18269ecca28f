"""A value is handed to package reflect."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern, Subject


class ReflectiveCall(Cause):
    summary = "a value is handed to package `reflect`"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.end is End.REFLECTION and (
            pattern.subject is Subject.BOX or (pattern.is_plain and not pattern.is_in_slice)
        )

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.call} can do anything with it, which the compiler cannot follow"
        )
