"""Makes the next state of the last one and a build.

What needs the whole run (owners, origins, causes and chains) is worked out anew for the packages
that a build can have changed, and for no others.
"""

import hashlib
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from msgspec.structs import replace as with_fields

from escapelens.cache.blocks import AnalysisCache
from escapelens.chains import Chains
from escapelens.cost import Costs
from escapelens.declared import package_name
from escapelens.directives import Directives
from escapelens.drafts import Paths
from escapelens.inquiry import covers_module
from escapelens.model import Package, SourceFile
from escapelens.owning import owners
from escapelens.parsers.diagnostics import unrecognised_lines
from escapelens.pools.needless import Program
from escapelens.reasons import with_reasons
from escapelens.sites import Completed, Merged, Placed, place
from escapelens.source import Source
from escapelens.toolchain import ListedPackage, explain_packages
from escapelens.watch.blocks import BlockReader
from escapelens.watch.checking import Checker
from escapelens.watch.pooling import Pooling
from escapelens.watch.relevance import unit
from escapelens.watch.state import (
    NOTHING_KNOWN,
    Built,
    Finished,
    HeldBlock,
    Key,
    State,
)


class Holding:
    """Keeps the last state and the sources that it speaks of."""

    def __init__(self, overlay: Mapping[str, str], cache: AnalysisCache | None) -> None:
        self.state = State()
        self._reader = BlockReader(overlay, cache)
        self._overlay = overlay
        self._paths: Paths | None = None

    def read(self, file: str) -> Source | None:
        """The source behind a file name of a report, as it was last read."""
        if self._paths is None:
            return None
        source = self._reader.sources.get(self._paths.real_of_shown(file))
        return None if source is None else Source(source.content)

    def program(self) -> Program:
        """What pools can be tried in."""
        assert self.state.plan is not None
        listed = tuple(self.state.listed.values())
        return Program(self.state.plan, listed, self._overlay, self._reader.sources.get)

    def next(
        self, built: Built, needless: frozenset[str] | None = None
    ) -> tuple[State, frozenset[str]]:
        """The state after a build, and the owners of files of which it knows something else.

        It becomes the state when it is set. `needless` are the pools that save nothing, if that
        was tried.
        """
        before = self.state
        plan = built.plan
        paths = Paths(str(plan.root), str(plan.cwd), str(plan.goroot))
        if self._paths is not None and self._paths.places != paths.places:
            before = State()
        # New ones each time: they keep every place that was ever printed.
        self._paths = paths
        self._reader.forget_changed(built)
        listed = _listed(before, built)
        known = frozenset(unit(one) for one in listed.values())
        blocks = self._reader.read(before, built, known, paths)
        packages = _packages(before, built, listed, paths)
        state = replace(
            before,
            plan=plan,
            listed=listed,
            packages=packages,
            blocks=blocks,
            notes=built.notes,
            covers_module=covers_module(plan) if built.whole else before.covers_module,
            needless=before.needless if needless is None else needless,
            is_current=True,
        )
        return self._finished(before, state, built, paths)

    def _finished(
        self, before: State, state: State, built: Built, paths: Paths
    ) -> tuple[State, frozenset[str]]:
        owner_of = owners(
            (
                (one.import_path, one.dir, one.files, not one.dep_only)
                for one in state.listed.values()
            ),
            str(built.plan.goroot),
        )
        parts: dict[str, list[tuple[Completed, ...]]] = {}
        was: dict[str, list[tuple[Completed, ...]]] = {}
        for blocks, found in ((before.blocks, was), (state.blocks, parts)):
            for (package, _), held in sorted(blocks.items(), key=_key_order):
                for path, file in held.files.items():
                    owner = (owner_of(path)[0] if path else "") or package
                    found.setdefault(owner, []).append(file.completed)
        # A package that is no more is known by its folder now.
        touched = before.placed.keys() - parts.keys()
        touched |= {
            owner
            for owner in parts.keys() | was.keys()
            if list(map(id, parts.get(owner, ()))) != list(map(id, was.get(owner, ())))
        }
        placed = dict(before.placed)
        for owner in touched:
            placed[owner] = tuple(place(parts.get(owner, ()), owner_of))
        skeletons = self._skeletons(state, built)
        affected = self._affected(before, state, built, touched)
        if skeletons != before.skeletons:
            affected |= _dispatching(before, placed)
        affected -= state.stale & before.finished.keys()
        pooling = Pooling(before, state, affected, paths, self._reader.sources)
        chains = Chains(paths, self._reader.sources)
        for (package, _), held in state.blocks.items():
            chains.take(package, held.leaks)
        chains.know({one.import_path: one.dir for one in state.listed.values() if one.dir})
        checker = Checker(built.plan, tuple(state.listed.values()), paths, self._overlay)
        # What it says of a site depends on what its package imports: all affected are asked about.
        checked = checker.check(
            *(placed, affected, before.settled, chains),
            was_measured=before.measured,
            pools=pooling.asks,
        )
        for sites in checked.sites.values():
            chains.holders.know(one.merged for one in sites)
        costs = Costs(built.plan.go, checked.values)
        finished = dict(before.finished)
        changed = set()
        explained = {
            owner: _explained(
                checked.sites.get(owner, ()), chains, costs, pooling.directives(owner)
            )
            for owner in affected | (checked.fresh - state.stale)
        }
        pooling.learn(checked.pools, explained)
        for owner, merged in explained.items():
            of_owner = checked.sites.get(owner, ())
            now = self._finish(owner, of_owner, merged, state, built, pooling)
            if now != finished.get(owner, NOTHING_KNOWN):
                changed.add(owner)
            finished[owner] = now
        for owner, (pools, findings) in list(pooling.elsewhere(finished)):
            as_before = finished.get(owner, NOTHING_KNOWN)
            finished[owner] = replace(as_before, pools=pools, findings=findings)
            changed.add(owner)
        gone = {
            owner
            for owner, known in finished.items()
            if not known.sites and not known.pools and owner not in state.asked
        }
        for owner in gone:
            del finished[owner]
            placed.pop(owner, None)
        known = replace(
            state,
            finished=finished,
            placed=placed,
            settled={owner: checked.sites[owner] for owner in placed},
            speaking=pooling.speaking,
            removable=pooling.removable,
            untried=pooling.untried,
            measured=checked.measured,
            skeletons=skeletons,
            notes=(*state.notes, *checked.notes),
        )
        return known, frozenset(changed)

    def _affected(
        self, before: State, state: State, built: Built, touched: Collection[str]
    ) -> frozenset[str]:
        """The owners whose sites may read differently after a build."""
        if built.packages is None or before.plan is None:
            return state.asked.union(state.placed, before.finished, touched)
        # Where two packages have one name, what is printed of them may be taken for either.
        names = {package_name(one) for one in touched}
        alike = {
            one.import_path
            for one in state.listed.values()
            if not one.standard and package_name(one.import_path) in names
        } - set(touched)
        return built.packages.union(touched, state.dependents(alike) if alike else ())

    def _skeletons(self, state: State, built: Built) -> dict[str, str]:
        """What stands for the declarations of each watched package, by id."""
        units = {unit(one) for one in built.listed if not one.dep_only}
        found: dict[str, str] = {}
        for id, one in state.listed.items():
            if one.dep_only or one.is_test_main:
                continue
            known = state.skeletons.get(id)
            if known is None or unit(one) in units:
                sources = (self._reader.sources.get(str(file)) for file in one.files)
                digest = hashlib.sha256()
                for source in sources:
                    digest.update(b"\0" if source is None else source.skeleton)
                known = digest.hexdigest()
            found[id] = known
        return found

    def _finish(
        self,
        owner: str,
        placed: Sequence[Placed],
        sites: Sequence[Merged],
        state: State,
        built: Built,
        pooling: Pooling,
    ) -> Finished:
        pools, findings = pooling.of(owner)
        contradicted = {
            path
            for held in state.blocks.values()
            for path, file in held.files.items()
            if file.contradicted
        }
        sources: list[SourceFile] = []
        texts: dict[str, bytes] = {}
        changed: set[str] = set()
        now = time.time_ns()
        paths = dict.fromkeys(one.path for one in sites)
        paths |= dict.fromkeys(pooling.path(one.position.file) for one in findings)
        for path in paths:
            source = self._reader.sources.get(path)
            if source is None:
                continue
            if path in contradicted or built.started <= self._reader.sources.written(path) <= now:
                changed.add(path)
            texts[path] = source.content
            shown = pooling.shown(path)
            sources.append(SourceFile(shown, source.sha256, source.generated, path in changed))
        return Finished(
            tuple(_without_range(one, changed) for one in sites),
            tuple(one.order for one in placed),
            tuple(sources),
            texts,
            tuple(pooling.directives(owner).problems()),
            pools,
            findings,
        )


def _explained(
    placed: Iterable[Placed], chains: Chains, costs: Costs, directives: Directives
) -> list[Merged]:
    """The sites of a package with their reasons, and with what comments hide."""
    merged = [one.merged for one in placed]
    return list(directives.apply(with_reasons(merged, chains, costs)))


def _dispatching(before: State, placed: Collection[str]) -> frozenset[str]:
    """The owners of sites that types stand behind, of whichever package."""
    return frozenset(
        owner
        for owner, finished in before.finished.items()
        if owner in placed and any(one.site.dispatch is not None for one in finished.sites)
    )


def _packages(
    before: State, built: Built, listed: Mapping[str, ListedPackage], paths: Paths
) -> dict[Key, Package]:
    explained = {
        (one.import_path, one.variant): _shown(one, paths)
        for one in explain_packages(built.listed, built.plan.root, unrecognised_lines)
    }
    if built.whole:
        return explained
    known_units = {unit(one) for one in listed.values()}
    fresh = {unit(one) for one in built.listed if not one.dep_only}
    asked = {(one.import_path, one.variant): unit(one) for one in listed.values()}
    kept = {
        key: one
        for key, one in before.packages.items()
        if asked.get(key, key[0]) in known_units and asked.get(key, key[0]) not in fresh
    }
    return {**kept, **explained}


def _listed(before: State, built: Built) -> dict[str, ListedPackage]:
    """All packages that are known after a build; what is watched stays so though only imported."""
    if built.whole:
        return {one.id: one for one in built.listed}
    units = {unit(one) for one in built.listed if not one.dep_only}
    kept = {id: one for id, one in before.listed.items() if unit(one) not in units}
    for one in built.listed:
        known = kept.get(one.id)
        if known is None:
            kept[one.id] = one
        elif one.dep_only and not known.dep_only:
            kept[one.id] = replace(one, dep_only=False)
        else:
            kept[one.id] = one
    return kept


def _shown(package: Package, paths: Paths) -> Package:
    """A package whose errors name files as the report does."""
    errors = tuple(
        error
        if error.position is None
        else with_fields(
            error,
            position=with_fields(error.position, file=paths.shown(error.position.file)),
        )
        for error in package.errors
    )
    return with_fields(package, errors=errors)


def _without_range(one: Merged, changed: Collection[str]) -> Merged:
    if one.path in changed and one.site.range is not None:
        return one._replace(site=with_fields(one.site, range=None))
    return one


def _key_order(item: tuple[Key, HeldBlock]) -> tuple[str, str]:
    (package, variant), _ = item
    return package, variant or ""
