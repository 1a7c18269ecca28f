"""Which rewrites may be compiled in one program, so that each shows what it would show alone.

The compiler takes functions from the called to the calling ones: what a function tells its callers
is where its parameters leak to and, if it can be inlined, its body. All of that is printed. So a
change reaches from the function that was edited to its callers only as far as these are told
something new, and what does not reach each other is alone in one program. (Where functions call
each other in a circle, one that tells the same as before may be told more than it would be alone,
never less: nothing is gone in company that would stay alone.)

How far a change reaches is read from what the compiler printed of the program with all of them.
Where more is told anew than they explain, none of them is taken to be alone.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from escapelens.basis import Basis
from escapelens.mapping import Mapping as TextMapping
from escapelens.source import MAX_COLUMN, Function
from escapelens.verify.calls import Calls, Node
from escapelens.verify.footprint import Footprint

_TOLD = re.compile(
    rb"^(?P<file>[^\n]+?):(?P<line>\d+):(?:(?P<column>\d+):)? (?P<message>leaking param[^\n]*"
    rb"|can inline [^\n]*|[^\n ]+ does not escape|assuming [^\n]*|marking [^\n]*)$",
    re.MULTILINE,
)
_INLINED = b"can inline "
_UNEDITED: Mapping[str, TextMapping] = MappingProxyType({})

_Line = tuple[str, int, int, bytes]
"""A message at a place of a file, as the text was before it was edited."""
Told = Counter[_Line]
"""What functions tell their callers."""


class Member(NamedTuple):
    """A rewrite that may share a program."""

    number: int
    """Which of the proposals it is."""
    footprint: Footprint

    def may_join(self, others: Iterable["Member"]) -> bool:
        """Whether it may be tried in one program with others."""
        mine = self.footprint
        return not any(
            mine.key == other.footprint.key or not mine.may_join(other.footprint)
            for other in others
        )


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


class Reach:
    """How far the changes of some rewrites reach that were compiled in one program."""

    def __init__(
        self,
        before: Basis,
        old: Told,
        new: Told,
        wave: Sequence[Member],
        calls: Calls,
        packages: Collection[str],
    ) -> None:
        """`old` and `new` is what the functions of `packages` tell, which were compiled.

        These are not all packages whose calls are known.
        """
        self._before = before
        self._calls = calls
        self._files = {
            str(file)
            for one in before.packages
            if one.import_path in packages
            for file in one.files
        }
        self._old, self._new = old, new
        self._wave = wave
        self.nodes = {member: self._reached(member.footprint) for member in wave}
        """The functions in which each may have changed something, its own among them."""

    def is_explained(self) -> bool:
        """Whether no function tells anything new that no change was found to reach."""
        return self._changed <= frozenset().union(*self.nodes.values())

    def is_within(self, member: Member) -> bool:
        """Whether a change reaches nothing but what was compiled."""
        return all(path in self._files for path, _ in self.nodes[member])

    def is_alone(self, member: Member) -> bool:
        """Whether a change reaches nothing that another one reaches."""
        mine = self.nodes[member]
        return all(mine.isdisjoint(nodes) for one, nodes in self.nodes.items() if one != member)

    def apart(self, members: Iterable[Member]) -> list[list[Member]]:
        """Some in as few programs as a simple choice finds, in which none would reach another."""
        result: list[tuple[list[Member], set[Node]]] = []
        for member in members:
            mine = self.nodes[member]
            free = (one for one in result if mine.isdisjoint(one[1]) and member.may_join(one[0]))
            wave, nodes = next(free, (None, None))
            if wave is None or nodes is None:
                result.append(([member], set(mine)))
            else:
                wave.append(member)
                nodes |= mine
        return [wave for wave, _ in result]

    def _reached(self, one: Footprint) -> frozenset[Node]:
        reached = {one.key}
        waiting = [] if self._tells_the_same(one) else [one.key]
        while waiting:
            for caller in self._callers(waiting.pop()) - reached:
                reached.add(caller)
                if caller in self._telling_on:
                    waiting.append(caller)
        return frozenset(reached)

    def _callers(self, node: Node) -> frozenset[Node]:
        """Those that may call a function themselves, before the edits or after them."""
        name = node[1].rpartition(".")[2]
        footprints = (member.footprint for member in self._wave)
        return self._calls.direct(node) | {one.key for one in footprints if name in one.mentions}

    @cached_property
    def _changed(self) -> frozenset[Node]:
        """The functions that tell something else than before.

        What is said of generic ones is said of instances, which come and go with their uses.
        """
        differing = (self._old - self._new) + (self._new - self._old)
        found = ((line[0], self._function(line)) for line in differing if line[0] in self._files)
        return frozenset(
            (path, "" if function is None else function.declared)
            for path, function in found
            if function is None or not function.generic
        )

    @cached_property
    def _telling_on(self) -> frozenset[Node]:
        """The functions whose callers may see what is new in them."""
        found = set(self._changed)
        for line in (*self._old, *self._new):
            function = self._function(line) if line[3].startswith(_INLINED) else None
            if function is not None:
                found.add((line[0], function.declared))
        return frozenset(found) | self._generic

    @cached_property
    def _generic(self) -> frozenset[Node]:
        sources = {path: self._before.source(path) for path in self._files}
        return frozenset(
            (path, function.declared)
            for path, source in sources.items()
            if source is not None
            for function in source.outline
            if function.generic
        )

    def _function(self, line: _Line) -> Function | None:
        source = self._before.source(line[0])
        at = None if source is None else source.offset(line[1], line[2])
        return None if source is None or at is None else source.declared_at(at)

    def _tells_the_same(self, one: Footprint) -> bool:
        """Whether a function tells its callers after its edits what it told them before.

        One that can be inlined tells its body, which has changed.
        """
        source = self._before.source(one.path)
        if source is None or one.function.generic:
            return False
        start, body = source.point(one.function.start), source.point(one.body)

        def within(lines: Told) -> dict[_Line, int]:
            return {
                line: times
                for line, times in lines.items()
                if line[0] == one.path and start <= line[1:3] <= body
            }

        old = within(self._old)
        return old == within(self._new) and not any(line[3].startswith(_INLINED) for line in old)


def told(
    basis: Basis, packages: Collection[str], mappings: Mapping[str, TextMapping] = _UNEDITED
) -> Told:
    """What the functions of packages tell, at places as they were before edits.

    What stands in inserted text is left out.
    """
    found: Told = Counter()
    for package in packages:
        for match in _TOLD.finditer(basis.blocks.get(package, b"")):
            path = basis.printed(match["file"].decode("utf-8", "surrogateescape"))
            line, column = int(match["line"]), int(match["column"] or 0)
            mapping = mappings.get(path)
            if mapping is not None:
                place = mapping.position_back(line, column or None)
                if place is None:
                    continue
                line, column = place[0], place[1] or 0
            found[path, line, column or MAX_COLUMN, match["message"]] += 1
    return found
