"""Builds a Go program of ours with the Go of a plan, and runs it on one question."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from escapelens.toolchain.planning import Plan
from escapelens.toolchain.running import run_to_end

_KEPT = frozenset({"GOPATH", "GOMODCACHE"})


class ProgramError(Exception):
    """A program of ours could not be built or run; its text says why."""


def build_program(plan: Plan, source: Path, binary: Path, gcflags: str = "") -> None:
    """Builds the module in `source`, which needs only the standard library, into `binary`.

    With the `gcflags` that the standard library was compiled with, nothing of it is compiled anew.

    The binary appears whole or not at all, so several processes may build it at once. Nothing is
    taken from the user's settings but the Go and its build cache. Raises ProgramError.
    """
    try:
        binary.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=binary.parent, ignore_cleanup_errors=True) as scratch:
            new = Path(scratch, binary.name)
            # With -trimpath, every package of the standard library would be compiled anew.
            command = (_go(plan), "build", "-buildvcs=false", "-ldflags=-s -w", "-o", str(new))
            environ = {**_environment(plan), "GOTMPDIR": scratch}
            flags = f"-gcflags=std={gcflags}"
            # The compiler's old diagnostics are printed again, and hide what a failure is about.
            if not (gcflags and _succeeds((*command, flags, "."), environ, source)):
                _run((*command, "."), b"", environ, source)
            new.replace(binary)
    except OSError as error:
        raise ProgramError(str(error)) from None


def run_program(binary: Path, question: bytes, environ: Mapping[str, str]) -> bytes:
    """What the program answers on stdout; raises ProgramError if it fails."""
    return _run((str(binary),), question, environ, None)


def _go(plan: Plan) -> str:
    """The binary that compiled the packages; what `plan.toolchain` names may only switch to it."""
    binary = plan.goroot / "bin" / plan.toolchain.go.name
    return str(binary if binary.is_file() else plan.toolchain.go)


def _environment(plan: Plan) -> dict[str, str]:
    """The variables for a build that has nothing to do with the user's module or target."""
    foreign = {name: value for name, value in plan.env.items() if not _is_setting(name)}
    return {
        **foreign,
        "CGO_ENABLED": "0",
        "GO111MODULE": "on",
        "GOCACHE": str(plan.gocache),
        "GOENV": "off",
        "GOFLAGS": "",
        "GOPROXY": "off",
        "GOROOT": str(plan.goroot),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def _is_setting(name: str) -> bool:
    """Whether a variable is one of Go's that could change what is built."""
    return name == "PWD" or (name.startswith(("GO", "CGO_")) and name not in _KEPT)


def _succeeds(command: Sequence[str], environ: Mapping[str, str], cwd: Path) -> bool:
    return run_to_end(command, environ, cwd, unheard=True).returncode == 0


def _run(
    command: Sequence[str], question: bytes, environ: Mapping[str, str], cwd: Path | None
) -> bytes:
    """The stdout of a command; raises ProgramError if it fails."""
    try:
        done = run_to_end(command, environ, cwd, question)
    except OSError as error:
        raise ProgramError(f"cannot run {command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        # `go build` first names the package.
        said = done.stderr.decode(errors="replace").splitlines()
        lines = (line for line in said if line[:1] != "#")
        raise ProgramError(next(lines, f"{command[0]} ended with code {done.returncode}"))
    return done.stdout
