"""Where an inlined function calls or stores of which the compiler prints no more than the text.

The compiler places all that it inlines at the call in the source; the type checker must be asked
about the place in the function's own body.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from escapelens.declared import Imports, declared_in
from escapelens.dispatch import seen_from_elsewhere
from escapelens.drafts import Paths, Sources
from escapelens.evidence import Callee
from escapelens.examine.view import last_name
from escapelens.types import Place

_MOST = 8
"""Places of one text that are asked about; what more of them agree in is not worth the time."""
_CALLED = re.compile(rb"(?=\()")
_ASSIGNED = re.compile(rb"\s*(?=[-+*/%&|^]?=[^=])")
_PART_OF_NAME = re.compile(rb"[\w.]")


class Bodies:
    """The functions of the packages that were asked for, and what is called and stored in them."""

    def __init__(self, paths: Paths, sources: Sources, folders: Mapping[str, str]) -> None:
        """`folders` are those of the packages, by import path."""
        self._paths = paths
        self._sources = sources
        self._folders = folders
        self._packages = {folder: package for package, folder in folders.items()}
        self._known: dict[tuple[_Wanted, str, str], tuple[Place, ...]] = {}

    def calls(self, callee: Callee, path: str) -> tuple[Place, ...]:
        """Where what is called within a call of the file at `path` may call that."""
        return self._found(callee.text, _CALLED, callee.within, path)

    def stores(self, left: str, call: str, path: str) -> tuple[Place, ...]:
        """Where what is called by a call of the file at `path` may assign to that."""
        return self._found(left, _ASSIGNED, call, path)

    def seen_from(self, path: str, callee: Callee, place: Place) -> Callee:
        """What is called at a place in such a body as the file at `path` writes it."""
        folder = os.path.dirname(place.file)  # noqa: PTH120
        if folder == os.path.dirname(path):  # noqa: PTH120
            return callee
        return seen_from_elsewhere(callee, self._packages[folder])

    def _found(
        self, text: str, following: re.Pattern[bytes], call: str, path: str
    ) -> tuple[Place, ...]:
        """Where a text stands in front of what must follow, as far as that is a few places.

        In a function of the name that is called or else, since functions are inlined in inlined
        ones too, anywhere in that package.
        """
        wanted = _Wanted(text.encode(), following)
        key = wanted, call, os.path.dirname(path)  # noqa: PTH120
        if key not in self._known:
            folders = self._folders_of(call, path)
            found: list[Place] = []
            for folder in folders:
                found = found or list(self._in_functions(folder, wanted, last_name(call)))
            for folder in folders[:1]:
                found = found or list(self._in_package(folder, wanted))
            self._known[key] = tuple(found) if len(found) <= _MOST else ()
        return self._known[key]

    def _folders_of(self, call: str, path: str) -> list[str]:
        """The folders of the packages of which one has the function that is called.

        That is the one that is named, or else that of the file or one that it imports.
        """
        source = self._sources.get(path)
        own = os.path.dirname(path)  # noqa: PTH120
        imports = Imports(source.content if source is not None else b"", self._paths.goroot)
        package, _, function = call.partition(".")
        if function.isidentifier() and (imported := imports.path(package)):
            return [self._folders[imported]] if imported in self._folders else []
        others = [self._folders[one] for one in imports.paths() if one in self._folders]
        return [*([own] if own in self._packages else []), *sorted(others)]

    def _in_functions(self, folder: str, wanted: "_Wanted", name: str) -> Iterator[Place]:
        """The places in the functions and methods of a name."""
        functions = declared_in(folder).functions
        for function in functions:
            if function.rpartition(".")[2] != name:
                continue
            for declaration in functions[function]:
                source = self._sources.get(declaration.path)
                for one in source.outline if source is not None else ():
                    if one.start == declaration.offset:
                        yield from self._between(declaration.path, wanted, one.start, one.end)

    def _in_package(self, folder: str, wanted: "_Wanted") -> Iterator[Place]:
        functions = declared_in(folder).functions.values()
        for path in sorted({one.path for declared in functions for one in declared}):
            yield from self._between(path, wanted, 0)

    def _between(
        self, path: str, wanted: "_Wanted", start: int, end: int = sys.maxsize
    ) -> Iterator[Place]:
        source = self._sources.get(path)
        content = source.content if source is not None else b""
        at = content.find(wanted.text, start, end)
        while source is not None and at >= 0:
            behind = wanted.following.match(content, at + len(wanted.text))
            if behind is not None and _PART_OF_NAME.match(content, at - 1) is None:
                yield Place(path, *source.point(behind.end()))
            at = content.find(wanted.text, at + 1, end)


class _Wanted(NamedTuple):
    text: bytes
    following: re.Pattern[bytes]
