"""What a verdict is worth."""

from enum import StrEnum

from escapelens.model import Effect, OutcomeOfTests, Verdict


class Standing(StrEnum):
    """Whether a rewrite may be offered."""

    PROVEN = "proven"
    """The site is gone, or fewer allocations were measured."""
    UNMEASURED = "unmeasured"
    """It builds, and allocates less if the program goes the way that the rewrite hopes for."""
    REJECTED = "rejected"


def standing(verdict: Verdict) -> Standing:
    """How much a verdict proves."""
    if not (verdict.builds and verdict.tests_build) or verdict.tests is OutcomeOfTests.FAILED:
        return Standing.REJECTED
    if verdict.effect is Effect.NONE:
        return Standing.REJECTED
    measured = verdict.allocations
    if measured is not None and measured.after < measured.before:
        return Standing.PROVEN
    if verdict.effect is Effect.GONE:
        return Standing.PROVEN
    return Standing.UNMEASURED if measured is None else Standing.REJECTED
