"""The pages about pools: complete, drawn in a terminal, and fresh in docs/pools."""

import json
import subprocess
import sys

import jsonschema
import pytest

from escapelens.causes import all_causes
from escapelens.pools.findings import Rule, all_findings
from escapelens.pools.statements import SECTIONS
from escapelens.reporters.json import schema
from escapelens.reporters.pool_pages import markdown
from tests.pages import POOLS, pages_of_pools, written

RULES = list(all_findings().values())


def explained(*words: str) -> str:
    command = [sys.executable, "-m", "escapelens", "explain", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_docs_are_fresh() -> None:
    assert written(POOLS) == pages_of_pools(), "run `python -m tests.pages`"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_page_says_everything(rule: Rule) -> None:
    page = markdown(rule)

    for text in (rule.why, rule.safety, rule.leave_it):
        assert text.strip() in page
    for example in rule.examples:
        assert example.before.strip() in page
        assert example.after.strip() in page
    for miss in rule.near_misses:
        assert miss.source.strip() in page
        assert miss.because in page


def test_sync_pool_tells_every_statement_and_finding() -> None:
    told = " ".join(explained("sync-pool", "--format", "markdown").split())

    for section in SECTIONS:
        for statement in section.statements:
            assert statement.text in told
    for name in all_findings():
        assert f"[`{name}`]({name}.md)" in told


def test_in_a_terminal() -> None:
    assert "A deferred Put runs when the function returns and when it panics" in " ".join(
        explained("sync-pool").replace("`", "").split()
    )
    assert explained("pool-used-after-put").startswith("pool-used-after-put")


def test_json_fits_the_schema() -> None:
    whole = schema()
    for name, kind in (("sync-pool", "PoolPage"), ("pool-put-twice", "FindingPage")):
        document = json.loads(explained(name, "--format", "json"))
        part = {"$ref": f"#/$defs/{kind}", "$defs": whole["$defs"]}
        jsonschema.Draft202012Validator(part).validate(document)
        assert document["name"] == name


def test_a_cause_of_the_same_name_comes_first() -> None:
    assert "pool-put-by-value" in all_causes()
    assert "Why it is on the heap" in explained("pool-put-by-value", "--format", "markdown")


def test_names_that_are_nearly_right_are_hinted_at() -> None:
    command = [sys.executable, "-m", "escapelens", "explain", "pool-use-after-put"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "did you mean pool-used-after-put" in done.stderr


def test_a_cause_of_the_same_name_tells_of_the_finding_too() -> None:
    both = [rule for rule in RULES if rule.name in all_causes()]
    assert [rule.name for rule in both] == ["pool-put-by-value"]
    for rule in both:
        text = explained(rule.name)
        assert "Why it is on the heap" in text
        assert "As a finding about pools" in text
        assert rule.rewrite in text
        page = explained(rule.name, "--format", "markdown")
        assert f"(../pools/{rule.name}.md)" in page
        assert f"(../causes/{rule.name}.md)" in markdown(rule)
        document = json.loads(explained(rule.name, "--format", "json"))
        assert document["finding"]["why"] == rule.why.strip()
