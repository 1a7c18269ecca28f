"""A generic function used as a value."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import Pattern, Subject


class GenericDictionary(Cause):
    summary = "a generic function is used as a value, which binds its dictionary"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.DICTIONARY and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return (
            f"a hidden closure for {case.what} is on the heap because "
            "a generic function used as a value carries its type arguments with it"
        )
