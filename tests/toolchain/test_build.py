"""What a run of the go command gives, what its failures become, and that nothing outlives it."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from escapelens.errors import BuildFailedError, EscapelensError, NoToolchainError, UsageError
from escapelens.model import BuildError, Package, Position
from escapelens.parsers.diagnostics import unrecognised_lines
from escapelens.toolchain import (
    Build,
    BuildOptions,
    ListedPackage,
    Plan,
    explain_packages,
    plan_build,
)
from tests.toolchains import Toolchain

Write = Callable[[str], Path]


def plan(folder: Path, *patterns: str, **options: object) -> Plan:
    asked = BuildOptions(patterns, **options)  # type: ignore[arg-type]
    return plan_build(asked, {**os.environ, "PWD": str(folder)}, folder)


def run(folder: Path, *patterns: str, **options: object) -> tuple[str, tuple[ListedPackage, ...]]:
    with Build(plan(folder, *patterns, **options)) as build:
        text = b"".join(build.stderr()).decode()
    return text, build.packages


def explain(folder: Path, *patterns: str, **options: object) -> dict[str, Package]:
    _, listed = run(folder, *patterns, **options)
    packages = explain_packages(listed, folder, unrecognised_lines)
    return {
        package.import_path.removeprefix("example.com/m/")
        + (f" [{package.variant}]" if package.variant else ""): package
        for package in packages
    }


BROKEN = """
    -- ok/ok.go --
    package ok

    func New(n int) *int { return &n }
    -- types/t.go --
    package types

    func F() int { return "x" }

    func G() { undefined1() }
    -- usetypes/u.go --
    package usetypes

    import "example.com/m/types"

    func G() int { return types.F() }
    -- useuse/u.go --
    package useuse

    import "example.com/m/usetypes"

    func G() int { return usetypes.G() }
    -- syntax/s.go --
    package syntax

    func F( { }
    -- missing/m.go --
    package missing

    import "example.com/elsewhere/x"

    func F() { x.F() }
    -- usemissing/u.go --
    package usemissing

    import "example.com/m/missing"

    func F() { missing.F() }
    -- cycle1/c.go --
    package cycle1

    import "example.com/m/cycle2"

    func F() { cycle2.F() }
    -- cycle2/c.go --
    package cycle2

    import "example.com/m/cycle1"

    func F() { cycle1.F() }
    -- excluded/e.go --
    //go:build plan9

    package excluded
    -- useexcluded/u.go --
    package useexcluded

    import _ "example.com/m/excluded"
    -- onlytests/o_test.go --
    package onlytests
    -- late/l.go --
    package late

    func New(n int) *int { return &n }

    func Huge(a [200000000]int) int { return huge(a) }

    //go:noinline
    func huge(a [200000000]int) int { return a[2] }
"""


def test_broken_packages_do_not_silence_others(toolchain: Toolchain, write_module: Write) -> None:
    root = write_module(BROKEN)

    text, _ = run(root)
    packages = explain(root, "./...", "./onlytests")

    assert "ok/ok.go:3:10: moved to heap: n" in text
    assert packages["ok"] == Package("example.com/m/ok", f"{root}/ok")
    assert packages["onlytests"] == Package("example.com/m/onlytests", f"{root}/onlytests")
    assert packages["types"].errors == (
        BuildError(
            'cannot use "x" (untyped string constant) as int value in return statement',
            Position(f"{root}/types/t.go", 3, 23),
        ),
        BuildError("undefined: undefined1", Position(f"{root}/types/t.go", 5, 12)),
    )
    assert packages["syntax"].errors == (
        BuildError("syntax error: unexpected {, expected )", Position(f"{root}/syntax/s.go", 3, 9)),
    )
    assert packages["missing"].errors == (
        BuildError(
            "no required module provides package example.com/elsewhere/x; to add it:\n"
            "\tgo get example.com/elsewhere/x",
            Position(f"{root}/missing/m.go", 3, 8),
        ),
    )
    assert packages["cycle1"].errors == (
        BuildError(
            "package example.com/m/cycle1\n\timports example.com/m/cycle2\n"
            "\timports example.com/m/cycle1: import cycle not allowed"
        ),
    )
    assert packages["excluded"].errors[0].message.startswith("package example.com/m/useexcluded")
    silenced = {path: package.silenced_by for path, package in packages.items()}
    assert {path: by for path, by in silenced.items() if by} == {
        "usetypes": "example.com/m/types",
        "useuse": "example.com/m/types",
        "usemissing": "example.com/m/missing",
        "cycle2": "example.com/m/cycle1",
        "useexcluded": "example.com/m/excluded",
    }


def test_late_error_keeps_the_block(toolchain: Toolchain, write_module: Write) -> None:
    root = write_module(BROKEN)

    text, listed = run(root, "./late")

    assert "moved to heap" not in text
    assert "late/l.go:3:10: moved to heap: n\n" in listed[-1].block
    (package,) = explain(root, "./late").values()
    assert {error.position for error in package.errors} == {
        Position(f"{root}/late/l.go", 5, 6),
        Position(f"{root}/late/l.go", 8, 6),
    }
    assert all(error.message.startswith("stack frame too large") for error in package.errors)


def test_tests_are_compiled_on_demand(toolchain: Toolchain, write_module: Write) -> None:
    root = write_module("""
        -- m.go --
        package m

        func F(n int) *int { return &n }
        -- in_test.go --
        package m

        import "testing"

        func TestF(t *testing.T) { F(2) }
        -- out_test.go --
        package m_test

        import "testing"

        func TestG(t *testing.T) { undefined1() }
    """)

    _, plain = run(root)
    packages = explain(root, tests=True)
    _, listed = run(root, tests=True)

    assert [package.import_path for package in plain if not package.dep_only] == ["example.com/m"]
    assert list(packages) == [
        "example.com/m",
        "example.com/m [example.com/m.test]",
        "example.com/m_test [example.com/m.test]",
    ]
    assert packages["example.com/m_test [example.com/m.test]"].errors == (
        BuildError("undefined: undefined1", Position(f"{root}/out_test.go", 5, 28)),
    )
    files = {
        (package.import_path, package.variant): [file.name for file in package.files]
        for package in listed
        if package.dir == str(root) and not package.is_test_main
    }
    assert files == {
        ("example.com/m", None): ["m.go"],
        ("example.com/m", "example.com/m.test"): ["m.go", "in_test.go"],
        ("example.com/m_test", "example.com/m.test"): ["out_test.go"],
    }


def test_missing_import_of_a_test_is_its_own_error(
    toolchain: Toolchain, write_module: Write
) -> None:
    root = write_module("""
        -- m.go --
        package m
        -- m_test.go --
        package m

        import _ "example.com/m/nowhere"
    """)

    packages = explain(root, tests=True)

    assert packages["example.com/m"].errors == ()
    (error,) = packages["example.com/m [example.com/m.test]"].errors
    assert error.position == Position(f"{root}/m_test.go", 3, 8)
    assert "example.com/m/nowhere" in error.message


@pytest.mark.parametrize(
    ("archive", "patterns", "error", "message"),
    [
        ("-- a.go --\npackage m\n", ("./none",), UsageError, "none: directory not found"),
        ("-- a.go --\npackage m\n", ("nosuch/pkg",), UsageError, "nosuch/pkg is not in std"),
        ("-- a.go --\npackage m\n", ("x.com/y",), UsageError, "no required module provides"),
        ("-- a.go --\npackage m\n", ("x.com/...",), UsageError, r"no packages match x\.com/\.\.\."),
        ("-- a.txt --\n\n", (), UsageError, "no packages match /"),
        ("-- go.work --\ngo 1.21\n", (), UsageError, "does not contain"),
        (
            "-- a.go --\npackage m\n-- b_plan9.go --\npackage m\n",
            ("b_plan9.go",),
            UsageError,
            "b_plan9.go is in no package built for linux/",
        ),
        ("-- go.mod --\nmodule m\n\ngo 1.99\n", (), NoToolchainError, r"requires go >= 1\.99"),
        ("-- go.mod --\nmodule m\n\nno 1\n", (), BuildFailedError, "unknown directive: no"),
    ],
)
def test_run_that_makes_no_sense_is_refused(
    toolchain: Toolchain,
    write_module: Write,
    archive: str,
    patterns: tuple[str, ...],
    error: type[EscapelensError],
    message: str,
) -> None:
    root = write_module(archive)

    with pytest.raises(error, match=message) as raised:
        run(root, *patterns)

    assert type(raised.value) is error
    assert raised.value.hint


def test_folder_outside_modules_is_refused(toolchain: Toolchain, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"not in a Go module: {tmp_path}"):
        run(tmp_path)


def test_standard_library_needs_no_module(newest: Toolchain, tmp_path: Path) -> None:
    text, listed = run(tmp_path, "errors")

    assert "# errors\n" in text
    assert [package.import_path for package in listed if not package.dep_only] == ["errors"]


def test_unsafe_counts_as_compiled(toolchain: Toolchain, tmp_path: Path) -> None:
    (package,) = explain(tmp_path, "unsafe").values()

    assert (package.errors, package.silenced_by) == ((), None)


def test_folder_without_dot_gets_a_hint(newest: Toolchain, write_module: Write) -> None:
    root = write_module("-- sub/s.go --\npackage sub\n")

    with pytest.raises(UsageError) as error:
        run(root, "sub")

    assert error.value.hint == "for the folder write ./sub"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"build_flags": ("-frob",)}, "flag provided but not defined: -frob"),
        ({"build_flags": ("-p",)}, "invalid value"),
        ({"mod": "foo"}, "-mod=foo not supported"),
        ({"goos": "plan9", "race": True}, "-race is not supported on plan9"),
        ({"goos": "amiga"}, "unsupported GOOS/GOARCH pair amiga/"),
    ],
)
def test_wrong_options_are_usage_errors(
    toolchain: Toolchain, write_module: Write, options: dict[str, object], message: str
) -> None:
    root = write_module("-- a.go --\npackage m\n")

    with pytest.raises(UsageError, match=message):
        run(root, **options)


def test_replayed_paths_do_not_depend_on_the_folder(
    toolchain: Toolchain, write_module: Write
) -> None:
    root = write_module("""
        -- lib/lib.go --
        package lib

        func New(n int) *int { return &n }
    """)
    # A compile of the user's own, started below, would leave its paths in an ordinary cache entry.
    subprocess.run(
        [toolchain.go, "build", "-gcflags=-m=2", "."], cwd=root / "lib", capture_output=True
    )

    texts = {run(folder, pattern)[0] for folder, pattern in ((root / "lib", "."), (root, "./lib"))}

    assert len(texts) == 1
    assert "\nlib/lib.go:3:10: moved to heap: n\n" in texts.pop()


def test_trimpath_in_goflags_hides_no_paths(
    toolchain: Toolchain, write_module: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-trimpath")
    root = write_module(
        "-- lib/lib.go --\npackage lib\n\nvar X = func() *int { return new(int) }\n"
    )

    assert "\nlib/lib.go:3:33: new(int) escapes to heap\n" in run(root)[0]


def test_workspace_paths_are_relative_to_its_root(
    toolchain: Toolchain, write_module: Write
) -> None:
    root = write_module("""
        -- go.work --
        go 1.21

        use (
            ./a
            ./b
        )
        -- a/go.mod --
        module example.com/a

        go 1.21
        -- a/a.go --
        package a

        import "example.com/b"

        func New() *int { return b.New(1) }
        -- b/go.mod --
        module example.com/b

        go 1.21
        -- b/b.go --
        package b

        func New(n int) *int { return &n }
    """)

    inside, listed = run(root / "a")
    everywhere, _ = run(root)

    assert "\na/a.go:5:31: moved to heap: b.n\n" in inside
    assert {package.dir for package in listed} >= {f"{root}/a", f"{root}/b"}
    assert "\na/a.go:5:31: moved to heap: b.n\n" in everywhere
    assert "\nb/b.go:3:10: moved to heap: n\n" in everywhere


def test_module_outside_the_workspace_gets_a_hint(newest: Toolchain, write_module: Write) -> None:
    root = write_module("""
        -- go.work --
        go 1.21
        -- a/go.mod --
        module example.com/a

        go 1.21
        -- a/a.go --
        package a
    """)

    with pytest.raises(UsageError, match="does not contain") as error:
        run(root / "a")

    assert "GOWORK=off" in error.value.hint


def test_symlinked_module_keeps_its_name(
    toolchain: Toolchain, write_module: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = write_module("-- lib/lib.go --\npackage lib\n\nfunc New(n int) *int { return &n }\n")
    link = tmp_path_factory.mktemp("links") / "link"
    link.symlink_to(root)

    text, listed = run(link / "lib")

    assert "\nlib/lib.go:3:10: moved to heap: n\n" in text
    assert listed[-1].files == (link / "lib" / "lib.go",)


def test_overlay_is_compiled_in_place_of_the_file(newest: Toolchain, write_module: Write) -> None:
    root = write_module("""
        -- lib/lib.go --
        package lib
        -- elsewhere/new.txt --
        package lib

        func New(n int) *int { return &n }
    """)
    overlay = root / "overlay.json"
    overlay.write_text(
        f'{{"Replace": {{"{root}/lib/lib.go": "{root}/elsewhere/new.txt"}}}}', encoding="utf-8"
    )

    text, listed = run(root / "lib", overlay=Path("../overlay.json"))

    assert "\nlib/lib.go:3:10: moved to heap: n\n" in text
    assert listed[-1].files == (root / "lib" / "lib.go",)


def test_vendored_package_is_a_dependency(newest: Toolchain, write_module: Write) -> None:
    root = write_module("""
        -- go.mod --
        module example.com/m

        go 1.21

        require example.com/dep v1.0.0
        -- vendor/modules.txt --
        # example.com/dep v1.0.0
        ## explicit; go 1.21
        example.com/dep
        -- vendor/example.com/dep/d.go --
        package dep

        func New(n int) *int { return &n }
        -- m.go --
        package m

        import "example.com/dep"

        var X = dep.New(1)
    """)

    text, listed = run(root)

    assert "./m.go:5:16: moved to heap: dep.n" in text
    assert (f"{root}/vendor/example.com/dep", True) in {(p.dir, p.dep_only) for p in listed}


@pytest.mark.needs("gcc")
def test_cgo_files_belong_to_the_package(newest: Toolchain, write_module: Write) -> None:
    root = write_module("""
        -- c.go --
        package c

        // int one(void) { return 1; }
        import "C"

        func New() *int { n := int(C.one()); return &n }
    """)

    text, listed = run(root)

    assert "./c.go:6:19: moved to heap: n" in text
    assert [p.files for p in listed if not p.dep_only] == [(root / "c.go",)]


def test_unused_default_profile_is_mentioned(newest: Toolchain, write_module: Write) -> None:
    root = write_module("-- cmd/x/main.go --\npackage main\n\nfunc main() {}\n")
    (root / "cmd" / "x" / "default.pgo").touch()

    with Build(plan(root)) as build:
        list(build.stderr())

    assert build.notes() == (f"default.pgo found in {root}/cmd/x and not used; --pgo auto uses it",)


def test_users_tree_stays_as_it_was(toolchain: Toolchain, write_module: Write) -> None:
    root = write_module("-- main.go --\npackage main\n\nfunc main() {}\n")

    run(root, tests=True)

    assert sorted(file.name for file in root.iterdir()) == ["go.mod", "main.go"]


def test_both_pipes_are_read_at_once(
    newest: Toolchain, write_module: Write, tmp_path: Path
) -> None:
    root = write_module("-- a.go --\npackage m\n")
    program = tmp_path / "floods"
    program.write_text(
        f"#!{sys.executable}\n"
        + dedent("""
            import os
            for _ in range(3):
                os.write(2, b"x" * 3_000_000)
                os.write(1, b'{"ImportPath": "p", "Dir": "/p"' + b" " * 3_000_000 + b"\\n}\\n")
        """)
    )
    program.chmod(0o755)
    decided = plan(root)

    with Build(replace(decided, toolchain=replace(decided.toolchain, go=program))) as build:
        size = sum(map(len, build.stderr()))

    assert size == 9_000_000
    assert [package.import_path for package in build.packages] == ["p"] * 3


def test_there_is_time_for_work_while_nothing_comes(newest: Toolchain, write_module: Write) -> None:
    root = write_module("-- a.go --\npackage m\n\nfunc New() *int { return new(int) }\n")
    left = [1, 2, 3]

    def work() -> bool:
        if left:
            left.pop()
        return bool(left)

    with Build(plan(root)) as build:
        text = b"".join(build.stderr(work))

    assert left == []
    assert b"new(int) escapes to heap" in text


def _group(leader: int) -> list[str]:
    """The names of the living processes of a group."""
    names = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
            state, _, group = rest.split()[:3]
            if int(group) == leader and state != "Z":
                names.append(name)
    return names


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def slow(newest: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in which everything is compiled anew, dependencies too."""
    monkeypatch.setenv("GOCACHE", str(tmp_path / "gocache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "work"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "work").mkdir()
    yield tmp_path
    assert list((tmp_path / "work").iterdir()) == []  # the go command's too


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@needs_proc
def test_leaving_early_ends_all_processes(slow: Path) -> None:
    with Build(plan(slow, "net/http")) as build:
        group = build.process_group
        _wait_for(lambda: "compile" in _group(group))

    assert _group(group) == []


@needs_proc
def test_interrupt_ends_all_processes(slow: Path) -> None:
    program = dedent("""
        import os
        from pathlib import Path
        from escapelens.toolchain import Build, BuildOptions, plan_build

        plan = plan_build(BuildOptions(("net/http",)), os.environ, Path.cwd())
        with Build(plan) as build:
            print(build.process_group, flush=True)
            list(build.stderr())
    """)
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=slow,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as ours:
        assert ours.stdout is not None
        group = int(ours.stdout.readline())
        _wait_for(lambda: "compile" in _group(group))

        ours.send_signal(signal.SIGINT)
        _, said = ours.communicate(timeout=30)

    assert "KeyboardInterrupt" in said
    assert _group(group) == []
