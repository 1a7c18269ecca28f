"""append needs a larger array."""

from escapelens.causes.base import Case, Cause, kept
from escapelens.evidence import Pattern, Subject


class SliceGrowth(Cause):
    summary = "`append` may have to grow a slice that outlives the call"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.subject is Subject.APPEND and not pattern.is_forced

    def sentence(self, case: Case) -> str:
        return f"the array that {case.what} may grow is on the heap because {kept(case)}"
