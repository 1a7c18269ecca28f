"""What the type checker tells about every `sync.Pool` and how it is used."""

from typing import Literal

from msgspec import Struct

from escapelens.model import TextEdit
from escapelens.types.answers import Place


class PoolUse(Struct, frozen=True):
    """A call that takes from a pool or puts back; `place` is its `(`."""

    place: Place
    package: str
    function: str
    type: str = ""
    """What is asserted of the value, or the type of what is put."""
    through: str = ""
    """The function that takes or puts, where the call is one of a wrapper."""
    deferred: bool = False


class PoolFacts(Struct, frozen=True):
    """A variable or field that is a pool, or that the pointer to one is kept in."""

    name: str
    package: str
    place: Place
    has_new: bool
    gets: tuple[PoolUse, ...]
    puts: tuple[PoolUse, ...]
    element: str = ""
    """The type of what it holds; empty where nothing tells."""
    without: tuple[TextEdit, ...] = ()
    """They make a new value in place of each Get; empty where that would be a loss for sure."""
    declaration: tuple[TextEdit, ...] = ()
    """They delete the variable, which nobody uses then; empty where it stands in something else."""
    alone: bool = False
    """Its file needs the package sync for nothing else."""
    bypass: tuple[TextEdit, ...] = ()
    """They call New in place of Get and drop what is put, for measurements only."""


class Observation(Struct, frozen=True):
    """What a finding rests on; which texts are set depends on the finding."""

    finding: str
    pool: Place
    place: Place
    end: Place
    package: str
    function: str
    what: str = ""
    other: str = ""
    other_place: Place | None = None
    type: str = ""
    other_type: str = ""
    detail: str = ""
    failed: bool = False
    """The way to the place was taken because `detail`, a test, did not hold."""
    at: Literal["", "return", "end", "panic", "break", "continue", "goto", "turn", "taking"] = ""
    """What stands at the place."""
    edits: tuple[TextEdit, ...] = ()
    """They would make an end of it, in absolute files; empty where none can be made."""
    shared: bool = False
    """Code that was not read may use the pool, and would have to change too."""


class Pools(Struct, frozen=True):
    """All pools of the analysed packages, in the order of the source."""

    pools: tuple[PoolFacts, ...] = ()
    observations: tuple[Observation, ...] = ()
