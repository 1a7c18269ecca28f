"""An address is sent on a channel."""

from escapelens.causes.base import Case, Cause
from escapelens.evidence import End, Pattern


class ChannelSend(Cause):
    summary = "the address of a value is sent on a channel"
    why = ""
    safety = ""
    leave_it = ""

    def claims(self, pattern: Pattern) -> bool:
        return pattern.is_plain and not pattern.is_in_slice and pattern.end is End.CHANNEL

    def sentence(self, case: Case) -> str:
        return case.because(f"{case.statement} sends it to whoever receives")
