"""Why each site of a run is on the heap: its cause, its sentence and its chain."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from escapelens.causes import Case, cause_of
from escapelens.chains import Chains
from escapelens.evidence import End, pattern
from escapelens.sites import Merged


def with_reasons(found: Iterable[Merged], chains: Chains) -> Iterator[Merged]:
    """The sites with cause, sentence and chain; one without an explanation has a sentence only."""
    for one in found:
        origin = one.site.origin
        inlined = origin.function if origin is not None and origin.function else ""
        case = Case(one.evidence, one.site.position.file, inlined)
        cause = None if one.evidence.end is End.UNKNOWN else cause_of(pattern(one.evidence))
        if cause is None:
            sentence = f"{case.what} is on the heap; only the compiler's -m=2 says why"
            yield one._replace(site=replace(one.site, sentence=sentence))
            continue
        decisions = one.site.decisions
        package = decisions[0].package if decisions else one.site.package
        chain = chains.of(one.evidence, one.path, package, one.declared)
        sentence = cause.sentence(case._replace(chain=chain)) + case.afterwards
        site = replace(one.site, cause=cause.name, sentence=sentence, chain=chain.links)
        yield one._replace(site=site)
