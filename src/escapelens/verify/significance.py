"""Whether two samples of measurements differ: the Mann-Whitney U test, as benchstat uses it."""

import math
from collections.abc import Sequence
from functools import cache

_EXACT = 20
"""Up to so many measurements on a side the probabilities are counted, if none are equal."""


def probability_of_chance(some: Sequence[float], others: Sequence[float]) -> float:
    """How likely samples that differ so much are if there is no difference (two-sided p)."""
    m, n = len(some), len(others)
    if not m or not n or (set(some) == set(others) and len(set(some)) == 1):
        return 1.0
    u = sum((a > b) + 0.5 * (a == b) for a in some for b in others)
    least = min(u, m * n - u)
    if len({*some, *others}) == m + n and max(m, n) <= _EXACT:
        below = sum(_ways(m, n, k) for k in range(math.floor(least) + 1))
        return min(1.0, 2 * below / math.comb(m + n, m))
    return _by_normal(some, others, least)


def _by_normal(some: Sequence[float], others: Sequence[float], least: float) -> float:
    """The normal approximation, with the correction for equal values."""
    m, n = len(some), len(others)
    total = m + n
    values = [*some, *others]
    ties = sum(count**3 - count for count in map(values.count, set(values)))
    variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    z = (least + 0.5 - m * n / 2) / math.sqrt(variance)
    return min(1.0, math.erfc(-z / math.sqrt(2)) if z < 0 else 1.0)


@cache
def _ways(m: int, n: int, u: int) -> int:
    """In how many orders of m and n values the statistic is u."""
    if u < 0:
        return 0
    if m == 0 or n == 0:
        return int(u == 0)
    return _ways(m - 1, n, u - n) + _ways(m, n - 1, u)
