"""What Go's type checker tells of the sites that a build can have changed, asked once a build."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from escapelens.analysis import MEASURED, not_measured
from escapelens.chains import Chains
from escapelens.cost import spans, told_of, type_names
from escapelens.drafts import Paths
from escapelens.inquiry import Inquiry
from escapelens.origins import Origins
from escapelens.settling import Settling, is_open_subject, with_subject
from escapelens.sites import Merged, Placed, add_origin, with_origin
from escapelens.toolchain import ListedPackage, Plan
from escapelens.types import Pools
from escapelens.types.answers import Value

Sites = Mapping[str, tuple[Placed, ...]]
"""By the import path that owns their files."""


@dataclass(frozen=True)
class Checked:
    """All sites, those that were asked about with what the type checker knows better."""

    sites: Sites
    fresh: frozenset[str]
    """The owners that were asked about."""
    values: Mapping[str, Value]
    """What their sites take, by fingerprint."""
    measured: bool
    """There are few enough sites to ask what they take."""
    notes: tuple[str, ...]
    pools: Pools | None
    """Only where they were asked for."""


class Checker:
    """Asks about the sites of one state."""

    def __init__(
        self,
        plan: Plan,
        listed: Sequence[ListedPackage],
        paths: Paths,
        overlay: Mapping[str, str],
    ) -> None:
        self._plan = plan
        self._listed = listed
        self._paths = paths
        self._overlay = overlay

    def check(
        self,
        placed: Sites,
        affected: Collection[str],
        before: Sites,
        chains: Chains,
        *,
        was_measured: bool,
        pools: bool,
    ) -> Checked:
        """The sites of `placed`; what is not affected is as it was `before`.

        The ends of their chains are settled too.
        """
        origins = Origins()
        for one in chain.from_iterable(placed.values()):
            add_origin(one, origins)
        located = _located(placed, affected, before, origins)
        every = [one.merged for one in chain.from_iterable(located.values())]
        # What is not copied from elsewhere has a span of its own; to count is faster than to look.
        own = sum(one.site.range is not None and one.site.origin is None for one in every)
        asked = spans(every) if own <= MEASURED else {}
        measured = own <= MEASURED and len(asked) <= MEASURED
        if measured != was_measured:
            affected = placed.keys()
            located = _located(placed, affected, before, origins)
        fresh = {owner: located[owner] for owner in sorted(affected) if owner in located}
        sites = [one.merged for one in chain.from_iterable(fresh.values())]
        if not measured:
            asked = spans(one for one in sites if is_open_subject(one.evidence))
        wanted = {one.site.fingerprint for one in sites}
        spans_wanted = {span for name, span in asked.items() if name in wanted}
        named = {
            one.site.fingerprint: (one.normal, type_names(one, chains.packages))
            for one in sites
            if measured and one.site.fingerprint not in asked
        }
        question = Inquiry(
            *(self._plan, self._listed, self._overlay),
            values=spans_wanted,
            types={name for _, names in named.values() for name in names},
            pools=pools,
        )
        ends = chains.ends((one.evidence, one.path, _printed_by(one)) for one in sites)
        evidence = (one.evidence for one in sites)
        settling = Settling(self._paths, question, evidence, ends, chains.bodies())
        settled = iter(settling.settle(sites))
        chains.settle(settling.settle_end)
        answers = question.answered()
        fresh_spans = {name: span for name, span in asked.items() if name in wanted}
        values = told_of(fresh_spans, named, answers)
        typed = (with_subject(one, values.get(one.site.fingerprint)) for one in settled)
        for owner, of_owner in fresh.items():
            located[owner] = tuple(one._replace(merged=next(typed)) for one in of_owner)
        notes = answers.notes if measured else (*answers.notes, not_measured(own))
        return Checked(located, frozenset(affected), values, measured, notes, answers.pools)


def _located(
    placed: Sites, affected: Collection[str], before: Sites, origins: Origins
) -> dict[str, tuple[Placed, ...]]:
    """The sites with what the whole run tells of their origins."""
    return {
        owner: tuple(one._replace(merged=with_origin(one, origins)) for one in sites)
        if owner in affected
        else before.get(owner, sites)
        for owner, sites in placed.items()
    }


def _printed_by(one: Merged) -> str:
    """The package whose block speaks of a site."""
    decisions = one.site.decisions
    return decisions[0].package if decisions else one.site.package
