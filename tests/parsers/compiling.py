"""Compiles small Go programs for the parser's tests and hands back what the compiler printed."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.toolchains import Toolchain

PREFIX = re.compile(rb"(?:<unknown line number>|.+?:\d+(?::\d+)?): ")


def compiled(
    toolchain: Toolchain,
    folder: Path,
    *patterns: str,
    flags: str = "",
    level: int = 2,
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """The diagnostics of the packages, as the compiler printed them when run in `folder`."""
    done = subprocess.run(
        [toolchain.go, "build", f"-gcflags=-m={level} {debug(toolchain)}{flags}", *patterns],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stderr


def debug(toolchain: Toolchain) -> str:
    """The flags for marks of what does not allocate, which Go 1.25 learnt."""
    return "-d=closure=1,escapedebug=1" if toolchain.minor >= 25 else "-d=closure=1"


def messages(text: bytes) -> Iterator[bytes]:
    """What stands behind the positions of a text whose messages are all on one line."""
    for line in text.split(b"\n"):
        if line and not line.startswith(b"# "):
            prefix = PREFIX.match(line)
            yield line[prefix.end() :] if prefix else line
