"""Which package a file belongs to, and whether that was asked for."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

Owner = Callable[[str], tuple[str, bool]]
"""Tells for an absolute path the import path of its package, and whether that was asked for.

No path, and a path of unknown package, give an empty import path.
"""


def owners(packages: Iterable[tuple[str, str, Sequence[Path], bool]], goroot: str) -> Owner:
    """The Owner for packages given as import path, folder, files and whether they were asked for.

    A file of none of them is named by its folder: below GOROOT/src as the import path.
    """
    by_file: dict[str, tuple[str, bool]] = {}
    by_folder: dict[str, tuple[str, bool]] = {}
    for import_path, folder, files, asked in packages:
        for file in files:
            known = by_file.get(str(file))
            if known is None or (asked and not known[1]):
                by_file[str(file)] = (import_path, asked)
        if folder and (folder not in by_folder or (asked and not by_folder[folder][1])):
            by_folder[folder] = (import_path, asked)
    standard = os.path.join(goroot, "src") + os.sep  # noqa: PTH118

    def owner_of(path: str) -> tuple[str, bool]:
        if not path:
            return "", True
        known = by_file.get(path)
        if known is None:
            folder = os.path.dirname(path)  # noqa: PTH120
            known = by_folder.get(folder)
            if known is None:
                real = os.path.realpath(folder)
                name = folder.removeprefix(standard) if folder.startswith(standard) else folder
                known = by_folder.get(real, (name.replace(os.sep, "/"), False))
            by_file[path] = known
        return known

    return owner_of
