"""A session in this process, and the state it comes to."""

import os
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from escapelens.cli.attempts import beginner
from escapelens.cli.options import build_words
from escapelens.model import Report
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from escapelens.watch.events import Answer, Event, Idle
from escapelens.watch.session import Session


class Attended:
    """A session that runs in a thread, and what it has said."""

    def __init__(self, root: Path, options: BuildOptions, *, poll: bool = False) -> None:
        environ = {**os.environ, "PWD": str(root)}
        self._said: queue.Queue[Event] = queue.Queue()
        self.events: list[Event] = []
        begin = beginner(build_words(options), environ, root)
        self.session = Session(Request(options), environ, root, self._said.put, begin, poll=poll)
        self._thread = threading.Thread(target=self.session.run, daemon=True)

    def begin(self) -> None:
        self._thread.start()
        self.settle(60)

    def settle(self, first: float = 1.5, quiet: float = 0.3) -> None:
        """Waits until all is told of what was done; of what changes nothing, nothing comes."""
        patience = first
        while True:
            try:
                event = self._said.get(timeout=patience)
            except queue.Empty:
                return
            self.events.append(event)
            patience = quiet if isinstance(event, Idle | Answer) else 60

    def report(self) -> Report:
        """Everything that is known."""
        return self.session.known.report()

    def end(self) -> None:
        self.session.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()


@contextmanager
def attending(
    root: Path, options: BuildOptions | None = None, *, poll: bool = False
) -> Iterator[Attended]:
    """A session over a module, from the end of its first build on."""
    attended = Attended(root, options or BuildOptions(), poll=poll)
    try:
        attended.begin()
        yield attended
    finally:
        attended.end()


def from_nothing(root: Path, options: BuildOptions | None = None) -> Report:
    """What a run says that knows nothing."""
    request = Request(options or BuildOptions(), use_cache=False)
    return run(request, {**os.environ, "PWD": str(root)}, root).report
