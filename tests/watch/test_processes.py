"""How a watch ends, and that nothing it started goes on."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.toolchains import Toolchain
from tests.watch.driving import command, watching

SLOW = "package m\n\nvar X = [...]int{" + ",".join(map(str, range(60_000))) + "}\n"
"""Takes the compiler a moment."""


@pytest.fixture
def root(newest: Toolchain, tmp_path: Path) -> Path:
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    (tmp_path / "m.go").write_text("package m\n\nfunc F(n int) *int { return &n }\n")
    return tmp_path


def descendants(pid: int) -> list[int]:
    """The processes below one, however deep."""
    found: list[int] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if parent == pid:
            found += [int(folder.name), *descendants(int(folder.name))]
    return found


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def all_gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 10
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(map(is_running, pids))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_watch_and_its_build(root: Path, number: signal.Signals) -> None:
    with watching(root) as driven:
        driven.settled()
        (root / "m.go").write_text(SLOW)
        driven.until("building")
        deadline = time.monotonic() + 10
        while not (below := descendants(driven.process.pid)) and time.monotonic() < deadline:
            time.sleep(0.005)
        driven.process.send_signal(number)

        assert driven.process.wait(20) == 130
        assert below
        assert all_gone(below)


def test_an_outdated_build_is_killed(root: Path) -> None:
    with watching(root) as driven:
        driven.settled()
        (root / "m.go").write_text(SLOW)
        generation = driven.until("building")["generation"]
        (root / "m.go").write_text("package m\n\nfunc F() *int { return new(int) }\n")
        assert driven.until("cancelled")["generation"] == generation
        idle = driven.settled()

        assert idle["generation"] > generation
        assert driven.of(generation, "report") == []
        assert idle["counts"]["sites"] == 1
        assert all_gone(descendants(driven.process.pid))


def test_an_empty_stdin_ends_nothing_unless_it_was_asked_for(root: Path) -> None:
    words = command("--format", "jsonl")
    with subprocess.Popen(
        words, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        while b'"idle"' not in process.stdout.readline():
            pass
        time.sleep(0.5)
        assert process.poll() is None
        process.terminate()
        assert process.wait(20) == 130


def test_once_tells_and_ends(root: Path) -> None:
    result = subprocess.run(
        command("--once"), cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert result.returncode == 0
    assert result.stdout.startswith("1 site on the heap")

    (root / "m.go").write_text("package m\n\nfunc F(\n")
    result = subprocess.run(command("--once"), cwd=root, capture_output=True, text=True)
    assert result.returncode == 4
    assert "did not compile" in result.stdout


def test_the_reader_went_away(root: Path) -> None:
    with subprocess.Popen(
        command("--format", "jsonl"), cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        while b'"idle"' not in process.stdout.readline():
            pass
        process.stdout.close()
        (root / "m.go").write_text("package m\n")
        assert process.wait(20) == 0


def test_what_makes_no_sense_is_said_at_once(root: Path) -> None:
    result = subprocess.run(command("--stdio"), cwd=root, capture_output=True, text=True)
    assert result.returncode == 2
    assert "--stdio needs --format jsonl" in result.stderr


def test_outside_of_a_module_there_is_nothing_to_watch(newest: Toolchain, tmp_path: Path) -> None:
    result = subprocess.run(command(), cwd=tmp_path, capture_output=True, text=True, timeout=30)

    assert result.returncode == 2
    assert result.stderr.startswith("error: not in a Go module")


def test_what_ends_the_watch_is_told_as_an_event(newest: Toolchain, tmp_path: Path) -> None:
    result = subprocess.run(
        command("--format", "jsonl", "--go", "/nowhere/go"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    (line,) = result.stdout.splitlines()
    event = json.loads(line)

    assert result.returncode == 3
    assert (event["event"], event["fatal"]) == ("error", True)
    assert "/nowhere/go" in event["message"]
    assert event["hint"]


def test_every_go(toolchain: Toolchain, tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    (tmp_path / "m.go").write_text("package m\n\nfunc F(n int) *int { return &n }\n")
    with watching(tmp_path) as driven:
        assert driven.settled()["counts"]["sites"] == 1
        (tmp_path / "m.go").write_text("package m\n\nfunc F(n int) int { return n }\n")
        idle = driven.settled()

        assert idle["counts"]["sites"] == 0
        (report,) = driven.of(idle["generation"], "report")
        assert len(report["delta"]["gone"]) == 1
