"""A constant in an interface."""

from escapelens.causes.base import Case, Cause, kept
from escapelens.evidence import Pattern, Subject


class ConstantBoxed(Cause):
    summary = "a constant is put in an interface"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.CONSTANT and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return (
            f"constant {case.what} counts as on the heap because {kept(case)}; "
            "it lies in read-only memory, and nothing is allocated for it"
        )
