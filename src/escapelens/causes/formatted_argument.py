"""A value is handed to a function that formats it."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import Pattern, Subject


class FormattedArgument(Cause):
    summary = "a value is handed to fmt, log, errors or testing, which take interfaces"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_formatted and (
            pattern.subject is Subject.BOX or (pattern.is_plain and not pattern.is_in_slice)
        )

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.call} takes it as an interface, and formatting hands that on to methods unknown"
        )
