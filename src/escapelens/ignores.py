"""`//escapelens:ignore CAUSE[,CAUSE] REASON` comments, which hide sites.

What a comment covers depends on where it stands:

- behind code: that line;
- alone on its line: the next line that holds code, with comments and empty lines between;
- in the doc comment of a function, which no empty line parts from its `func`: the whole function.

A line is a line of the file, not a statement: of one that goes on over several lines, only the one
it covers counts, as the compiler names each value at a line of its own. A directive with a problem
hides nothing, so that a misspelt one shows.

Comments are found by a scan over strings and comments, without a syntax tree, hence also in files
that the grammar cannot read; and only in those that hold the word.
"""

import re
from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct

from escapelens.source import Source

MARK = b"escapelens:ignore"
_STRING_OR_COMMENT = re.compile(
    rb"(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))"
    rb"|`[^`]*(?:`|\Z)|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?",
    re.DOTALL,
)
_DIRECTIVE = re.compile(rb"//(?P<space>[ \t]*)escapelens:ignore(?![\w:-])(?P<rest>.*)", re.DOTALL)
_IN_BLOCK = re.compile(rb"/\*\s*escapelens:ignore(?![\w:-])")
_NOT_BREAK = re.compile(rb"[^\r\n]")
_ONLY_CLOSES = re.compile(rb"[\s)}\],;]*")

_SPACED = "a directive has no space behind //"
_BLOCK = "a directive is a // comment"
_NO_CAUSE = "no cause is named"
_EMPTY_CAUSE = "causes are parted by commas without spaces"
_NO_REASON = "no reason is given"
_NO_CODE = "no code follows that it could cover"


class Ignore(Struct, frozen=True):
    """One comment that hides sites, or was meant to."""

    line: int
    column: int
    """1-based byte column of the comment."""
    causes: tuple[str, ...] = ()
    reason: str = ""
    first_line: int = 0
    last_line: int = 0
    """The lines it covers, both included; 0 if it covers none."""
    problem: str = ""
    """Why it hides nothing; empty if it is fine."""


def ignores(source: Source, known: Collection[str]) -> list[Ignore]:
    """The directives of a file in source order; `known` are the names of all causes."""
    content = source.content
    if MARK not in content:
        return []
    comments = list(_comments(content))
    code = _without_comments(content, comments)
    return [
        _ignore(source, code, start, content[start:end], known)
        for start, end in comments
        if _DIRECTIVE.match(content, start, end) or _IN_BLOCK.match(content, start, end)
    ]


def match(directives: Iterable[Ignore], line: int, cause: str) -> Ignore | None:
    """The directive that hides a cause on a line; of several, the one that covers least."""
    matching = (
        directive
        for directive in directives
        if directive.first_line <= line <= directive.last_line
        and cause in directive.causes
        and not directive.problem
    )
    return min(matching, key=lambda found: found.last_line - found.first_line, default=None)


def _comments(content: bytes) -> Iterator[tuple[int, int]]:
    for found in _STRING_OR_COMMENT.finditer(content):
        if found["comment"]:
            yield found.span()


def _without_comments(content: bytes, comments: Iterable[tuple[int, int]]) -> bytes:
    """The content with spaces for comments, at the same offsets."""
    parts: list[bytes] = []
    end = 0
    for start, stop in comments:
        parts += (content[end:start], _NOT_BREAK.sub(b" ", content[start:stop]))
        end = stop
    return b"".join((*parts, content[end:]))


def _ignore(
    source: Source, code: bytes, start: int, comment: bytes, known: Collection[str]
) -> Ignore:
    """The record of a comment that begins at an offset."""
    line, column = source.point(start)
    directive = _DIRECTIVE.match(comment)
    if directive is None or directive["space"]:
        return Ignore(line, column, problem=_BLOCK if directive is None else _SPACED)
    words = directive["rest"].decode("utf-8", "replace").strip().split(None, 1)
    causes = tuple(words[0].split(",")) if words else ()
    reason = words[1] if len(words) > 1 else ""
    first, last = _covered(source, code, line, start)
    problem = _problem(causes, reason, known) or ("" if first else _NO_CODE)
    return Ignore(line, column, causes, reason, first, last, problem)


def _problem(causes: tuple[str, ...], reason: str, known: Collection[str]) -> str:
    if not causes:
        return _NO_CAUSE
    if "" in causes:
        return _EMPTY_CAUSE
    for cause in causes:
        if cause not in known:
            return _unknown(cause, known)
    return "" if reason else _NO_REASON


def _unknown(cause: str, known: Collection[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(cause, sorted(known), n=1)
    return f"unknown cause {cause}" + (f"; did you mean {close[0]}?" if close else "")


def _covered(source: Source, code: bytes, line: int, start: int) -> tuple[int, int]:
    """The first and last line that a directive at an offset covers; zeros if there is no code."""
    starts = source.line_starts
    if code[starts[line - 1] : start].strip():
        return line, line
    following = line + 1
    while following <= len(starts) and not _line(source, code, following).strip():
        following += 1
    text = _line(source, code, following) if following <= len(starts) else b""
    if _ONLY_CLOSES.fullmatch(text):
        return 0, 0
    at = starts[following - 1] + len(text) - len(text.lstrip())
    function = source.declared_at(at)
    parted = any(not source.line(between).strip() for between in range(line, following))
    if function is None or function.start != at or parted:
        return following, following
    return following, source.point(function.end - 1)[0]


def _line(source: Source, code: bytes, line: int) -> bytes:
    starts = source.line_starts
    return code[starts[line - 1] : starts[line] if line < len(starts) else len(code)]
