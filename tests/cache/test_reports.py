"""Finished reports: the same bytes as a run without them, and only where nothing changed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.analysis import Analysis
from escapelens.cli.app import run_app
from escapelens.parsers.diagnostics import Block
from tests.toolchains import Toolchain

Write = Callable[[str], Path]

GO = """
    -- a/a.go --
    package a

    func New(n int) *int { return &n }
    -- b/b.go --
    package b

    import "example.com/m/a"

    func Use() *int { return a.New(1) }
"""


@pytest.fixture
def module(
    newest: Toolchain, write_module: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.setenv("ESCAPELENS_CACHE", str(tmp_path / "analysis"))
    return write_module(GO)


Show = Callable[..., str]


@pytest.fixture
def show(module: Path, capfd: pytest.CaptureFixture[str]) -> Show:
    """What `show` prints for the module."""

    def shown(*words: str) -> str:
        code = run_app(["show", "-C", str(module), *words])
        out, err = capfd.readouterr()
        assert (code, err) == (0, "")
        return out

    return shown


@pytest.fixture
def read_blocks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The packages whose text is read from now on."""
    found: list[str] = []
    add = Analysis.add

    def noted(self: Analysis, block: Block, *, is_error: bool = False) -> None:
        found.append(block.package)
        add(self, block, is_error=is_error)

    monkeypatch.setattr(Analysis, "add", noted)
    return found


OUTPUTS = [
    ("--format", "json"),
    ("--format", "jsonl"),
    ("--format", "json", "--leaks", "--stack"),
    ("--all", "--no-suggest"),
    ("--summary",),
    ("--func", "New", "--no-suggest"),
]


@pytest.mark.parametrize("words", OUTPUTS, ids=" ".join)
def test_second_run_reads_nothing_and_says_the_same(
    show: Show, read_blocks: list[str], words: tuple[str, ...]
) -> None:
    expected = show(*words, "--no-cache")
    first = show(*words)
    read_blocks.clear()

    assert show(*words) == first == expected
    assert read_blocks == []


def test_each_request_has_a_report_of_its_own(show: Show) -> None:
    expected = {words: show(*words, "--no-cache") for words in OUTPUTS}
    for words in OUTPUTS:
        show(*words)

    assert {words: show(*words) for words in OUTPUTS} == expected
    assert len(set(expected.values())) == len(OUTPUTS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return &n", "m := n; return &m"),
        ("package a", "package a // said of nothing"),
        ("func New", "//escapelens:ignore returned-pointer on purpose\nfunc New"),
    ],
)
def test_any_change_of_a_source_is_seen(show: Show, module: Path, old: str, new: str) -> None:
    show("--format", "json")
    file = module / "a" / "a.go"
    file.write_text(file.read_text().replace(old, new))

    assert show("--format", "json") == show("--format", "json", "--no-cache")


def test_change_that_is_taken_back_is_seen_twice(show: Show, module: Path) -> None:
    first = show("--format", "json")
    file = module / "b" / "b.go"
    text = file.read_text()
    file.write_text(text + "\nfunc More() *int { return new(int) }\n")
    assert '"function":"More"' in show("--format", "json")
    file.write_text(text)

    assert show("--format", "json") == first


def test_package_that_comes_or_goes_is_seen(show: Show, module: Path) -> None:
    first = show("--format", "json")
    (module / "c").mkdir()
    (module / "c" / "c.go").write_text("package c\n\nfunc New() *int { return new(int) }\n")
    assert '"package":"example.com/m/c"' in show("--format", "json")
    (module / "c" / "c.go").unlink()

    assert show("--format", "json") == first


def test_profile_that_appears_is_told(show: Show, module: Path) -> None:
    (module / "main.go").write_text("package main\n\nfunc main() {}\n")
    assert "default.pgo" not in show("--format", "json")
    (module / "default.pgo").write_bytes(b"")

    assert "default.pgo" in show("--format", "json")


def test_broken_build_is_built_each_time(
    module: Path, capfd: pytest.CaptureFixture[str], read_blocks: list[str]
) -> None:
    (module / "b" / "b.go").write_text("package b\n\nvar x int = nil\n")
    words = ["show", "-C", str(module), "--format", "json"]
    codes = [run_app(words), run_app(words)]
    once, again = capfd.readouterr().out.splitlines()

    assert codes == [4, 4]
    assert once == again
    assert read_blocks.count("example.com/m/a") == 2


@pytest.mark.parametrize("cut", [0, 10, 100, -3])
def test_report_that_cannot_be_read_is_made_again(show: Show, cut: int) -> None:
    first = show("--format", "json")
    (path,) = Path(os.environ["ESCAPELENS_CACHE"], "reports").iterdir()
    path.write_bytes(path.read_bytes()[:cut])

    assert show("--format", "json") == first
