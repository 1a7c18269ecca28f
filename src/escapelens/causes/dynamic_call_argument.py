"""An argument of a call through an interface or function value."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class DynamicCallArgument(Cause):
    summary = "the address of a value is handed to an interface method or a function value"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.DYNAMIC_CALL

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.call} is chosen when the program runs: "
            "the compiler cannot see what it does with it"
        )
