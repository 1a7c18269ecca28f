"""A method value binds its receiver."""

from escapelens.causes.base import Case, Cause, kept
from escapelens.evidence import Pattern, Subject


class MethodValue(Cause):
    summary = "a method is used as a value, which binds its receiver"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.METHOD_VALUE and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return case.because(f"the method value holds its receiver, and {kept(case)}")
