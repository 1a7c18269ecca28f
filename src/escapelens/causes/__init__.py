"""Why sites are on the heap: one file per cause, found by its name."""

from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules

from escapelens.causes.base import Case, Cause, Example, NearMiss
from escapelens.evidence import Pattern

__all__ = ["Case", "Cause", "Example", "NearMiss", "all_causes", "cause_of", "claimants"]


_SHARED = ("base", "clauses")
"""The files that are no causes, but what causes are made of."""


@cache
def all_causes() -> dict[str, Cause]:
    """Every cause by its name, in alphabetical order."""
    names = sorted({module.name for module in iter_modules(__path__)}.difference(_SHARED))
    return {name.replace("_", "-"): _load(name) for name in names}


def _load(module: str) -> Cause:
    kind = "".join(word.capitalize() for word in module.split("_"))
    cause = getattr(import_module(f"{__name__}.{module}"), kind)()
    assert isinstance(cause, Cause)
    return cause


def claimants(pattern: Pattern) -> list[Cause]:
    """The causes that claim a pattern: exactly one for everything the compiler prints."""
    return [cause for cause in all_causes().values() if cause.claims(pattern)]


@lru_cache(maxsize=4096)
def cause_of(pattern: Pattern) -> Cause | None:
    """The cause that claims a pattern; None if no file does."""
    return next(iter(claimants(pattern)), None)
