"""Which rewrites may be compiled in one program, so that each shows what it would show alone.

The compiler takes functions from the called to the calling ones: what a function tells its callers
is where its parameters leak to and, if it can be inlined, its body. Two rewrites are alone in one
program in either of two cases.

- No function calls both, directly or through others, and neither calls the other.
- Neither calls the other, and what the changed functions tell their callers is what they told
  before. That shows in what the compiler printed, so it is checked when it has.

Who calls whom is decided by names: a function that mentions a name may call whatever has it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from escapelens.basis import Basis
from escapelens.mapping import Mapping
from escapelens.verify.footprint import Footprint

_NAME = re.compile(rb"[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*")
_TOLD = re.compile(
    rb"^(?P<file>[^\n]+?):(?P<line>\d+):(?P<column>\d+): (?P<message>leaking param[^\n]*"
    rb"|can inline [^\n]*|[^\n ]+ does not escape|assuming [^\n]*|marking [^\n]*)$",
    re.MULTILINE,
)
_INLINED = b"can inline "

Node = tuple[str, str]
"""A declared function by its file and name; what stands outside of functions has no name."""


class Calls:
    """Who may call whom in some packages, by the names that functions mention."""

    def __init__(self, basis: Basis, packages: Iterable[str]) -> None:
        self._basis = basis
        self._packages = frozenset(packages)

    @cached_property
    def _mentions(self) -> dict[bytes, list[Node]]:
        """The functions that mention a name."""
        mentions: dict[bytes, list[Node]] = {}
        for path in self._files():
            source = self._basis.source(path)
            if source is None:
                continue
            at = 0
            for function in source.outline:
                self._add(mentions, source.content[at : function.start], (path, ""))
                text = source.content[function.name_at : function.end]
                name = _NAME.match(text)
                rest = text[name.end() :] if name else text
                self._add(mentions, rest, (path, function.declared))
                at = function.end
            self._add(mentions, source.content[at:], (path, ""))
        return mentions

    def _files(self) -> list[str]:
        listed = self._basis.packages
        wanted = [one for one in listed if one.import_path in self._packages]
        return list(dict.fromkeys(str(file) for one in wanted for file in one.files))

    @staticmethod
    def _add(mentions: dict[bytes, list[Node]], text: bytes, node: Node) -> None:
        for name in set(_NAME.findall(text)):
            mentions.setdefault(name, []).append(node)

    def callers(self, node: Node) -> frozenset[Node]:
        """The function and all that may call it, directly or through others."""
        reached = {node}
        waiting = [node]
        while waiting:
            name = waiting.pop()[1].rpartition(".")[2].encode()
            for caller in self._mentions.get(name, ()):
                if caller not in reached:
                    reached.add(caller)
                    waiting.append(caller)
        return frozenset(reached)


class Member(NamedTuple):
    """A rewrite that may share a program."""

    number: int
    """Which of the proposals it is."""
    footprint: Footprint
    callers: frozenset[Node]

    def may_join(self, others: Iterable["Member"]) -> bool:
        """Whether it may be tried in one program with others."""
        return not any(self._meets(other) for other in others)

    def _meets(self, other: "Member") -> bool:
        mine, theirs = self.footprint, other.footprint
        if mine.key in other.callers or theirs.key in self.callers:
            return True
        return not mine.may_join(theirs)

    def is_apart(self, others: Iterable["Member"]) -> bool:
        """Whether no function calls both it and another of them.

        A method may be called without being named, by code that knows an interface.
        """
        if self.footprint.is_method:
            return False
        return not any(self.callers & other.callers for other in others if other is not self)


def waves(members: Sequence[Member]) -> list[list[Member]]:
    """The members in as few programs as a simple choice finds, in their order."""
    result: list[list[Member]] = []
    for member in members:
        wave = next((wave for wave in result if member.may_join(wave)), None)
        if wave is None:
            result.append([member])
        else:
            wave.append(member)
    return result


def apart(members: Sequence[Member]) -> list[list[Member]]:
    """The members in programs in which no function calls two of them."""
    result: list[list[Member]] = []
    for member in members:
        wave = next(
            (
                wave
                for wave in result
                if member.may_join(wave)
                and member.is_apart(wave)
                and not any(other.footprint.is_method for other in wave)
            ),
            None,
        )
        if wave is None:
            result.append([member])
        else:
            wave.append(member)
    return result


class Told:
    """What functions of some files tell their callers, by what the compiler printed."""

    def __init__(self, basis: Basis, paths: Iterable[str], packages: Iterable[str]) -> None:
        wanted = set(paths)
        self._lines: dict[tuple[str, int], list[tuple[int, bytes]]] = {}
        for package in packages:
            for match in _TOLD.finditer(basis.blocks.get(package, b"")):
                path = basis.printed(match["file"].decode("utf-8", "surrogateescape"))
                if path in wanted:
                    key = (path, int(match["line"]))
                    entry = (int(match["column"]), match["message"])
                    self._lines.setdefault(key, []).append(entry)

    def by(
        self, path: str, start: tuple[int, int], end: tuple[int, int]
    ) -> Counter[tuple[int, bytes]]:
        """What was printed between two points of a file, with how far from the first line."""
        found: Counter[tuple[int, bytes]] = Counter()
        for line in range(start[0], end[0] + 1):
            for column, message in self._lines.get((path, line), ()):
                if start <= (line, column) <= end:
                    found[line - start[0], message] += 1
        return found


def tells_the_same(
    basis: Basis, mapping: Mapping, one: Footprint, before: Told, after: Told
) -> bool:
    """Whether a function tells its callers after its edits what it told them before.

    One that can be inlined tells its body, which has changed.
    """
    source = basis.source(one.path)
    start, body = mapping.offset(one.function.start), mapping.offset(one.body)
    if source is None or start is None or body is None or one.function.generic:
        return False
    old = before.by(one.path, source.point(one.function.start), source.point(one.body))
    new = after.by(one.path, mapping.point(start), mapping.point(body))
    return old == new and not any(message.startswith(_INLINED) for _, message in old)
