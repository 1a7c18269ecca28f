"""What every test can rely on: a clean environment, Go toolchains, and Go modules written to disk."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import hypothesis
import pytest

from tests.toolchains import VERSIONS, Toolchain, installed

IN_CI = bool(os.environ.get("CI"))

# A busy machine must not make a test fail, and a failure in CI must be the same one everywhere.
hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if IN_CI else "local")


@pytest.fixture(scope="session", autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the user's settings from escapelens, Go, rich and typer; stay away from the network."""
    with pytest.MonkeyPatch.context() as environment:
        for name in list(os.environ):
            if name.startswith(("GO", "CGO_", "ESCAPELENS_")) and name != "ESCAPELENS_SWEEP":
                environment.delenv(name)
        # These make rich or typer colour what goes to a pipe, or change the width of a page.
        for name in ("CLICOLOR_FORCE", "FORCE_COLOR", "GITHUB_ACTIONS", "LINES", "PY_COLORS"):
            environment.delenv(name, raising=False)
        environment.setenv("COLUMNS", "80")
        environment.setenv("NO_COLOR", "1")
        environment.setenv("GOENV", "off")
        environment.setenv("GOFLAGS", "")
        environment.setenv("GOPROXY", "off")
        environment.setenv("GOTOOLCHAIN", "local")
        environment.setenv("ESCAPELENS_CACHE", str(tmp_path_factory.mktemp("analysis-cache")))
        yield


@pytest.fixture(autouse=True)
def needed_programs(request: pytest.FixtureRequest) -> None:
    """Skip a test marked `needs(program)` on a machine without it; CI must have them all."""
    for mark in request.node.iter_markers("needs"):
        (program,) = mark.args
        if shutil.which(program) is None:
            _unavailable(f"this test needs {program}")


@pytest.fixture(params=VERSIONS)
def toolchain(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Toolchain:
    """Every Go in turn; escapelens and the go command use it until the test ends."""
    return use_toolchain(request.param, monkeypatch)


@pytest.fixture
def newest(monkeypatch: pytest.MonkeyPatch) -> Toolchain:
    """The newest Go, for a test whose subject does not depend on the version."""
    return use_toolchain(VERSIONS[-1], monkeypatch)


@pytest.fixture
def write_module(tmp_path: Path) -> Callable[[str], Path]:
    """Write a Go module from an archive of `-- name --` sections, and return its folder.

    The archive may be indented with the test. A go.mod for Go 1.21 is added if it has none.
    """

    def write(archive: str) -> Path:
        sections = re.split(r"^-- (.+) --\n", dedent(archive), flags=re.MULTILINE)[1:]
        files = dict(zip(sections[::2], sections[1::2], strict=True))
        if not {"go.mod", "go.work"} & files.keys():
            files["go.mod"] = "module example.com/m\n\ngo 1.21\n"
        for name, content in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode())
        return tmp_path

    return write


def use_toolchain(version: str, monkeypatch: pytest.MonkeyPatch) -> Toolchain:
    """Makes escapelens and the go command use one Go until the test ends."""
    binaries = installed()
    if version not in binaries:
        _unavailable(f"Go {version} is not installed: make toolchains")
    toolchain = Toolchain(version, binaries[version])
    for name, value in toolchain.environment.items():
        monkeypatch.setenv(name, value)
    # Tests that run `go` by its bare name get the same one.
    monkeypatch.setenv("PATH", str(toolchain.go.parent), prepend=os.pathsep)
    return toolchain


def _unavailable(reason: str) -> None:
    if IN_CI:
        pytest.fail(f"{reason}, and CI must have it")
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def bound_by_permissions(request: pytest.FixtureRequest) -> None:
    """Skips tests of permissions for a user whom they do not bind; `make test` has them bind root."""
    if request.node.get_closest_marker("permissions") is None:
        return
    file = request.getfixturevalue("tmp_path") / "unreadable"
    file.touch(0)
    readable = os.access(file, os.R_OK)
    file.unlink()
    if readable:
        pytest.skip("this user may read and write everything")
