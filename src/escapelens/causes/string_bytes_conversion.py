"""A string is made of bytes, or bytes of a string."""

from escapelens.causes.base import Case, Cause, kept
from escapelens.evidence import Pattern, Subject


class StringBytesConversion(Cause):
    summary = "a conversion between `string` and `[]byte` or `[]rune` copies"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.CONVERSION and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return f"the copy that {case.what} makes is on the heap because {kept(case)}"
