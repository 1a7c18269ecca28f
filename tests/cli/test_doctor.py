"""The page that `escapelens doctor` prints."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path

from typer import Typer
from typer.testing import CliRunner

from escapelens.cli.doctor import diagnose, doctor
from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain


def page(folder: Path, *patterns: str) -> dict[str, str]:
    lines = diagnose(BuildOptions(patterns), os.environ, folder).splitlines()
    width = len("compiler flags")
    return {line[:width].rstrip(): line[width:].strip() for line in lines}


def test_page_names_what_would_be_run(
    toolchain: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module("-- sub/s.go --\npackage sub\n")

    facts = page(root / "sub", "s.go")

    assert facts["go"] == str(toolchain.go)
    assert facts["found by"] == "$ESCAPELENS_GO"
    assert facts["version"] == f"go{toolchain.version} (supported)"
    assert facts["root"] == str(root)
    assert facts["packages"] == f"{root}/sub"
    assert facts["only files"] == f"{root}/sub/s.go"
    assert facts["build cache"] == os.environ["GOCACHE"]
    assert facts["analysis cache"] == os.environ["ESCAPELENS_CACHE"]
    assert shlex.split(facts["runs"])[:3] == [str(toolchain.go), "list", "-e"]
    assert shlex.split(facts["same by hand"])[1:4] == ["-C", str(root), "build"]


def test_folder_outside_modules_is_told(newest: Toolchain, tmp_path: Path) -> None:
    assert page(tmp_path, "fmt")["root"] == f"{tmp_path} (in no module)"


def test_control_characters_are_shown_not_sent(newest: Toolchain, tmp_path: Path) -> None:
    folder = tmp_path / "red\x1b[31m"
    folder.mkdir()

    text = diagnose(BuildOptions(("fmt",)), os.environ, folder)

    assert "\x1b" not in text
    assert r"red\x1b[31m" in text


def test_options_reach_the_toolchain(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module("-- m.go --\npackage m\n")
    app = Typer()
    app.command()(doctor)

    result = CliRunner().invoke(
        app, ["-C", str(root), "--goos=windows", "--tags", "x,y", "--build-flag", "-p=1", "."]
    )

    assert result.exit_code == 0
    assert "windows/amd64" in result.output or "windows/arm64" in result.output
    assert "x, y" in result.output
    assert " -p=1 " in result.output
