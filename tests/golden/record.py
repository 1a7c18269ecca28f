"""Records the goldens anew: `python -m tests.golden.record [CASE...]`.

See README.md in this folder for the files and their rules.
"""

import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from escapelens.logs import parse_log
from escapelens.model import Report
from escapelens.parsers.diagnostics import split_blocks
from escapelens.reporters.json import render
from escapelens.reporters.terminal import TerminalReporter, View
from escapelens.request import Filter, Outcome, Wanted
from escapelens.toolchain import Build, BuildOptions, plan_build
from tests.toolchains import VERSIONS, Toolchain, installed

FOLDER = Path(__file__).parent
CASES = tuple(sorted(module.parent.name for module in FOLDER.glob("*/go.mod")))
WITH_TESTS = frozenset({"tests"})
"""Cases whose test files are compiled too."""

_TEST_MAIN = re.compile(rb"\S+/(?:_testmain\.go|[0-9a-f]{64}-d)(?=:\d)")
"""The generated main of a test binary, in a work folder or in the build cache."""


def key(version: str) -> str:
    """The name of a generation of wording, after the oldest Go that prints it: `go1.21`."""
    return "go" + version.rpartition(".")[0]


def recording(case: str, version: str) -> Path:
    """The newest recording of a case that is not newer than a Go version."""
    minors = {int(file.name.split(".")[1]): file for file in (FOLDER / case).glob("go1.*.m2.txt")}
    known = [minor for minor in minors if minor <= int(version.split(".")[1])]
    return minors[max(known)]


def recordings() -> list[Path]:
    return sorted(FOLDER.glob("*/go1.*.m2.txt"))


def beside(recording: Path, kind: str, suffix: str) -> Path:
    """The expectation that belongs to a recording, such as `report.go1.21.json`."""
    return recording.with_name(f"{kind}.{recording.name.removesuffix('.m2.txt')}{suffix}")


def compile_case(case: str, toolchain: Toolchain) -> bytes:
    """What the real compiler prints for a case, normalised."""
    folder = FOLDER / case
    options = BuildOptions(("./...",), tests=case in WITH_TESTS, go=str(toolchain.go))
    environ = {**os.environ, **toolchain.environment, "PWD": str(folder), "CGO_ENABLED": "0"}
    plan = plan_build(options, environ, folder)
    with Build(plan) as build:
        text = b"".join(build.stderr())
        goroot = str(plan.goroot).encode()
    for broken in build.packages:
        assert not broken.error, broken.error
    return _normalised(text, goroot)


def _normalised(text: bytes, goroot: bytes) -> bytes:
    """Blocks in a fixed order, without the folders of this machine."""
    text = _TEST_MAIN.sub(b"_testmain.go", text.replace(goroot, b"$GOROOT"))
    blocks = sorted(split_blocks([text]), key=lambda block: (block.package, block.variant or ""))
    pieces = []
    for block in blocks:
        variant = f" [{block.variant}]" if block.variant else ""
        lines = bytes(block.text).splitlines(keepends=True)
        if block.package.endswith(".test"):
            # The rest is hundreds of lines about wrappers of the packages reflect and testing.
            lines = [line for line in lines if line.startswith(b"_testmain.go")]
        pieces += [f"# {block.package}{variant}\n".encode(), *lines]
    return b"".join(pieces)


def parse(recording: Path) -> Outcome:
    """What escapelens makes of a recording beside its sources."""
    folder = recording.parent
    wanted = Wanted(every_line=True)
    return parse_log(recording.read_bytes(), folder, folder, wanted, Filter())


def report_text(report: Report) -> str:
    """The JSON document, indented for readers and without what differs between machines."""
    document: dict[str, Any] = json.loads(b"".join(render(report)))
    document["tool"]["version"] = ""
    document["root"] = ""
    return _pretty(document, "") + "\n"


def terminal_text(outcome: Outcome) -> str:
    """What a terminal of 80 columns without colours shows."""
    stream = io.StringIO()
    console = Console(
        file=stream, width=80, no_color=True, force_terminal=False, legacy_windows=False
    )
    TerminalReporter(View(top=0), console).print(outcome.report, outcome.read)
    return stream.getvalue()


def _pretty(value: object, indent: str) -> str:
    """JSON with every record that holds no more than records of plain values on one line."""
    if not isinstance(value, dict | list) or _depth(value) <= 2:
        return json.dumps(value, ensure_ascii=False)
    deeper = indent + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {_pretty(one, deeper)}" for name, one in value.items()]
    else:
        parts = [_pretty(one, deeper) for one in value]
    start, end = "{}" if isinstance(value, dict) else "[]"
    return f"{start}\n{deeper}" + f",\n{deeper}".join(parts) + f"\n{indent}{end}"


def _depth(value: object) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(_depth, value.values() if isinstance(value, dict) else value), default=0)


def record(case: str) -> None:
    """Writes the recordings of one case, and what escapelens makes of them."""
    for pattern in ("go1.*.m2.txt", "report.*.json", "terminal.*.txt"):
        for old in (FOLDER / case).glob(pattern):
            old.unlink()
    before = b""
    for version, go in installed().items():
        text = compile_case(case, Toolchain(version, go))
        if text != before:
            (FOLDER / case / f"{key(version)}.m2.txt").write_bytes(text)
        before = text
    for file in recordings():
        if file.parent.name == case:
            outcome = parse(file)
            report = report_text(outcome.report)
            beside(file, "report", ".json").write_text(report, encoding="utf-8")
            terminal = terminal_text(outcome)
            beside(file, "terminal", ".txt").write_text(terminal, encoding="utf-8")


def main() -> None:
    if missing := set(VERSIONS) - set(installed()):
        sys.exit(f"not installed, see `make toolchains`: {', '.join(sorted(missing))}")
    for case in sys.argv[1:] or CASES:
        record(case)


if __name__ == "__main__":
    main()
