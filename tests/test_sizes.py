"""The sizes of objects, held against the tables of real runtimes."""

import re
import subprocess
from pathlib import Path

import pytest

from escapelens.closures import size_of
from escapelens.sizes import CLASSES, of_channel, rounded
from tests.toolchains import Toolchain

_TABLE = re.compile(r"(?:class_to_size|SizeClassToSize) = \[\w+\]uint16\{([\d, ]+)\}")


def test_classes_are_those_of_the_runtime(toolchain: Toolchain) -> None:
    sources = toolchain.go.parent.parent / "src"
    files = ("runtime/sizeclasses.go", "internal/runtime/gc/sizeclasses.go")
    text = "".join((sources / file).read_text() for file in files if (sources / file).exists())
    table = re.search(_TABLE, text)

    assert table is not None
    assert tuple(map(int, table[1].split(", "))) == CLASSES


@pytest.mark.parametrize(
    ("size", "minor", "goarch", "pointers", "taken"),
    [
        (0, 27, "amd64", False, 0),
        (1, 27, "amd64", False, 1),
        (3, 21, "amd64", False, 3),
        (6, 27, "amd64", False, 8),
        (8, 27, "386", False, 8),
        (12, 27, "amd64", False, 16),
        (4, 27, "386", True, 8),
        (33, 21, "amd64", True, 48),
        (512, 27, "amd64", True, 512),
        (520, 27, "amd64", True, 576),
        (576, 21, "amd64", True, 576),
        (576, 22, "amd64", True, 640),
        (576, 22, "amd64", False, 576),
        (576, 22, "386", True, 640),
        (136, 22, "386", True, 144),
        (32768, 21, "amd64", True, 32768),
        (32768, 24, "amd64", False, 32768),
        (40_000, 27, "amd64", False, 40_960),
    ],
)
def test_rounded(size: int, minor: int, goarch: str, pointers: bool, taken: int) -> None:
    assert rounded(size, minor, goarch, pointers=pointers) == taken


@pytest.mark.parametrize(
    ("room", "minor", "goarch", "pointers", "taken"),
    [
        (80, 21, "amd64", False, 176),
        (80, 24, "amd64", True, None),
        (0, 27, "amd64", True, 112),
        (8, 25, "arm64", False, 128),
        (8, 27, "386", False, None),
    ],
)
def test_channels(room: int, minor: int, goarch: str, pointers: bool, taken: int | None) -> None:
    assert of_channel(room, minor, goarch, pointers=pointers) == taken


CHANNELS = """\
package main

import (
	"fmt"
	"runtime"
)

var kept chan byte

func main() {
	const times = 10000
	for room := 0; room <= 24; room++ {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := 0; i < times; i++ {
			kept = make(chan byte, room)
		}
		runtime.ReadMemStats(&after)
		fmt.Print((after.TotalAlloc-before.TotalAlloc)/times, " ")
	}
}
"""


def test_channels_take_what_the_runtime_says(toolchain: Toolchain, tmp_path: Path) -> None:
    (tmp_path / "main.go").write_text(CHANNELS)
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    ran = subprocess.run(
        [toolchain.go, "run", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert [int(word) for word in ran.stdout.split()] == [
        of_channel(room, toolchain.minor, "amd64", pointers=False) for room in range(25)
    ]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("noalg.struct { F uintptr; X0 *int; X1 int }", 24),
        ("noalg.struct { F uintptr; X0 bool; X1 int32; X2 bool }", 24),
        ("noalg.struct { F uintptr; X0 string; X1 []int; X2 interface { M(); N() } }", 64),
        ("noalg.struct { F uintptr; R *sync/atomic.Bool }", 16),
        ("noalg.struct { F uintptr; X0 func(struct { a int; b int }) }", 16),
        ("noalg.struct { F uintptr; X0 time.Time }", None),
    ],
)
def test_function_literals(name: str, size: int | None) -> None:
    assert size_of(name, 8) == size
