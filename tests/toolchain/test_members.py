"""Which packages a module has, and which of them depend on which."""

import os
from collections.abc import Callable
from pathlib import Path

from escapelens.toolchain import BuildOptions, Members, list_members, plan_build
from tests.toolchains import Toolchain

Write = Callable[[str], Path]


def members(root: Path) -> Members:
    return list_members(plan_build(BuildOptions(directory=root), os.environ, root))


CHAIN = """
    -- a/a.go --
    package a
    -- a/a_windows.go --
    package a
    -- b/b.go --
    package b

    import _ "example.com/m/a"
    -- c/c.go --
    package c

    import _ "example.com/m/b"
    -- inner/inner.go --
    package inner
    -- inner/inner_test.go --
    package inner

    import _ "example.com/m/a"
    -- outer/outer.go --
    package outer
    -- outer/outer_test.go --
    package outer_test

    import _ "example.com/m/b"
    -- above/above.go --
    package above

    import _ "example.com/m/inner"
"""


def names(found: Members, *changed: str) -> list[str]:
    paths = found.dependents(f"example.com/m/{one}" for one in changed)
    return [path.removeprefix("example.com/m/") for path in paths]


def test_dependents_by_imports_and_by_tests(toolchain: Toolchain, write_module: Write) -> None:
    found = members(write_module(CHAIN))

    assert names(found, "a") == ["a", "b", "c", "inner", "outer"]
    assert names(found, "c") == ["c"]
    assert names(found, "inner") == ["above", "inner"]
    assert names(found, "b", "inner") == ["above", "b", "c", "inner", "outer"]


def test_files_by_kind(newest: Toolchain, write_module: Write) -> None:
    root = write_module(CHAIN)
    a, inner = members(root).get("example.com/m/a"), members(root).get("example.com/m/inner")
    assert a is not None
    assert inner is not None

    assert a.files == (root / "a/a.go",)
    assert a.ignored_files == (root / "a/a_windows.go",)
    assert inner.test_files == (root / "inner/inner_test.go",)
    assert members(root).get("fmt") is None


def test_all_modules_of_a_workspace(newest: Toolchain, write_module: Write) -> None:
    root = write_module(
        """
        -- go.work --
        go 1.21

        use ./one
        use ./two
        -- one/go.mod --
        module example.com/one

        go 1.21
        -- one/one.go --
        package one
        -- two/go.mod --
        module example.com/two

        go 1.21
        -- two/two.go --
        package two

        import _ "example.com/one"
        """
    )

    for folder in (root, root / "one"):
        assert members(folder).dependents(["example.com/one"]) == (
            "example.com/one",
            "example.com/two",
        )


def test_outside_of_modules_there_are_none(
    newest: Toolchain, tmp_path: Path, write_module: Write
) -> None:
    (tmp_path / "x.go").write_text("package x\n")

    assert members(tmp_path).dependents(["fmt"]) == ("fmt",)
