"""The goldens: real compilers still print them, and escapelens makes of them what was recorded."""

import json
import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from escapelens.model import Report, Site
from escapelens.reporters.json import schema
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.golden.record import (
    CASES,
    FOLDER,
    WITH_TESTS,
    beside,
    compile_case,
    parse,
    recording,
    recordings,
    report_text,
    terminal_text,
)
from tests.toolchains import Toolchain

BOX = re.compile(r"an? `[\w.]+` holds")


def name(path: Path) -> str:
    return f"{path.parent.name}-{path.name.removesuffix('.m2.txt')}"


@pytest.mark.parametrize("recorded", recordings(), ids=name)
def test_recording_gives_the_expected_report(recorded: Path) -> None:
    expected = beside(recorded, "report", ".json").read_text(encoding="utf-8")

    assert report_text(parse(recorded).report) == expected


@pytest.mark.parametrize("recorded", recordings(), ids=name)
def test_recording_gives_the_expected_terminal_text(recorded: Path) -> None:
    expected = beside(recorded, "terminal", ".txt").read_text(encoding="utf-8")

    assert terminal_text(parse(recorded)) == expected


@pytest.mark.parametrize("recorded", recordings(), ids=name)
def test_expected_report_fits_the_schema(recorded: Path) -> None:
    document = json.loads(beside(recorded, "report", ".json").read_text(encoding="utf-8"))

    jsonschema.Draft202012Validator(schema()).validate(document)
    assert document["unrecognised"] == []


@pytest.mark.parametrize("case", CASES)
def test_compiler_still_prints_the_recording(case: str, toolchain: Toolchain) -> None:
    assert compile_case(case, toolchain) == recording(case, toolchain.version).read_bytes()


@pytest.mark.parametrize("case", CASES)
def test_show_finds_the_sites_of_the_recording(
    case: str, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CGO_ENABLED", "0")
    folder = FOLDER / case
    options = BuildOptions(tests=case in WITH_TESTS)

    shown = run(Request(options), {**os.environ, "PWD": str(folder)}, folder).report
    parsed = parse(recording(case, toolchain.version)).report

    assert sites(shown) == sites(parsed)
    assert shown.unrecognised == ()
    assert shown.files == parsed.files


def sites(report: Report) -> list[Any]:
    """The sites that stand in files: what a test main prints is cut short in the recordings."""
    encoded = msgspec.json.encode([site for site in report.sites if not is_made_up(site)])
    decoded = json.loads(encoded)
    for site in decoded:
        # Of a log, the type checker is not asked for sizes, nor what holds a copy.
        site.pop("cost", None)
        site["sentence"] = BOX.sub("an interface holds", site["sentence"])
        if site["position"]["file"] == "external_test.go":
            # A log does not tell which files make up an external test package.
            for key in ("fingerprint", "package", "origin"):
                site.pop(key, None)
    return list(decoded)


def is_made_up(site: Site) -> bool:
    return site.position.file.startswith(("<", "_"))


@pytest.mark.parametrize("case", CASES)
def test_goldens_are_small_and_free_of_machine_paths(case: str) -> None:
    machine = {str(Path.home()), "/tmp/", "/home/", "/root/", "/var/"}
    for file in files(FOLDER / case):
        text = file.read_text(encoding="utf-8")
        assert not [path for path in machine if path in text], file.name
        limit = {".go": 60, ".txt": 220, ".json": 680}.get(file.suffix, 10)
        assert text.count("\n") <= limit, file.name


@pytest.mark.parametrize("case", CASES)
def test_programs_are_formatted(case: str, newest: Toolchain) -> None:
    programs = [file for file in files(FOLDER / case) if file.suffix == ".go"]
    listed = subprocess.run(
        [newest.gofmt, "-l", *programs], capture_output=True, text=True, check=True
    )

    assert [Path(line).name for line in listed.stdout.split()] == (
        ["crlf.go"] if case == "text" else []
    )


def files(folder: Path) -> Iterable[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
