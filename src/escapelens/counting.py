"""The totals of a report: what is counted of each site, and which sites are the user's."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from escapelens.drafts import SOURCELESS
from escapelens.model import ALLOCATING, Allocates, Counts, Kind, Leak, Site, Stay


class Counted(NamedTuple):
    """What the counts need of a site."""

    path: str
    declared: str
    package: str
    hidden: bool
    kind: Kind
    decisions: int
    cause: str | None = None
    ignored: bool = False
    allocates: Allocates | None = None
    in_loop: bool = False


def counted(site: Site, path: str, declared: str) -> Counted:
    """What the counts need of a complete site, in a file and in a declared function."""
    return Counted(
        path,
        declared,
        site.package,
        is_hidden(site),
        site.kind,
        sum(decision.count for decision in site.decisions),
        site.cause,
        site.ignored is not None,
        site.cost.allocates if site.cost is not None else None,
        site.triage is not None and site.triage.loop_depth > 0,
    )


def counts_of(counted: Iterable[Counted], unrecognised: int) -> Counts:
    """The totals of sites, and the number of lines that were not understood."""
    found = list(counted)
    shown = [one for one in found if not one.hidden]
    return Counts(
        sites=len(shown),
        decisions=sum(one.decisions for one in found),
        functions=len({(one.path, one.declared) for one in shown if one.declared}),
        files=len({one.path for one in shown}),
        packages=len({one.package for one in shown}),
        hidden=len(found) - len(shown),
        ignored=sum(one.ignored for one in shown),
        unrecognised=unrecognised,
        by_kind=dict(sorted(Counter(one.kind.value for one in shown).items())),
        by_cause=dict(sorted(Counter(one.cause for one in shown if one.cause).items())),
        by_package=dict(sorted(Counter(one.package for one in shown).items())),
        by_allocates=dict(sorted(Counter(one.allocates for one in shown if one.allocates).items())),
        in_loops=sum(one.in_loop and one.allocates in ALLOCATING for one in shown),
    )


def is_hidden(record: Site | Leak | Stay) -> bool:
    """Whether something is not the user's to change: another package's, or in no source file."""
    return record.foreign or record.position.file in SOURCELESS
