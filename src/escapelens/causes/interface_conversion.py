"""A value is copied into an interface."""

from escapelens.causes.base import Case, Cause, is_pooled, kept
from escapelens.evidence import End, Pattern, Subject


class InterfaceConversion(Cause):
    summary = "a value is copied into an interface that outlives the call"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return (
            pattern.subject is Subject.BOX
            and not pattern.is_forced
            and not pattern.is_formatted
            and not is_pooled(pattern)
            and pattern.end not in (End.PANIC, End.REFLECTION)
            and not (pattern.end is End.RESULT and pattern.is_error)
        )

    def sentence(self, case: Case) -> str:
        return (
            f"a copy of {case.what} is on the heap because "
            f"an interface holds its address, and {kept(case)}"
        )
