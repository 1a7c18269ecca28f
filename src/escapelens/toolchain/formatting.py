"""Asks gofmt, which lies beside the go command."""

from collections.abc import Sequence
from pathlib import Path

from escapelens.toolchain.planning import Plan
from escapelens.toolchain.running import run_to_end


def unformatted(plan: Plan, files: Sequence[Path]) -> list[Path]:
    """The files that gofmt would change; none where there is no gofmt."""
    gofmt = _gofmt(plan)
    if not files or not gofmt.is_file():
        return []
    done = run_to_end((str(gofmt), "-l", *map(str, files)), plan.env, plan.root)
    named = set(done.stdout.decode(errors="surrogateescape").splitlines())
    return [file for file in files if str(file) in named]


def formatted(plan: Plan, content: bytes) -> bytes:
    """A source file as gofmt writes it; as it is where gofmt cannot read it."""
    done = run_to_end((str(_gofmt(plan)),), plan.env, plan.root, content)
    return done.stdout if done.returncode == 0 else content


def _gofmt(plan: Plan) -> Path:
    name = "gofmt.exe" if plan.toolchain.go.suffix == ".exe" else "gofmt"
    return plan.goroot / "bin" / name
