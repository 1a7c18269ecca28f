"""What would remove sites: the rewrites of their causes, best first, none of them compiled yet."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from escapelens.basis import Basis
from escapelens.causes import all_causes
from escapelens.causes.base import told
from escapelens.counting import is_hidden
from escapelens.edits import with_line_ends_of
from escapelens.evidence import End
from escapelens.model import Applicability, Effect, Suggestion, TextEdit
from escapelens.rewriting.code import Program
from escapelens.rewriting.fitting import fitting, title_suffix
from escapelens.rewriting.pooling import pool_idea
from escapelens.rewriting.rewrite import Refusal, Rewrite, RewriteCase
from escapelens.sites import Merged
from escapelens.types import Spot, ask

if TYPE_CHECKING:
    from tree_sitter import Node

_ORDER = (Applicability.SAFE, Applicability.REVIEW, Applicability.IDEA)


class Proposal(NamedTuple):
    """A rewrite of one site, with what its verification needs to know."""

    site: Merged
    suggestion: Suggestion
    """Its edits name files as the report does."""
    edits: tuple[TextEdit, ...]
    """The same, in absolute files."""
    repair: bool
    """Callers may be mended by what the compiler says of them."""
    hopes: Effect = Effect.GONE
    """What its author says of the site: `REDUCED` if it stays and is reached less often."""
    calls: int = 0
    """How many known calls make the value instead."""

    @property
    def id(self) -> str:
        return self.suggestion.id

    @property
    def is_seldom(self) -> bool:
        """Whether it gains something only where the program fails, or once."""
        return bool(self.suggestion.gains)

    def gaining_more(self) -> "Proposal":
        """The same without the words on how seldom it gains anything."""
        title = self.suggestion.title.removesuffix(title_suffix(self.suggestion.gains))
        return self._replace(suggestion=replace(self.suggestion, title=title, gains=""))


class Suggested(NamedTuple):
    """What can be done about some sites, by their fingerprints."""

    proposals: Mapping[str, tuple[Proposal, ...]]
    """The best first."""
    refusals: Mapping[str, tuple[Refusal, ...]]
    notes: tuple[str, ...]

    def of(self, fingerprint: str) -> tuple[Suggestion, ...]:
        return tuple(one.suggestion for one in self.proposals.get(fingerprint, ()))


def suggest(
    basis: Basis,
    sites: Iterable[Merged],
    folder: Path,
    hot: Collection[str] = (),
    *,
    api: bool = False,
) -> Suggested:
    """The rewrites of sites; the type checker's program is kept in `folder`.

    `hot` are the fingerprints of those that a profile shows to cost something; `api` allows to
    change what other modules may call.

    Sites of other packages, in generated code and in files that changed since have none.
    """
    wanted = [one for one in sites if _is_open(one)]
    places = {one.site.fingerprint: _node(basis, one) for one in wanted}
    spots = [
        Spot(one.path, node.start_byte, _asks_for_users(one), _asks_for_callee(one))
        for one in wanted
        if (node := places[one.site.fingerprint]) is not None
    ]
    answers = ask(
        basis.plan,
        basis.packages,
        folder,
        declarations=spots,
        pools=any(_asks_for_pools(one) for one in wanted),
        overlay=_read_instead(basis),
    )
    program = Program(answers.facts, basis.source, answers.pools, api=api)
    versions = _Versions(basis)
    proposals: dict[str, tuple[Proposal, ...]] = {}
    refusals: dict[str, tuple[Refusal, ...]] = {}
    for one in wanted:
        node, source = places[one.site.fingerprint], basis.source(one.path)
        cause = all_causes().get(one.site.cause or "")
        if node is None or source is None or cause is None:
            continue
        case = RewriteCase(
            one.site,
            one.evidence,
            one.path,
            source,
            node,
            program,
            versions.go,
            versions.of(one.path),
        )
        words = told(case)
        found = list(fitting(case, words.what, words.inlined_function, cause.rewrites(case)))
        if not any(isinstance(other, Rewrite) and other.edits for other in found):
            pooled = pool_idea(case, is_hot=one.site.fingerprint in hot)
            found += [pooled] if pooled is not None else []
        made = [_proposal(basis, one, rewrite) for rewrite in found if isinstance(rewrite, Rewrite)]
        made.sort(key=_place)
        if made:
            proposals[one.site.fingerprint] = tuple(made)
        refused = tuple(rewrite for rewrite in found if isinstance(rewrite, Refusal))
        if refused:
            refusals[one.site.fingerprint] = refused
    return Suggested(proposals, refusals, answers.notes)


def _asks_for_users(one: Merged) -> bool:
    """Whether all uses of the function must be known, for which whole packages are read."""
    cause = all_causes().get(one.site.cause or "")
    return cause is not None and cause.asks_for_users


def _asks_for_callee(one: Merged) -> bool:
    """Whether the function of its own package must be known that the value is handed to."""
    cause, callee = all_causes().get(one.site.cause or ""), one.evidence.callee
    if cause is None or not cause.asks_for_callees or callee is None:
        return False
    return one.evidence.end is End.CALL and not callee.package and not one.evidence.inlined


def _asks_for_pools(one: Merged) -> bool:
    """Whether it must be known what becomes of the values of pools."""
    cause = all_causes().get(one.site.cause or "")
    return cause is not None and cause.asks_for_pools


def _is_open(one: Merged) -> bool:
    site = one.site
    return not (
        is_hidden(site) or site.generated or site.range is None or site.ignored or not one.path
    )


def _node(basis: Basis, one: Merged) -> "Node | None":
    """The syntax node of a site."""
    source, span = basis.source(one.path), one.site.range
    if source is None or span is None:
        return None
    start = source.offset(span.start.line, span.start.column)
    end = source.offset(span.end.line, span.end.column)
    if start is None or end is None:
        return None
    return source.root.descendant_for_byte_range(start, end)


def _proposal(basis: Basis, one: Merged, rewrite: Rewrite) -> Proposal:
    site = one.site
    edits = tuple(_fitted(basis, edit) for edit in rewrite.edits)
    suggestion = Suggestion(
        f"{site.fingerprint}/{rewrite.name}",
        site.cause or "",
        rewrite.name,
        rewrite.title,
        rewrite.applicability,
        rewrite.safety,
        rewrite.advice,
        rewrite.code,
        as_shown(basis, edits),
        gains=rewrite.gains,
    )
    return Proposal(*(one, suggestion, edits, rewrite.repair, rewrite.effect), calls=rewrite.calls)


def _fitted(basis: Basis, edit: TextEdit) -> TextEdit:
    source = basis.source(edit.file)
    return edit if source is None else with_line_ends_of(source.content, edit)


def as_shown(basis: Basis, edits: Sequence[TextEdit]) -> tuple[TextEdit, ...]:
    """Edits of absolute files, in files as the report names them."""
    return tuple(replace(edit, file=basis.shown(edit.file)) for edit in edits)


def _place(one: Proposal) -> tuple[bool, int]:
    """What is best comes first; what seldom gains anything, behind the advice to leave it."""
    return one.is_seldom, _ORDER.index(one.suggestion.applicability)


def _read_instead(basis: Basis) -> dict[str, str]:
    return {path: other for path, other in basis.overlay.items() if other}


class _Versions:
    """The versions of Go that decide what a rewrite may use."""

    def __init__(self, basis: Basis) -> None:
        self.go = _minor(basis.plan.go.version.removeprefix("go")) or (1, 999)
        self._by_file = {
            str(file): _minor(package.go_version) or self.go
            for package in basis.packages
            for file in package.files
        }

    def of(self, path: str) -> tuple[int, int]:
        """The language version of a file."""
        return self._by_file.get(path, self.go)


def _minor(version: str) -> tuple[int, int] | None:
    match = re.match(r"(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else None
