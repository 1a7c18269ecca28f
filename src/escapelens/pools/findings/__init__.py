"""What can be wrong with the use of a pool: one file per finding, found by its name."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from escapelens.pools.findings.base import Case, Example, NearMiss, Rule

__all__ = ["Case", "Example", "NearMiss", "Rule", "all_findings"]


@cache
def all_findings() -> dict[str, Rule]:
    """Every finding by its name, the gravest first."""
    names = (module.name for module in iter_modules(__path__) if module.name != "base")
    rules = sorted((_load(name) for name in names), key=lambda rule: (rule.rank, rule.name))
    return {rule.name: rule for rule in rules}


def _load(module: str) -> Rule:
    kind = "".join(word.capitalize() for word in module.split("_"))
    rule = getattr(import_module(f"{__name__}.{module}"), kind)()
    assert isinstance(rule, Rule)
    return rule
