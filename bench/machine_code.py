"""Measures what looking at the machine code adds, in processor time, on net/http.

The baseline is the replay of what the compiler prints of that package. All processes run in turn
within this run, so that a slow machine slows all of them. Run as `python -m bench.machine_code`.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.toolchains import VERSIONS, cache, install

LIMIT = 2.5
"""What `--asm` may add, in replays."""
_PACKAGE = "net/http"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--go", default=VERSIONS[-1], choices=VERSIONS, help="the Go to use")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    go = str(install(options.go))
    folder = cache() / "bench" / "machine-code"
    folder.mkdir(parents=True, exist_ok=True)
    environ = {
        **{name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ},
        "ESCAPELENS_GO": go,
        "GOCACHE": str(folder.parent / "gocache" / options.go),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    escapelens = str(Path(sys.executable).with_name("escapelens"))
    show = (escapelens, "show", _PACKAGE, "--no-cache", "--format", "json")
    commands = {
        "replay": (go, "build", "-gcflags=-m=2", "-o", os.devnull, _PACKAGE),
        "show": show,
        "show --asm": (*show, "--asm"),
    }
    for words in commands.values():  # compiles what is not in the build cache
        _seconds(words, folder, environ)
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(options.rounds):
        for name, words in commands.items():
            seconds[name].append(_seconds(words, folder, environ))
    rounds = zip(*seconds.values(), strict=True)
    ratios = [(asm - plain) / replay for replay, plain, asm in rounds]
    for name, found in seconds.items():
        print(f"{name:<11} {statistics.median(found):.3f} s of processor time")
    middle = statistics.median(ratios)
    print(
        f"--asm adds  {middle:.2f} x  (from {min(ratios):.2f} to {max(ratios):.2f}; "
        f"limit {LIMIT:g}){'' if middle <= LIMIT else '  OVER'}"
    )


def _seconds(words: tuple[str, ...], folder: Path, environ: Mapping[str, str]) -> float:
    """The processor time of a process and all that it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, cwd=folder, env=environ, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
