"""The contract of every finding on every toolchain: what is found, what is not, what is said."""

import subprocess
from pathlib import Path

import pytest

from escapelens.edits import apply
from escapelens.pools.findings import Rule, all_findings
from tests.pools.examples import Snippet, found_in, snippets
from tests.toolchains import Toolchain

RULES = list(all_findings().values())
SNIPPETS = list(snippets())


def test_finds_the_marked_lines_and_nothing_else(toolchain: Toolchain, tmp_path: Path) -> None:
    found, errors = found_in(tmp_path)
    assert errors == []
    wrong = {}
    for snippet in SNIPPETS:
        findings = found[snippet.rule.name, snippet.name]
        lines = [one.position.line for one in findings if one.finding == snippet.rule.name]
        if sorted(lines) != sorted(snippet.wanted):
            said = [f"{one.position.line} {one.finding}: {one.sentence}" for one in findings]
            wrong[snippet.rule.name, snippet.name] = (sorted(snippet.wanted), said)
    assert wrong == {}
    # What is right is right in every way, only that other examples have no limit of size,
    # and small pools.
    strange = {
        (snippet.rule.name, snippet.name): said
        for snippet in SNIPPETS
        if snippet.name.startswith("after")
        and (
            said := [
                f"{one.finding}: {one.sentence}"
                for one in found[snippet.rule.name, snippet.name]
                if one.finding not in ("pool-unbounded", "pool-not-needed")
            ]
        )
    }
    assert strange == {}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_is_complete(rule: Rule) -> None:
    for text in (rule.summary, rule.why, rule.safety, rule.leave_it):
        assert text.strip(), "every text must be written"
    assert len(rule.near_misses) >= 2
    assert any(example.after for example in rule.examples)
    assert all("// found" in example.before for example in rule.examples)


def test_ranks_and_names_are_unique() -> None:
    assert len({rule.rank for rule in RULES}) == len(RULES)
    assert next(iter(all_findings())) == "pool-used-after-put"


@pytest.mark.parametrize(
    "snippet", SNIPPETS, ids=lambda snippet: f"{snippet.rule.name}-{snippet.name}"
)
def test_is_formatted(snippet: Snippet, newest: Toolchain) -> None:
    check_format(snippet.source, newest)


def test_rewrites_make_an_end_of_it(toolchain: Toolchain, tmp_path: Path) -> None:
    found, _ = found_in(tmp_path / "before")
    rewritten: dict[tuple[str, str], str] = {}
    for snippet in SNIPPETS:
        key = (snippet.rule.name, snippet.name)
        for finding in found[key]:
            for one in finding.suggestions:
                if one.cause == snippet.rule.name:
                    assert one.title
                    content = rewritten.get(key, snippet.source)
                    if content == snippet.source:
                        rewritten[key] = apply(content.encode(), one.edits).decode()
    assert {rule for rule, _ in rewritten} == {rule.name for rule in RULES if rule.rewrite}

    again, errors = found_in(tmp_path / "after", rewritten)

    assert errors == []
    left = {
        key: [f"{one.finding}: {one.sentence}" for one in again[key]]
        for key in rewritten
        if any(
            one.finding in (key[0], "pool-used-after-put", "pool-put-twice") for one in again[key]
        )
    }
    assert left == {}
    for source in rewritten.values():
        check_format(source, toolchain)


def check_format(source: str, go: Toolchain) -> None:
    done = subprocess.run([go.gofmt], input=source, capture_output=True, text=True, check=True)
    assert done.stdout == source
