"""Runs one command to its end, with everything that it starts."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def run_to_end(
    command: Sequence[str],
    environ: Mapping[str, str],
    cwd: Path | None,
    question: bytes = b"",
    *,
    unheard: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    """The outcome of a command; leaving early ends it and all processes it started.

    What an `unheard` one says on stderr is dropped. Raises OSError if it cannot be started.
    """
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if unheard else subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            answer, said = process.communicate(question)
        finally:
            _end(process)
    return subprocess.CompletedProcess(command, process.returncode, answer, said)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the process group of a command that still runs."""
    if process.poll() is not None:
        return
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
