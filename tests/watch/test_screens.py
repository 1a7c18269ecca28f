"""A watch in a real terminal shows what it showed when somebody looked at it and found it right."""

from pathlib import Path

import pytest

from tests.toolchains import Toolchain
from tests.watch.screens import RECORDED, play


@pytest.mark.needs("tmux")
@pytest.mark.needs("git")
def test_screens(newest: Toolchain, tmp_path: Path) -> None:
    seen = set()
    for name, screen in play(tmp_path, newest):
        assert screen == (RECORDED / f"{name}.txt").read_text(), name
        seen.add(f"{name}.txt")
    assert seen == {file.name for file in RECORDED.iterdir()}
