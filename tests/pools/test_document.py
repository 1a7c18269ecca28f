"""What is said of the three ways to combine a pool and defer, on every toolchain."""

from escapelens.pools.findings import all_findings
from tests.pools.record import JSON, TEXT, said
from tests.toolchains import Toolchain


def test_every_go_says_the_same(toolchain: Toolchain) -> None:
    text, document = said(toolchain)

    assert text == TEXT.read_text(encoding="utf-8")
    assert document == JSON.read_text(encoding="utf-8")


def test_a_deferred_put_by_value_is_told_as_boxing() -> None:
    told = TEXT.read_text(encoding="utf-8")

    assert "[pool-put-by-value]" in told
    assert "[pool-put-of-nil]" in told
    assert told.endswith("3 pools, 3 findings\n")


def test_no_text_says_that_a_deferred_call_may_not_run() -> None:
    for rule in all_findings().values():
        for text in (rule.summary, rule.why, rule.safety, rule.leave_it):
            assert "may not run" not in text
            assert "never runs" not in text
