"""What one of several rewrites has changed that were compiled in one program."""

import re
from collections.abc import Iterable

from msgspec.structs import replace

from escapelens.mapping import Mapping
from escapelens.sites import Merged
from escapelens.suggesting import Proposal
from escapelens.verify.calls import Node
from escapelens.verify.comparing import Difference
from escapelens.verify.sharing import Member, Reach
from escapelens.verify.trial import Trial

_LINE = re.compile(r"\bline (\d+)\b(?! of )")
"""How sentences name a line of the site's own file."""


def part(
    difference: Difference, trial: Trial, member: Member, one: Proposal, reach: Reach
) -> Difference:
    """What a rewrite has changed that no other reaches, with new sites where they would be alone.

    What stands where one of them changed a function is put down to that, and what none of them
    reaches to each, but for what stands in declarations that were added, by the file of these.
    """
    others = frozenset[Node]().union(*reach.nodes.values()) - reach.nodes[member]

    def is_mine(site: Merged) -> bool:
        return (site.path, site.declared) not in others

    def is_mine_now(site: Merged) -> bool:
        whose = owner(trial, reach.nodes, site.path, site.site.position.line)
        if whose is not None:
            return whose == member
        if _is_added(trial, site):
            return site.path == member.footprint.path
        return is_mine(site)

    own = {
        path: Mapping(mapping.before, (edit for edit in one.edits if edit.file == path))
        for path, mapping in trial.mappings.items()
    }

    def as_alone(site: Merged) -> Merged:
        mapping = trial.mappings.get(site.path)
        return site if mapping is None else _moved(site, mapping, own[site.path])

    stays = {
        fingerprint: as_alone(site) if (site.path, site.declared) == member.footprint.key else site
        for fingerprint, site in difference.stays.items()
    }
    new = tuple(as_alone(site) for site in difference.new if is_mine_now(site))
    return Difference(stays, tuple(filter(is_mine, difference.gone)), new)


def owner(trial: Trial, members: Iterable[Member], path: str | None, line: int) -> Member | None:
    """The one of some in whose function a line of an edited text stands, also in what it became."""
    for member in members:
        where = member.footprint
        if where.path != path:
            continue
        mapping = trial.mappings[where.path]
        # The closing brace of the body is never edited.
        body, end = mapping.offset(where.body), mapping.offset(where.function.end - 1)
        if body is None or end is None:
            continue
        if mapping.point(body)[0] <= line <= mapping.point(end)[0]:
            return member
    return None


def _is_added(trial: Trial, new: Merged) -> bool:
    """Whether a site stands in a declaration that edits have added."""
    mapping, position = trial.mappings.get(new.path), new.site.position
    inserted = mapping is not None and mapping.is_inserted(position.line, position.column)
    return inserted and not new.declared


def _moved(site: Merged, mapping: Mapping, own: Mapping) -> Merged:
    """A site of a text with many edits, where it would be with fewer of them."""

    def line(match: re.Match[str]) -> str:
        place = mapping.position_in(own, int(match[1]), None)
        return match[0] if place is None else f"line {place[0]}"

    position = site.site.position
    place = mapping.position_in(own, position.line, position.column)
    if place is None:
        return site
    moved = replace(position, line=place[0], column=place[1])
    sentence = _LINE.sub(line, site.site.sentence)
    return site._replace(site=replace(site.site, position=moved, sentence=sentence))
