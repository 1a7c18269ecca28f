"""The commands whose output the README shows, and how to show it anew.

A block begins with `<!-- output: COMMAND -->` and ends with `<!-- /output -->`. The command runs in
the checkout with the newest toolchain; `python -m tests.readme` writes what it prints.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.toolchains import VERSIONS, Toolchain, install

README = Path(__file__).parent.parent / "README.md"
_BLOCK = re.compile(r"(<!-- output: (?P<command>.+?) -->\n).*?(<!-- /output -->)", re.DOTALL)


def refreshed(text: str) -> str:
    """The README with what its commands print today."""
    version = VERSIONS[-1]
    toolchain = Toolchain(version, install(version))
    environment = {
        **os.environ,
        **toolchain.environment,
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    def run(match: re.Match[str]) -> str:
        command = match["command"]
        printed = subprocess.run(
            command, shell=True, cwd=README.parent, env=environment, capture_output=True, check=True
        ).stdout.decode()
        if "could not be asked" in printed:
            raise SystemExit(f"{command}\n{printed}")
        return f"{match[1]}```console\n$ {command}\n{printed.rstrip()}\n```\n{match[3]}"

    return _BLOCK.sub(run, text)


if __name__ == "__main__":
    README.write_text(refreshed(README.read_text()))
