"""The contract of every cause on every toolchain: what it claims, what it leaves, what it says."""

import subprocess
from pathlib import Path

import pytest

from escapelens.causes import Cause, all_causes
from tests.causes.examples import Explained, explain, snippets
from tests.toolchains import VERSIONS, Toolchain

FIRST, LAST = (int(version.split(".")[1]) for version in (VERSIONS[0], VERSIONS[-1]))
CAUSES = list(all_causes().values())
SNIPPETS = list(snippets())


@pytest.fixture(scope="session")
def known() -> dict[str, Explained]:
    """What is known of each toolchain; each compiles the examples once."""
    return {}


@pytest.fixture
def explained(
    toolchain: Toolchain, known: dict[str, Explained], tmp_path_factory: pytest.TempPathFactory
) -> Explained:
    if toolchain.version not in known:
        folder = tmp_path_factory.mktemp("causes")
        known[toolchain.version] = explain(toolchain, folder)
    return known[toolchain.version]


def test_claims_the_marked_lines_and_nothing_else(explained: Explained) -> None:
    assert explained.errors == []
    wrong = {}
    for snippet in SNIPPETS:
        sites = explained.sites.get((snippet.cause.name, snippet.name))
        if sites is None:
            continue
        claimed = {
            (Path(site.position.file).name, site.position.line)
            for site in sites
            if site.cause == snippet.cause.name
        }
        if claimed != snippet.wanted(explained.minor):
            said = [f"{site.position.line} {site.cause}: {site.sentence}" for site in sites]
            wrong[snippet.cause.name, snippet.name] = (snippet.wanted(explained.minor), said)
    assert wrong == {}


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_is_complete(cause: Cause) -> None:
    for text in (cause.summary, cause.why, cause.safety, cause.leave_it):
        assert text.strip(), "every text must be written"
    assert len(cause.near_misses) >= 2
    covered = {
        minor
        for example in cause.examples
        for minor in range(FIRST, LAST + 1)
        if example.since <= minor <= (example.until or LAST)
    }
    assert covered == set(range(max(cause.since, FIRST), (cause.until or LAST) + 1))
    assert all(example.before.count("// heap") for example in cause.examples)


def test_all_are_formatted(newest: Toolchain, tmp_path: Path) -> None:
    for snippet in SNIPPETS:
        for name, text in snippet.files.items():
            if name.endswith(".go"):
                file = tmp_path / snippet.cause.name / snippet.name / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)

    done = subprocess.run(
        [newest.gofmt, "-l", tmp_path], capture_output=True, text=True, check=True
    )

    assert done.stdout == ""
