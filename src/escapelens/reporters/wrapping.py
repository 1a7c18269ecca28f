"""Long lines of a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text


def wrapped(text: Text, console: Console, hanging: int = 0) -> Iterator[Text]:
    """The text in lines that fit; all but the first are indented."""
    width = console.width
    if text.cell_len <= width:
        yield text
        return
    first, *_ = text.wrap(console, width)
    rest = text[len(first.plain) :]
    first.rstrip()
    yield first
    plain = rest.plain
    rest = rest[len(plain) - len(plain.lstrip()) :]
    for line in rest.wrap(console, max(width - hanging, 10)):
        line.rstrip()
        yield Text(" " * hanging).append_text(line)
