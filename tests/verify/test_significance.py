"""The Mann-Whitney U test against values of published tables."""

import pytest

from escapelens.verify.significance import probability_of_chance


@pytest.mark.parametrize(
    ("some", "others", "expected"),
    [
        ([1, 2, 3], [4, 5, 6], 0.1),
        ([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 0.0079365),
        ([1, 3, 5, 7], [2, 4, 6, 8], 0.6857143),
        ([1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12], 0.0021645),
    ],
)
def test_exact_probabilities(some: list[float], others: list[float], expected: float) -> None:
    assert probability_of_chance(some, others) == pytest.approx(expected, abs=1e-6)
    assert probability_of_chance(others, some) == pytest.approx(expected, abs=1e-6)


def test_equal_samples_may_well_be_chance() -> None:
    assert probability_of_chance([1, 1, 1], [1, 1, 1]) == 1.0
    assert probability_of_chance([1, 1, 2], [1, 2, 2]) > 0.3
    assert probability_of_chance([], [1]) == 1.0


def test_constant_samples_that_differ_are_no_chance() -> None:
    assert probability_of_chance([1] * 6, [0] * 6) < 0.01
