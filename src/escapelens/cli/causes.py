"""`escapelens causes`: the names of all causes."""

import sys
from enum import StrEnum
from typing import Annotated

from typer import Option


class Format(StrEnum):
    """The outputs a list can take."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, Option("--format", help="json is a list of objects.")]


def causes(format: FormatOption = Format.TEXT) -> None:
    """List the causes for values to be on the heap; `escapelens explain CAUSE` tells of one."""
    from escapelens.causes import all_causes

    found = all_causes().values()
    if format is Format.JSON:
        import msgspec

        from escapelens.reporters.pages import lines

        listed = msgspec.json.format(msgspec.json.encode(lines(found)), indent=2)
        sys.stdout.buffer.write(listed + b"\n")
        return
    width = max(len(cause.name) for cause in found)
    sys.stdout.write("".join(f"{cause.name:<{width}}  {cause.summary}\n" for cause in found))
