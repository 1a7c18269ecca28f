"""Files outside of the packages that a build reads: an overlay and what it names."""

import json
from pathlib import Path

import pytest

from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain
from tests.watch.sessions import attending, from_nothing

ONE = "package m\n\nfunc F(n int) *int { return &n }\n"
NONE = "package m\n\nfunc F(n int) int { return n }\n"


@pytest.fixture
def root(newest: Toolchain, tmp_path: Path) -> Path:
    root = tmp_path / "module"
    root.mkdir()
    (root / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    (root / "m.go").write_text(ONE)
    return root


def test_an_overlay_and_the_files_it_names(root: Path, tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "m.go").write_text(NONE)
    overlay = beside / "overlay.json"
    overlay.write_text(json.dumps({"Replace": {str(root / "m.go"): str(beside / "m.go")}}))
    options = BuildOptions(overlay=overlay)
    with attending(root, options) as attended:
        assert len(attended.report().sites) == 0
        (beside / "m.go").write_text(ONE)
        attended.settle(5)
        assert len(attended.report().sites) == 1
        assert attended.report() == from_nothing(root, options)


def test_another_module_file(root: Path, tmp_path: Path) -> None:
    modfile = tmp_path / "other.mod"
    modfile.write_text("module example.com/m\n\ngo 1.21\n")
    options = BuildOptions(build_flags=(f"-modfile={modfile}",))
    with attending(root, options) as attended:
        modfile.write_text("module example.com/n\n\ngo 1.21\n")
        attended.settle(5)
        assert [site.package for site in attended.report().sites] == ["example.com/n"]
        assert attended.report() == from_nothing(root, options)
