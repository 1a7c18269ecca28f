"""What may never happen, as far as the code itself tells: who imports whom, and what is loaded."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import escapelens
from tests.toolchains import Toolchain

ROOM = Path(escapelens.__file__).parent
FILES = sorted(ROOM.rglob("*.py"))
STARTS_PROCESSES = {"subprocess", "multiprocessing", "pty", "concurrent.futures"}
EXITS = {"sys.exit", "os._exit", "os.abort", "quit", "exit", "typer.Exit"}
HEAVY = ("rich", "pygments", "tree_sitter", "tree_sitter_go", "watchdog")


def relative(file: Path) -> str:
    return file.relative_to(ROOM).as_posix()


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imported(file: Path) -> set[str]:
    """Every module a file imports at run time, at any depth; names for typing only are left out."""
    found: set[str] = set()
    for node in _runtime_nodes(tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(file)}: imports are absolute"
            assert node.module is not None
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _runtime_nodes(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        for branch in node.orelse:
            yield from _runtime_nodes(branch)
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _runtime_nodes(child)


def siblings(file: Path) -> set[str]:
    return {
        name for name in imported(file) if name == "escapelens" or name.startswith("escapelens.")
    }


def test_model_imports_nothing_of_ours() -> None:
    assert siblings(ROOM / "model.py") == set()


@pytest.mark.parametrize("file", sorted((ROOM / "parsers").glob("*.py")), ids=relative)
def test_parsers_import_only_the_model(file: Path) -> None:
    allowed = ("escapelens.model", "escapelens.parsers")

    assert [name for name in siblings(file) if not name.startswith(allowed)] == []


@pytest.mark.parametrize("file", FILES, ids=relative)
def test_only_the_toolchain_starts_processes(file: Path) -> None:
    if relative(file).startswith("toolchain/"):
        return
    # Files are completed in a forked process of ours, which runs nothing else.
    allowed = {"multiprocessing"} if relative(file) == "completion.py" else set()

    assert {name.split(".")[0] for name in imported(file)} & STARTS_PROCESSES <= allowed
    assert not {
        call
        for call in calls(file)
        if call.startswith(
            ("os.system", "os.popen", "os.exec", "os.spawn", "os.posix_spawn", "os.fork")
        )
    }


@pytest.mark.parametrize("file", FILES, ids=relative)
def test_only_the_command_line_exits(file: Path) -> None:
    if not relative(file).startswith("cli/"):
        assert not calls(file) & EXITS
        assert "SystemExit" not in file.read_text(encoding="utf-8")


def calls(file: Path) -> set[str]:
    nodes = ast.walk(tree(file))
    return {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}


@pytest.mark.parametrize("file", FILES, ids=relative)
def test_only_the_command_line_prints(file: Path) -> None:
    if not relative(file).startswith("cli/"):
        assert "print" not in calls(file)
        assert "typer" not in {name.split(".")[0] for name in imported(file)}


def test_only_the_cli_knows_the_command_line() -> None:
    for file in FILES:
        if not relative(file).startswith("cli/") and file.name != "__main__.py":
            assert not [name for name in siblings(file) if name.startswith("escapelens.cli")], file


def test_stages_do_not_know_reporters() -> None:
    for file in FILES:
        if not relative(file).startswith(("cli/", "reporters/")):
            found = [name for name in siblings(file) if name.startswith("escapelens.reporters")]
            assert found == [], file


def test_rooms_are_named_for_what_they_own() -> None:
    every = [*FILES, *Path(__file__).parent.rglob("*.py")]
    unclear = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "tools"}

    assert [file for file in every if file.stem in unclear] == []


def loaded_by(*arguments: str, cwd: Path | None = None) -> set[str]:
    """The modules that a command line has loaded when it ends."""
    script = """
import sys, io
from escapelens.cli import main
real, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO())
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
real.write("\\n".join(sys.modules))
"""
    result = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **({"PWD": str(cwd)} if cwd else {})},
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


def test_version_loads_next_to_nothing() -> None:
    loaded = loaded_by("--version")

    assert not loaded & {"typer", "msgspec", "asyncio", "json", "escapelens.model", *HEAVY}


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("show", "--help"),
        ("parse", "--help"),
        ("schema",),
        ("doctor",),
        ("show", "--print-command"),
        ("explain", "--help"),
        ("explain", "map-insert", "--format", "markdown"),
        ("explain", "leaking param: p", "--format", "json"),
        ("causes",),
        ("show", "--summary"),
        ("show", "--summary", "--strict", "--no-cache"),
    ],
    ids=" ".join,
)
def test_commands_load_only_what_they_use(
    arguments: tuple[str, ...], newest: Toolchain, tmp_path: Path
) -> None:
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    (tmp_path / "m.go").write_text("package m\n\nfunc F(n int) *int { return &n }\n")

    assert not loaded_by(*arguments, cwd=tmp_path) & set(HEAVY)


def test_json_loads_no_terminal(newest: Toolchain, tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    (tmp_path / "m.go").write_text("package m\n\nfunc F(n int) *int { return &n }\n")

    loaded = loaded_by("show", "--format", "json", "--no-cache", cwd=tmp_path)

    assert "tree_sitter" in loaded
    assert not loaded & {"rich", "pygments", "watchdog"}
