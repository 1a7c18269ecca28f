"""What the pools of a program make anew, by a profile: each time that Get finds nothing kept."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from escapelens.model import Measured, PoolReport, Report
from escapelens.parsers.profile import Frame, Sample
from escapelens.places import Line, Places
from escapelens.profiles import Amount, Named, Stacks
from escapelens.source import Source

_GET = "sync.(*Pool).Get"
_OWN = ("runtime.", "internal/runtime/", "sync.")


def with_misses(
    found: PoolReport,
    report: Report,
    named: Named,
    stacks: Stacks,
    read: Callable[[str], Source | None],
) -> PoolReport:
    """The pools, each with what its New made; a Get is known by its line."""
    places = Places(report, read, named.renamed)
    places.know(frame for sample, _ in stacks.samples for frame in _frames(sample))
    at: dict[Line, set[str]] = {}
    for pool in found.pools:
        for get in pool.gets:
            at.setdefault((get.position.file, get.position.line), set()).add(pool.id)
    made = dict.fromkeys((pool.id for pool in found.pools), Amount(0, 0))
    taken = dict(made)
    for sample, amount in stacks.samples:
        frames = list(_frames(sample))
        index = next((i for i, one in enumerate(frames) if one.function == _GET), None)
        if index is None or index + 1 == len(frames):
            continue
        line = places.of(frames[index + 1])
        ids = at.get(line, set()) if line is not None else set()
        if len(ids) != 1:
            continue
        (id,) = ids
        taken[id] = taken[id].plus(amount)
        # What is below no New is the pool's own, which it allocates once for each processor.
        if any(not frame.function.startswith(_OWN) for frame in frames[:index]):
            made[id] = made[id].plus(amount)
    whole = stacks.whole(named.index)

    def share(amount: Amount) -> float:
        return round(amount.by(named.index) / whole, 6) if whole else 0.0

    pools = tuple(
        replace(
            pool,
            profile=Measured(
                *made[pool.id], share=share(made[pool.id]), cumulative=share(taken[pool.id])
            ),
        )
        for pool in found.pools
    )
    return replace(found, pools=pools, notes=(*found.notes, *places.problems))


def _frames(sample: Sample) -> Iterable[Frame]:
    return (frame for physical in sample.stack for frame in physical)
