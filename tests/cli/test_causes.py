"""`escapelens causes` lists every cause."""

import json
import subprocess
import sys

from escapelens.causes import all_causes


def printed(*words: str) -> str:
    command = [sys.executable, "-m", "escapelens", "causes", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_names_and_summaries() -> None:
    lines = printed().splitlines()

    assert [line.split()[0] for line in lines] == list(all_causes())
    assert all(
        line.endswith(f"  {cause.summary}")
        for line, cause in zip(lines, all_causes().values(), strict=True)
    )


def test_json() -> None:
    assert json.loads(printed("--format", "json")) == [
        {"name": name, "summary": cause.summary} for name, cause in all_causes().items()
    ]
