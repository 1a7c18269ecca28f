"""How much of a program must be compiled to see what a change does."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from escapelens.basis import Basis
from escapelens.toolchain import Member
from escapelens.verify.footprint import Footprint


class Scope(NamedTuple):
    """What is compiled besides the packages that are edited."""

    dependents: bool
    """All packages of the module that depend on them."""
    tests: bool

    def with_all_of(self, other: "Scope") -> "Scope":
        return Scope(self.dependents or other.dependents, self.tests or other.tests)


ALONE = Scope(dependents=False, tests=False)
WITH_DEPENDENTS = Scope(dependents=True, tests=False)
WHOLE = Scope(dependents=True, tests=True)


def least(before: Basis, edited: Iterable[Member | None], changes: Iterable[Footprint]) -> Scope:
    """What must be compiled if changes of `edited` packages tell callers nothing new.

    Nothing outside of a package sees what is in the body of a function. Its tests do not either,
    but a test file may declare the name of what is imported or declared anew.
    """
    changes = tuple(changes)
    if any(name[:1].isupper() for one in changes for name in one.adds):
        return WHOLE
    brought = frozenset[str]().union(*(one.brings for one in changes))
    if not brought:
        return ALONE
    names = b"|".join(re.escape(name.encode()) for name in sorted(brought))
    declared = re.compile(rb"(?<![.\w])(?:%s)\b(?!\s*\.)" % names)
    files = (file for member in edited if member is not None for file in member.test_files)
    sources = (before.source(str(file)) for file in files)
    tests = any(source is not None and declared.search(source.code) for source in sources)
    return Scope(dependents=False, tests=tests)
