"""Holds signals back while a process is started that could not be ended yet."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def held_back() -> Iterator[None]:
    """What a signal does is done at the end; only the main thread has signals to hold back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    known = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    # What was not set from Python cannot be put back.
    ours = [one for one in known if signal.getsignal(one) is not None]
    before = {one: signal.signal(one, note) for one in ours}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for number in came:
        signal.raise_signal(number)
