"""Markdown drawn in a terminal, in the colours of the other views."""

import re
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown
from rich.padding import Padding
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax
from rich.text import Text
from rich.theme import Theme

from escapelens.reporters.excerpt import SITE_STYLE, TOKEN_STYLES
from escapelens.reporters.visible import encodable, visible

_WIDEST = 100
"""Running text in longer lines is hard to read."""
_MARK = r"(?m)// heap$"
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`]+)`")
_CODE = ANSISyntaxTheme({token: Style.parse(style) for token, style in TOKEN_STYLES.items()})
_THEME = Theme(
    {
        "markdown.h1": "bold underline",
        "markdown.h2": "bold",
        "markdown.h3": "italic",
        "markdown.code": "bold",
        "markdown.item.bullet": "none",
    }
)


class _Heading(Heading):
    """At the left, the first one with a line behind it as above a file."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = self.text.copy()
        rule = options.max_width - text.cell_len - 1
        yield text.append(" " + "─" * rule, "dim") if self.tag == "h1" and rule > 0 else text


class _Code(CodeBlock):
    """Indented; what is on the heap in it is marked as in other views."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = str(self.text).rstrip()
        code = Syntax(text, self.lexer_name, theme=_CODE).highlight(text)
        code.rstrip()
        code.expand_tabs(4)
        code.highlight_regex(_MARK, f"not dim {SITE_STYLE}")
        yield Padding(code, (0, 0, 0, 4))


class _Drawing(Markdown):
    elements = {  # noqa: RUF012
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
    }


def draw(markdown: str, console: Console) -> Iterator[Text]:
    """The lines that show a Markdown text, with nothing in them that a terminal would obey."""
    options = console.options.update(width=min(console.width, _WIDEST))
    with console.use_theme(_THEME):
        drawing = _Drawing(_with_backticks(markdown), hyperlinks=False)
        rows = console.render_lines(drawing, options, pad=False)
    for row in rows:
        line = Text()
        for segment in row:
            line.append(visible(segment.text), segment.style)
        line.rstrip()
        if not console.encoding.startswith("utf"):
            line.plain = encodable(line.plain, console.encoding)
        yield line


def _with_backticks(markdown: str) -> str:
    """The text with inline code that shows its backticks, as it does in every sentence."""
    parts = _FENCE.split(markdown)
    parts[::2] = [_INLINE.sub(r"`` `\1` ``", part) for part in parts[::2]]
    return "".join(parts)
