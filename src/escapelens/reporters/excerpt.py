"""One piece of source with marks below its lines: bytes and byte columns in, styled rows out.

All arithmetic between bytes, characters and cells of the terminal is here.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from pygments.lexers.go import GoLexer
from pygments.token import Token
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from escapelens.reporters.story import Mark
from escapelens.reporters.visible import visible
from escapelens.source import Source

_TAB = 4
_INDENT = 2
_GUTTER = "│"
_SITE_LINE = "━"
_FLOW_LINE = "─"
SITE_STYLE = "bold magenta"
FLOW_STYLE = "bold blue"
TOKEN_STYLES = {
    Token.Keyword: "bold",
    Token.Keyword.Type: "cyan",
    Token.Name.Builtin: "cyan",
    Token.Literal.String: "green",
    Token.Literal.Number: "cyan",
    Token.Comment: "dim",
}
"""Names of the terminal's own colours, and only those that show on light and dark backgrounds."""


class Note(NamedTuple):
    """Marks below one line, with what is said about them."""

    line: int
    marks: tuple[Mark, ...]
    text: str
    is_site: bool


class _Cells(NamedTuple):
    """A source line as it is shown: what stands for each of its characters, and at which cell."""

    shown: list[str]
    starts: list[int]
    """The first cell of each character, and the width of all behind them."""
    styles: list[str]
    columns: list[int]
    """The byte column of each character, and that behind the last."""

    def at(self, column: int) -> int:
        """The first cell of the character at a byte column."""
        low = 0
        for index, known in enumerate(self.columns):
            if known > column:
                break
            low = index
        return self.starts[low]


def excerpt(
    source: Source, notes: Sequence[Note], console: Console, digits: int = 4
) -> Iterable[Text]:
    """The lines that have notes, in the order of the source, each with its notes below it."""
    lines = sorted({note.line for note in notes})
    digits = max(digits, len(str(max(lines, default=0))))
    indent = _common_indent([source.line(line) for line in lines])
    gutter = _INDENT + digits + 3
    width = max(console.width - gutter, 8)
    for line in lines:
        below = [note for note in notes if note.line == line]
        cells = _cells(source, line, indent)
        marks = [mark for note in below for mark in note.marks]
        sites = [mark for note in below if note.is_site for mark in note.marks]
        start, end = _window(cells, sites or marks, marks, width)
        row = Text().append(f"{'':{_INDENT}}{line:>{digits}} {_GUTTER} ", "dim")
        row.append_text(_shown(cells, start, end))
        row.rstrip()
        yield row
        for note in below:
            for drawn in _drawn(note, cells, start, end, width, console):
                left = f"{'':{_INDENT + digits}} {_GUTTER} "
                yield Text().append(left, "dim").append_text(drawn)


def _common_indent(lines: Sequence[bytes]) -> int:
    """How many bytes of white space all lines begin with."""
    heads = [line[: len(line) - len(line.lstrip(b" \t"))] for line in lines if line.strip()]
    if not heads:
        return 0
    first, last = min(heads), max(heads)
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    return same


def _cells(source: Source, line: int, indent: int) -> _Cells:
    raw = source.line(line)[indent:]
    text = raw.decode("utf-8", "replace")
    sizes = [len(char.encode()) for char in text]
    if sum(sizes) != len(raw):
        # Bytes that are no UTF-8: each stands for itself.
        text = raw.decode("utf-8", "surrogateescape")
        sizes = [1 if "\udc80" <= char <= "\udcff" else len(char.encode()) for char in text]
    columns = list(accumulate(sizes, initial=indent + 1))
    shown: list[str] = []
    starts = [0]
    for char in text:
        piece = " " * (_TAB - starts[-1] % _TAB) if char == "\t" else visible(char)
        shown.append(piece)
        starts.append(starts[-1] + cell_len(piece))
    styles = _styles(source, line)[-len(text) :] if text else []
    if len(styles) != len(text):
        styles = [""] * len(text)
    return _Cells(shown, starts, styles, columns)


def _styles(source: Source, line: int) -> list[str]:
    """A style for each character of a line; its whole declaration is read, for raw strings."""
    declared = source.declared_at(source.line_starts[line - 1])
    if declared is None:
        return _lexed(source.line(line))[0]
    first = source.point(declared.start)[0]
    lexed = _lexed(source.content[declared.start : declared.end])
    return lexed[line - first] if line - first < len(lexed) else []


@lru_cache(maxsize=8)
def _lexed(code: bytes) -> list[list[str]]:
    """The styles of some code, line by line and character by character."""
    lines: list[list[str]] = [[]]
    text = code.decode("utf-8", "replace").replace("\r\n", "\n")
    for _, token, value in GoLexer().get_tokens_unprocessed(text):
        style = next(
            (TOKEN_STYLES[one] for one in reversed(token.split()) if one in TOKEN_STYLES), ""
        )
        first, *rest = value.split("\n")
        lines[-1] += [style] * len(first)
        lines += [[style] * len(part) for part in rest]
    return lines


def _window(
    cells: _Cells, sites: Sequence[Mark], marks: Sequence[Mark], width: int
) -> tuple[int, int]:
    """The cells to show of a line: all if they fit, else those around the marks."""
    total = cells.starts[-1]
    if total <= width:
        return 0, total
    for wanted in (marks, sites, sites[:1]):
        low = min((cells.at(mark.start) for mark in wanted), default=0)
        high = max((cells.at(mark.end) for mark in wanted), default=0)
        if high + 2 <= width:
            return 0, width
        if high - low + 4 <= width:
            break
    start = min(max(low - max(2, (width - (high - low)) // 2), 0), max(0, low - 2))
    return start, min(start + width, total)


def _shown(cells: _Cells, start: int, end: int) -> Text:
    """The characters that stand wholly between two cells, with … where the line is cut."""
    text = Text()
    if start:
        text.append("…", "dim")
    last = cells.starts[-1]
    low, high = start + bool(start), end - (end < last)
    at = start + bool(start)
    for index, piece in enumerate(cells.shown):
        first, behind = cells.starts[index], cells.starts[index + 1]
        if behind > high:
            break
        if first >= low:
            text.append(" " * (first - at) + piece, cells.styles[index] or None)
            at = behind
    if end < last:
        text.append(" " * (high - at) + "…", "dim")
    return text


def _drawn(
    note: Note, cells: _Cells, start: int, end: int, width: int, console: Console
) -> Iterable[Text]:
    """The rows of one note: its underline with the words behind it, or below if they do not fit."""
    style = SITE_STYLE if note.is_site else FLOW_STYLE
    stroke = _SITE_LINE if note.is_site else _FLOW_LINE
    row, at, first = Text(), 0, 0
    for mark in sorted(note.marks):
        low = min(max(cells.at(mark.start) - start, 0), width - 1)
        high = min(max(cells.at(mark.end) - start, low + 1), end - start, width)
        if high <= low or low < at or cells.at(mark.end) <= start:
            continue
        first = first if at else low
        row.append(" " * (low - at)).append(stroke * (high - low), style)
        at = high
        if mark.cut and at < width:
            row.append("…", style)
            at += 1
    words = Text(visible(note.text))
    words.highlight_regex(r"^\d+ |^also ", style)
    words.highlight_regex(r"`[^`]*`", "bold" if note.is_site else "")
    if not note.text:
        yield row
    elif at + 1 + words.cell_len <= width:
        yield row.append(" " if at else "").append_text(words)
    else:
        if at:
            yield row
        left = max(0, min(first, width - words.cell_len))
        hanging = 2 if words.cell_len > width else 0
        for index, piece in enumerate(words.wrap(console, max(width - left - hanging, 1))):
            piece.rstrip()
            yield Text(" " * (left + (hanging if index else 0))).append_text(piece)
