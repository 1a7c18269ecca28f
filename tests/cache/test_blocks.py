"""The entries of package blocks: the same bytes as without it, from run to run, whatever happens to it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.cache import folder as cachefolder
from escapelens.declared import forget
from escapelens.reporters.json import render
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
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
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "analysis"
    monkeypatch.setenv("ESCAPELENS_CACHE", str(folder))
    return folder


@pytest.fixture
def module(newest: Toolchain, write_module: Write) -> Path:
    return write_module(GO)


def show(cwd: Path, *patterns: str, use_cache: bool = True) -> bytes:
    """The report, for which no finished one is used."""
    shutil.rmtree(Path(os.environ["ESCAPELENS_CACHE"], "reports"), ignore_errors=True)
    request = Request(BuildOptions(patterns), use_cache=use_cache)
    return b"".join(render(run(request, {**os.environ, "PWD": str(cwd)}, cwd).report))


def entries(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.glob("??/*")}


def count_completed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are looked at from now on."""
    from escapelens.sites import Completer

    looked_at: list[str] = []
    complete = Completer.complete

    def counted(self: Completer, draft: object, *rest: object) -> object:
        looked_at.append(draft.path)  # type: ignore[attr-defined]
        return complete(self, draft, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Completer, "complete", counted)
    return looked_at


def test_second_run_looks_at_nothing_and_says_the_same(
    module: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uncached = show(module, use_cache=False)
    assert entries(folder) == {}
    first = show(module)
    stored = entries(folder)
    looked_at = count_completed(monkeypatch)

    assert first == uncached
    assert len(stored) == 2
    assert show(module) == first
    assert looked_at == []
    assert entries(folder) == stored


def test_changed_source_is_looked_at_again(
    module: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(module)
    looked_at = count_completed(monkeypatch)
    file = module / "a" / "a.go"
    file.write_text(f"// One more line.\n{file.read_text()}")

    assert show(module) == show(module, use_cache=False)
    assert str(file) in looked_at


def test_source_that_changed_but_not_its_text_is_looked_at_again(
    module: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(module)
    looked_at = count_completed(monkeypatch)
    file = module / "a" / "a.go"
    # The compiler prints the same, since the comment stands behind everything.
    file.write_text(f"{file.read_text()}\n// End.\n")

    assert show(module) == show(module, use_cache=False)
    assert looked_at.count(str(file)) == 2


def test_what_another_file_of_the_package_declares_is_looked_at_again(
    newest: Toolchain, write_module: Write, folder: Path
) -> None:
    module = write_module("""
        -- names.go --
        package m

        //go:noinline
        func New() Names { return Names{0: "a"} }
        -- types.go --
        package m

        type Names []string
    """)
    assert b'"cause":"returned-slice"' in show(module)

    # The compiler prints the same of names.go.
    file = module / "types.go"
    file.write_text(file.read_text().replace("[]string", "map[int]string"))
    forget([str(module)])  # as a run in a process of its own would

    assert b'"cause":"returned-map"' in show(module)


def test_another_folder_to_stand_in_is_another_entry(module: Path, folder: Path) -> None:
    show(module)
    below = show(module / "a", "../...")

    assert b'"file":"a.go"' in below
    assert b'"file":"a/a.go"' in show(module)
    assert below == show(module / "a", "../...", use_cache=False)


def test_another_version_of_ours_is_another_entry(
    module: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(module)
    looked_at = count_completed(monkeypatch)
    monkeypatch.setattr(cachefolder, "__version__", "another")
    cachefolder.program_version.cache_clear()

    show(module)

    assert len(looked_at) == 2
    assert len(entries(folder)) == 4


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'[{"x":"y"},[],[]]', b"\xff" * 100])
def test_entry_that_cannot_be_read_is_not_there(module: Path, folder: Path, content: bytes) -> None:
    first = show(module)
    for path in entries(folder):
        path.write_bytes(content)

    assert show(module) == first
    assert all(path.read_bytes() != content for path in entries(folder))


def test_entry_that_is_cut_is_not_there(module: Path, folder: Path) -> None:
    first = show(module)
    for path in entries(folder):
        path.write_bytes(path.read_bytes()[:-20])

    assert show(module) == first


def test_two_processes_at_once_say_the_same(module: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "escapelens", "--format", "json"]
    environ = {**os.environ, "PWD": str(module)}
    expected = show(module, use_cache=False)
    running = [
        subprocess.Popen(command, cwd=module, env=environ, stdout=subprocess.PIPE) for _ in range(3)
    ]

    assert [process.communicate()[0] for process in running] == [expected] * 3
    assert [process.returncode for process in running] == [0, 0, 0]
    assert [path.name for path in folder.rglob(".new-*")] == []


def test_folder_that_cannot_be_written_only_costs_time(
    module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("ESCAPELENS_CACHE", str(blocked / "cache"))

    assert show(module) == show(module, use_cache=False)
