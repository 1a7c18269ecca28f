"""Measures `escapelens watch` against the raw toolchain, from the save of a file on.

Each figure is the time from the save until the first change is told, beside that of `go build
-gcflags=-m=2` of the package that was saved, in turn within this run; the quiet that is waited for
is part of it. Run as `python -m bench.watch`; `--saves N` also measures what many saves leave.
"""

import argparse
import contextlib
import os
import pty
import select
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.toolchains import VERSIONS, build_cache, cache, install
from tests.watch.driving import watching

LIMIT = 0.1
"""Seconds that a watch may take longer than the raw command."""
IDLE_LIMIT = 0.005
"""The share of a processor that a watch may use while nothing happens."""
GROWTH_LIMIT = 0.1
"""How much a watch may grow over all saves but the first tenth."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--go", default=VERSIONS[-1], choices=VERSIONS, help="the Go to use")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--saves", type=int, default=0, help="also that many saves, for memory")
    options = parser.parse_args()
    os.environ |= {
        "ESCAPELENS_GO": str(install(options.go)),
        "GOCACHE": str(build_cache(options.go)),
        "GOFLAGS": "",
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
    }
    for packages in (1, 300):
        bench = _Bench(packages, options.rounds)
        bench.latency()
        bench.idle()
    if options.saves:
        _Bench(1, options.rounds).memory(options.saves)


@dataclass(frozen=True)
class Module:
    """A generated module, and the file of it that is saved."""

    root: Path
    file: Path

    def save(self, number: int) -> None:
        """Writes the file with one site more than it had, never twice the same."""
        text = self.file.read_text().partition("// saved")[0]
        self.file.write_text(f"{text}// saved\nfunc Saved{number}() *int {{ return new(int) }}\n")


def generate(root: Path, packages: int) -> Module:
    """A module of that many packages of ten functions; each imports up to two others."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    (root / "go.mod").write_text("module example.com/big\n\ngo 1.21\n")
    for index in range(packages):
        folder = root / f"p{index}"
        folder.mkdir()
        others = {index // 2, index // 3} - {index} if index % 10 else set()
        imports = "".join(f'import "example.com/big/p{other}"\n' for other in sorted(others))
        parts = [f'package p{index}\n\nimport "fmt"\n{imports}\ntype T struct{{ n int }}\n']
        parts += [
            f"func New{number}(n int) *T {{\n\tt := T{{n}}\n\tfmt.Println(n)\n\treturn &t\n}}\n"
            for number in range(10)
        ]
        parts += [f"var _ = p{other}.New1(1)\n" for other in sorted(others)]
        (folder / "x.go").write_text("\n".join(parts))
    return Module(root, root / f"p{packages - 1}" / "x.go")


class _Bench:
    def __init__(self, packages: int, rounds: int) -> None:
        self._packages = packages
        self._rounds = rounds
        folder = cache() / "bench" / f"watch-{packages}"
        self._watched = generate(folder / "watched", packages)
        self._raw = generate(folder / "raw", packages)

    def latency(self) -> None:
        """The time until the first change is told, as an event and on the screen."""
        for _ in range(2):
            self._build("./...")
        with watching(self._watched.root) as driven:
            driven.settled()
            events = self._compared(lambda: driven.until("report"))
        self._tell("event", *events)
        with _screen(self._watched.root) as screen:
            screen.until(b"ok")
            drawn = self._compared(lambda: screen.until(b"1 gone, 1 new"))
        self._tell("screen", *drawn)

    def idle(self) -> None:
        """The share of a processor that is used while nothing happens."""
        with watching(self._watched.root) as driven:
            driven.settled()
            time.sleep(2)
            before, start = _processor(driven.process.pid), time.monotonic()
            time.sleep(10)
            used = (_processor(driven.process.pid) - before) / (time.monotonic() - start)
        mark = "" if used <= IDLE_LIMIT else "  OVER"
        print(f"{self._name} idle    {used:.3%} of a processor  (limit {IDLE_LIMIT:.1%}){mark}")

    def memory(self, saves: int) -> None:
        """How much a watch grows over many saves."""
        with watching(self._watched.root) as driven:
            driven.settled()
            held = []
            for number in range(saves):
                self._watched.save(number)
                driven.until("idle")
                driven.events.clear()
                held.append(_resident(driven.process.pid))
        start, end = held[saves // 10], held[-1]
        growth = end / start - 1
        mark = "" if growth <= GROWTH_LIMIT else "  OVER"
        print(
            f"{self._name} memory  {start / 1e6:.1f} MB after {saves // 10} saves, "
            f"{end / 1e6:.1f} MB after {saves}: {growth:+.1%}  (limit {GROWTH_LIMIT:.0%}){mark}"
        )

    @property
    def _name(self) -> str:
        return f"{self._packages:>3} package{'s' if self._packages > 1 else ' '}"

    def _compared(self, until_told: Callable[[], object]) -> tuple[list[float], list[float]]:
        """Seconds of a watch and of the raw command for saves of the same file, in turn."""
        told, raw = [], []
        for number in range(self._rounds):
            time.sleep(0.6)
            start = time.perf_counter()
            self._watched.save(number)
            until_told()
            told.append(time.perf_counter() - start)
            time.sleep(0.6)
            start = time.perf_counter()
            self._raw.save(number)
            self._build(f"./{self._raw.file.parent.name}")
            raw.append(time.perf_counter() - start)
        return told[1:], raw[1:]

    def _build(self, pattern: str) -> None:
        command = [os.environ["ESCAPELENS_GO"], "build", "-gcflags=-m=2", pattern]
        subprocess.run(command, cwd=self._raw.root, stderr=subprocess.DEVNULL, check=True)

    def _tell(self, what: str, told: list[float], raw: list[float]) -> None:
        more = statistics.median(told) - statistics.median(raw)
        mark = "" if more <= LIMIT else "  OVER"
        print(
            f"{self._name} {what:<7} {statistics.median(told) * 1000:4.0f} ms "
            f"(from {min(told) * 1000:.0f} to {max(told) * 1000:.0f}), "
            f"raw {statistics.median(raw) * 1000:.0f} ms: "
            f"{more * 1000:+.0f} ms  (limit {LIMIT * 1000:+.0f} ms){mark}"
        )


class _Screen:
    """A watch in a terminal of its own."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._seen = b""

    def until(self, text: bytes) -> None:
        """Waits until something is written that was not when something was last waited for."""
        deadline = time.monotonic() + 60
        while text not in self._seen:
            ready, _, _ = select.select([self._terminal], [], [], deadline - time.monotonic())
            if not ready:
                raise TimeoutError(text)
            self._seen += os.read(self._terminal, 1 << 16)
        self._seen = b""


@contextlib.contextmanager
def _screen(root: Path) -> Iterator[_Screen]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "escapelens", "watch"],
        cwd=root,
        env={**os.environ, "PWD": str(root), "TERM": "xterm", "COLUMNS": "100"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        yield _Screen(ours)
    finally:
        process.terminate()
        process.wait(20)
        os.close(ours)


def _processor(pid: int) -> float:
    """Seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    main()
