"""Asks git whether files could be brought back as they were."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from escapelens.toolchain.running import run_to_end

_STATUS = ("status", "--porcelain", "-z")


def uncommitted(folder: Path, files: Iterable[str], environ: Mapping[str, str]) -> list[str]:
    """What of the tree around a folder is not committed: changed files, and others among `files`.

    These are new, or git was told to ignore them.

    Empty where there is no git, or no tree of git's.
    """
    git = shutil.which("git", path=environ.get("PATH"))
    if git is None:
        return []
    # Without its locks, git changes nothing in the tree.
    base = (git, "--no-optional-locks", "-C", str(folder))
    top = run_to_end((*base, "rev-parse", "--show-toplevel"), environ, None)
    if top.returncode != 0:
        return []
    said = run_to_end((*base, *_STATUS, "-uno"), environ, None).stdout
    if new := tuple(files):
        said += run_to_end((*base, *_STATUS, "--ignored", "--", *new), environ, None).stdout
    entries = said.decode(errors="surrogateescape").split("\0")
    return list(dict.fromkeys(entry[3:] for entry in entries if entry[3:]))
