"""Imports come and go without leaving a formatted file unformatted."""

import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from escapelens.edits import apply
from escapelens.rewriting.imports import add_import, change_imports, imports, remove_import
from escapelens.source import Source
from tests.toolchains import Toolchain

SINGLE = 'package p\n\nimport "fmt"\n\nvar x = 1\n'
GROUP = """package p

import (
	"fmt"
	str "strings"

	"example.com/far"
)

var x = 1
"""
FAR = 'package p\n\nimport (\n\t"example.com/far"\n)\n\nvar x = 1\n'
NONE = "// Package p.\npackage p\n\nvar x = 1\n"
CGO = 'package p\n\n// #include <x.h>\nimport "C"\n\nvar x = 1\n'


def formatted(toolchain: Toolchain, text: bytes) -> bytes:
    gofmt = Path(toolchain.go).parent / "gofmt"
    return subprocess.run([gofmt], input=text, capture_output=True, check=True).stdout


@pytest.mark.parametrize("before", [SINGLE, GROUP, FAR, NONE, CGO])
@pytest.mark.parametrize("add", [(), ("strconv",), ("strconv", "bytes"), ("fmt",), ("zz/a",)])
@pytest.mark.parametrize("remove", [(), ("fmt",), ("fmt", "strings"), ("example.com/far",)])
def test_every_change_is_made_and_formatted(
    newest: Toolchain, before: str, add: tuple[str, ...], remove: tuple[str, ...]
) -> None:
    if set(add) & set(remove):
        return
    source = Source(before.encode())
    after = apply(source.content, change_imports("p.go", source, add=add, remove=remove))

    paths = {one.path for one in imports(Source(after))}
    assert paths == ({one.path for one in imports(source)} | set(add)) - set(remove)
    assert formatted(newest, after) == after
    assert after.endswith(b"\n\nvar x = 1\n")


def test_a_known_import_needs_no_edit() -> None:
    assert add_import("p.go", Source(GROUP.encode()), "fmt") == []


def test_a_renamed_import_is_another_one() -> None:
    source = Source(GROUP.encode())
    after = apply(source.content, add_import("p.go", source, "strings"))

    assert [(one.path, one.name) for one in imports(Source(after))] == [
        ("fmt", ""),
        ("strings", "str"),
        ("strings", ""),
        ("example.com/far", ""),
    ]


def test_the_last_import_takes_its_declaration_along() -> None:
    source = Source(SINGLE.encode())

    assert apply(source.content, remove_import("p.go", source, "fmt")).decode() == dedent(
        """\
        package p

        var x = 1
        """
    )
