"""The keys that are pressed while something is shown, each at once, and new sizes of the window."""

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_GLANCE = 0.5
"""Seconds between two looks whether the terminal is ours again."""


def are_at_hand() -> bool:
    """Whether somebody can press keys: stdin is the terminal that this process has to itself."""
    if sys.platform == "win32" or not sys.stdin.isatty():
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return False


@contextmanager
def pressed(press: Callable[[str], None], resized: Callable[[], None]) -> Iterator[None]:
    """Calls `press` with each key, and `resized` at each new size, from a thread of its own."""
    if sys.platform == "win32":
        yield
        return
    import termios
    import tty

    terminal = sys.stdin.fileno() if are_at_hand() else None
    before = termios.tcgetattr(terminal) if terminal is not None else None
    # A signal may come in the middle of anything, so it only wakes the thread.
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    old = signal.signal(signal.SIGWINCH, lambda *_: _poke(wake, b"r"))
    thread = threading.Thread(
        target=_listen, args=(terminal, awake, press, resized), daemon=True, name="keys"
    )
    try:
        if terminal is not None:
            tty.setcbreak(terminal, termios.TCSANOW)
        thread.start()
        yield
    finally:
        signal.signal(signal.SIGWINCH, old)
        _poke(wake, b"q")
        thread.join(1)
        if terminal is not None and before is not None:
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _listen(
    terminal: int | None,
    awake: int,
    press: Callable[[str], None],
    resized: Callable[[], None],
) -> None:
    sources = [awake] if terminal is None else [awake, terminal]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if awake in ready:
            news = os.read(awake, 64)
            if b"q" in news:
                return
            resized()
        if terminal not in ready:
            continue
        if not are_at_hand():
            # What is typed now is meant for whoever has the terminal.
            time.sleep(_GLANCE)
            continue
        typed = os.read(sources[-1], 64).decode(errors="replace")
        if not typed:
            sources = [awake]  # the terminal is gone
        for key in typed:
            press(key)


def _poke(wake: int, what: bytes) -> None:
    """Wakes the thread; a full pipe has woken it already."""
    try:
        os.write(wake, what)
    except BlockingIOError:
        return
