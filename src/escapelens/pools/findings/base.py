"""What a finding is, and how its sentences speak.

A finding is a file of this folder with one class of its name: `PoolUsedAfterPut` in
`pool_used_after_put.py` is `pool-used-after-put` everywhere else.
"""

import re
from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from escapelens.causes.base import quoted
from escapelens.model import Site
from escapelens.types import Observation, Place


class Example(NamedTuple):
    """A Go file in which something is found, and the same without it."""

    before: str
    """Each line on which it is found, and no other, ends in `// found`."""
    after: str = ""


class NearMiss(NamedTuple):
    """A Go file that looks alike, in which nothing of this name is found."""

    source: str
    because: str


class Case(NamedTuple):
    """An observation and the words for it."""

    seen: Observation
    pool: str
    """The name of the pool."""

    @property
    def what(self) -> str:
        return quoted(self.seen.what)

    @property
    def other(self) -> str:
        """The other text that it names, and its line."""
        return f"{quoted(self.seen.other)}{self.line(self.seen.other_place)}"

    def line(self, place: Place | None) -> str:
        return f" (line {place.line})" if place is not None else ""


class Rule(ABC):
    """Something that can be wrong with the use of a pool."""

    rank: ClassVar[int]
    """How grave it is: 0 is the gravest."""
    summary: ClassVar[str]
    """One line: what the code does."""
    why: ClassVar[str]
    """What happens then; Markdown."""
    safety: ClassVar[str]
    """What a change may change."""
    leave_it: ClassVar[str]
    """When it is not worth it."""
    rewrite: ClassVar[str] = ""
    """The name of the change that makes an end of it, where an edit may be made: `defer-put`."""
    needs_site: ClassVar[bool] = False
    """It is found only where the compiler tells of a site that it makes."""
    examples: ClassVar[tuple[Example, ...]] = ()
    near_misses: ClassVar[tuple[NearMiss, ...]] = ()

    @property
    def name(self) -> str:
        """The name everywhere outside of the code: kebab-case words."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", type(self).__name__).lower()

    @abstractmethod
    def sentence(self, case: Case) -> str:
        """What happens, in the user's own words."""

    def title(self, case: Case) -> str:
        """What the change does, as a verb phrase with the names of the source."""
        return ""

    def is_site(self, seen: Observation, site: Site) -> bool:
        """Whether a site of the same file is there because of what was observed."""
        return False


def within(seen: Observation, site: Site) -> bool:
    """Whether a site stands in the text of an observation."""
    position = site.position
    if position.column is None:
        return seen.place.line <= position.line <= seen.end.line
    start = (seen.place.line, seen.place.column)
    return start <= (position.line, position.column) < (seen.end.line, seen.end.column)
