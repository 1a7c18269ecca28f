"""Calls through interfaces: what is said of them, and of the types that may stand behind them."""

import re
from collections.abc import Iterable

from msgspec.structs import replace

from escapelens.declared import package_name
from escapelens.evidence import Callee, Chain, End, Evidence
from escapelens.model import Dispatch

_NAMED = 2
"""So many types a sentence names of more than three."""
_LISTED = 20
"""So many a report lists."""
_OWN = re.compile(r"\A(\*?)(?=[A-Za-z_]\w*(?:\[|\Z))")
_PREDECLARED = frozenset({"any", "comparable", "error"})


def in_order(types: Iterable[str]) -> tuple[str, ...]:
    """Types as a file writes them: its own package's first, and exported ones before others."""
    return tuple(sorted(types, key=lambda one: ("." in one, not _is_exported(one))))


def seen_from_elsewhere(callee: Callee, package: str) -> Callee:
    """A callee as files of other packages than its own write it."""
    if not callee.interface or callee.types is None:
        return callee
    name = package_name(package)
    interface = callee.interface
    if interface not in _PREDECLARED:
        interface = _OWN.sub(rf"\1{name}.", interface, count=1)
    types = tuple(_OWN.sub(rf"\1{name}.", one, count=1) for one in callee.types)
    return replace(callee, interface=interface, types=types)


def called_through(callee: Callee) -> str:
    """How an interface method is called, as a predicate."""
    return f"is called through the interface `{callee.interface}`{_behind(callee.types)}"


def dispatch_of(evidence: Evidence, chain: Chain) -> Dispatch | None:
    """The interface call at which what is known of a site ends."""
    for kept in (evidence, chain.kept, chain.holder):
        callee = kept.callee if kept is not None and kept.end is End.DYNAMIC_CALL else None
        if callee is not None and callee.interface:
            types = callee.types
            listed = None if types is None else types[:_LISTED]
            more = 0 if types is None else len(types[_LISTED:])
            return Dispatch(callee.interface, callee.method, listed, more)
    return None


def _behind(types: tuple[str, ...] | None) -> str:
    """The types that may stand behind an interface, as a relative clause; empty without any."""
    if not types:
        return ""
    first = [f"`{one}`" for one in types]
    if len(first) == 1:
        return f", which only {first[0]} implements among the analysed types"
    if len(first) <= _NAMED + 1:
        return f", which {', '.join(first[:-1])} and {first[-1]} implement among the analysed types"
    named = ", ".join(first[:_NAMED])
    return f", which {named} and {len(first) - _NAMED} more of the analysed types implement"


def _is_exported(written: str) -> bool:
    return written.lstrip("*").partition("[")[0].rpartition(".")[2][:1].isupper()
