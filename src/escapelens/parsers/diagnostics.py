"""Reads the text of `-gcflags=-m=2`: package blocks, heap decisions, explanations and leaks.

Never raises on compiler output: what it does not understand it returns. The text of the standard
library has 1.4 million lines of which 70,000 speak of the heap, so `scan` finds those by their one
common substring and looks at nothing else; `unrecognised_lines` is the slow check of every line.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from msgspec import Struct

from escapelens.model import Kind
from escapelens.parsers import vocabulary as v


def _unnamed(form: v.Form) -> bytes:
    """The pattern of a form as part of a larger one: without group names and end."""
    return re.sub(rb"\(\?P<\w+>", b"(?:", form.pattern.pattern[:-2])


_HEADER = re.compile(rb"# (?P<package>[^\s\[\]]\S*)(?: \[(?P<variant>[^\]]+)\])?")
_VET_HEADER = re.compile(rb"# \[[^\]]+\]")
_PREFIX = re.compile(
    rb"(?:" + v.UNKNOWN_PLACE + rb"|(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?): "
)
_AT = re.compile(rb"(?P<file>.+?):(?P<line>\d+)(?::(?P<column>\d+))?\Z")
_LINE_BREAK = ord("\n")
_HEAP = b" to heap"
_NOT_OF_THE_HEAP = (b"  ", b"can inline ", b"parameter ")
"""How messages begin that may hold the words of a decision within what they quote."""
_GO_COMMAND = re.compile(
    rb"go: (?:downloading|finding|extracting|warning:) .*|note: .*|exit status \d+"
)
_ESCAPES = b" escapes to heap"
_STAYS = b" does not escape"
_ENTRY = re.compile(
    rb"((?:" + v.UNKNOWN_PLACE + rb"|[^\n]+?:\d+(?::\d+)?): )([^\n]*+)((?:\n\1  [^\n]*+)*+)"
)
"""Prefix and message of a line, and the flow lines under it, which all have the same prefix."""
_FLOW_LINE_FORMS = rb"|".join(form.pattern.pattern[:-2] for form in (v.FROM, v.FLOW, v.TRUNCATED))
_FLOW_LINE = re.compile(rb"\n(?:" + _FLOW_LINE_FORMS + rb")$", re.MULTILINE)
_SPANNING_FLOW_LINE = re.compile(_FLOW_LINE_FORMS, re.DOTALL)
_FLOW_LINES = re.compile(
    rb"(?:\n(?:    from [^\n]* \((?:" + v.REASON + rb")\) at (?:" + v.POSITION + rb")(?=\n|\Z)"
    rb"|" + _unnamed(v.FLOW) + rb"(?=\n|\Z)|" + _unnamed(v.TRUNCATED) + rb"(?=\n|\Z)))*+"
)
"""All flow lines of a header, if none of them spans lines and each has a known form."""
_QUOTED = re.compile(
    rb"(?:[^\"'`\n]++|\"(?:[^\"\\\n]|\\[^\n])*+\"?+|'(?:[^'\\\n]|\\[^\n]{1,9})'|'|`[^`]*+`){0,500}+"
)
"""A message up to its line's end, or up to a raw string that does not end.

Go 1.21 and older print raw strings as they stand in the source, line breaks included; a string that
Go 1.22 and newer cut has no closing quote and is taken to reach to the end of its line.
"""
_LONG = 8192
"""Of a longer message only both ends are matched, since some patterns look for each `}` again."""
_MAX_REOPENED = 20
"""A message in which so many raw strings begin on the line that ends another is not looked for."""


class Place(NamedTuple):
    """A printed position; `file` is empty where the compiler knows none, `column` then is 0."""

    file: str
    line: int
    column: int
    """1-based byte column; 0 where the compiler prints none."""


NOWHERE = Place("", 0, 0)


Text = bytes | bytearray
"""A block can be a hundred megabytes; it is read where it lies and never copied."""


class Block(NamedTuple):
    """What one compilation of one package printed, without its header line."""

    package: str
    """Import path; empty for text before the first header."""
    variant: str | None
    text: Text


class FinalLine(Struct, frozen=True, gc=False):
    """A heap decision: `X escapes to heap` or `moved to heap: x`."""

    place: Place
    message: str
    kind: Kind
    expression: str


class Explanation(Struct, frozen=True, gc=False):
    """A header and its flow lines; `function` is told from Go 1.25 on."""

    place: Place
    expression: str
    function: str
    body: bytes
    """The messages of its flow lines, each behind a line break."""


class LeakHeader(Struct, frozen=True, gc=False):
    """A `parameter p leaks to D` line and its flow lines; `function` is told from Go 1.25 on."""

    place: Place
    parameter: str
    to: str
    function: str
    derefs: int
    lines: bytes
    """Its flow lines as they were printed, since of most leaks nobody reads them."""
    prefix: bytes
    """How each of the lines begins."""

    @property
    def body(self) -> bytes:
        """The messages of its flow lines, each behind a line break."""
        return _without_prefix(self.lines, self.prefix)

    @property
    def length(self) -> int:
        """How long these messages are."""
        return len(self.lines) - self.lines.count(b"\n") * len(self.prefix)


def _without_prefix(lines: bytes, prefix: bytes) -> bytes:
    return lines.replace(b"\n" + prefix, b"\n") if lines else lines


class Hop(Struct, frozen=True, gc=False):
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
    places: dict[bytes, Place]
    """The places of these lines, by their printed prefix."""


def split_blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    """Yields the package blocks of a stream of compiler output as soon as each is complete."""
    package: str = ""
    variant: str | None = None
    text = bytearray()
    searched = 0
    inside = 0
    for chunk in chain(chunks, (None,)):
        text += chunk or b""
        while (start := _header_at(text, searched)) >= 0:
            end = text.find(b"\n", start)
            if end < 0:
                if chunk is not None:
                    break  # the rest of the line is still to come
                end = len(text)
            searched = end
            header = _header(bytes(text[start:end]))
            if header is None:
                continue
            # In one raw string may stand very many such lines.
            if (inside and text.find(b"`", inside, start) < 0) or _inside_raw_string(text, start):
                inside = start
                continue
            # The smaller part is copied: a block may be as large as the stream, or as its header.
            if start < len(text) - end:
                block, rest = text[:start], text
                del rest[: end + 1]
            else:
                block, rest = text, text[end + 1 :]
                del block[start:]
            if block or package:
                yield Block(package, variant, block)
            package, variant = header
            text, searched, inside = rest, 0, 0
        else:
            searched = max(searched, len(text) - 2)
    if text or package:
        yield Block(package, variant, text)


def _header_at(text: bytearray, start: int) -> int:
    """Where the next line that starts with `# ` begins, from a line break on or later; else -1."""
    # A single byte is found ten times as fast as three, and this one is rare.
    at = text.find(b"#", start)
    while at >= 0:
        if text.startswith(b"# ", at) and (at == 0 or text[at - 1] == _LINE_BREAK):
            return at
        at = text.find(b"#", at + 1)
    return -1


def _header(line: bytes) -> tuple[str, str | None] | None:
    """The package and variant of a header line, or None for a line that only looks like one."""
    match = _HEADER.fullmatch(line)
    if match is None or _VET_HEADER.fullmatch(line):
        return None
    variant = match["variant"]
    return _text(match["package"]), None if variant is None else _text(variant)


def _inside_raw_string(text: Text, at: int) -> bool:
    """Whether a line from `at` on stands in a raw string."""
    if text.rfind(b"`", 0, at) < 0:
        return False
    before = text.rfind(b"\n", 0, at - 1) + 1
    prefix = _PREFIX.match(text, before, at - 1)
    if prefix is not None and _is_known(bytes(text[prefix.end() : at - 1])):
        return False
    return _spanning_start(text, 0, at) is not None


def _spanning_start(text: Text, floor: int, at: int) -> int | None:
    """Where the line begins whose raw string has not ended before `at`; from `floor` on."""
    tick = text.rfind(b"`", floor, at)
    for _ in range(_MAX_REOPENED):
        if tick < 0:
            return None
        start = text.rfind(b"\n", floor, tick) + 1 or floor
        line_end = text.find(b"\n", tick, at)
        prefix = _PREFIX.match(text, start, line_end) if line_end >= 0 else None
        if prefix is not None:
            open_at = _quoted_end(text, prefix.end(), at)
            is_open = open_at < at and text[open_at] == ord("`")
            return start if is_open and not _is_whole(text, prefix.end(), line_end) else None
        tick = text.rfind(b"`", floor, start)
    return None


def _message_end(text: Text, start: int, line_end: int) -> int:
    """Where a message from `start` ends, whose first line ends at `line_end`."""
    if text.find(b"`", start, line_end) < 0:
        return line_end
    end = _quoted_end(text, start, len(text))
    if end <= line_end or text[end : end + 1] not in (b"\n", b""):
        return line_end
    is_one = not _is_whole(text, start, line_end) and _is_known(bytes(text[start:end]))
    return end if is_one else line_end


def _quoted_end(text: Text, start: int, stop: int) -> int:
    match = _QUOTED.match(text, start, stop)
    return start if match is None else match.end()


def _is_whole(text: Text, start: int, line_end: int) -> bool:
    """Whether a message is known as far as its first line and the next line is another one."""
    return _is_known(bytes(text[start:line_end])) and not _continues(text, line_end + 1)


def _continues(text: Text, start: int) -> bool:
    """Whether the line from `start` is none that the compiler begins."""
    return not (
        start >= len(text) or text.startswith((b"# ", b"  "), start) or _PREFIX.match(text, start)
    )


def scan(text: Text) -> Scan:
    """Finds the heap decisions of a block, their explanations, and heap lines of no known form."""
    decisions: list[FinalLine] = []
    explanations: list[Explanation] = []
    unrecognised: list[str] = []
    places: dict[bytes, Place] = {}
    for prefix, message, lines in _entries(text, _HEAP):
        if message.startswith(_NOT_OF_THE_HEAP):
            continue
        place = places.get(prefix) or _place_of(prefix, places)
        if message.endswith(_ESCAPES) and len(message) > len(_ESCAPES):
            said = _text(message)
            expression = said[: -len(_ESCAPES)]
            decisions.append(FinalLine(place, said, Kind.ESCAPES, expression))
        elif message.endswith(b":") and (match := v.EXPLANATION.pattern.match(message)):
            what, function = match.group("expression", "function")
            named = (
                _text(v.INLINE_HASH.sub(b"", function) if b"#" in function else function)
                if function
                else ""
            )
            body = _without_prefix(lines, prefix)
            explanations.append(Explanation(place, _text(what), named, body))
        elif (match := v.MOVED.pattern.match(message)) is not None:
            variable = _text(match["expression"])
            decisions.append(FinalLine(place, _text(message), Kind.MOVED, variable))
        elif not _is_known(message):
            unrecognised.append(_text(prefix + message))
    return Scan(decisions, explanations, unrecognised, places)


def scan_leaks(text: Text) -> Iterator[LeakHeader]:
    """Finds the parameter leaks of a block, one after the other: all of them fill memory."""
    places: dict[bytes, Place] = {}
    for prefix, message, lines in _entries(text, b": parameter "):
        match = v.PARAMETER_LEAK.pattern.match(_abridged(message))
        if match is not None:
            parameter, to, function, derefs = match.group("parameter", "to", "function", "derefs")
            yield LeakHeader(
                _place_of(prefix, places),
                _text(parameter),
                _text(to),
                _function(function),
                int(derefs),
                lines,
                prefix,
            )


def scan_stack(text: Text) -> list[tuple[Place, str]]:
    """Finds the `X does not escape` lines of a block: their places and what X is."""
    places: dict[bytes, Place] = {}
    found: list[tuple[Place, str]] = []
    for prefix, message, _ in _entries(text, _STAYS):
        if prefix and message.endswith(_STAYS) and len(message) > len(_STAYS):
            found.append((_place_of(prefix, places), _text(message[: -len(_STAYS)])))
    return found


def _entries(text: Text, mark: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Prefix, message and flow lines of each line that holds `mark`, spanning lines joined."""
    end = 0
    tick = text.find(b"`")
    hit = text.find(mark)
    while hit >= 0:
        start = text.rfind(b"\n", end, hit) + 1 or end
        if 0 <= tick < end:
            tick = text.find(b"`", end)
        spanning = _spanning_start(text, end, start) if 0 <= tick < start else None
        start = start if spanning is None else spanning
        entry = _ENTRY.match(text, start)
        if entry is not None and (spanning is not None or entry.end(2) > hit):
            prefix, message, body = entry.groups()
            end = entry.end()
            if b"`" in message or b"`" in body:
                first = start + len(prefix)
                end = _message_end(text, first, entry.end(2))
                message = bytes(text[first:end])
                body, end = _spanning_body(text, prefix, end)
        else:
            end = text.find(b"\n", hit)
            end = len(text) if end < 0 else end
            prefix, message, body = b"", bytes(text[start:end]), b""
        if hit < end:
            yield prefix, message, body
        hit = text.find(mark, end)


def inlined_calls(text: Text, places: Mapping[bytes, Place]) -> dict[Place, list[str]]:
    """The functions inlined at the given places of a block, in the compiler's order.

    `places` are those of a `Scan`, by their printed prefix.
    """
    calls: dict[Place, list[str]] = {}
    mark = b": inlining call to "
    hit = text.find(mark)
    while hit >= 0:
        end = text.find(b"\n", hit)
        end = len(text) if end < 0 else end
        place = places.get(bytes(text[text.rfind(b"\n", 0, hit) + 1 : hit + 2]))
        if place is not None:
            calls.setdefault(place, []).append(_text(text[hit + len(mark) : end]))
        hit = text.find(mark, end)
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
    truncated = False
    target = value = ""
    bare = False
    matches, unrecognised = _flow_lines(explanation.body)
    for receiver, sent, expression, reason, at in matches:
        if expression is not None:
            place = places.get(at)
            if place is None:
                place = places[at] = parse_place(at)
            text = expression.decode("utf-8", "replace")
            result.append(Hop(target, value, text, reason.decode(), place))
            bare = False
        elif receiver is not None:
            if bare:
                result.append(Hop(target, value, "", "", NOWHERE))
            target, value = _text(receiver), _text(sent)
            bare = True
        else:
            truncated = True
    if bare:
        result.append(Hop(target, value, "", "", NOWHERE))
    return Hops(result, truncated, unrecognised)


def _flow_lines(body: bytes) -> tuple[list[tuple[bytes, ...]], list[str]]:
    """What each flow line says: target and value, or expression, reason and place; or nothing."""
    matches = []
    end = 0
    for match in _FLOW_LINE.finditer(body) if len(body) <= _LONG else ():
        if match.start() != end:
            break
        end = match.end()
        matches.append(match.group("target", "value", "expression", "reason", "at"))
    if end == len(body):
        return matches, []
    matches = []
    unrecognised = []
    start = 1
    while start <= len(body):
        line_end = body.find(b"\n", start)
        end = _message_end(body, start, len(body) if line_end < 0 else line_end)
        if spanning := _SPANNING_FLOW_LINE.fullmatch(_abridged(body[start:end])):
            matches.append(spanning.group("target", "value", "expression", "reason", "at"))
        else:
            unrecognised.append(_text(body[start:end]))
        start = end + 1
    return matches, unrecognised


def unrecognised_flow_lines(explanation: Explanation | LeakHeader) -> list[str]:
    """The lines below a header that have no known form."""
    if len(explanation.body) <= _LONG and _FLOW_LINES.fullmatch(explanation.body):
        return []
    return hops(explanation, {}).unrecognised


def unrecognised_lines(text: Text) -> list[str]:
    """Every line of a block that has no known form, multi-line messages joined where they match."""
    unknown: list[str] = []
    start = 0
    while start < len(text):
        end = text.find(b"\n", start)
        end = len(text) if end < 0 else end
        line = bytes(text[start:end])
        prefix = _PREFIX.match(line)
        first = start + prefix.end() if prefix else start
        if prefix and b"`" in line:
            end = _message_end(text, first, end)
        message = bytes(text[first:end])
        if not (_is_known(message) or _GO_COMMAND.fullmatch(line) or _VET_HEADER.fullmatch(line)):
            unknown.append(_text(line))
        start = end + 1
    return unknown


class Error(NamedTuple):
    """A line of the compiler that is no diagnostic, in a block that holds no diagnostics."""

    place: Place
    message: str


def build_errors(text: Text) -> list[Error]:
    """The compile errors of a block; a package with errors prints nothing else (Go 1.21 to 1.27).

    Empty for a block with any diagnostic: there a strange line is one that is not understood.
    """
    errors: list[Error] = []
    for line in bytes(text).split(b"\n"):
        prefix = _PREFIX.match(line)
        if prefix is None:
            continue
        if _is_known(line[prefix.end() :]):
            return []
        errors.append(Error(parse_place(prefix[0][:-2]), _text(line[prefix.end() :])))
    return errors


def has_diagnostics(text: Text) -> bool:
    """Whether a block holds any line of a known form."""
    for line in bytes(text).split(b"\n"):
        prefix = _PREFIX.match(line)
        if prefix is not None and _is_known(line[prefix.end() :]):
            return True
    return False


def has_position(line: str) -> bool:
    """Whether a line begins with a position, as everything the compiler prints about a file."""
    return _PREFIX.match(line.encode()) is not None


def parse_place(at: bytes) -> Place:
    """The place a printed position stands for; `NOWHERE` for one the compiler does not know."""
    parts = at.rsplit(b":", 2)
    if len(parts) == 3 and parts[1].isdigit() and parts[2].isdigit():
        return Place(_text(parts[0]), int(parts[1]), int(parts[2]))
    match = _AT.match(at)
    if match is None:
        return NOWHERE
    file, line, column = match.group("file", "line", "column")
    return Place(_text(file), int(line), int(column or 0))


def _text(raw: bytes | bytearray) -> str:
    return raw.decode("utf-8", "replace")


def _function(printed: bytes | None) -> str:
    """A function's name without inline hashes; empty where none was printed."""
    if printed is None:
        return ""
    return _text(v.INLINE_HASH.sub(b"", printed) if b"#" in printed else printed)


def _place_of(prefix: bytes, known: dict[bytes, Place]) -> Place:
    """The place a line's prefix stands for; neighbouring lines share it, so it is kept."""
    place = known.get(prefix)
    if place is None:
        place = parse_place(prefix[:-2]) if prefix else NOWHERE
        known[prefix] = place
    return place


def _abridged(message: bytes) -> bytes:
    """A message whose middle, which can only be an expression, is left out if it is very long."""
    if len(message) <= _LONG:
        return message
    return message[: _LONG // 2] + b"..." + message[-_LONG // 2 :]


def _is_known(message: bytes) -> bool:
    message = _abridged(message)
    return any(form.pattern.match(message) for form in v.FORMS)


def _spanning_body(text: Text, prefix: bytes, end: int) -> tuple[bytes, int]:
    """The flow lines behind a header that ends at `end`, where one may span lines; their end."""
    mark = b"\n" + prefix + b"  "
    at = end
    while text.startswith(mark, at):
        start = at + 1 + len(prefix)
        line_end = text.find(b"\n", start)
        at = _message_end(text, start, len(text) if line_end < 0 else line_end)
    return bytes(text[end:at]), at
