"""A package variable is initialised with it."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import Pattern


class PackageInitialiser(Cause):
    summary = "the value of a package variable"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_initialiser

    def sentence(self, case: Case) -> str:
        return case.because(
            "it is the value of a package variable, made once when the program starts"
        )
