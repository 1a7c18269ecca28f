"""Lets a pool hold pointers to slices, which fit into an interface as they are."""

from collections.abc import Iterator

from escapelens.rewriting.attempts import Attempt, attempt, review
from escapelens.rewriting.code import Refused
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.types.pools import Observation

_OBSERVED = "pool-put-by-value"


def pooled_by_pointer(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrite of everything that takes from a pool of slices and puts back."""
    yield attempt("pool-pointer", lambda: _by_pointer(case))


def _by_pointer(case: RewriteCase) -> Rewrite:
    pools = case.program.pools
    seen = next((one for one in pools.observations if _is_seen(case, one)), None)
    if seen is None or not seen.edits:
        raise Refused("not everything that takes from the pool and puts back is understood")
    name = next((one.name for one in pools.pools if one.place == seen.pool), "the pool")
    safety = (
        "Code that was not analysed, such as files for another system, may still expect slices."
    )
    if seen.shared:
        safety += f" `{name}` is exported: code of other modules must be changed by hand."
    return review("pool-pointer", f"let `{name}` hold pointers to slices", safety, seen.edits)


def _is_seen(case: RewriteCase, seen: Observation) -> bool:
    """Whether it is the `Put` of the site."""
    if seen.finding != _OBSERVED or seen.place.file != case.path:
        return False
    at = case.source.point(case.node.start_byte)
    return (seen.place.line, seen.place.column) <= at < (seen.end.line, seen.end.column)
