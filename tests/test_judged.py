"""Causes and sentences of places in the standard library that a Go engineer judged by hand."""

import json
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, cast

import pytest

from escapelens.causes import all_causes
from escapelens.model import Site
from escapelens.request import Wanted
from escapelens.toolchain import BuildOptions
from tests.test_std import newest_only, outcome, sources_of
from tests.toolchains import Toolchain

SAMPLES = sorted(Path(__file__).with_name("judged").glob("*.json"))
"""Random samples of 200 sites with what was said of them, `right`, `wrong` or `awkward`.

`mended` says what was untrue, or awkward, when a site was first read and is not any more; `reader`
says who read it.
"""
FRESH = next(path for path in SAMPLES if "fresh" in path.name)
"""Drawn and read when the sentences were as they are now, but for what it made us mend."""
MAY_BE_WRONG = 6
"""Of the 200, which is 3 %."""

Key = tuple[str, int, int, str, str]

pytestmark = [
    pytest.mark.needs("gcc"),
    pytest.mark.skipif(sys.platform != "linux", reason="the sample is of linux"),
]


def judged(sample: Path) -> list[dict[str, Any]]:
    document = json.loads(sample.read_bytes())
    return cast("list[dict[str, Any]]", document["judged"])


of_each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)


def key(record: dict[str, Any]) -> Key:
    column = record["column"] or 0
    return record["file"], record["line"], column, record["kind"], record["expression"]


def key_of(site: Site, root: str, folder: Path) -> Key:
    at = site.position
    file = os.path.relpath(Path(root, at.file), folder)
    return file, at.line, at.column or 0, site.kind.value, site.expression


@of_each_sample
def test_every_judgement_says_what_would_be_right(sample: Path) -> None:
    records = judged(sample)

    assert len(records) == 200
    assert {one["verdict"] for one in records} <= {"right", "wrong", "awkward"}
    unexplained = [key(one) for one in records if one["verdict"] != "right" and not one["remark"]]
    assert unexplained == []
    named = {one["right_cause"] for one in records if one["verdict"] == "wrong"}
    assert named <= set(all_causes())


@of_each_sample
def test_causes_are_right(sample: Path) -> None:
    records = judged(sample)

    wrong = [one for one in records if one.get("right_cause", one["cause"]) != one["cause"]]

    assert len(wrong) <= MAY_BE_WRONG


@of_each_sample
def test_causes_and_sentences_are_right(sample: Path) -> None:
    wrong = [key(one) for one in judged(sample) if one["verdict"] == "wrong"]

    assert len(wrong) <= MAY_BE_WRONG


def test_they_were_right_when_first_read() -> None:
    wrong = [key(one) for one in judged(FRESH) if one["verdict"] == "wrong" or "mended" in one]

    assert len(wrong) <= MAY_BE_WRONG


@pytest.mark.sweep_short
@newest_only
def test_what_was_judged_right_is_still_said(
    toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CGO_ENABLED", "1")
    report = outcome(toolchain, BuildOptions(("std",)), Wanted()).report
    folder = sources_of(toolchain)
    causes: defaultdict[Key, set[str | None]] = defaultdict(set)
    for site in report.sites:
        causes[key_of(site, report.root, folder)].add(site.cause)

    records = [one for sample in SAMPLES for one in judged(sample)]
    gone = [key(one) for one in records if key(one) not in causes]
    changed = [
        (key(one), one["cause"], causes[key(one)])
        for one in records
        if one["verdict"] != "wrong" and one["cause"] not in causes[key(one)]
    ]

    assert gone == []
    assert changed == []
