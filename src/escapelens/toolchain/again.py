"""Runs a command of our own in another process, whose memory and time are not ours."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Answered(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    stdout: bytes
    stderr: str


class Again:
    """One run of this program with other words."""

    def __init__(self, words: Sequence[str], environ: Mapping[str, str], cwd: Path) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-m", "escapelens", *words),
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C in the terminal reaches only us, who end it.
            start_new_session=True,
        )

    def answer(self) -> Answered:
        """Waits for its end."""
        stdout, stderr = self._process.communicate()
        return Answered(self._process.returncode, stdout, stderr.decode(errors="replace"))

    def cancel(self) -> None:
        """Asks it to end, which ends all that it started too; from any thread."""
        self._process.terminate()
