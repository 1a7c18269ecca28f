"""Compiler output is found in logs: saved elsewhere, stamped, coloured, or as JSON events."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.parsers.buildlog import compiler_text
from escapelens.parsers.diagnostics import scan, split_blocks
from tests.parsers.compiling import compiled
from tests.toolchains import Toolchain

Write = Callable[[str], Path]

TEXT = b"""\
# example.com/p
./a.go:3:7: x escapes to heap:
./a.go:3:7:   flow: {heap} = &{storage for x}:
./a.go:3:7:     from sink = x (assign) at ./a.go:3:5
./a.go:3:7: x escapes to heap
"""

MODULE = """
    -- a/a.go --
    package a

    func New(n int) *int { return &n }
    -- a/a_test.go --
    package a

    import "testing"

    func TestNew(t *testing.T) { New(3) }
    -- b/b.go --
    package b

    import "example.com/m/a"

    var X = a.New(1)

    func New() any { return "a\\nb <&>" }
"""


def event(package: str, output: str, action: str = "build-output") -> bytes:
    return json.dumps({"ImportPath": package, "Action": action, "Output": output}).encode() + b"\n"


def blocks(log: bytes) -> dict[str, bytes]:
    return {b.package: bytes(b.text) for b in split_blocks([compiler_text(log)]) if b.package}


def test_plain_log_is_kept() -> None:
    assert compiler_text(TEXT) == TEXT


def test_line_ends_of_windows() -> None:
    assert compiler_text(TEXT.replace(b"\n", b"\r\n")) == TEXT


def test_colours_are_taken_off() -> None:
    log = b"".join(b"\x1b[1;31m" + line + b"\x1b[0m\x1b[K\n" for line in TEXT.splitlines())

    assert compiler_text(log) == TEXT


@pytest.mark.parametrize(
    "stamp",
    [
        b"2024-05-06T07:08:09.1234567Z ",
        b"2024-05-06 07:08:09,123 ",
        b"2024-05-06T07:08:09+02:00 ",
        b"[07:08:09] ",
        b"[2024-05-06T07:08:09.123Z] ",
    ],
)
def test_time_stamps_are_taken_off(stamp: bytes) -> None:
    log = b"".join(stamp + line for line in TEXT.splitlines(keepends=True))

    assert compiler_text(log) == TEXT


def test_lines_of_others_stay_around() -> None:
    log = b"INFO: Analyzed 3 targets (0 packages loaded).\n" + TEXT + b"INFO: Build completed\n"

    (text,) = blocks(log).values()

    assert len(scan(text).decisions) == 1
    assert text.endswith(b"INFO: Build completed\n")


def test_events_are_their_outputs() -> None:
    log = event("example.com/p", TEXT.decode()) + event("example.com/p", "", "build-fail")

    assert compiler_text(log) == TEXT


def test_interleaved_events_are_sorted_by_package() -> None:
    log = b"".join(
        [
            event("p", "# p\na.go:1:2: x escapes"),
            event("q", "# q\n"),
            event("p", " to heap\n"),
            event("q", "b.go:1:2: moved to heap: y\n"),
            b"not an event\n",
            event("p", "a.go:2:2: moved to heap: z\n"),
        ]
    )

    assert blocks(log) == {
        "p": b"a.go:1:2: x escapes to heap\na.go:2:2: moved to heap: z\n",
        "q": b"b.go:1:2: moved to heap: y\n",
    }
    assert b"not an event\n" in compiler_text(log)


@pytest.mark.parametrize(
    "line", [b'{"', b'{"Action":', b'{"Action":"build-output"}', b'{"a":1}', b"{}", b'{"Action":3}']
)
def test_what_is_no_output_does_no_harm(line: bytes) -> None:
    assert blocks(line + b"\n" + TEXT).keys() == {"example.com/p"}


@pytest.mark.parametrize("command", [("build",), ("test", "-vet=off")])
def test_events_of_the_go_command(
    newest: Toolchain, write_module: Write, command: tuple[str, ...]
) -> None:
    root = write_module(MODULE)

    done = subprocess.run(
        [newest.go, *command, "-json", "-gcflags=-m=2 -d=closure=1", "./..."],
        cwd=root,
        env=os.environ,
        capture_output=True,
    )

    assert done.returncode == 0
    found = blocks(done.stdout)
    assert found.keys() >= {"example.com/m/a", "example.com/m/b"}
    said = compiled(newest, root, "./b").partition(b"\n")[2]
    assert [d.message for d in scan(said).decisions] == [
        decision.message for decision in scan(found["example.com/m/b"]).decisions
    ]
