"""The machine code that real compilers print, and what in it allocates."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.parsers.assembly import Call, Family, family_of, scan_allocations, split_assembly
from escapelens.parsers.diagnostics import Block, split_blocks, unrecognised_lines
from escapelens.toolchain import Build, BuildOptions, plan_build
from tests.toolchains import Toolchain

Module = Callable[[str], Path]

PROGRAM = """\
-- m.go --
package m

type T struct{ A, B, C int }

var Sink any
var P *T

func New() *T { return &T{1, 2, 3} }

func Use() { P = New() }

func All(n int, a, b string, s []int) (func() int, []int, chan string) {
	Sink = n
	m := map[string]int{}
	m[a+b] = n
	Sink = m
	c := make(chan string, n)
	s = append(s, n)
	text := []byte(a)
	Sink = text
	return func() int { return n }, s, c
}
"""


def block_of(folder: Path) -> Block:
    plan = plan_build(BuildOptions(machine_code=True), os.environ, folder)
    with Build(plan) as build:
        (block,) = split_blocks(build.stderr())
    return block


def test_calls_stand_on_their_innermost_lines(toolchain: Toolchain, write_module: Module) -> None:
    folder = write_module(PROGRAM)
    diagnostics, code = split_assembly(block_of(folder).text)

    assert unrecognised_lines(diagnostics) == []
    assert b" escapes to heap" in diagnostics
    assert b" escapes to heap" not in code
    file = str(folder / "m.go")
    found = {
        function.line: [(call.line, call.family) for call in function.calls]
        for function in scan_allocations(code)
        if function.file == file
    }
    assert found[8] == [(8, Family.OBJECT)]
    # The code of what is inlined names the line that it stands on, not the call's.
    assert found[10] == [(8, Family.OBJECT)]
    assert {(13, Family.BOX), (15, Family.CONCATENATION), (15, Family.MAP_ENTRY)} <= set(found[12])
    assert {(17, Family.CHANNEL), (18, Family.GROWTH), (19, Family.CONVERSION)} <= set(found[12])
    assert (21, Family.OBJECT) in found[12]


def test_places_that_a_line_comment_gives(toolchain: Toolchain, write_module: Module) -> None:
    text = PROGRAM.replace("func New", "//line other.go:40\nfunc New", 1)
    _, code = split_assembly(block_of(write_module(text)).text)

    found = {
        (Path(function.file).name, function.line): [
            (Path(call.file).name, call.line, call.type.rpartition(".")[2])
            for call in function.calls
        ]
        for function in scan_allocations(code)
    }
    assert found["other.go", 40] == [("other.go", 40, "T")]
    assert found["other.go", 42] == [("other.go", 40, "T")]


def test_types_and_size_classes(toolchain: Toolchain, write_module: Module) -> None:
    _, code = split_assembly(block_of(write_module(PROGRAM)).text)
    calls: dict[int, Call] = {
        call.line: call
        for function in scan_allocations(code)
        for call in function.calls
        if call.family is Family.OBJECT
    }

    assert calls[8].type == "example.com/m.T"
    assert calls[21].type == "noalg.struct { F uintptr; X0 int }"
    assert (calls[8].size_class, calls[21].size_class) == (
        (3, 2) if toolchain.minor >= 27 else (0, 0)
    )


@pytest.mark.parametrize(
    ("routine", "family"),
    [
        ("newobject", Family.OBJECT),
        ("mallocgcSmallScanNoHeaderSC5", Family.OBJECT),
        ("growsliceNoAlias", Family.GROWTH),
        ("moveSliceNoCap", Family.GROWTH),
        ("mapassign_faststr", Family.MAP_ENTRY),
        ("slicebytetostringtmp", None),
        ("deferproc", None),
        ("morestack_noctxt", None),
    ],
)
def test_routines(routine: str, family: Family | None) -> None:
    assert family_of(routine) is family


def test_text_without_code_is_left_alone() -> None:
    text = bytearray(b"m.go:1:2: x escapes to heap\n")

    assert split_assembly(text) == (text, b"")
    assert scan_allocations(b"") == []
    assert (
        scan_allocations(b"x STEXT \n\tCALL\truntime.newobject(SB)\ncut (a:1)\tCALL\truntime.")
        == []
    )
