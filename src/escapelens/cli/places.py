"""Lines of the user's files that are named as FILE:LINE or FILE:LINE:COL."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from escapelens.errors import UsageError

if TYPE_CHECKING:
    from escapelens.question import Place


def file_of(place: "Place", directory: Path | None) -> Path:
    """The absolute path of a file that has the line; raises UsageError."""
    from escapelens.reporters.visible import visible

    path = Path(os.path.abspath(Path.cwd() / (directory or "") / place.file))  # noqa: PTH100
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"cannot read {visible(place.file)}: {error.strerror}",
            "the file is looked for from the current folder, or from that of -C",
        ) from None
    lines = content.count(b"\n") + (not content.endswith(b"\n"))
    if not 1 <= place.line <= lines:
        raise UsageError(
            f"{visible(place.file)} has no line {place.line}", f"its lines are 1 to {lines}"
        )
    return path
