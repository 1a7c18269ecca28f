"""Words that more than one reporter uses."""

import pytest

from escapelens.model import Applicability, Suggestion
from escapelens.reporters.wording import remedy


def suggestion(rewrite: str, title: str, advice: str) -> Suggestion:
    return Suggestion("f/" + rewrite, "c", rewrite, title, Applicability.IDEA, "", advice=advice)


@pytest.mark.parametrize(
    ("rewrite", "title", "advice", "told"),
    [
        ("leave-it", "leave `n`", "It runs in tests only.", "leave `n`: it runs in tests only"),
        (
            "leave-it",
            "leave `n`",
            "`log.Print(…)` is seldom reached. That is worth it.",
            "leave `n`: `log.Print(…)` is seldom reached",
        ),
        ("leave-it", "leave `n`", "", "leave `n`"),
        ("leave-it", "leave `a or b`", "It is kept.", "leave `a or b`: it is kept"),
        ("leave-it", "leave `n` unless `f` is", "It is kept.", "leave `n` unless `f` is"),
        ("leave-it", "leave `n` where few are made", "It is kept.", "leave `n` where few are made"),
        ("keep-value", "keep `n` by value", "The map holds a copy then.", "keep `n` by value"),
    ],
)
def test_advice_to_leave_a_site_comes_with_its_reason(
    rewrite: str, title: str, advice: str, told: str
) -> None:
    assert remedy(suggestion(rewrite, title, advice)) == told
