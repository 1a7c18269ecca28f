"""What the package of a file declares, read from its folder without a syntax tree.

Tells a function from a function value and a package variable from a local one, where the compiler
prints only a name. All files of the folder count, whatever their build constraints.
"""

import os
import re
from functools import cache, cached_property
from typing import NamedTuple

_FUNCTION = re.compile(
    rb"^func[ \t]+(?:\((?P<receiver>[^()\n]*)\)[ \t]*)?(?P<name>[\w\x80-\xff]+)(?P<rest>[^\n]*)",
    re.MULTILINE,
)
_IMPORT = re.compile(rb"^(?:import[ \t]+|[ \t]+)(?:([\w.\x80-\xff]+)[ \t]+)?\"([^\"\n]+)\"", re.M)
_NAMES = rb"(?P<names>[\w\x80-\xff]+(?:[ \t]*,[ \t]*[\w\x80-\xff]+)*)"
_ALONE = re.compile(rb"^(?P<word>var|const)[ \t]+" + _NAMES, re.MULTILINE)
_GROUP = re.compile(rb"^(?P<word>var|const)[ \t]*\((?P<body>.*?)^\)", re.MULTILINE | re.DOTALL)
_IN_GROUP = re.compile(rb"^\t" + _NAMES + rb"(?=[ \t\n=/])", re.MULTILINE)
_OF_MAP = re.compile(
    rb"(?P<names>[\w\x80-\xff]+(?:,[ \t]*[\w\x80-\xff]+)*)[ \t]*"
    rb"(?:[ \t]|:=[ \t]*|=[ \t]*)(?:make\()?map\["
)
_MAJOR_VERSION = re.compile(r"v\d+")


class Declared(NamedTuple):
    """The names at the top level of a package."""

    functions: dict[str, bool]
    """Functions and methods (`F`, `T.M`, `(*T).M`), and whether they have a body."""
    methods: frozenset[str]
    """The names of its methods."""
    variables: frozenset[str]
    constants: frozenset[str]
    maps: frozenset[str]
    """Variables, fields and parameters, at any level, that are declared as maps."""


NOTHING = Declared({}, frozenset(), frozenset(), frozenset(), frozenset())


@cache
def declared_in(folder: str) -> Declared:
    """What the Go files of a folder declare; nothing where it cannot be read."""
    try:
        names = [name for name in os.listdir(folder) if name.endswith(".go")]  # noqa: PTH208
    except OSError:
        return NOTHING
    functions: dict[str, bool] = {}
    methods: set[str] = set()
    groups: dict[bytes, set[str]] = {b"var": set(), b"const": set()}
    maps: set[str] = set()
    for name in names:
        try:
            with open(os.path.join(folder, name), "rb") as file:  # noqa: PTH118, PTH123
                content = file.read()
        except OSError:
            continue
        for match in _FUNCTION.finditer(content):
            function, is_method = _function(match)
            functions[function] = functions.get(function, False) or _has_body(match["rest"])
            if is_method:
                methods.add(match["name"].decode("utf-8", "replace"))
        for match in _ALONE.finditer(content):
            groups[match["word"]].update(_names(match["names"]))
        for match in _GROUP.finditer(content):
            for line in _IN_GROUP.finditer(match["body"]):
                groups[match["word"]].update(_names(line["names"]))
        if b"map[" in content:
            for match in _OF_MAP.finditer(content):
                maps.update(_names(match["names"]))
    variables, constants = frozenset(groups[b"var"]), frozenset(groups[b"const"])
    return Declared(functions, frozenset(methods), variables, constants, frozenset(maps))


def _function(match: re.Match[bytes]) -> tuple[str, bool]:
    name = match["name"].decode("utf-8", "replace")
    receiver = match["receiver"]
    if receiver is None:
        return name, False
    spelled = receiver.decode("utf-8", "replace").split("[", 1)[0].replace("*", " * ").split()
    if not spelled:
        return name, True
    return (f"(*{spelled[-1]}).{name}" if "*" in spelled else f"{spelled[-1]}.{name}"), True


def _has_body(rest: bytes) -> bool:
    """Whether a declaration's first line opens a body, or leaves it to a later line."""
    return b"{" in rest or rest.count(b"(") > rest.count(b")")


def _names(listed: bytes) -> list[str]:
    return listed.decode("utf-8", "replace").replace(",", " ").split()


class Imports:
    """The packages that a file imports, and where those of the standard library lie."""

    def __init__(self, content: bytes, goroot: str) -> None:
        self._content = content
        self._goroot = goroot

    @cached_property
    def _paths(self) -> dict[str, str]:
        head = self._content[: self._content.find(b"\nfunc ") + 1 or len(self._content)]
        paths: dict[str, str] = {}
        for alias, path in _IMPORT.findall(head):
            spelled = path.decode("utf-8", "replace")
            paths.setdefault(package_name(spelled), spelled)
            if alias:
                paths[alias.decode("utf-8", "replace")] = spelled
        return paths

    def paths(self) -> set[str]:
        """The import paths."""
        return set(self._paths.values())

    def path(self, name: str) -> str:
        """The import path behind a name in the file, or behind a package's own name; or empty."""
        return self._paths.get(name, "")

    def declared(self, import_path: str) -> Declared:
        """What a package of the standard library declares; nothing for others."""
        for source in ("src", os.path.join("src", "vendor")):  # noqa: PTH118
            folder = os.path.join(self._goroot, source, import_path)  # noqa: PTH118
            found = declared_in(folder) if self._goroot and import_path else NOTHING
            if found.functions or found.variables:
                return found
        return NOTHING


def package_name(import_path: str) -> str:
    """What a package is most likely called: the last element that is no major version."""
    *above, last = import_path.split("/")
    return above[-1] if above and _MAJOR_VERSION.fullmatch(last) else last
