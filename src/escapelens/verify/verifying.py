"""Compiles proposals, many in one program where that shows the same, and gives each a verdict."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path

from msgspec.structs import replace

from escapelens.basis import Basis
from escapelens.cache.folder import CacheFolder
from escapelens.edits import ConflictError
from escapelens.model import (
    Applicability,
    BuildError,
    Effect,
    Kind,
    OutcomeOfTests,
    SiteReference,
    TextEdit,
    Verdict,
)
from escapelens.progress import Progress, silent, trying
from escapelens.sites import Merged
from escapelens.suggesting import Proposal, as_shown
from escapelens.toolchain import Members
from escapelens.verify.calls import Calls
from escapelens.verify.comparing import Difference, compare, reference, within
from escapelens.verify.footprint import footprint
from escapelens.verify.judging import Standing, standing
from escapelens.verify.parts import owner, part
from escapelens.verify.repairing import MAX_ROUNDS, repaired
from escapelens.verify.scope import ALONE, WHOLE, WITH_DEPENDENTS, Scope, least
from escapelens.verify.sharing import Member, Reach, Told, told, waves
from escapelens.verify.trial import Errors, Trial, new_errors, settled

_TOLD_ERRORS = 3

_Edits = tuple[frozenset[TextEdit], bool]
"""What tells one attempt from another: the edits, and whether callers may be mended."""


class Verifier:
    """Tries proposals against one basis, which must cover all packages that depend on them."""

    def __init__(
        self,
        before: Basis,
        members: Members,
        folder: Path,
        cache: CacheFolder | None = None,
        *,
        with_test_files: bool = False,
        progress: Progress = silent,
    ) -> None:
        self._before = before
        self._members = members
        self._folder = folder
        self._cache = cache
        self._with_test_files = with_test_files
        self._progress = progress
        self._numbers = count()
        self._same: dict[_Edits, list[Proposal]] = {}
        """The proposals that make the same edits."""
        self._calls: dict[tuple[str, ...], Calls] = {}
        self._told: dict[tuple[str, ...], Told] = {}
        """What packages tell as they are."""
        self._partial: set[str] = set()
        """The ids of those that were tried without all that depends on them."""
        self.compiles = 0
        """How often the go command compiled."""

    def verify(self, proposals: Sequence[Proposal], *, whole: bool = True) -> Iterator[Proposal]:
        """The proposals that have edits, each with its verdict, as they are found.

        Those that make the same edits, for several sites, are tried once. Unless the `whole` is
        asked for, what depends on the edited packages and their tests is only compiled where that
        can show more, and `confirm` is to be asked in the end.
        """
        distinct = self._distinct(proposals)
        shared: list[Member] = []
        for number, one in enumerate(distinct):
            member = self._member(number, one)
            if member is None:
                yield from self._alone(one, whole=whole)
            else:
                shared.append(member)
        for wave in waves(shared):
            yield from self._wave(
                distinct, wave, WHOLE if whole or self._with_test_files else ALONE
            )

    def confirm(self, proposals: Sequence[Proposal]) -> Iterator[Proposal]:
        """Compiles everything with proposals that fit together and were tried without the whole."""
        yield from self._confirm(
            self._distinct(one for one in proposals if one.id in self._partial)
        )

    def _confirm(self, distinct: Sequence[Proposal]) -> Iterator[Proposal]:
        if len(distinct) == 1:
            yield from self._alone(distinct[0])
        if len(distinct) < 2:
            return
        trial, after = self._compile(distinct)
        known = {new.fingerprint for one in distinct for new in _new_sites(one)}
        changed = self._changed(distinct)
        new = (one.site for one in self._difference(trial, after).new)
        elsewhere = {site.fingerprint for site in new if site.package not in changed}
        if new_errors(self._before, after) or not elsewhere <= known:
            half = len(distinct) // 2
            yield from self._confirm(distinct[:half])
            yield from self._confirm(distinct[half:])
            return
        for one in distinct:
            for same in self._same[_edits_of(one)]:
                verdict = same.suggestion.verdict
                assert verdict is not None
                full = replace(verdict, dependents=self._dependents(same))
                yield same._replace(suggestion=replace(same.suggestion, verdict=full))

    def programs(self, proposals: Iterable[Proposal]) -> int:
        """In how few programs proposals could be tried."""
        members = [self._member(*one) for one in enumerate(self._distinct(proposals))]
        shared = [member for member in members if member is not None]
        return len(members) - len(shared) + len(waves(shared))

    def _distinct(self, proposals: Iterable[Proposal]) -> list[Proposal]:
        """One of those that make the same edits each, and notes the others."""
        self._same = {}
        for one in proposals:
            if one.edits:
                self._same.setdefault(_edits_of(one), []).append(one)
        return [of_edits[0] for of_edits in self._same.values()]

    def packages_of(self, proposals: Iterable[Proposal]) -> tuple[str, ...]:
        """What must be compiled to know what proposals change."""
        return self._members.dependents(self._changed(proposals))

    def _changed(self, proposals: Iterable[Proposal]) -> set[str]:
        """The packages whose files proposals edit."""
        return changed_packages(self._before, (e.file for one in proposals for e in one.edits))

    def _dependents(self, one: Proposal) -> int:
        """How many packages depend on those that a proposal edits."""
        return len(self.packages_of([one])) - len(self._changed([one]))

    def _member(self, number: int, one: Proposal) -> Member | None:
        """A proposal that may share a program; None for one that must have its own."""
        if one.repair or set(settled(self._before, one.edits)) != set(one.edits):
            return None
        path = one.edits[0].file
        where = footprint(path, self._before.source(path), one.edits)
        if where is None or where.function.generic:
            return None
        return Member(number, where)

    def _wave(
        self, proposals: Sequence[Proposal], wave: list[Member], scope: Scope
    ) -> Iterator[Proposal]:
        """Tries some in one program of that scope at least, and those again that were not alone."""
        chosen = [proposals[member.number] for member in wave]
        edited = map(self._members.get, self._changed(chosen))
        seen = scope.with_all_of(least(self._before, edited, [one.footprint for one in wave]))
        trial, after = self._compile(chosen, seen)
        errors = new_errors(self._before, after)
        if errors:
            yield from self._failed(proposals, wave, trial, errors, scope)
            return
        reach = self._reach(trial, after, chosen, wave)
        if not reach.is_explained() and (len(wave) > 1 or seen != WHOLE):
            for member in wave:
                yield from self._wave(proposals, [member], WHOLE)
            return
        near = [member for member in wave if seen.dependents or reach.is_within(member)]
        alone = [member for member in near if reach.is_alone(member)]
        for member in alone:
            self._note(proposals[member.number], seen)
        yield from self._verdicts(trial, after, proposals, wave, alone, reach)
        for group in reach.apart(member for member in near if member not in alone):
            yield from self._wave(proposals, group, scope)
        for group in reach.apart(member for member in wave if member not in near):
            yield from self._wave(proposals, group, scope.with_all_of(WITH_DEPENDENTS))

    def _note(self, tried: Proposal, scope: Scope) -> None:
        """Notes what was compiled with a proposal."""
        same = {one.id for one in self._same[_edits_of(tried)]}
        self._partial -= same
        if scope != WHOLE:
            self._partial |= same

    def _failed(
        self,
        proposals: Sequence[Proposal],
        wave: list[Member],
        trial: Trial,
        errors: Errors,
        scope: Scope,
    ) -> Iterator[Proposal]:
        """Rejects those of some that do not compile together whom it can be put down to."""
        failed = self._blamed(trial, wave, errors)
        if not failed and len(wave) == 1:
            failed = {wave[0]: [error for of_package in errors.values() for error in of_package]}
        for member, words in failed.items():
            yield from self._rejected(proposals[member.number], words, errors)
        rest = [member for member in wave if member not in failed]
        half = len(rest) if failed else (len(rest) + 1) // 2
        for some in (rest[:half], rest[half:]):
            if some:
                yield from self._wave(proposals, some, scope)

    def _reach(
        self, trial: Trial, after: Basis, chosen: Sequence[Proposal], wave: Sequence[Member]
    ) -> Reach:
        everything = self.packages_of(chosen)
        if everything not in self._calls:
            self._calls[everything] = Calls(self._before, everything)
        packages = tuple(sorted(one.import_path for one in after.packages if not one.dep_only))
        if packages not in self._told:
            self._told[packages] = told(self._before, packages)
        new = told(after, packages, trial.mappings)
        calls = self._calls[everything]
        return Reach(self._before, self._told[packages], new, wave, calls, packages)

    def _blamed(
        self, trial: Trial, wave: list[Member], errors: Errors
    ) -> dict[Member, list[BuildError]]:
        """Whose function each error stands in; nobody's if one stands in none of them."""
        blamed: dict[Member, list[BuildError]] = {}
        for error in (one for of_package in errors.values() for one in of_package):
            position = error.position
            path = None if position is None else self._before.path_of(position.file)
            member = owner(trial, wave, path, position.line) if position is not None else None
            if member is None:
                return {}
            blamed.setdefault(member, []).append(error)
        return blamed

    def _verdicts(
        self,
        trial: Trial,
        after: Basis,
        proposals: Sequence[Proposal],
        wave: Sequence[Member],
        alone: Sequence[Member],
        reach: Reach,
    ) -> Iterator[Proposal]:
        """The verdicts of those that were alone in the program that all of a wave share."""
        difference = self._difference(trial, after)
        ids = [proposals[member.number].id for member in wave]
        for member in alone:
            one = proposals[member.number]
            others = tuple(id for id in ids if id != one.id)
            yield from self._judged(one, part(difference, trial, member, one, reach), others)

    def _alone(self, one: Proposal, *, whole: bool = True) -> Iterator[Proposal]:
        """Tries one proposal in a program of its own, mending callers where it may.

        Unless `whole`, the edited packages come first, since one that fails there fails.
        """
        scope = WHOLE if whole or self._with_test_files else ALONE
        edits = list(one.edits)
        rounds = 0
        while True:
            self._note(one, scope)
            attempt = one._replace(edits=tuple(edits))
            try:
                trial, after = self._compile([attempt], scope)
            except ConflictError as error:
                yield from self._rejected(one, [BuildError(str(error))], {})
                return
            errors = new_errors(self._before, after)
            if errors:
                all_errors = [error for of_package in errors.values() for error in of_package]
                mended = None
                if one.repair and rounds < MAX_ROUNDS:
                    mended = repaired(trial, after, all_errors)
                if mended is None:
                    yield from self._rejected(one, all_errors, errors)
                    return
                edits = mended
                rounds += 1
                continue
            difference = self._difference(trial, after)
            judged = list(self._judged(one, difference, (), trial.edits))
            if scope == WHOLE or all(map(_is_rejected, judged)):
                yield from judged
                return
            scope = WHOLE

    def _compile(self, chosen: Sequence[Proposal], scope: Scope = WHOLE) -> tuple[Trial, Basis]:
        self.compiles += 1
        edits = [edit for one in chosen for edit in one.edits]
        trial = Trial(self._before, edits, self._folder / str(next(self._numbers)))
        packages = self.packages_of(chosen) if scope.dependents else sorted(self._changed(chosen))
        after = trial.compile(
            packages,
            self._cache,
            tests=scope.tests,
            with_test_files=self._with_test_files,
            progress=lambda text: self._progress(trying(len(chosen)) + text),
        )
        return trial, after

    def _difference(self, trial: Trial, after: Basis) -> Difference:
        packages = {one.import_path for one in after.packages if not one.dep_only}
        before = within(self._before.found, packages)
        return compare(before, within(after.found, packages), trial.mappings)

    def _judged(
        self,
        tried: Proposal,
        difference: Difference,
        others: tuple[str, ...],
        edits: Sequence[TextEdit] = (),
    ) -> Iterator[Proposal]:
        """The verdict on edits, for each site for which they were proposed."""
        is_partial = tried.id in self._partial
        for one in self._same[_edits_of(tried)]:
            fingerprint = one.site.site.fingerprint
            left = difference.stays.get(fingerprint)
            effect, message = _effect(one, left, difference)
            message = message or self._unseen(tried)
            gone = (site for site in difference.gone if site.site.fingerprint != fingerprint)
            verdict = Verdict(
                builds=True,
                tests_build=True,
                tests=OutcomeOfTests.NOT_RUN,
                effect=effect,
                site_gone=left is None,
                go=self._before.plan.go.version,
                new_sites=tuple(map(reference, difference.new)),
                gone_sites=tuple(reference(site) for site in gone if not site.site.foreign),
                compiled_with=others,
                dependents=0 if is_partial else self._dependents(tried),
                message=message,
            )
            more = one.is_seldom and any(map(self._gains_elsewhere(one), difference.gone))
            told = one.gaining_more() if more else one
            yield self._with_verdict(told, verdict, edits or one.edits)

    def _gains_elsewhere(self, one: Proposal) -> Callable[[Merged], bool]:
        """Tells sites outside of the edits that are reached whether anything fails or not."""

        def is_gain(gone: Merged) -> bool:
            site, source = gone.site, self._before.source(gone.path)
            triage, position = site.triage, site.position
            is_copy = site.foreign or site.origin is not None
            if source is None or is_copy or triage is None or triage.cold is not None:
                return False
            at = source.offset(position.line, position.column or 1)
            return at is not None and not any(
                edit.file == gone.path and edit.start <= at < edit.end for edit in one.edits
            )

        return is_gain

    def _unseen(self, one: Proposal) -> str:
        """What is not compiled for this target and names something whose declaration changed."""
        names = {name for edit in one.edits if (name := self._declares(edit)) is not None}
        words = [re.compile(rb"\b%s\b" % re.escape(name.encode())) for name in sorted(names)]
        files = [
            file
            for path in self.packages_of([one])
            if (member := self._members.get(path)) is not None
            for file in member.ignored_files
        ]
        for file in files if words else ():
            source = self._before.source(str(file))
            found = [word for word in words if source and word.search(source.content)]
            if found:
                name = self._before.shown(str(file))
                return f"{name} is not compiled for this target, and may need the same change"
        return ""

    def _declares(self, edit: TextEdit) -> str | None:
        """The function whose declaration an edit changes outside of its body; None for others."""
        source = self._before.source(edit.file)
        function = None if source is None else source.declared_at(edit.start)
        if edit.start == edit.end and edit.new_text.endswith(("\n\n", "\n\r\n")):
            return None
        if function is None or footprint(edit.file, source, [edit]) is not None:
            return None
        return function.declared.rpartition(".")[2]

    def _rejected(
        self, tried: Proposal, words: Sequence[BuildError], errors: Errors
    ) -> Iterator[Proposal]:
        verdict = Verdict(
            builds=bool(errors) and all(variant for _, variant in errors),
            tests_build=False,
            tests=OutcomeOfTests.NOT_RUN,
            effect=Effect.NONE,
            site_gone=False,
            go=self._before.plan.go.version,
            message="\n".join(_told(error) for error in words[:_TOLD_ERRORS]),
        )
        for one in self._same[_edits_of(tried)]:
            yield self._with_verdict(one, verdict, one.edits)

    def _with_verdict(self, one: Proposal, verdict: Verdict, edits: Sequence[TextEdit]) -> Proposal:
        shown = as_shown(self._before, edits)
        suggestion = replace(one.suggestion, edits=shown, verdict=verdict)
        if verdict.site_gone and verdict.message:
            # What another target needs was not seen, so that it is for the user to look at.
            suggestion = replace(suggestion, applicability=Applicability.REVIEW)
        return one._replace(suggestion=suggestion, edits=tuple(edits))


def _edits_of(one: Proposal) -> _Edits:
    return frozenset(one.edits), one.repair


def changed_packages(basis: Basis, files: Iterable[str]) -> set[str]:
    """The packages that files belong to; an external test belongs to the package it tests."""
    wanted = set(files)
    found: set[str] = set()
    for one in basis.packages:
        if not any(str(file) in wanted for file in one.files):
            continue
        tested = (one.variant or "").removesuffix(".test")
        is_external = bool(tested) and one.import_path == f"{tested}_test"
        found.add(tested if is_external else one.import_path)
    return found


def _effect(one: Proposal, left: Merged | None, difference: Difference) -> tuple[Effect, str]:
    """What a rewrite did to its site, and why that is not enough if it is not."""
    own = one.site.declared
    instead = [new for new in difference.new if new.declared != own]
    if one.calls and len(instead) >= one.calls:
        callers = "the only call" if one.calls == 1 else f"each of the {one.calls} calls"
        return Effect.NONE, f"{callers} puts it on the heap instead"
    if left is not None:
        # A variable that moved to the heap is allocated each time, whatever becomes of the site.
        moved = any(new.site.kind is Kind.MOVED for new in difference.new)
        hoped = one.hopes is Effect.REDUCED and not moved
        return Effect.REDUCED if hoped else Effect.NONE, left.site.sentence
    return Effect.MOVED if difference.new else Effect.GONE, ""


def _is_rejected(one: Proposal) -> bool:
    verdict = one.suggestion.verdict
    return verdict is not None and standing(verdict) is Standing.REJECTED


def _new_sites(one: Proposal) -> tuple[SiteReference, ...]:
    verdict = one.suggestion.verdict
    return () if verdict is None else verdict.new_sites


def _told(error: BuildError) -> str:
    position = error.position
    if position is None:
        return error.message
    column = f":{position.column}" if position.column else ""
    return f"{position.file}:{position.line}{column}: {error.message}"
