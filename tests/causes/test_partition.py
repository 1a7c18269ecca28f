"""The claims of all causes part whatever can be known of a site: none overlaps, none is left."""

from collections.abc import Iterator
from itertools import product

from escapelens.causes import all_causes, claimants
from escapelens.evidence import End, Pattern, Subject, Through

CALLEES = (
    ("", ""),
    ("", "keep"),
    ("example.com/fmt", "Keep"),
    ("fmt", "Fprintln"),
    ("log/slog", "(*Logger).Info"),
    ("testing", "(*T).Run"),
    ("sync", "(*Pool).Put"),
)


def patterns() -> Iterator[Pattern]:
    """Every pattern of evidence; without an explanation there is nothing to claim."""
    ends = [end for end in End if end is not End.UNKNOWN]
    flags = product((False, True), repeat=4)
    for subject, end, through, (error, pointers, top, written_to), callee in product(
        Subject, ends, Through, list(flags), CALLEES
    ):
        yield Pattern(subject, end, through, error, pointers, top, *callee, written_to)


def test_each_pattern_has_one_cause() -> None:
    wrong = {
        pattern: names
        for pattern in patterns()
        if len(names := [cause.name for cause in claimants(pattern)]) != 1
    }

    assert wrong == {}


def test_each_cause_claims_something() -> None:
    # So no file can be deleted without leaving what it claims to nobody.
    claimed = {cause.name for pattern in patterns() for cause in claimants(pattern)}

    assert claimed == set(all_causes())
