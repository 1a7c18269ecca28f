"""Reads the text of `-gcflags=-m=2`: package blocks, heap decisions, explanations and leaks.

Never raises on compiler output: what it does not understand it returns. The text of the standard
library has 1.4 million lines of which 70,000 speak of the heap, so `scan` finds those by their one
common substring and looks at nothing else; `unrecognised_lines` is the slow check of every line.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

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
_HEAP = b" to heap"
_NOT_OF_THE_HEAP = (b"  ", b"can inline ", b"parameter ")
"""How messages begin that may hold the words of a decision within what they quote."""
_GO_COMMAND = re.compile(
    rb"go: (?:downloading|finding|extracting|warning:) .*|note: .*|exit status \d+"
)
_ESCAPES = b" escapes to heap"
_ENTRY = re.compile(
    rb"((?:" + v.UNKNOWN_PLACE + rb"|[^\n]+?:\d+(?::\d+)?): )([^\n]*+)((?:\n\1  [^\n]*+)*+)"
)
"""Prefix and message of a line, and the flow lines under it, which all have the same prefix."""
_FLOW_LINE_FORMS = rb"|".join(form.pattern.pattern[:-2] for form in (v.FROM, v.FLOW, v.TRUNCATED))
_FLOW_LINE = re.compile(rb"\n(?:" + _FLOW_LINE_FORMS + rb")$", re.MULTILINE)
_SPANNING_FLOW_LINE = re.compile(rb"\n(?:" + _FLOW_LINE_FORMS + rb")", re.DOTALL)
_FLOW_LINES = re.compile(
    rb"(?:\n(?:    from [^\n]* \((?:" + v.REASON + rb")\) at (?:" + v.POSITION + rb")(?=\n|\Z)"
    rb"|" + _unnamed(v.FLOW) + rb"(?=\n|\Z)|" + _unnamed(v.TRUNCATED) + rb"(?=\n|\Z)))*+"
)
"""All flow lines of a header, if none of them spans lines and each has a known form."""
_FLOW_LINE_START = re.compile(rb"(?=\n  (?:flow: |  from |warning: ))")
_END = b""
_MAX_JOINED = 5000
"""A raw string of Go 1.21 and older spans lines; one longer than this is not looked for."""


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
    """The messages of its flow lines, each behind a line break."""


class LeakHeader(NamedTuple):
    """A `parameter p leaks to D` line and its flow lines; `function` is told from Go 1.25 on."""

    place: Place
    parameter: str
    to: str
    function: str
    derefs: int
    body: bytes


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
    places: dict[bytes, Place]
    """The places of these lines, by their printed prefix."""


def split_blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    """Yields the package blocks of a stream of compiler output as soon as each is complete."""
    package: str = ""
    variant: str | None = None
    text = bytearray()
    searched = 0
    for chunk in chain(chunks, (_END,)):
        text += chunk
        while (start := _header_at(text, searched)) >= 0:
            end = text.find(b"\n", start)
            if end < 0:
                if chunk is not _END:
                    break  # the rest of the line is still to come
                end = len(text)
            searched = end
            header = _header(bytes(text[start:end]))
            if header is None or _inside_raw_string(text, start):
                continue
            rest = text[end + 1 :]
            del text[start:]
            if text or package:
                yield Block(package, variant, text)
            package, variant = header
            text, searched = rest, 0
        else:
            searched = max(searched, len(text) - 2)
    if text or package:
        yield Block(package, variant, text)


def _header_at(text: bytearray, start: int) -> int:
    """Where the next line that starts with `# ` begins, from a line break on or later; else -1."""
    if start == 0 and text.startswith(b"# "):
        return 0
    return text.find(b"\n# ", start) + 1 or -1


def _header(line: bytes) -> tuple[str, str | None] | None:
    """The package and variant of a header line, or None for a line that only looks like one."""
    match = _HEADER.fullmatch(line)
    if match is None or _VET_HEADER.fullmatch(line):
        return None
    variant = match["variant"]
    return _text(match["package"]), None if variant is None else _text(variant)


def _inside_raw_string(text: Text, end: int) -> bool:
    """Whether a line from `end` on stands in a raw string, which Go 1.21 prints over lines."""
    line_end = end - 1
    odd_quotes = False
    for _ in range(_MAX_JOINED):
        if line_end <= 0:
            return False
        line_start = text.rfind(b"\n", 0, line_end) + 1
        line = bytes(text[line_start:line_end])
        odd_quotes ^= _starts_raw_string(line)
        prefix = _PREFIX.match(line)
        if prefix is not None:
            return odd_quotes and not _is_known(line[prefix.end() :])
        if b"`" not in line and _is_known(line):
            return False
        line_end = line_start - 1
    return False


def scan(text: Text) -> Scan:
    """Finds the heap decisions of a block, their explanations, and heap lines of no known form."""
    decisions: list[FinalLine] = []
    explanations: list[Explanation] = []
    unrecognised: list[str] = []
    places: dict[bytes, Place] = {}
    for prefix, message, body in _entries(text, _HEAP):
        if message.startswith(_NOT_OF_THE_HEAP):
            continue
        place = places.get(prefix) or _place_of(prefix, places)
        if message.endswith(_ESCAPES) and len(message) > len(_ESCAPES):
            said = _text(message)
            expression = said[: -len(_ESCAPES)]
            decisions.append(FinalLine(place, said, Kind.ESCAPES, expression))
        elif message.endswith(b":") and (match := v.EXPLANATION.pattern.match(message)):
            what, function = match.group("expression", "function")
            named = _text(v.INLINE_HASH.sub(b"", function)) if function else ""
            explanations.append(Explanation(place, _text(what), named, body))
        elif (match := v.MOVED.pattern.match(message)) is not None:
            variable = _text(match["expression"])
            decisions.append(FinalLine(place, _text(message), Kind.MOVED, variable))
        elif not _is_known(message) and not _starts_raw_string(message):
            unrecognised.append(_text(prefix + message))
    return Scan(decisions, explanations, unrecognised, places)


def scan_leaks(text: Text) -> list[LeakHeader]:
    """Finds the parameter leaks of a block."""
    leaks: list[LeakHeader] = []
    places: dict[bytes, Place] = {}
    for prefix, message, body in _entries(text, b": parameter "):
        match = v.PARAMETER_LEAK.pattern.match(message)
        if match is not None:
            leaks.append(
                LeakHeader(
                    _place_of(prefix, places),
                    _text(match["parameter"]),
                    _text(match["to"]),
                    _text(v.INLINE_HASH.sub(b"", match["function"] or b"")),
                    int(match["derefs"]),
                    body,
                )
            )
    return leaks


def scan_stack(text: Text) -> list[tuple[Place, str]]:
    """Finds the `X does not escape` lines of a block: their places and what X is."""
    places: dict[bytes, Place] = {}
    found: list[tuple[Place, str]] = []
    for start, end in _lines_with(text, b" does not escape\n"):
        prefix = _PREFIX.match(text, start, end)
        match = v.STAYS.pattern.match(bytes(text[prefix.end() : end])) if prefix else None
        if prefix is not None and match is not None:
            found.append((_place_of(prefix[0], places), _text(match["expression"])))
    return found


def _lines_with(text: Text, mark: bytes) -> Iterator[tuple[int, int]]:
    """Where each line that holds `mark` begins and ends, line break excluded."""
    hit = text.find(mark)
    while hit >= 0:
        start = text.rfind(b"\n", 0, hit) + 1
        end = text.find(b"\n", hit)
        if end < 0:
            end = len(text)
        yield start, end
        hit = text.find(mark, end)


def _entries(text: Text, mark: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Prefix, message and flow lines of each line that holds `mark`, spanning lines joined."""
    hit = text.find(mark)
    while hit >= 0:
        start = text.rfind(b"\n", 0, hit) + 1
        entry = _ENTRY.match(text, start)
        if entry is not None and entry.end(2) > hit:
            prefix, message, body = entry.groups()
            end = entry.end()
            if body:
                if b"`" in body and _starts_raw_string(body):
                    body, end = _spanning_body(text, prefix, entry.end(2))
                body = body.replace(b"\n" + prefix, b"\n")
        else:
            end = text.find(b"\n", hit)
            end = len(text) if end < 0 else end
            prefix, message, body = b"", bytes(text[start:end]), b""
            joined = _joined_from(text, start, end)
            if joined is not None:
                prefix, message = joined
                body, end = _spanning_body(text, prefix, end)
                body = body.replace(b"\n" + prefix, b"\n")
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
    for match in _FLOW_LINE.finditer(body):
        if match.start() != end:
            break
        end = match.end()
        matches.append(match.group("target", "value", "expression", "reason", "at"))
    if end == len(body):
        return matches, []
    matches = []
    unrecognised = []
    for message in _FLOW_LINE_START.split(body)[1:]:
        if spanning := _SPANNING_FLOW_LINE.fullmatch(message):
            matches.append(spanning.group("target", "value", "expression", "reason", "at"))
        else:
            unrecognised.append(_text(message[1:]))
    return matches, unrecognised


def unrecognised_flow_lines(explanation: Explanation | LeakHeader) -> list[str]:
    """The lines below a header that have no known form."""
    if _FLOW_LINES.fullmatch(explanation.body):
        return []
    return hops(explanation, {}).unrecognised


def unrecognised_lines(text: Text) -> list[str]:
    """Every line of a block that has no known form, multi-line messages joined where they match."""
    lines = bytes(text).split(b"\n")
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


def _spanning_body(text: Text, prefix: bytes, end: int) -> tuple[bytes, int]:
    """The flow lines behind a header that ends at `end`, where one may span lines; their end."""
    mark = b"\n" + prefix + b"  "
    at = end
    while text.startswith(mark, at):
        start = at + 1 + len(prefix)
        at = text.find(b"\n", start)
        if at < 0:
            return bytes(text[end:]), len(text)
        if _starts_raw_string(bytes(text[start:at])):
            at = _end_of_flow_line(text, start, at)
    return bytes(text[end:at]), at


def _end_of_flow_line(text: Text, start: int, end: int) -> int:
    """Where a flow line from `start` ends that may span lines; `end` ends its first line."""
    stop = end
    for _ in range(_MAX_JOINED):
        if stop < 0:
            break
        if _SPANNING_FLOW_LINE.fullmatch(b"\n" + text[start:stop]):
            return stop
        stop = text.find(b"\n", stop + 1)
    return end


def _joined_from(text: Text, start: int, end: int) -> tuple[bytes, bytes] | None:
    """For a line without a position: prefix and message of the spanning line it ends."""
    if _is_known(bytes(text[start:end])):
        return None
    for _ in range(_MAX_JOINED):
        if start == 0:
            return None
        start = text.rfind(b"\n", 0, start - 1) + 1
        line_end = text.find(b"\n", start)
        prefix = _PREFIX.match(text, start, line_end)
        if prefix is not None:
            message = bytes(text[prefix.end() : end])
            first = bytes(text[prefix.end() : line_end])
            if _starts_raw_string(first) and _is_known(message):
                return prefix[0], message
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
