"""Why each site of a run is on the heap, and at what cost: cause, sentence, chain, allocations."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from escapelens.causes import Case, cause_of
from escapelens.chains import Chains
from escapelens.cost import Costs
from escapelens.dispatch import dispatch_of
from escapelens.evidence import End, pattern
from escapelens.sites import Merged


def with_reasons(found: Iterable[Merged], chains: Chains, costs: Costs) -> Iterator[Merged]:
    """The sites with all of that; one without an explanation has no cause and no chain."""
    for one in found:
        cost = costs.of(one)
        evidence = chains.holders.in_origin(one)
        origin = one.site.origin
        inlined = origin.function if origin is not None and origin.function else ""
        value = costs.values.get(one.site.fingerprint)
        box = value.interface if value is not None and not evidence.inlined else ""
        case = Case(evidence, one.site.position.file, inlined, interface=box)
        cause = None if evidence.end is End.UNKNOWN else cause_of(pattern(evidence))
        if cause is None:
            sentence = f"{case.what} is on the heap; only the compiler's -m=2 says why"
            yield one._replace(site=replace(one.site, sentence=sentence, cost=cost))
            continue
        decisions = one.site.decisions
        package = decisions[0].package if decisions else one.site.package
        chain = chains.of(evidence, one.path, package, one.declared)
        sentence = cause.sentence(case._replace(chain=chain)) + case.afterwards
        site = replace(
            one.site,
            cause=cause.name,
            sentence=sentence,
            chain=(*chain.before, *chain.links),
            dispatch=dispatch_of(evidence, chain),
            cost=cost,
        )
        yield one._replace(site=site)
