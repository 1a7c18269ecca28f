"""Programs of our own: built whole or not at all, and ended with us."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from escapelens.toolchain import BuildOptions, Plan, plan_build
from escapelens.toolchain.program import ProgramError, build_program, run_program
from tests.toolchains import Toolchain

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses scripts")

ECHO = """\
package main

import (
	"io"
	"os"
)

func main() { io.Copy(os.Stdout, os.Stdin) }
"""


@pytest.fixture
def plan(newest: Toolchain, tmp_path: Path) -> Plan:
    (tmp_path / "user").mkdir()
    (tmp_path / "user/go.mod").write_text("module example.com/user\n\ngo 1.21\n")
    return plan_build(BuildOptions(directory=tmp_path / "user"), os.environ, tmp_path)


def write(folder: Path, main: str) -> Path:
    folder.mkdir()
    (folder / "go.mod").write_text("module echo\n\ngo 1.21\n")
    (folder / "main.go").write_text(main)
    return folder


def script(folder: Path, text: str) -> Path:
    file = folder / "script"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return file


def test_builders_do_not_disturb_each_other(plan: Plan, tmp_path: Path) -> None:
    source = write(tmp_path / "echo", ECHO)
    binary = tmp_path / "cache" / "echo"

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(build_program, plan, source, binary) for _ in range(3)]:
            done.result()

    assert run_program(binary, b"question", os.environ) == b"question"
    assert [file.name for file in binary.parent.iterdir()] == ["echo"]


@pytest.mark.parametrize("gcflags", ["", "-m=2"])
def test_a_failed_build_says_why_and_leaves_nothing(
    plan: Plan, tmp_path: Path, gcflags: str
) -> None:
    source = write(tmp_path / "echo", "package main\n\nfunc main() { undefined() }\n")

    with pytest.raises(ProgramError, match=r"main\.go:3:15: undefined"):
        build_program(plan, source, tmp_path / "cache" / "echo", gcflags)

    assert list((tmp_path / "cache").iterdir()) == []


def test_a_failing_program_says_why(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"^no such thing$"):
        run_program(script(tmp_path, "echo no such thing >&2; exit 1"), b"", os.environ)
    with pytest.raises(ProgramError, match="ended with code 3"):
        run_program(script(tmp_path, "exit 3"), b"x" * (1 << 20), os.environ)
    with pytest.raises(ProgramError, match="cannot run"):
        run_program(tmp_path / "none", b"", os.environ)


def test_leaving_early_ends_everything_that_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = script(tmp_path, f"sleep 600 & echo $! >{tmp_path}/pid; wait")

    def interrupted(*_: object) -> None:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess.Popen, "communicate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_program(program, b"", os.environ)

    child = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 10
    while _runs(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _runs(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
