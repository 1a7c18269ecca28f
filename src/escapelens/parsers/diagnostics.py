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
_NOT_OF_THE_HEAP = (b"  ", b"can inline ", b"parameter ")
"""How messages begin that may hold the words of a decision within what they quote."""
_GO_COMMAND = re.compile(
    rb"go: (?:downloading|finding|extracting|warning:) .*|note: .*|exit status \d+"
)
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
    body: bytes
    """Its flow lines as printed."""
    cut: int
    """How many bytes of each of those lines are its position."""


class LeakHeader(NamedTuple):
    """A `parameter p leaks to D` line and its flow lines; `function` is told from Go 1.25 on."""

    place: Place
    parameter: str
    to: str
    function: str
    derefs: int
    body: bytes
    cut: int


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
                with memoryview(pending) as view:
                    text = bytes(view[:start])
                yield Block(package, variant, text)
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
    for start, end in _lines_with(text, _HEAP):
        line = text[start:end]
        prefix = _PREFIX.match(line)
        cut = prefix.end() if prefix else 0
        message = line[cut:]
        if prefix is None and (joined := _joined_from(text, start, end)):
            cut, message = joined
            line = text[end - len(message) - cut : end]
        if message.startswith(_NOT_OF_THE_HEAP):
            continue
        place = _place_of(line[:cut], places)
        if message.endswith(b":") and (match := v.EXPLANATION.pattern.match(message)):
            expression, function = match.group("expression", "function")
            explanations.append(
                Explanation(
                    place,
                    _text(expression),
                    _text(v.INLINE_HASH.sub(b"", function)) if function else "",
                    _body(text, line[:cut], end + 1),
                    cut,
                )
            )
        elif (match := v.ESCAPES.pattern.match(message)) is not None:
            decisions.append(
                FinalLine(place, _text(message), Kind.ESCAPES, _text(match["expression"]))
            )
        elif (match := v.MOVED.pattern.match(message)) is not None:
            decisions.append(
                FinalLine(place, _text(message), Kind.MOVED, _text(match["expression"]))
            )
        elif not _is_known(message) and not _starts_raw_string(message):
            unrecognised.append(_text(line))
    return Scan(decisions, explanations, unrecognised)


def scan_leaks(text: bytes) -> list[LeakHeader]:
    """Finds the parameter leaks of a block."""
    leaks: list[LeakHeader] = []
    places: dict[bytes, Place] = {}
    for start, end in _lines_with(text, b": parameter "):
        prefix = _PREFIX.match(text, start, end)
        if prefix is None:
            continue
        match = v.PARAMETER_LEAK.pattern.match(text[prefix.end() : end])
        if match is None:
            continue
        at = prefix[0]
        leaks.append(
            LeakHeader(
                _place_of(at, places),
                _text(match["parameter"]),
                _text(match["to"]),
                _text(v.INLINE_HASH.sub(b"", match["function"] or b"")),
                int(match["derefs"]),
                _body(text, at, end + 1),
                len(at),
            )
        )
    return leaks


def scan_stack(text: bytes) -> list[tuple[Place, str]]:
    """Finds the `X does not escape` lines of a block: their places and what X is."""
    places: dict[bytes, Place] = {}
    found: list[tuple[Place, str]] = []
    for start, end in _lines_with(text, b" does not escape\n"):
        prefix = _PREFIX.match(text, start, end)
        match = v.STAYS.pattern.match(text[prefix.end() : end]) if prefix else None
        if prefix is not None and match is not None:
            found.append((_place_of(prefix[0], places), _text(match["expression"])))
    return found


def _lines_with(text: bytes, mark: bytes) -> Iterator[tuple[int, int]]:
    """Where each line that holds `mark` begins and ends, line break excluded."""
    hit = text.find(mark)
    while hit >= 0:
        start = text.rfind(b"\n", 0, hit) + 1
        end = text.find(b"\n", hit)
        if end < 0:
            end = len(text)
        yield start, end
        hit = text.find(mark, end)


def inlined_calls(text: bytes, wanted: set[Place]) -> dict[Place, list[str]]:
    """The functions inlined at each of the wanted places of a block, in the compiler's order."""
    calls: dict[Place, list[str]] = {}
    places: dict[bytes, Place] = {}
    mark = b": inlining call to "
    for start, end in _lines_with(text, mark):
        hit = text.find(mark, start)
        place = _place_of(text[start : hit + 2], places)
        if place in wanted:
            calls.setdefault(place, []).append(_text(text[hit + len(mark) : end]))
    return calls


class Hops(NamedTuple):
    """What the lines below a header say."""

    hops: list[Hop]
    truncated: bool
    """The compiler cut the explanation at an assignment cycle."""
    unrecognised: list[str]


def hops(explanation: Explanation | LeakHeader, places: dict[bytes, Place]) -> Hops:
    """The hops of an explanation; `places` keeps positions between calls, since many repeat."""
    result: list[Hop] = []
    unrecognised: list[str] = []
    truncated = False
    target = value = ""
    bare = False
    for message in _messages(explanation):
        if (match := v.FROM.pattern.match(message)) is not None:
            expression, reason, at = match.group("expression", "reason", "at")
            place = places.get(at)
            if place is None:
                place = places[at] = parse_place(at)
            result.append(
                Hop(target, value, expression.decode("utf-8", "replace"), reason.decode(), place)
            )
            bare = False
        elif (match := v.FLOW.pattern.match(message)) is not None:
            if bare:
                result.append(Hop(target, value, "", "", NOWHERE))
            target, value = _text(match["target"]), _text(match["value"])
            bare = True
        elif v.TRUNCATED.pattern.match(message) is not None:
            truncated = True
        else:
            unrecognised.append(_text(message))
    if bare:
        result.append(Hop(target, value, "", "", NOWHERE))
    return Hops(result, truncated, unrecognised)


def unrecognised_flow_lines(explanation: Explanation | LeakHeader) -> list[str]:
    """The lines below a header that have no known form."""
    return [_text(m) for m in _messages(explanation) if not _is_flow_line(m)]


def _messages(explanation: Explanation | LeakHeader) -> list[bytes]:
    """The flow lines without their positions, those that span lines joined."""
    prefix, cut = explanation.body[: explanation.cut], explanation.cut
    messages: list[bytes] = []
    for line in explanation.body.split(b"\n")[:-1]:
        if line.startswith(prefix):
            messages.append(line[cut:])
        else:
            messages[-1] += b"\n" + line
    return messages


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


class Error(NamedTuple):
    """A line of the compiler that is no diagnostic, in a block that holds no diagnostics."""

    place: Place
    message: str


def build_errors(text: bytes) -> list[Error]:
    """The compile errors of a block; a package with errors prints nothing else (Go 1.21 to 1.27).

    Empty for a block with any diagnostic: there a strange line is one that is not understood.
    """
    errors: list[Error] = []
    for line in text.split(b"\n"):
        prefix = _PREFIX.match(line)
        if prefix is None:
            continue
        if _is_known(line[prefix.end() :]):
            return []
        errors.append(Error(parse_place(prefix[0][:-2]), _text(line[prefix.end() :])))
    return errors


def has_position(line: str) -> bool:
    """Whether a line begins with a position, as everything the compiler prints about a file."""
    return _PREFIX.match(line.encode()) is not None


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


def _body(text: bytes, prefix: bytes, start: int) -> bytes:
    """The flow lines that follow a header, each with its line break."""
    mark = prefix + b"  "
    at = start
    while text.startswith(mark, at):
        last = at
        at = text.find(b"\n", at) + 1
        if not at:
            return text[start:] + b"\n"
        if not text.startswith(prefix, at):
            at = _end_of_flow_line(text, last + len(prefix), at)
    return text[start:at]


def _end_of_flow_line(text: bytes, start: int, end: int) -> int:
    """Behind the last line of a flow line that begins at `start` and may span lines.

    `end` is behind its first line; a message spans lines only within a raw string.
    """
    if not _starts_raw_string(text[start : end - 1]) or _is_flow_line(text[start : end - 1]):
        return end
    stop = end
    for _ in range(_MAX_JOINED):
        stop = text.find(b"\n", stop) + 1
        if not stop:
            break
        if _is_flow_line(text[start : stop - 1]):
            return stop
    return end


def _is_flow_line(message: bytes) -> bool:
    if message.startswith(b"    "):
        return v.FROM.pattern.match(message) is not None
    return (
        v.FLOW.pattern.match(message) is not None or v.TRUNCATED.pattern.match(message) is not None
    )


def _joined_from(text: bytes, start: int, end: int) -> tuple[int, bytes] | None:
    """For a line without a position: prefix length and message of the spanning line it ends."""
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
                return prefix.end() - start, message
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
