"""Causes and sentences of places in the standard library that a Go engineer judged by hand."""

import sys
from pathlib import Path

import pytest

from escapelens.causes import all_causes
from escapelens.request import Wanted
from escapelens.toolchain import BuildOptions
from tests.judging import MODULES, SAMPLES, Record, judged, key, sites
from tests.test_std import newest_only, outcome, sources_of
from tests.toolchains import Toolchain

FRESH = [path for path in SAMPLES if path.stem.endswith(("-fresh", "-second"))]
"""Drawn and read when the sentences were as they are now, but for what it made us mend."""
MAY_BE_WRONG = 6
"""Of the 200, which is 3 %."""

pytestmark = [
    pytest.mark.needs("gcc"),
    pytest.mark.skipif(sys.platform != "linux", reason="the sample is of linux"),
]

of_each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)


def was_wrong(record: Record) -> bool:
    """Whether a record was wrong when it was first read."""
    first = record.get("first", "wrong" if "mended" in record else record["verdict"])
    return bool(first == "wrong")


def check(records: list[Record]) -> None:
    """That each judgement is explained."""
    assert {one["verdict"] for one in records} <= {"right", "wrong", "awkward"}
    unexplained = [key(one) for one in records if one["verdict"] != "right" and not one["remark"]]
    assert unexplained == []
    assert [key(one) for one in records if one.get("first", "right") != "right"] == [
        key(one) for one in records if "first" in one and one["mended"]
    ]
    named = {one["right_cause"] for one in records if one["verdict"] == "wrong"}
    assert named <= set(all_causes())


@of_each_sample
def test_every_judgement_says_what_would_be_right(sample: Path) -> None:
    records = judged(sample)

    assert len(records) == 200
    check(records)


@of_each_sample
def test_causes_are_right(sample: Path) -> None:
    records = judged(sample)

    wrong = [one for one in records if one.get("right_cause", one["cause"]) != one["cause"]]

    assert len(wrong) <= MAY_BE_WRONG


@of_each_sample
def test_causes_and_sentences_are_right(sample: Path) -> None:
    wrong = [key(one) for one in judged(sample) if one["verdict"] == "wrong"]

    assert len(wrong) <= MAY_BE_WRONG


@pytest.mark.parametrize("sample", FRESH, ids=lambda path: path.stem)
def test_they_were_right_when_first_read(sample: Path) -> None:
    wrong = [key(one) for one in judged(sample) if was_wrong(one)]

    assert len(wrong) <= MAY_BE_WRONG


def test_other_modules_were_right_when_first_read() -> None:
    records = judged(MODULES)

    check(records)
    assert len(records) == 60
    assert len([one for one in records if was_wrong(one)]) <= 1


@pytest.mark.sweep_short
@newest_only
def test_what_was_judged_right_is_still_said(
    toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CGO_ENABLED", "1")
    report = outcome(toolchain, BuildOptions(("std",)), Wanted()).report
    found = sites(report, sources_of(toolchain))

    records = [one for sample in SAMPLES for one in judged(sample)]
    now = {key(one): [(site.cause, site.sentence) for site in found[key(one)]] for one in records}
    gone = [where for where, said in now.items() if not said]
    # `python -m tests.judging` writes down what is said now, to be judged anew.
    changed = [
        (one["sentence"], now[key(one)])
        for one in records
        if one["verdict"] != "wrong" and (one["cause"], one["sentence"]) not in now[key(one)]
    ]

    assert gone == []
    assert changed == []
