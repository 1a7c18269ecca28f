"""Where Go runs, for which packages and with which flags."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.errors import UsageError
from escapelens.toolchain import Build, BuildOptions, Plan, plan_build
from escapelens.toolchain.planning import compiler_flags
from tests.toolchains import Toolchain, installed

Write = Callable[[str], Path]

TWO_MODULES = """
    -- go.work --
    go 1.21

    use (
        ./a
        ./b
    )
    -- a/go.mod --
    module example.com/a

    go 1.21
    -- a/x/x.go --
    package x
    -- b/go.mod --
    module example.com/b

    go 1.21
    -- b/b.go --
    package b
"""


def plan(folder: Path, *patterns: str, **options: object) -> Plan:
    asked = BuildOptions(patterns, **options)  # type: ignore[arg-type]
    return plan_build(asked, {**os.environ, "PWD": str(folder)}, folder)


@pytest.fixture
def module(newest: Toolchain, write_module: Write) -> Path:
    return write_module("""
        -- a.go --
        package m
        -- sub/s.go --
        package sub
        -- sub/deep/d.go --
        package deep
        -- sub/s_test.go --
        package sub
    """)


def test_root_is_the_modules_folder(module: Path) -> None:
    for folder in (module, module / "sub", module / "sub" / "deep"):
        assert plan(folder).root == module


def test_default_is_below_where_the_user_stands(module: Path) -> None:
    assert plan(module / "sub").patterns == (f"{module}/sub/...",)


def test_root_is_the_workspaces_folder(newest: Toolchain, write_module: Write) -> None:
    root = write_module(TWO_MODULES)

    assert plan(root / "a" / "x").root == root
    assert plan(root / "a").patterns == (f"{root}/a/...",)


def test_workspace_without_module_means_every_used_one(
    newest: Toolchain, write_module: Write
) -> None:
    root = write_module(TWO_MODULES)

    assert plan(root).patterns == (f"{root}/a/...", f"{root}/b/...")
    assert plan(root, "./...").patterns == plan(root).patterns
    assert plan(root, "./a/...").patterns == (f"{root}/a/...",)


def test_workspace_that_is_a_module_means_itself(newest: Toolchain, write_module: Write) -> None:
    root = write_module("""
        -- go.work --
        go 1.21

        use .
        -- go.mod --
        module example.com/m

        go 1.21
        -- m.go --
        package m
    """)

    assert plan(root).patterns == (f"{root}/...",)


def test_workspace_can_be_switched_off(
    newest: Toolchain, write_module: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_module(TWO_MODULES)
    monkeypatch.setenv("GOWORK", "off")

    assert plan(root / "a" / "x").root == root / "a"


def test_root_without_module_is_where_the_user_stands(newest: Toolchain, tmp_path: Path) -> None:
    decided = plan(tmp_path, "fmt")

    assert (decided.root, decided.in_module, decided.patterns) == (tmp_path, False, ("fmt",))


def test_symlinked_folder_keeps_its_name(
    module: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    link = tmp_path_factory.mktemp("links") / "link"
    link.symlink_to(module)

    decided = plan_build(
        BuildOptions(), {**os.environ, "PWD": str(link / "sub")}, (link / "sub").resolve()
    )

    assert (decided.root, decided.cwd, decided.env["PWD"]) == (link, link / "sub", str(link))
    assert decided.patterns == (f"{link}/sub/...",)


def test_stale_pwd_is_not_believed(module: Path) -> None:
    decided = plan_build(BuildOptions(), {**os.environ, "PWD": "/"}, module / "sub")

    assert (decided.root, decided.cwd) == (module, module / "sub")


def test_directory_option_moves_everything(module: Path) -> None:
    decided = plan(Path("/"), ".", directory=module / "sub" / ".." / "sub")

    assert (decided.root, decided.cwd) == (module, module / "sub")
    assert decided.patterns == (f"{module}/sub",)


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        (".", "{}/sub"),
        ("./deep", "{}/sub/deep"),
        ("../...", "{}/..."),
        ("./de...", "{}/sub/de..."),
        ("..", "{}"),
        ("/...", "/..."),
        ("fmt", "fmt"),
        ("cmd/...", "cmd/..."),
        ("example.com/m/...", "example.com/m/..."),
        ("...", "..."),
        ("github.com/nats-io/nats.go", "github.com/nats-io/nats.go"),
    ],
)
def test_relative_patterns_become_absolute(module: Path, pattern: str, meant: str) -> None:
    assert plan(module / "sub", pattern).patterns == (meant.format(module),)


def test_file_means_its_package(module: Path) -> None:
    decided = plan(module, "a.go", "sub/s.go", "./sub/deep/../s.go")

    assert decided.patterns == (str(module), f"{module}/sub")
    assert decided.only_files == (module / "a.go", module / "sub" / "s.go")
    assert not decided.tests
    assert plan(module, "sub/s_test.go").tests


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"patterns": ("-race",)}, "cannot begin with '-'"),
        ({"patterns": ("./none.go",)}, "cannot read ./none.go"),
        ({"directory": Path("none")}, "cannot enter none"),
        ({"directory": Path("a.go")}, "cannot enter a.go"),
        ({"overlay": Path("none.json")}, "cannot read the overlay"),
        ({"overlay": Path("a.go")}, "not an overlay"),
        ({"pgo": "none.pgo"}, "cannot read the profile"),
        ({"build_flags": ("p=1",)}, "not a flag"),
        ({"build_flags": ("--",)}, "not a flag"),
        ({"build_flags": ("-gcflags=-l",)}, "escapelens needs -gcflags"),
    ],
)
def test_senseless_options_are_refused(
    module: Path, options: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        plan_build(BuildOptions(**options), os.environ, module)  # type: ignore[arg-type]


def test_options_become_flags_of_go(module: Path) -> None:
    (module / "o.json").write_text('{"Replace": {}}')
    (module / "cpu.pgo").touch()

    decided = plan(
        module / "sub",
        tags="a,b",
        goos="windows",
        goarch="arm64",
        race=True,
        mod="mod",
        overlay=Path("../o.json"),
        pgo="../cpu.pgo",
        build_flags=("-p=1",),
        tests=True,
    )

    assert decided.flags == (
        *("-trimpath=false", "-buildvcs=false", f"-pgo={module}/cpu.pgo"),
        f"-gcflags={decided.go.gcflags}",
        *("-tags=a,b", "-race", "-mod=mod", f"-overlay={module}/o.json", "-p=1"),
    )
    assert "-test" in decided.command
    assert (decided.go.goos, decided.go.goarch, decided.go.tags) == ("windows", "arm64", ("a", "b"))
    assert not decided.go.cgo_enabled  # as the go command decides when it cross-compiles


def test_overlay_with_relative_paths_works_in_the_root_only(module: Path) -> None:
    (module / "o.json").write_text('{"Replace": {"a.go": "sub/s.go"}}')

    plan(module, overlay=Path("o.json"))
    with pytest.raises(UsageError, match=r"has a relative path: a\.go"):
        plan(module / "sub", overlay=Path("../o.json"))


def test_goflags_are_respected(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "-trimpath -tags=x,y")

    decided = plan(module)

    assert decided.go.tags == ("x", "y")
    assert any("-trimpath in GOFLAGS is not used" in note for note in decided.notes)
    assert plan(module, tags="z").go.tags == ("z",)


@pytest.mark.parametrize(
    ("version", "root", "flags"),
    [
        ("go1.21.13", "/r", '-m=2 -d=closure=1 "-D=/r"'),
        ("go1.24.11", "/r s", '-m=2 -d=closure=1 "-D=/r s"'),
        ("go1.25.0", '/r"s', "-m=2 -d=escapedebug=1,closure=1 '-D=/r\"s'"),
        ("go1.28rc1", "/r's", '-m=2 -d=escapedebug=1,closure=1 "-D=/r\'s"'),
        ("go1.27.3", "/'\"", '-m=2 -d=escapedebug=1,closure=1 "-D=/%27%22"'),
    ],
)
def test_compiler_flags_tell_roots_apart(version: str, root: str, flags: str) -> None:
    assert compiler_flags(version, Path(root)) == flags


def test_module_may_switch_the_version(
    write_module: Write, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    binaries = installed()
    if not {"1.24.11", "1.27.3"} <= binaries.keys():
        pytest.skip("needs Go 1.24.11 and 1.27.3")
    bin_folder = tmp_path_factory.mktemp("bin")
    (bin_folder / "go1.27.3").symlink_to(binaries["1.27.3"])
    monkeypatch.setenv("PATH", str(bin_folder), prepend=os.pathsep)
    monkeypatch.setenv("GOTOOLCHAIN", "path")
    root = write_module("""
        -- go.mod --
        module example.com/m

        go 1.25

        toolchain go1.27.3
        -- m.go --
        package m
    """)

    decided = plan(root, go=str(binaries["1.24.11"]))

    assert decided.toolchain.version == "go1.24.11"
    assert decided.go.version == "go1.27.3"
    assert "escapedebug" in decided.go.gcflags
    assert decided.notes == ("the module makes go1.24.11 switch to go1.27.3",)


@pytest.mark.parametrize("tests", [False, True])
def test_pasted_line_prints_the_same(
    toolchain: Toolchain, write_module: Write, tests: bool
) -> None:
    folder = 'it\'s an "odd" name'
    root = write_module(f"""
        -- {folder}/go.mod --
        module example.com/m

        go 1.21
        -- {folder}/main.go --
        package main

        func main() {{ println(f()) }}

        func f() *int {{ n := 1; return &n }}
        -- {folder}/f_test.go --
        package main

        import "testing"

        func TestF(t *testing.T) {{ f() }}
    """)
    decided = plan(root / folder, tests=tests)

    with Build(decided) as build:
        printed = b"".join(build.stderr())
    pasted = subprocess.run(
        ["sh", "-c", decided.paste_command], cwd="/", capture_output=True, check=True
    )

    assert b"./main.go:5:17: moved to heap: n" in printed
    assert sorted(pasted.stderr.splitlines()) == sorted(printed.splitlines())
    assert pasted.stdout == b""
    left = sorted(file.name for file in (root / folder).iterdir())
    assert left == ["f_test.go", "go.mod", "main.go"]
