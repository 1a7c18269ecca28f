"""Who may call whom in some packages, by the names that functions mention."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from escapelens.basis import Basis

_NAME = re.compile(
    rb"(?P<selects>\.(?:\s|//[^\n]*\n|/\*.*?\*/)*)?"
    rb"(?P<name>[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)",
    re.DOTALL,
)

Node = tuple[str, str]
"""A declared function by its file and name; what stands outside of functions has no name."""


class _Mention(NamedTuple):
    """That a function names something."""

    by: Node
    selects: bool
    """The name stands behind a dot."""


class Calls:
    """Who may call whom: a function that mentions a name may call whatever has it.

    A method is only called behind a dot, and what is not exported only in its own folder.
    """

    def __init__(self, basis: Basis, packages: Iterable[str]) -> None:
        self._basis = basis
        self._packages = frozenset(packages)

    @cached_property
    def _mentions(self) -> dict[bytes, list[_Mention]]:
        mentions: dict[bytes, list[_Mention]] = {}
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
    def _add(mentions: dict[bytes, list[_Mention]], text: bytes, node: Node) -> None:
        for name, selects in {(m["name"], m["selects"] is not None) for m in _NAME.finditer(text)}:
            mentions.setdefault(name, []).append(_Mention(node, selects))

    def direct(self, node: Node) -> frozenset[Node]:
        """Those that may call a function themselves."""
        receiver, _, name = node[1].rpartition(".")
        folder = _folder(node[0])
        is_exported = not name[:1].islower() and name[:1] != "_"
        return frozenset(
            mention.by
            for mention in self._mentions.get(name.encode(), ())
            if (is_exported or _folder(mention.by[0]) == folder)
            and (mention.selects or not receiver)
        )

    def callers(self, node: Node) -> frozenset[Node]:
        """The function and all that may call it, directly or through others."""
        reached = {node}
        waiting = [node]
        while waiting:
            for caller in self.direct(waiting.pop()):
                if caller not in reached:
                    reached.add(caller)
                    waiting.append(caller)
        return frozenset(reached)


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
