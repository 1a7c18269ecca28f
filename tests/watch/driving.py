"""A watch that runs as a process of its own, driven as an editor drives it."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class Driven:
    """What came of the events so far: the sites that an editor would show."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.events: list[Event] = []
        self.sites: list[dict[str, Any]] = []
        self.pools: list[dict[str, Any]] = []
        self.findings: list[dict[str, Any]] = []
        self.errors: dict[str, Any] = {}
        self.stale = False
        self._queue: queue.Queue[Event | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(json.loads(line))
        self._queue.put(None)

    def close(self) -> None:
        """Closes the pipes of a process that ended."""
        self._reader.join(10)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()

    def next(self, timeout: float = 60) -> Event:
        """The next event, applied."""
        event = self._queue.get(timeout=timeout)
        assert event is not None, "the watch ended"
        self.events.append(event)
        if event["event"] == "report":
            if event["whole"]:
                self.sites, self.pools, self.findings = [], [], []
            replaced = {*event["packages"], *event["removed"]}
            self.sites = [site for site in self.sites if site["package"] not in replaced]
            self.sites += event["report"]["sites"]
            self.pools = [one for one in self.pools if one["package"] not in replaced]
            self.pools += event["report"].get("pools", [])
            self.findings = [one for one in self.findings if one["package"] not in replaced]
            self.findings += event["report"].get("findings", [])
        elif event["event"] == "idle":
            self.stale = event["stale"]
        return event

    def until(self, name: str, timeout: float = 60) -> Event:
        """The next event of a name; those before it are applied too."""
        deadline = time.monotonic() + timeout
        while True:
            event = self.next(max(deadline - time.monotonic(), 0.01))
            if event["event"] == name:
                return event

    def settled(self, timeout: float = 60, quiet: float = 0.5) -> Event:
        """The idle event after which nothing happens any more."""
        event = self.until("idle", timeout)
        while True:
            try:
                event = self._wait_idle(event, quiet)
            except queue.Empty:
                return event

    def _wait_idle(self, last: Event, quiet: float) -> Event:
        event = self.next(quiet)
        return event if event["event"] == "idle" else self.until("idle")

    def of(self, generation: int, name: str) -> list[Event]:
        """All events of a generation with a name."""
        return [
            one for one in self.events if one["generation"] == generation and one["event"] == name
        ]

    def ask(self, **command: Any) -> None:
        """Writes a command."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        self.process.stdin.flush()

    def ordered(self) -> list[dict[str, Any]]:
        """The sites in the order of a whole report."""
        return sorted(self.sites, key=order)


def order(site: dict[str, Any]) -> tuple[Any, ...]:
    place = site["position"]
    return (place["file"], place["line"], place.get("column", 0), site["kind"], site["fingerprint"])


@contextmanager
def watching(folder: Path, *arguments: str, **variables: str) -> Iterator[Driven]:
    """A watch in a folder, from its first idle on; it must end when stdin does."""
    process = subprocess.Popen(
        command(*arguments, "--format", "jsonl", "--stdio"),
        cwd=folder,
        env={**os.environ, "PWD": str(folder), **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    driven = Driven(process)
    try:
        yield driven
        assert process.stdin is not None
        if process.poll() is None:
            process.stdin.close()
            assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()
        driven.close()


def command(*arguments: str) -> list[str]:
    """The command line of a watch."""
    return [sys.executable, "-m", "escapelens", "watch", *arguments]
