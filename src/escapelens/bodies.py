"""Where an inlined function makes a call of which the compiler prints no more than the text.

The compiler places all that it inlines at the call in the source; the type checker must be asked
about the call in the function's own body.
"""

import os
import re
from collections.abc import Iterator, Mapping

from escapelens.declared import Declaration, Imports, declared_in
from escapelens.dispatch import seen_from_elsewhere
from escapelens.drafts import Paths, Sources
from escapelens.evidence import Callee
from escapelens.examine.view import last_name
from escapelens.types import Place

_MOST = 8
"""Calls of one text that are asked about; what more of them agree in is not worth the time."""


class Bodies:
    """The functions of the packages that were asked for, and the calls in them."""

    def __init__(self, paths: Paths, sources: Sources, folders: Mapping[str, str]) -> None:
        """`folders` are those of the packages, by import path."""
        self._paths = paths
        self._sources = sources
        self._folders = folders
        self._packages = {folder: package for package, folder in folders.items()}
        self._known: dict[tuple[str, str, str], tuple[Place, ...]] = {}

    def calls(self, callee: Callee, path: str) -> tuple[Place, ...]:
        """Where what is called within a call of the file at `path` may call that.

        In a function of the name that is called or else, since functions are inlined in inlined
        ones too, in any of that package.
        """
        key = callee.text, callee.within, os.path.dirname(path)  # noqa: PTH120
        if key not in self._known:
            self._known[key] = self._calls(callee, path)
        return self._known[key]

    def seen_from(self, path: str, callee: Callee, place: Place) -> Callee:
        """What is called at a place in such a body as the file at `path` writes it."""
        folder = os.path.dirname(place.file)  # noqa: PTH120
        if folder == os.path.dirname(path):  # noqa: PTH120
            return callee
        return seen_from_elsewhere(callee, self._packages[folder])

    def _calls(self, callee: Callee, path: str) -> tuple[Place, ...]:
        folders = self._folders_of(callee.within, path)
        name = last_name(callee.within)
        found: list[Place] = []
        for folder in folders:
            found = found or self._in_package(folder, callee.text, name)
        for folder in folders[:1]:
            found = found or self._in_package(folder, callee.text)
        return tuple(found) if len(found) <= _MOST else ()

    def _folders_of(self, within: str, path: str) -> list[str]:
        """The folders of the packages of which one has the function that is called.

        That is the one that is named, or else that of the file or one that it imports.
        """
        source = self._sources.get(path)
        own = os.path.dirname(path)  # noqa: PTH120
        imports = Imports(source.content if source is not None else b"", self._paths.goroot)
        package, _, function = within.partition(".")
        if function.isidentifier() and (imported := imports.path(package)):
            return [self._folders[imported]] if imported in self._folders else []
        others = [self._folders[one] for one in imports.paths() if one in self._folders]
        return [*([own] if own in self._packages else []), *sorted(others)]

    def _in_package(self, folder: str, text: str, name: str = "") -> list[Place]:
        """The calls of a text in the functions and methods of a name, or in all of a package."""
        declared = declared_in(folder).functions
        return [
            place
            for function in declared
            if not name or function.rpartition(".")[2] == name
            for declaration in declared[function]
            for place in self._in(declaration, text)
        ]

    def _in(self, declaration: Declaration, text: str) -> Iterator[Place]:
        """The calls of a text in a function's body."""
        source = self._sources.get(declaration.path)
        functions = source.outline if source is not None else []
        function = next((one for one in functions if one.start == declaration.offset), None)
        if source is None or function is None:
            return
        call = re.compile(rb"(?<![\w.])%s\(" % re.escape(text.encode()))
        for match in call.finditer(source.content, function.start, function.end):
            yield Place(declaration.path, *source.point(match.end() - 1))
