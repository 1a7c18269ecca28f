"""Strings are added."""

from escapelens.causes.base import Case, Cause, kept
from escapelens.evidence import Pattern, Subject


class StringConcatenation(Cause):
    summary = "strings are joined with `+`"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.CONCATENATION and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return f"the string that {case.what} makes is on the heap because {kept(case)}"
