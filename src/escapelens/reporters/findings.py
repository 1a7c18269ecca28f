"""Findings about pools in a terminal: what is wrong, on its own source, and what would mend it."""

from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from escapelens.model import Finding, Suggestion
from escapelens.reporters.excerpt import SITE_STYLE, Note, excerpt
from escapelens.reporters.story import Mark
from escapelens.reporters.visible import encodable, visible
from escapelens.reporters.wording import place_text
from escapelens.reporters.wrapping import wrapped
from escapelens.source import Source

Read = Callable[[str], Source | None]
"""Gives the source of a file as the report names it."""


class FindingDrawer:
    """Prints findings on one console."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def finding(self, finding: Finding, read: Read, indent: str = "") -> None:
        """What happens, and where."""
        text = Text(visible(f"{indent}{place_text(finding.position)} "))
        said = Text(visible(finding.sentence))
        said.highlight_regex(r"`[^`]*`", SITE_STYLE)
        text.append_text(said)
        text.append(f" [{finding.finding}]", "dim")
        self.wrapped(text, len(indent) + 4)
        source = read(finding.position.file)
        if source is not None:
            note = Note(finding.position.line, (_mark(finding),), "", True)
            for row in excerpt(source, [note], self._console):
                self.line(row)

    def suggestion(self, one: Suggestion, state: str = "") -> None:
        """What would mend it, and what is known of that."""
        text = Text(visible(f"    → {one.title} ({one.applicability.value}{state})"))
        text.highlight_regex(r"`[^`]*`", SITE_STYLE)
        self.wrapped(text, 6)

    def wrapped(self, text: Text, hanging: int) -> None:
        """Text that goes on below itself."""
        for line in wrapped(text, self._console, hanging):
            self.line(line)

    def line(self, text: Text) -> None:
        """One line as it is."""
        text.rstrip()
        if not self._console.encoding.startswith("utf"):
            text.plain = encodable(text.plain, self._console.encoding)
        self._console.print(text, soft_wrap=True, markup=False, highlight=False, emoji=False)


def _mark(finding: Finding) -> Mark:
    start, end = finding.range.start, finding.range.end
    if end.line > start.line or end.column <= start.column:
        return Mark(start.line, start.column, start.column + 1, end.line > start.line)
    return Mark(start.line, start.column, end.column)
