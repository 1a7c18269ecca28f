"""What the package of a file declares, read from its folder without a syntax tree.

Tells a function from a function value and a package variable from a local one, where the compiler
prints only a name. All files of the folder count, whatever their build constraints.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

# Each pattern begins with the line break before a declaration: that is found many times faster than
# the start of a line, and the contents are read with a line break in front.
_FUNCTION = re.compile(
    rb"\nfunc[ \t]+(?:\((?P<receiver>[^()\n]*)\)[ \t]*)?(?P<name>[\w\x80-\xff]+)(?P<rest>[^\n]*)"
)
_IMPORT = re.compile(rb"^(?:import[ \t]+|[ \t]+)(?:([\w.\x80-\xff]+)[ \t]+)?\"([^\"\n]+)\"", re.M)
_NAMES = rb"(?P<names>[\w\x80-\xff]+(?:[ \t]*,[ \t]*[\w\x80-\xff]+)*)"
_IN_GROUP = re.compile(rb"\n\t" + _NAMES + rb"(?=[ \t\n=/])")
_BEFORE_MAP = re.compile(
    rb"(?P<names>[\w\x80-\xff]+(?:,[ \t]*[\w\x80-\xff]+)*)[ \t]*"
    rb"(?:[ \t]|:=[ \t]*|=[ \t]*)(?:make\()?\Z"
)
_TYPE = re.compile(
    rb"\n(?:type[ \t]+|\t)(\w+)[ \t]+(?:=[ \t]*)?"
    rb"(map(?=\[)|\[\](?:byte|uint8|rune|int32)?|struct\{\}(?=\n))"
)
_ALIASES = {"[]uint8": "[]byte", "[]int32": "[]rune"}
_LONGEST_BEFORE_MAP = 80
_LONGEST_BEFORE_NAME = 20
_BEHIND_PARAMETER = re.compile(rb"[ \t]*,|[ \t]+[\w*\[(<.]")
_BEHIND_VARIABLE = re.compile(rb"[ \t]*(?:,[ \t]*\w+[ \t]*)*:=")
_FIELDS = re.compile(rb"\n\t+(\w+(?:, \w+)*)[ \t]+[\w*\[(]")
_MAJOR_VERSION = re.compile(r"v\d+")
_PACKAGE = re.compile(r"(?:go-)?([^\W\d]\w*)")


class Declaration(NamedTuple):
    """Where a function is declared."""

    path: str
    offset: int
    has_body: bool


class Declared:
    """The names at the top level of a package, each kind looked for when it is asked for."""

    def __init__(self, files: tuple[str, ...]) -> None:
        self._files = files
        self._locals: dict[str, bool] = {}

    def _contents(self) -> Iterable[tuple[str, bytes]]:
        return zip(self._files, _read_all(self._files), strict=True)

    @cached_property
    def functions(self) -> dict[str, list[Declaration]]:
        """Functions and methods (`F`, `T.M`, `(*T).M`), of each build constraint's files."""
        found: dict[str, list[Declaration]] = {}
        for path, content in self._contents():
            for match in _FUNCTION.finditer(content):
                # The line break in front moves everything by one, which is that of the match.
                declaration = Declaration(path, match.start(), _has_body(match["rest"]))
                found.setdefault(_function(match), []).append(declaration)
        return found

    @cached_property
    def methods(self) -> frozenset[str]:
        """The names of its methods."""
        return frozenset(name.rpartition(".")[2] for name in self.functions if "." in name)

    @cached_property
    def variables(self) -> frozenset[str]:
        return self._grouped(b"var")

    @cached_property
    def constants(self) -> frozenset[str]:
        return self._grouped(b"const")

    def _grouped(self, word: bytes) -> frozenset[str]:
        alone = re.compile(rb"\n%b[ \t]+%b" % (word, _NAMES))
        group = re.compile(rb"\n%b[ \t]*\(" % word)
        found: set[str] = set()
        for _, content in self._contents():
            for match in alone.finditer(content):
                found.update(_names(match["names"]))
            for match in group.finditer(content):
                end = content.find(b"\n)", match.end())
                for line in _IN_GROUP.finditer(content, match.end(), max(end + 1, 0)):
                    found.update(_names(line["names"]))
        return frozenset(found)

    @cached_property
    def maps(self) -> frozenset[str]:
        """Variables, fields and parameters, at any level, that are declared as maps."""
        return frozenset(name for _, content in self._contents() for name in _maps(content))

    @cached_property
    def types(self) -> dict[str, str]:
        """What types are made of: `map`, `[]`, `[]byte`, `[]rune` or `struct{}`; no others."""
        found: dict[str, str] = {}
        for _, content in self._contents():
            for match in _TYPE.finditer(content):
                name, made_of = (one.decode("utf-8", "replace") for one in match.groups())
                found[name] = _ALIASES.get(made_of, made_of)
        return found

    @cached_property
    def fields(self) -> frozenset[str]:
        """The names that its structs are likely to have for fields, among many others."""
        found: set[bytes] = set()
        for _, content in self._contents():
            found.update(_FIELDS.findall(content))
        return frozenset(name for names in found for name in _names(names))

    def may_have_local(self, name: str) -> bool:
        """Whether one of its functions may have a parameter or variable of that name."""
        known = self._locals.get(name)
        if known is None:
            spelled = name.encode()
            known = any(_may_have_local(content, spelled) for _, content in self._contents())
            self._locals[name] = known
        return known

    @cached_property
    def digest(self) -> str:
        """Stands for the content of all these files."""
        digest = hashlib.sha256()
        for path, content in self._contents():
            digest.update(f"{path}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
        return digest.hexdigest()


NOTHING = Declared(())


_known: dict[tuple[str, bool], Declared] = {}


def declared_in(folder: str, *, tests: bool = False) -> Declared:
    """What the Go files of a folder declare, with its `tests` or not; nothing if unreadable."""
    known = _known.get((folder, tests))
    if known is None:
        known = _known[folder, tests] = _declared_in(folder, tests)
    return known


def digests_of(files: Iterable[str]) -> dict[str, str]:
    """What stands for all that the folders of these files declare, by folder."""
    folders = sorted({os.path.dirname(file) for file in files if file})  # noqa: PTH120
    return {folder: declared_in(folder, tests=True).digest for folder in folders}


def forget(folders: Iterable[str]) -> None:
    """Lets the files of these folders be read anew, since they may have changed."""
    for folder in folders:
        for tests in (False, True):
            _known.pop((folder, tests), None)
    parameters.cache_clear()
    _read_all.cache_clear()


def _declared_in(folder: str, tests: bool) -> Declared:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return NOTHING
    files = (name for name in names if name.endswith(".go"))
    wanted = (name for name in files if tests or not name.endswith("_test.go"))
    return Declared(tuple(os.path.join(folder, name) for name in wanted))  # noqa: PTH118


@lru_cache(maxsize=4)  # who asks for one kind of names soon asks for another
def _read_all(files: tuple[str, ...]) -> list[bytes]:
    """The contents of files, with a line break in front."""
    return [b"\n" + _read(file) for file in files]


def _read(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            return file.read()
    except OSError:
        return b""


def _may_have_local(content: bytes, name: bytes) -> bool:
    at = content.find(name)
    while at >= 0:
        before, end = content[at - 1 : at], at + len(name)
        if not (before.isalnum() or before == b"_"):
            if _BEHIND_VARIABLE.match(content, end):
                return True
            opening = content[max(at - _LONGEST_BEFORE_NAME, 0) : at].rstrip(b" \t")
            if opening.endswith((b"(", b",")) and _BEHIND_PARAMETER.match(content, end):
                return True
        at = content.find(name, end)
    return False


def _maps(content: bytes) -> Iterator[str]:
    """The names that stand before a map type."""
    at = content.find(b"map[")
    while at >= 0:
        match = _BEFORE_MAP.search(content, max(at - _LONGEST_BEFORE_MAP, 0), at)
        if match is not None:
            yield from _names(match["names"])
        at = content.find(b"map[", at + 4)


@cache
def parameters(declaration: Declaration) -> tuple[int, ...]:
    """The offsets of a function's named parameters in its file, a method's receiver first.

    An unnamed one has the offset of its type.
    """
    content = _read(declaration.path)
    at = declaration.offset + len(b"func")
    found: list[int] = []
    while at < len(content) and content[at : at + 1].isspace():
        at += 1
    if content[at : at + 1] == b"(":
        end = _balanced(content, at)
        found += _parts(content, at + 1, end - 1)
        at = end
    at = min(n for n in (content.find(mark, at) for mark in (b"(", b"[")) if n >= 0)
    if content[at : at + 1] == b"[":
        at = content.find(b"(", _balanced(content, at))
    return (*found, *_parts(content, at + 1, _balanced(content, at) - 1))


def is_variadic(declaration: Declaration) -> bool:
    """Whether a function takes any number of arguments at its end."""
    found = parameters(declaration)
    last = re.compile(rb"(?:\w+[ \t]+)?\.\.\.")
    return bool(found) and last.match(_read(declaration.path), found[-1]) is not None


def receiver(method: Declaration) -> str:
    """The name of a method's receiver; its type's where it has none."""
    name = re.compile(rb"\w*").match(_read(method.path), parameters(method)[0])
    return name[0].decode("utf-8", "replace") if name is not None else ""


def _parts(content: bytes, start: int, end: int) -> list[int]:
    """Where the parts of a parameter list begin, between its brackets."""
    parts: list[int] = []
    depth, is_new = 0, True
    at = start
    while at < end:
        char = content[at : at + 1]
        if content.startswith(b"//", at):
            at = content.find(b"\n", at)
            continue
        if char in b"([{":
            depth += 1
        elif char in b")]}":
            depth -= 1
        if char == b"," and depth == 0:
            is_new = True
        elif is_new and not char.isspace():
            parts.append(at)
            is_new = False
        at += 1
    return parts


def _balanced(content: bytes, at: int) -> int:
    """Behind the bracket that closes the one at `at`."""
    depth = 0
    for index in range(at, len(content)):
        char = content[index]
        depth += (char in b"([{") - (char in b")]}")
        if depth == 0:
            return index + 1
    return len(content)


def _function(match: re.Match[bytes]) -> str:
    name = match["name"].decode("utf-8", "replace")
    receiver = match["receiver"]
    if receiver is None:
        return name
    spelled = receiver.decode("utf-8", "replace").split("[", 1)[0].replace("*", " * ").split()
    if not spelled:
        return f".{name}"
    return f"(*{spelled[-1]}).{name}" if "*" in spelled else f"{spelled[-1]}.{name}"


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

    def standard(self, name: str) -> tuple[str, ...]:
        """The import paths of the standard library's packages of a name, the shortest first."""
        return _standard(self._goroot).get(name, ())

    def declared(self, import_path: str) -> Declared:
        """What a package of the standard library declares; nothing for others."""
        for source in ("src", os.path.join("src", "vendor")):  # noqa: PTH118
            folder = os.path.join(self._goroot, source, import_path)  # noqa: PTH118
            found = declared_in(folder) if self._goroot and import_path else NOTHING
            if found.functions or found.variables:
                return found
        return NOTHING


@cache
def _standard(goroot: str) -> dict[str, tuple[str, ...]]:
    """The packages of the standard library by name, those of up to two elements."""
    root = os.path.join(goroot, "src")  # noqa: PTH118
    found: dict[str, tuple[str, ...]] = {}
    level = [""]
    for _ in range(2):
        level = [one for above in level for one in _folders(root, above)]
        for path in level:
            name = path.rpartition("/")[2]
            found[name] = (*found.get(name, ()), path)
    return found


def _folders(root: str, above: str) -> list[str]:
    """The folders in one of a folder, by their paths below that, that may hold packages."""
    try:
        with os.scandir(os.path.join(root, above)) as entries:  # noqa: PTH118
            names = sorted(one.name for one in entries if one.is_dir())
    except OSError:
        return []
    hidden = ("cmd", "testdata", "vendor")
    return [f"{above}/{one}".lstrip("/") for one in names if one not in hidden]


def package_name(import_path: str) -> str:
    """What a package is most likely called: the last element that is no major version.

    Of that it is what a name can be made of: `nats` of `nats.go`, `memdb` of `go-memdb`.
    """
    *above, last = import_path.split("/")
    element = above[-1] if above and _MAJOR_VERSION.fullmatch(last) else last
    named = _PACKAGE.match(element)
    return named[1] if named is not None else element
