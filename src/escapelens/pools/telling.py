"""What the type checker observes of pools, held against the sites that the compiler tells of."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from escapelens.model import (
    Applicability,
    Finding,
    Point,
    Pool,
    PoolCall,
    Position,
    Range,
    Site,
    Suggestion,
    TextEdit,
)
from escapelens.pools.findings import Case, Rule, all_findings
from escapelens.sites import Merged
from escapelens.source import Source
from escapelens.types.answers import Place
from escapelens.types.pools import Observation, PoolFacts, Pools, PoolUse

Try = Callable[[Iterable[PoolFacts]], tuple[Sequence[Observation], tuple[str, ...]]]
"""Observes which pools save nothing, for which packages are compiled; or tells why it cannot."""


class Compiled(NamedTuple):
    """What is known of the program that pools are in."""

    found: Iterable[Merged]
    """All its sites."""
    shown: Callable[[str], str]
    """An absolute path as a report names it."""
    source: Callable[[str], Source | None]
    """The file at an absolute path."""
    packages: frozenset[str]
    """The import paths that were asked for."""
    whole: bool = False
    """They are all of a module."""
    only_files: frozenset[str] = frozenset()
    """The absolute files that were asked for; empty for all."""


def told(
    known: Pools, compiled: Compiled, try_pools: Try | None = None
) -> tuple[tuple[Pool, ...], tuple[Finding, ...], tuple[str, ...]]:
    """The pools that the packages have or use, and what was found in them: the gravest first.

    What is inside generated code is listed, but nothing is found there. Last comes what could not
    be tried.
    """
    saving_nothing, notes = ((), ()) if try_pools is None else try_pools(known.pools)
    observations = (*known.observations, *saving_nothing)
    facts = tuple(one for one in known.pools if _concerns(one, compiled.packages))
    ids = {one.place: pool_id(one) for one in facts}
    only = compiled.only_files
    sites = _by_file(compiled.found)
    found = [
        (rule.rank, number, finding)
        for number, seen in enumerate(observations)
        if (rule := all_findings().get(seen.finding)) is not None
        and seen.pool in ids
        and seen.package in compiled.packages
        and not (only and seen.place.file not in only)
        and not _is_generated(compiled, seen.place.file)
        and (finding := _finding(seen, ids[seen.pool], compiled, sites)) is not None
    ]
    ordered = (finding for _, _, finding in sorted(found, key=lambda one: one[:2]))
    pools = tuple(_pool(one, compiled.shown) for one in facts)
    return pools, tuple(_numbered(ordered)), notes


def _concerns(facts: PoolFacts, packages: Collection[str]) -> bool:
    """Whether one of the packages has the pool, takes from it or puts back."""
    uses = (*facts.gets, *facts.puts)
    return facts.package in packages or any(use.package in packages for use in uses)


def pool_id(facts: PoolFacts) -> str:
    """What findings call a pool."""
    return f"{facts.package}.{facts.name}"


def as_shown(edits: Iterable[TextEdit], shown: Callable[[str], str]) -> tuple[TextEdit, ...]:
    """Edits of absolute files, in files as the report names them."""
    return tuple(replace(edit, file=shown(edit.file)) for edit in edits)


def _pool(facts: PoolFacts, shown: Callable[[str], str]) -> Pool:
    def calls(uses: Iterable[PoolUse]) -> tuple[PoolCall, ...]:
        return tuple(
            PoolCall(
                _position(use.place, shown),
                use.package,
                use.function,
                use.type,
                use.through,
                use.deferred,
            )
            for use in uses
        )

    return Pool(
        pool_id(facts),
        facts.name,
        facts.package,
        _position(facts.place, shown),
        facts.element,
        facts.has_new,
        calls(facts.gets),
        calls(facts.puts),
    )


def _finding(
    seen: Observation, pool: str, compiled: Compiled, sites: Mapping[str, list[Site]]
) -> Finding | None:
    """The finding of an observation, unless the compiler says that there is nothing to it."""
    rule = all_findings()[seen.finding]
    site = next((one for one in sites[seen.place.file] if rule.is_site(seen, one)), None)
    if rule.needs_site and site is None:
        return None
    case = Case(seen, pool.rpartition("/")[2].partition(".")[2])
    words = (pool, rule.name, seen.package, seen.function, seen.what, seen.at, seen.detail)
    return Finding(
        "\0".join(words),
        pool,
        rule.name,
        _position(seen.place, compiled.shown),
        Range(_point(seen.place), _point(seen.end)),
        seen.package,
        seen.function,
        rule.sentence(case),
        site.fingerprint if site is not None else None,
        suggestions=_suggestions(rule, case, compiled),
    )


def _suggestions(rule: Rule, case: Case, compiled: Compiled) -> tuple[Suggestion, ...]:
    seen = case.seen
    if not rule.rewrite or not seen.edits or (seen.shared and not compiled.whole):
        return ()
    safety = " ".join(rule.safety.split())
    if seen.shared:
        safety += f" `{case.pool}` is exported: code of other modules must be changed by hand."
    return (
        Suggestion(
            rule.rewrite,
            rule.name,
            rule.rewrite,
            rule.title(case),
            Applicability.REVIEW,
            safety,
            edits=as_shown(seen.edits, compiled.shown),
        ),
    )


def _numbered(found: Iterable[Finding]) -> Iterable[Finding]:
    """The findings with fingerprints of their words and of how many of the same came before."""
    before: Counter[str] = Counter()
    for one in found:
        words = f"{one.fingerprint}\0{before[one.fingerprint]}"
        before[one.fingerprint] += 1
        fingerprint = hashlib.blake2b(words.encode(), digest_size=8).hexdigest()
        suggestions = tuple(
            replace(suggestion, id=f"{fingerprint}/{suggestion.id}")
            for suggestion in one.suggestions
        )
        yield replace(one, fingerprint=fingerprint, suggestions=suggestions)


def _by_file(found: Iterable[Merged]) -> Mapping[str, list[Site]]:
    """The sites of each absolute file that are no inlined copies."""
    sites: dict[str, list[Site]] = defaultdict(list)
    for one in found:
        if one.site.origin is None:
            sites[one.path].append(one.site)
    return sites


def _is_generated(compiled: Compiled, path: str) -> bool:
    source = compiled.source(path)
    return source is not None and source.generated


def _position(place: Place, shown: Callable[[str], str]) -> Position:
    return Position(shown(place.file), place.line, place.column)


def _point(place: Place) -> Point:
    return Point(place.line, place.column)
