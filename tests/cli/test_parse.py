"""`escapelens parse`: logs as they are saved, piped, or cut out of a CI run."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from escapelens.reporters.json import schema
from tests.golden.record import FOLDER, recording
from tests.toolchains import VERSIONS, Toolchain

Write = Callable[[str], Path]

LOG = "# example.com/m\n./m.go:3:10: can inline New with cost 5 as: func(int) *int { return &n }\n./m.go:3:10: moved to heap: n\n"
GO = "-- m.go --\npackage m\n\nfunc New(n int) *int { return &n }\n"


def parse(folder: Path, *words: str, log: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "escapelens", "parse", *words],
        cwd=folder,
        env={**os.environ, "PWD": str(folder)},
        input=log,
        capture_output=True,
        text=True,
        check=False,
    )


def document(folder: Path, *words: str, log: str | None = None) -> dict[str, Any]:
    result = parse(folder, "--format", "json", *words, log=log)
    found: dict[str, Any] = json.loads(result.stdout)
    assert result.returncode == 0, result.stderr
    jsonschema.Draft202012Validator(schema()).validate(found)
    return found


def places(found: dict[str, Any]) -> list[str]:
    positions = [site["position"] for site in found["sites"]]
    return [f"{one['file']}:{one['line']}:{one.get('column')}" for one in positions]


@pytest.fixture
def module(write_module: Write) -> Path:
    return write_module(GO)


def test_saved_log_and_standard_input_are_the_same(module: Path) -> None:
    (module / "build.log").write_text(LOG)
    saved = document(module, "build.log")

    assert places(saved) == ["m.go:3:10"]
    assert saved["sites"][0]["range"]["start"] == {"line": 3, "column": 10}
    assert saved["coverage"] == "all"
    assert document(module, "-", log=LOG) == saved
    assert document(module, log=LOG) == saved


def test_terminal_view_shows_the_source(module: Path) -> None:
    result = parse(module, log=LOG)

    assert (result.returncode, result.stderr) == (0, "")
    assert "func New(n int) *int { return &n }" in result.stdout


def test_root_is_where_the_compiler_ran(
    module: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    assert places(document(elsewhere, "--root", str(module), log=LOG)) == [f"{module}/m.go:3:10"]
    assert "range" not in document(elsewhere, log=LOG)["sites"][0]


@pytest.mark.parametrize(
    "log",
    [
        "INFO: building\n\n" + LOG + "ok  \texample.com/m\t0.1s\nexit status 1\n",
        "".join(f"2026-01-02T03:04:05.678Z {line}\n" for line in LOG.splitlines()),
        "".join(f"[linux] {line}\n" for line in LOG.splitlines()),
        "".join(f"\x1b[2m{line}\x1b[0m\n" for line in LOG.splitlines()),
        LOG.replace("\n", "\r\n"),
        LOG.rstrip("\n"),
    ],
    ids=["other lines", "time stamps", "job names", "colours", "carriage returns", "cut"],
)
def test_noise_of_other_tools(module: Path, log: str) -> None:
    found = document(module, log=log)

    assert places(found) == ["m.go:3:10"]
    assert [package["import_path"] for package in found["packages"]] == ["example.com/m"]
    assert found["unrecognised"] == []


def test_lines_of_others_are_counted(module: Path) -> None:
    found = document(module, log=f"INFO: one\n{LOG}INFO: two\nINFO: three\n")

    assert found["notes"] == ["3 other lines in the log"]
    assert found["counts"]["unrecognised"] == 0


def test_events_of_go_build(module: Path) -> None:
    header, *lines = LOG.splitlines(keepends=True)
    events = [
        {"ImportPath": "example.com/m", "Action": "build-output", "Output": header},
        {"ImportPath": "example.com/m", "Action": "build-output", "Output": "".join(lines)},
        {"ImportPath": "example.com/m", "Action": "build-fail"},
    ]
    log = "".join(f"{json.dumps(event)}\n" for event in events)

    assert places(document(module, log=log)) == ["m.go:3:10"]
    assert places(document(module, log=f"$ go build -json\n{log}")) == ["m.go:3:10"]


def test_events_of_a_real_go(newest: Toolchain, module: Path) -> None:
    built = subprocess.run(
        [newest.go, "build", "-json", "-gcflags=-m=2", "./..."],
        cwd=module,
        env={**os.environ, "PWD": str(module)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert places(document(module, log=built.stdout)) == ["m.go:3:10"]


def test_filters_and_summary(module: Path) -> None:
    assert places(document(module, "--func", "New", log=LOG)) == ["m.go:3:10"]
    assert places(document(module, "--func", "Other", log=LOG)) == []
    assert places(document(module, "--file", "other.go", log=LOG)) == []
    assert "1 site" in parse(module, "--summary", log=LOG).stdout


def test_positions_that_are_not_understood_are_told(module: Path) -> None:
    found = document(module, log=LOG + "./m.go:3:10: something new escapes nowhere\n")

    assert [one["line"] for one in found["unrecognised"]] == [
        "./m.go:3:10: something new escapes nowhere"
    ]


def test_compile_errors_end_with_4(module: Path) -> None:
    log = LOG + '# example.com/bad\n./bad.go:3:23: cannot use "x" as int value\n'
    result = parse(module, "--format", "json", log=log)
    found = json.loads(result.stdout)

    assert result.returncode == 4
    assert found["packages"][0]["errors"] == [
        {
            "message": 'cannot use "x" as int value',
            "position": {"file": "bad.go", "line": 3, "column": 23},
        }
    ]
    assert places(found) == ["m.go:3:10"]


def test_stale_log_annotates_no_wrong_line(module: Path) -> None:
    file = module / "m.go"
    file.write_text(file.read_text().replace("func", "// One.\n\n// Two.\nfunc"))
    found = document(module, log=LOG)

    assert [file["changed"] for file in found["files"]] == [True]
    assert "range" not in found["sites"][0]


@pytest.mark.parametrize("log", ["", "\n", "nothing of a compiler\n", "\x00\x01\n# \n"])
def test_log_in_which_the_compiler_says_nothing(module: Path, log: str) -> None:
    (module / "build.log").write_text(log)

    result = parse(module, "build.log")

    assert result.returncode == 2
    assert result.stderr.startswith("error: the log holds no line of the compiler's -m output")
    assert "\nhint: " in result.stderr


@pytest.mark.parametrize("name", ["none.log", "."])
def test_log_that_cannot_be_read(module: Path, name: str) -> None:
    result = parse(module, name)

    assert result.returncode == 2
    assert result.stderr.startswith(f"error: cannot read {name}")
    assert "\nhint: " in result.stderr


def test_no_go_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("ESCAPELENS_GO", "/no/such/go")
    folder = FOLDER / "basics"

    found = document(folder, str(recording("basics", VERSIONS[-1])))
    assert len(found["sites"]) == 25
