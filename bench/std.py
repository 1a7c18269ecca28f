"""Measures escapelens against the raw toolchain on the whole standard library.

Every figure is a ratio of whole processes that ran in turn within this run, so that a slow or busy
machine slows both. Run as `python -m bench.std`; `--cold` adds three compilations from nothing.
"""

import argparse
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.toolchains import VERSIONS, cache, install

LIMITS = {
    "summary": 1.5,
    "first json": 4.0,
    "json again": 1.5,
    "cold summary": 1.03,
    "cold": 1.03,
    "--version": 3.0,
    "show --help": 10.0,
}
"""The ratios that the project promises."""
MEMORY_LIMIT = 300
"""MB that our processes may hold together at any time of the first JSON."""


@dataclass(frozen=True)
class Command:
    """One process to time."""

    name: str
    words: tuple[str, ...]
    before: Callable[[], None] = lambda: None


@dataclass
class Series:
    """The ratios of a command to its baseline, one a round."""

    name: str
    ratios: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def line(self) -> str:
        limit = LIMITS.get(self.name)
        middle = statistics.median(self.ratios)
        said = "" if limit is None else f" limit {limit:g};"
        return (
            f"{self.name:<13} {middle:6.2f} x  (from {min(self.ratios):.2f} to "
            f"{max(self.ratios):.2f};{said} {statistics.median(self.seconds):.3f} s)"
            f"{'' if limit is None or middle <= limit else '  OVER'}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--go", default=VERSIONS[-1], choices=VERSIONS, help="the Go to use")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--cold", action="store_true", help="also from an empty build cache")
    options = parser.parse_args()
    go = str(install(options.go))
    with _scratch() as folder:
        bench = _Bench(go, folder, options.rounds)
        bench.warm()
        bench.compare()
        bench.start_up()
        bench.memory()
        if options.cold:
            bench.cold()


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """A folder of one name, since the build cache knows the folder it was filled from."""
    folder = cache() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


class _Bench:
    def __init__(self, go: str, folder: Path, rounds: int) -> None:
        self._rounds = rounds
        self._work = folder / "work"
        self._work.mkdir(exist_ok=True)
        self._analysis = folder / "analysis"
        self._env = {
            **{name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ},
            "ESCAPELENS_GO": go,
            "ESCAPELENS_CACHE": str(self._analysis),
            "GOCACHE": str(folder / "gocache" / Path(go).parents[2].name),
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "",
        }
        self._raw = Command("raw", (go, "build", "-gcflags=-m=2", "-o", os.devnull, "std"))
        escapelens = str(Path(sys.executable).with_name("escapelens"))
        self._escapelens = escapelens
        self._json = (escapelens, "show", "std", "--format", "json")
        self._summary = (escapelens, "show", "std", "--summary")

    def warm(self) -> None:
        """Fills the build cache for both, and tells how much text the raw command prints."""
        for command in (self._raw, Command("json", self._json)):
            self._time(command)
        self._time(self._raw)
        text = (self._work / "stderr").read_bytes()
        print(f"raw replay: {len(text) / 1e6:.0f} MB, {text.count(10) / 1e6:.2f} M lines")

    def compare(self) -> None:
        """The warm runs, in turn with the raw replay."""
        commands = [
            Command("first summary", self._summary, self._forget),
            Command("summary", self._summary),
            Command("first json", self._json, self._forget),
            Command("json again", self._json),
        ]
        series = {command.name: Series(command.name) for command in commands}
        raw = []
        for _ in range(self._rounds):
            base = self._time(self._raw)
            raw.append(base)
            for command in commands:
                command.before()
                seconds = self._time(command)
                series[command.name].ratios.append(seconds / base)
                series[command.name].seconds.append(seconds)
        print(f"raw replay   {statistics.median(raw):.3f} s, from {min(raw):.3f} to {max(raw):.3f}")
        for one in series.values():
            print(one.line())

    def start_up(self) -> None:
        """How long it takes until a command that analyses nothing is done."""
        nothing = Command("pass", (sys.executable, "-c", "pass"))
        commands = [
            Command("--version", (self._escapelens, "--version")),
            Command("show --help", (self._escapelens, "show", "--help")),
        ]
        for command in commands:
            one = Series(command.name)
            for _ in range(3 * self._rounds):
                base, seconds = self._time(nothing), self._time(command)
                one.ratios.append(seconds / base)
                one.seconds.append(seconds)
            print(one.line())

    def memory(self) -> None:
        """The most that our processes hold together; pages they share count once."""
        self._forget()
        with self._started(Command("first json", self._json)) as process:
            peak = 0
            while process.poll() is None:
                peak = max(peak, _held_by_python(process.pid))
                time.sleep(0.02)
        mark = "" if peak <= MEMORY_LIMIT * 1e6 else "  OVER"
        print(f"memory       {peak / 1e6:6.0f} MB  (limit {MEMORY_LIMIT} MB){mark}")

    def cold(self) -> None:
        """One compilation from an empty build cache each."""
        commands = (
            Command("cold summary", self._summary, self._forget),
            Command("cold", self._json, self._forget),
        )
        base = self._compile(self._raw)
        for command in commands:
            seconds = self._compile(command)
            print(Series(command.name, [seconds / base], [seconds]).line())

    def _compile(self, command: Command) -> float:
        """How long a command takes that compiles everything."""
        command.before()
        with tempfile.TemporaryDirectory() as empty:
            return self._time(command, {"GOCACHE": empty})

    def _forget(self) -> None:
        shutil.rmtree(self._analysis, ignore_errors=True)

    @contextlib.contextmanager
    def _started(
        self, command: Command, more: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        with (
            (self._work / "stdout").open("wb") as out,
            (self._work / "stderr").open("wb") as err,
            subprocess.Popen(
                command.words,
                cwd=self._work,
                env={**self._env, **(more or {})},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            ) as process,
        ):
            yield process
        if process.returncode:
            raise SystemExit(f"{' '.join(command.words)} ended with {process.returncode}")

    def _time(self, command: Command, more: Mapping[str, str] | None = None) -> float:
        start = time.perf_counter()
        with self._started(command, more) as process:
            process.wait()
        return time.perf_counter() - start


def _held_by_python(pid: int) -> int:
    """The proportional set size of a process and its Python descendants, in bytes."""
    total = 0
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        try:
            if "python" not in Path(f"/proc/{current}/exe").readlink().name:
                continue
            for line in Path(f"/proc/{current}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
            children = Path(f"/proc/{current}/task/{current}/children").read_text()
        except OSError:
            continue
        waiting += map(int, children.split())
    return total


if __name__ == "__main__":
    main()
