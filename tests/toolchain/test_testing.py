"""Tests and benchmarks are run with the flags of a plan, from anywhere."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.toolchain import BuildOptions, Plan, plan_build
from escapelens.toolchain.formatting import formatted, unformatted
from escapelens.toolchain.testing import build_test_binary, run_benchmarks, run_tests
from tests.toolchains import Toolchain

Write = Callable[[str], Path]
MODULE = """
    -- good/good.go --
    package good
    -- good/good_test.go --
    package good

    import (
    	"os"
    	"testing"
    )

    var sink []byte

    func TestHere(t *testing.T) {
    	if _, err := os.Stat("good.go"); err != nil {
    		t.Fatal(err)
    	}
    }

    func BenchmarkMake(b *testing.B) {
    	for i := 0; i < b.N; i++ {
    		sink = make([]byte, 1<<16)
    	}
    }
    -- bad/bad.go --
    package bad
    -- bad/bad_test.go --
    package bad

    import "testing"

    func TestFine(t *testing.T) {}

    func TestWrong(t *testing.T) { t.Run("inner", func(t *testing.T) { t.Fatal("because") }) }
    -- broken/broken.go --
    package broken
    -- broken/broken_test.go --
    package broken

    var x int = "x"
"""


@pytest.fixture
def root(write_module: Write) -> Path:
    return write_module(MODULE)


def plan(root: Path) -> Plan:
    return plan_build(BuildOptions(directory=root), os.environ, root)


def test_what_fails_is_named(toolchain: Toolchain, root: Path) -> None:
    outcome = run_tests(plan(root), ["example.com/m/good", "example.com/m/bad"])

    assert outcome.failed == {
        "example.com/m/bad",
        "example.com/m/bad.TestWrong",
        "example.com/m/bad.TestWrong/inner",
    }
    assert "because" in outcome.words
    assert run_tests(plan(root), ["example.com/m/good"]).failed == frozenset()


def test_tests_that_do_not_build_fail(newest: Toolchain, root: Path) -> None:
    outcome = run_tests(plan(root), ["example.com/m/good", "example.com/m/broken"])

    assert outcome.failed == {"example.com/m/broken"}


def test_benchmarks_are_measured(toolchain: Toolchain, root: Path, tmp_path: Path) -> None:
    binary = tmp_path / "good.test"

    assert build_test_binary(plan(root), "example.com/m/good", binary) == ""
    run = run_benchmarks(plan(root), binary, root / "good", "Make", time="2000x")
    (one,) = run.measured
    assert one.name == "BenchmarkMake"
    assert one.nanoseconds > 0
    assert 65536 <= one.bytes < 66000
    assert one.allocations == 1
    assert run.collections > 0
    assert run_benchmarks(plan(root), binary, root / "good", "None").measured == ()


def test_a_binary_that_cannot_be_built_is_told(newest: Toolchain, root: Path) -> None:
    said = build_test_binary(plan(root), "example.com/m/broken", root / "x.test")

    assert "cannot use" in said
    assert not (root / "x.test").exists()


def test_gofmt_is_asked(toolchain: Toolchain, root: Path) -> None:
    (root / "one.go").write_text("package  one\n")
    (root / "two.go").write_text("package two\n")

    found = unformatted(plan(root), [root / "one.go", root / "two.go"])
    assert found == [root / "one.go"]
    assert formatted(plan(root), b"package  one\n") == b"package one\n"
    assert formatted(plan(root), b"no go") == b"no go"
