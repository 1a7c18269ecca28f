"""What a run is busy with, told in a few words while it lasts."""

from collections.abc import Callable

_LONGEST_NAME = 45

Progress = Callable[[str], None]
"""Hears a stage and, behind a colon, how far it is; in printable characters only."""


def silent(text: str) -> None:
    """The Progress of a run that tells nothing."""


def trying(number: int) -> str:
    """How many rewrites a program is compiled with, ahead of how far that is."""
    return f"trying {number} rewrite{'s' if number > 1 else ''}: "


def packages_read(number: int, package: str) -> str:
    """How many packages the compiler is done with, and which came last."""
    name = "".join(char for char in package if char.isprintable())
    name = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    return f"compiling: {number} package{'s' if number > 1 else ''} read, {name}"
