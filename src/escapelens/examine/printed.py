"""Takes printed calls apart: the compiler's text of a call, whose strings may hold any bracket."""

import re
from functools import lru_cache

_CUT_AT = 69
"""Where a longer string constant ends that Go 1.22 and newer print, without a closing quote."""
_QUOTES = "\"'`"
_OF_A_LIST = re.compile(r"[()\[\]{},]")


def callee(call: str) -> str:
    """What a printed call calls."""
    at = opening(call) if call.endswith(")") else -1
    return call[:at] if at > 0 else call


def arguments(call: str) -> list[str] | None:
    """The arguments of a printed call; None where it is none."""
    at = opening(call) if call.endswith(")") else -1
    return None if at < 0 else split(call[at + 1 : -1])


@lru_cache(maxsize=4096)  # several stages ask of the same call, one after the other
def opening(text: str) -> int:
    """Where the bracket opens that the last character closes; -1 if nowhere."""
    text = _masked(text)
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] in ")}]") - (text[at] in "({[")
        if depth == 0:
            return at
    return -1


def split(listed: str) -> list[str]:
    """The parts of a printed list."""
    parts: list[str] = []
    depth = start = 0
    for mark in _OF_A_LIST.finditer(_masked(listed)):
        if mark[0] in "([{":
            depth += 1
        elif mark[0] in ")]}":
            depth -= 1
        elif depth == 0:
            parts.append(listed[start : mark.start()].strip())
            start = mark.end()
    parts.append(listed[start:].strip())
    return parts


def _masked(text: str) -> str:
    """The text with blanks in the place of what its strings hold."""
    if not any(quote in text for quote in _QUOTES):
        return text
    parts: list[str] = []
    at = done = 0
    while at < len(text):
        if text[at] not in _QUOTES:
            at += 1
            continue
        end = _string_end(text, at)
        parts += (text[done:at], " " * (end - at))
        at = done = end
    return "".join((*parts, text[done:]))


def _string_end(text: str, start: int) -> int:
    """Behind the string that begins at `start`."""
    quote = text[start]
    cut = start + _CUT_AT
    is_cut = quote == '"' and text.startswith("...", cut)
    at = start + 1
    while at < len(text):
        if is_cut and at in (cut - 1, cut) and text[at:cut] in ("", "\\"):
            return cut + 3  # it may be cut within an escape
        if text[at] == "\\" and quote != "`":
            at += 2
        elif text[at] == quote:
            return at + 1
        else:
            at += 1
    return len(text)
