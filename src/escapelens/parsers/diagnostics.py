"""Reads the text of `-gcflags=-m=2`: package blocks, heap decisions, explanations and leaks.

Never raises on compiler output: what it does not understand it returns. The text of the standard
library has 1.4 million lines of which 70,000 speak of the heap, so `scan` finds those by their one
common substring and looks at nothing else; `unrecognised_lines` is the slow check of every line.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from escapelens.model import Kind
from escapelens.parsers import vocabulary as v

_HEADER = re.compile(rb"# (?P<package>[^\s\[\]]\S*)(?: \[(?P<variant>[^\]]+)\])?")
_VET_HEADER = re.compile(rb"# \[[^\]]+\]")
_PREFIX = re.compile(
    rb"(?:" + v.UNKNOWN_PLACE + rb"|(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?): "
)
_AT = re.compile(rb"(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?\Z")
_HEAP = b" to heap"
_GO_COMMAND = re.compile(rb"go: (?:downloading|finding|extracting|warning:) .*|note: .*|exit status \d+")
_MAX_JOINED = 5000
"""A raw string of Go 1.21 and older spans lines; one longer than this is not looked for."""


class Place(NamedTuple):
    """A printed position; `file` is empty where the compiler knows none, `column` then is 0."""

    file: str
    line: int
    column: int
    """1-based byte column; 0 where the compiler prints none."""


NOWHERE = Place("", 0, 0)


class Block(NamedTuple):
    """What one compilation of one package printed, without its header line."""

    package: str
    """Import path; empty for text before the first header."""
    variant: str | None
    text: bytes


class FinalLine(NamedTuple):
    """A heap decision: `X escapes to heap` or `moved to heap: x`."""

    place: Place
    message: str
    kind: Kind
    expression: str


class Explanation(NamedTuple):
    """A header and its flow lines; `function` is told from Go 1.25 on."""

    place: Place
    expression: str
    function: str
    body: tuple[bytes, ...]
    """The messages of its lines, positions cut off."""


class LeakHeader(NamedTuple):
    """A `parameter p leaks to D` line and its flow lines; `function` is told from Go 1.25 on."""

    place: Place
    parameter: str
    to: str
    function: str
    derefs: int
    body: tuple[bytes, ...]


class Hop(NamedTuple):
    """One `from` line below its `flow` line; a flow line without `from` lines is one bare hop."""

    target: str
    value: str
    expression: str
    reason: str
    place: Place


class Scan(NamedTuple):
    """The heap lines of a block, in the order of the text."""

    decisions: list[FinalLine]
    explanations: list[Explanation]
    unrecognised: list[str]
    """Lines that speak of the heap or explain a decision and have no known form."""


def split_blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    """Yields the package blocks of a stream of compiler output as soon as each is complete."""
    package, variant = "", None
    pending = bytearray()
    searched = 0
    at_start = True
    for chunk in chunks:
        pending += chunk
        while True:
            if at_start and pending.startswith(b"# "):
                start = 0
            else:
                found = pending.find(b"\n# ", searched)
                if found < 0:
                    searched = max(0, len(pending) - 2)
                    break
                start = found + 1
            end = pending.find(b"\n", start)
            if end < 0:
                searched = max(0, start - 1)
                break
            header = _header(pending, start, end)
            if header is None:
                at_start, searched = False, end
                continue
            if start or package:
                yield Block(package, variant, bytes(pending[:start]))
            package, variant = header
            del pending[: end + 1]
            searched, at_start = 0, True
    if pending or package:
        yield Block(package, variant, bytes(pending))


def _header(text: bytearray, start: int, end: int) -> tuple[str, str | None] | None:
    """The package and variant of a header line, or None for a line that only looks like one."""
    line = bytes(text[start:end])
    match = _HEADER.fullmatch(line)
    if match is None or _VET_HEADER.fullmatch(line):
        return None
    if _inside_raw_string(text, start):
        return None
    variant = match["variant"]
    return _text(match["package"]), None if variant is None else _text(variant)


def _inside_raw_string(text: bytearray, start: int) -> bool:
    """Whether the lines before `start` end within a raw string, which Go 1.21 prints over lines."""
    line_end = start - 1
    odd_quotes = False
    for _ in range(_MAX_JOINED):
        if line_end <= 0:
            return False
        line_start = text.rfind(b"\n", 0, line_end) + 1
        line = bytes(text[line_start:line_end])
        odd_quotes ^= line.count(b"`") % 2 == 1
        prefix = _PREFIX.match(line)
        if prefix is not None:
            return odd_quotes and not _is_known(line[prefix.end() :])
        if b"`" not in line and _is_known(line):
            return False
        line_end = line_start - 1
    return False


def scan(text: bytes) -> Scan:
    """Finds the heap decisions of a block, their explanations, and heap lines of no known form."""
    decisions: list[FinalLine] = []
    explanations: list[Explanation] = []
    unrecognised: list[str] = []
    places: dict[bytes, Place] = {}
    hit = text.find(_HEAP)
    while hit >= 0:
        start = text.rfind(b"\n", 0, hit) + 1
        end = text.find(b"\n", hit)
        if end < 0:
            end = len(text)
        line = text[start:end]
        prefix = _PREFIX.match(line)
        cut = prefix.end() if prefix else 0
        message = line[cut:]
        if message.startswith((b"  ", b"can inline ", b"parameter ")):
            pass
        elif prefix is None and (joined := _joined_from(text, start, end)):
            start, cut, message = joined
            line = text[start:end]
        if not message.startswith((b"  ", b"can inline ", b"parameter ")):
            place = _place_of(line[:cut], places)
            if (match := v.MOVED.pattern.match(message)) is not None:
                decisions.append(
                    FinalLine(place, _text(message), Kind.MOVED, _text(match["expression"]))
                )
            elif message.endswith(b":") and (match := v.EXPLANATION.pattern.match(message)):
                body, end = _body(text, line[:cut], end + 1, unrecognised)
                explanations.append(
                    Explanation(
                        place,
                        _text(match["expression"]),
                        _text(v.INLINE_HASH.sub(b"", match["function"] or b"")),
                        body,
                    )
                )
            elif (match := v.ESCAPES.pattern.match(message)) is not None:
                decisions.append(
                    FinalLine(place, _text(message), Kind.ESCAPES, _text(match["expression"]))
                )
            elif not _is_known(message) and not _starts_raw_string(message):
                unrecognised.append(_text(line))
        hit = text.find(_HEAP, end)
    return Scan(decisions, explanations, unrecognised)


def scan_leaks(text: bytes) -> tuple[list[LeakHeader], list[str]]:
    """Finds the parameter leaks of a block, and flow lines under them of no known form."""
    leaks: list[LeakHeader] = []
    unrecognised: list[str] = []
    places: dict[bytes, Place] = {}
    hit = text.find(b": parameter ")
    while hit >= 0:
        start = text.rfind(b"\n", 0, hit) + 1
        end = text.find(b"\n", hit)
        end = len(text) if end < 0 else end
        line = text[start:end]
        prefix = _PREFIX.match(line)
        match = v.PARAMETER_LEAK.pattern.match(line[prefix.end() :]) if prefix else None
        if prefix is not None and match is not None:
            cut = prefix.end()
            body, end = _body(text, line[:cut], end + 1, unrecognised)
            leaks.append(
                LeakHeader(
                    _place_of(line[:cut], places),
                    _text(match["parameter"]),
                    _text(match["to"]),
                    _text(v.INLINE_HASH.sub(b"", match["function"] or b"")),
                    int(match["derefs"]),
                    body,
                )
            )
        hit = text.find(b": parameter ", max(end, hit + 1))
    return leaks, unrecognised


def inlined_calls(text: bytes) -> dict[Place, list[str]]:
    """The functions inlined at each place of a block, in the compiler's order."""
    calls: dict[Place, list[str]] = {}
    places: dict[bytes, Place] = {}
    mark = b": inlining call to "
    hit = text.find(mark)
    while hit >= 0:
        start = text.rfind(b"\n", 0, hit) + 1
        end = text.find(b"\n", hit)
        end = len(text) if end < 0 else end
        place = _place_of(text[start : hit + 2], places)
        calls.setdefault(place, []).append(_text(text[hit + len(mark) : end]))
        hit = text.find(mark, end)
    return calls


def hops(body: Iterable[bytes]) -> tuple[list[Hop], bool]:
    """The hops of an explanation's lines, and whether the compiler cut it short."""
    result: list[Hop] = []
    truncated = False
    target = value = ""
    bare = False
    for message in body:
        if (match := v.FROM.pattern.match(message)) is not None:
            expression, reason, at = match.group("expression", "reason", "at")
            result.append(Hop(target, value, _text(expression), _text(reason), parse_place(at)))
            bare = False
        elif (match := v.FLOW.pattern.match(message)) is not None:
            if bare:
                result.append(Hop(target, value, "", "", NOWHERE))
            target, value = _text(match["target"]), _text(match["value"])
            bare = True
        elif v.TRUNCATED.pattern.match(message) is not None:
            truncated = True
    if bare:
        result.append(Hop(target, value, "", "", NOWHERE))
    return result, truncated


def unrecognised_lines(text: bytes) -> list[str]:
    """Every line of a block that has no known form, multi-line messages joined where they match."""
    lines = text.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    unknown: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        prefix = _PREFIX.match(line)
        message = line[prefix.end() :] if prefix else line
        if _is_known(message) or _GO_COMMAND.fullmatch(line) or _VET_HEADER.fullmatch(line):
            continue
        joined = _join_forward(message, lines, index) if prefix else None
        if joined is None:
            unknown.append(_text(line))
        else:
            index = joined
    return unknown


def parse_place(at: bytes) -> Place:
    """The place a printed position stands for; `NOWHERE` for one the compiler does not know."""
    match = _AT.match(at)
    if match is None:
        return NOWHERE
    file, line, column = match.group("file", "line", "column")
    return Place(_text(file), int(line), int(column or 0))


def _text(raw: bytes | bytearray) -> str:
    return raw.decode("utf-8", "replace")


def _place_of(prefix: bytes, known: dict[bytes, Place]) -> Place:
    """The place a line's prefix stands for; neighbouring lines share it, so it is kept."""
    place = known.get(prefix)
    if place is None:
        place = parse_place(prefix[:-2]) if prefix else NOWHERE
        known[prefix] = place
    return place


def _is_known(message: bytes) -> bool:
    return any(form.pattern.match(message) for form in v.FORMS)


def _starts_raw_string(message: bytes) -> bool:
    return message.count(b"`") % 2 == 1


def _body(
    text: bytes, prefix: bytes, at: int, unrecognised: list[str]
) -> tuple[tuple[bytes, ...], int]:
    """The flow lines that follow a header, and where the text goes on behind them."""
    body: list[bytes] = []
    mark = prefix + b"  "
    cut = len(prefix)
    while text.startswith(mark, at):
        end = text.find(b"\n", at)
        end = len(text) if end < 0 else end
        message = text[at + cut : end]
        if not _is_flow_line(message):
            joined_end = _join_flow(text, at + cut, end)
            if joined_end is None:
                unrecognised.append(_text(text[at:end]))
            else:
                end = joined_end
                message = text[at + cut : end]
        body.append(message)
        at = end + 1
    return tuple(body), at - 1


def _is_flow_line(message: bytes) -> bool:
    if message.startswith(b"    "):
        return v.FROM.pattern.match(message) is not None
    return (
        v.FLOW.pattern.match(message) is not None or v.TRUNCATED.pattern.match(message) is not None
    )


def _join_flow(text: bytes, start: int, end: int) -> int | None:
    """Where a flow line that spans lines ends, or None if no continuation makes it one."""
    if not _starts_raw_string(text[start:end]):
        return None
    for _ in range(_MAX_JOINED):
        end = text.find(b"\n", end + 1)
        if end < 0:
            return None
        if _is_flow_line(text[start:end]):
            return end
    return None


def _joined_from(text: bytes, start: int, end: int) -> tuple[int, int, bytes] | None:
    """For a line without a position: the start, prefix length and message of the line it ends."""
    if _is_known(text[start:end]):
        return None
    for _ in range(_MAX_JOINED):
        if start == 0:
            return None
        start = text.rfind(b"\n", 0, start - 1) + 1
        line_end = text.find(b"\n", start)
        prefix = _PREFIX.match(text, start, line_end)
        if prefix is not None:
            message = text[prefix.end() : end]
            if _starts_raw_string(text[prefix.end() : line_end]) and _is_known(message):
                return start, prefix.end() - start, message
            return None
    return None


def _join_forward(message: bytes, lines: list[bytes], index: int) -> int | None:
    """The index behind the lines that complete a message, or None if none do."""
    if not _starts_raw_string(message):
        return None
    for end in range(index, min(index + _MAX_JOINED, len(lines))):
        message += b"\n" + lines[end]
        if _is_known(message):
            return end + 1
    return None
