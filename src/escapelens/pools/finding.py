"""What the type checker observes of pools, held against the sites that the compiler tells of."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from escapelens.basis import Basis
from escapelens.cache.folder import CacheFolder
from escapelens.model import (
    Applicability,
    Finding,
    Point,
    Pool,
    PoolCall,
    PoolReport,
    Position,
    Range,
    Site,
    Suggestion,
)
from escapelens.pools.findings import Case, Rule, all_findings
from escapelens.pools.needless import needless
from escapelens.suggesting import as_shown
from escapelens.types import Observation, Place, PoolFacts, Pools, PoolUse, ask


def find_pools(
    basis: Basis, folder: Path, scratch: Path | None = None, cache: CacheFolder | None = None
) -> PoolReport:
    """The pools of the packages that were asked for; the type checker's program is in `folder`.

    What is inside generated code is listed, but nothing is found there. With a folder for rewritten
    files, the packages are compiled once more to see which pools save nothing.
    """
    overlay = {path: other for path, other in basis.overlay.items() if other}
    answers = ask(basis.plan, basis.packages, folder, pools=True, overlay=overlay)
    known = answers.pools or Pools()
    seen_all = list(known.observations)
    if scratch is not None:
        seen_all += needless(basis, known.pools, scratch, cache)
    only = {str(file) for file in basis.plan.only_files}
    ids = {facts.place: f"{facts.package}.{facts.name}" for facts in known.pools}
    pools = [_pool(facts, ids[facts.place], basis) for facts in known.pools]
    sites = _by_file(basis)
    found = [
        (rule.rank, number, finding)
        for number, seen in enumerate(seen_all)
        if (rule := all_findings().get(seen.finding)) is not None
        and seen.pool in ids
        and not (only and seen.place.file not in only)
        and not _is_generated(basis, seen.place.file)
        and (finding := _finding(seen, ids[seen.pool], basis, sites)) is not None
    ]
    return PoolReport(
        tuple(pools),
        tuple(finding for _, _, finding in sorted(found, key=lambda one: one[:2])),
        (*basis.report.notes, *answers.notes),
        {ids[facts.place]: as_shown(basis, facts.bypass) for facts in known.pools if facts.bypass},
    )


def _pool(facts: PoolFacts, identity: str, basis: Basis) -> Pool:
    shown = basis.shown

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
        identity,
        facts.name,
        facts.package,
        _position(facts.place, shown),
        facts.element,
        facts.has_new,
        calls(facts.gets),
        calls(facts.puts),
    )


def _finding(
    seen: Observation, pool: str, basis: Basis, sites: Mapping[str, list[Site]]
) -> Finding | None:
    """The finding of an observation, unless the compiler says that there is nothing to it."""
    rule = all_findings()[seen.finding]
    site = next((one for one in sites[seen.place.file] if rule.is_site(seen, one)), None)
    if rule.needs_site and site is None:
        return None
    case = Case(seen, pool.rpartition("/")[2].partition(".")[2])
    return Finding(
        pool,
        rule.name,
        _position(seen.place, basis.shown),
        Range(_point(seen.place), _point(seen.end)),
        seen.package,
        seen.function,
        rule.sentence(case),
        site.fingerprint if site is not None else None,
        _suggestions(rule, case, pool, basis),
    )


def _suggestions(rule: Rule, case: Case, pool: str, basis: Basis) -> tuple[Suggestion, ...]:
    seen = case.seen
    if not rule.rewrite or not seen.edits:
        return ()
    # What tells it from others: the same edits in the same function are the same change.
    words = (pool, rule.name, seen.package, seen.function, seen.what, seen.at, seen.detail)
    identity = hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]
    return (
        Suggestion(
            f"{identity}/{rule.rewrite}",
            rule.name,
            rule.rewrite,
            rule.title(case),
            Applicability.REVIEW,
            " ".join(rule.safety.split()),
            edits=as_shown(basis, seen.edits),
        ),
    )


def _by_file(basis: Basis) -> Mapping[str, list[Site]]:
    """The sites of each absolute file that are no inlined copies."""
    sites: dict[str, list[Site]] = defaultdict(list)
    for one in basis.found:
        if one.site.origin is None:
            sites[one.path].append(one.site)
    return sites


def _is_generated(basis: Basis, path: str) -> bool:
    source = basis.source(path)
    return source is not None and source.generated


def _position(place: Place, shown: Callable[[str], str]) -> Position:
    return Position(shown(place.file), place.line, place.column)


def _point(place: Place) -> Point:
    return Point(place.line, place.column)
