"""A value that is no pointer is put in a pool."""

from escapelens.causes.base import Case, Cause, is_pooled
from escapelens.evidence import Pattern, Subject


class PoolPutByValue(Cause):
    summary = "a slice, string or struct is put in a `sync.Pool` by value"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.BOX and not pattern.is_forced and is_pooled(pattern)

    def sentence(self, case: Case) -> str:
        return case.because(
            f"{case.call} takes an interface, so each call copies the value to new memory"
        )
