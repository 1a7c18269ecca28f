"""Which builds can have changed what is known of pools, and what is known of them then."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from escapelens.directives import Directives
from escapelens.drafts import Paths, Sources
from escapelens.model import Finding, Pool
from escapelens.pools.needless import candidates, observed
from escapelens.pools.telling import Compiled, pool_id, told
from escapelens.sites import Merged
from escapelens.types import PoolFacts, Pools
from escapelens.watch.relevance import unit
from escapelens.watch.state import NOTHING_KNOWN, Finished, State

Known = tuple[tuple[Pool, ...], tuple[Finding, ...]]


class Pooling:
    """Decides for one build whether to ask about pools, which takes all packages at once."""

    def __init__(
        self, before: State, state: State, affected: Collection[str], paths: Paths, sources: Sources
    ) -> None:
        self._state = state
        self._before = before
        self._paths = paths
        self._sources = sources
        self._files: dict[str, list[str]] = {}
        watched = [one for one in state.listed.values() if not one.dep_only]
        for one in watched:
            self._files.setdefault(one.import_path, []).extend(map(str, one.files))
        modules = {one.module_dir for one in watched if one.module_dir}
        self._around = {
            one.id: one
            for one in state.listed.values()
            if one.dep_only and one.module_dir in modules
        }
        """The packages of the same modules that are only imported."""
        self._directives: dict[str, Directives] = {}
        self.speaking = (
            (before.speaking & state.asked)
            .difference(affected)
            .union(owner for owner in affected if self.directives(owner).speaks_of_pools)
        )
        """The owners of files that may use a `sync.Pool`, or functions of others that may."""
        self.asks = self._may_change(affected)
        """Whether the build can have changed anything about pools."""
        self.removable = before.removable
        """The pools of which a build can tell whether they save anything."""
        self.untried = before.untried
        """The ids of those of which none has told since they may have changed."""
        self._changed = frozenset(chain.from_iterable(map(self._files_of, affected)))
        self._known: Mapping[str, Known] = {}

    def shown(self, path: str) -> str:
        """An absolute path as reports print it."""
        return self._paths.shown(path)

    def path(self, shown: str) -> str:
        """The absolute path of a file as reports print it."""
        return self._paths.real_of_shown(shown)

    def directives(self, owner: str) -> Directives:
        """The comments in the files of a package."""
        known = self._directives.get(owner)
        if known is None:
            known = self._directives[owner] = Directives(self._paths, self._sources)
            known.read(self._files_of(owner))
            known.listen(self._files_around(owner))
        return known

    def _files_around(self, owner: str) -> Iterator[str]:
        """The files of packages that are not watched, but may put back what a package hands on."""
        waiting = list(self._imports(owner)) if self._around else []
        seen = set(waiting)
        while waiting:
            one = self._around.get(waiting.pop())
            if one is not None:
                yield from map(str, one.files)
                waiting += set(one.imports) - seen
                seen |= set(one.imports)

    def _files_of(self, owner: str) -> Sequence[str]:
        return self._files.get(owner, ())

    def _may_change(self, affected: Collection[str]) -> bool:
        """Whether one of the packages takes from a pool or puts back, or may begin to.

        That is one which speaks of pools or did so, or imports one that may hand values on.
        """
        using = self._using() | self.speaking
        return any(
            owner in using or not using.isdisjoint(map(self._unit, self._imports(owner)))
            for owner in affected
        )

    def _unit(self, id: str) -> str:
        one = self._state.listed.get(id)
        return id if one is None else unit(one)

    def _using(self) -> set[str]:
        """The packages that took from pools or put back before the build."""
        using = set(self._before.speaking)
        for finished in self._before.finished.values():
            for pool in finished.pools:
                using |= {call.package for call in (*pool.gets, *pool.puts)}
            using |= {finding.package for finding in finished.findings}
        return using

    def _imports(self, owner: str) -> Iterator[str]:
        """The ids of the packages that one imports."""
        for one in self._state.listed.values():
            if one.import_path == owner:
                yield from one.imports

    def learn(self, said: Pools | None, sites: Mapping[str, Sequence[Merged]]) -> None:
        """Takes what the type checker said; where it said nothing, all stays as it was.

        `sites` are those of the packages that the build can have changed.
        """
        if said is None:
            return
        known = {owner: one.sites for owner, one in self._before.finished.items()}
        found = chain.from_iterable({**known, **sites}.values())
        compiled = Compiled(
            *(found, self._paths.shown, self._sources.get),
            packages=self._state.asked,
            whole=self._state.covers_module,
        )
        if self._state.plan is not None:
            listed = self._state.listed.values()
            self.removable = candidates(said.pools, listed, self._state.plan.modcache)
        self.untried = frozenset(map(pool_id, filter(self._is_untried, self.removable)))
        needless = self._state.needless
        saving_nothing = [
            observed(one, self._sources.get) for one in self.removable if pool_id(one) in needless
        ]
        pools, findings, _ = told(said, compiled, lambda pools: (saving_nothing, ()))
        owners = (
            {one.package for one in pools}
            | {one.package for one in findings}
            | self._before.finished.keys()
        )
        self._known = {
            owner: (
                tuple(one for one in pools if one.package == owner),
                tuple(one for one in findings if one.package == owner),
            )
            for owner in owners - self._state.stale
        }

    def _is_untried(self, pool: PoolFacts) -> bool:
        """Whether no build told of a pool since it may have changed."""
        id = pool_id(pool)
        return (
            id in self._before.untried
            or id not in map(pool_id, self._before.removable)
            or any(edit.file in self._changed for edit in pool.without)
        )

    def of(self, owner: str) -> Known:
        """What is known of the pools of a package, with what comments hide."""
        before = self._before.finished.get(owner, NOTHING_KNOWN)
        pools, found = self._known.get(owner, (before.pools, before.findings))
        return pools, tuple(self.directives(owner).apply_to_findings(found))

    def elsewhere(self, finished: Mapping[str, Finished]) -> Iterator[tuple[str, Known]]:
        """The packages of which something else is known than what was finished."""
        for owner in self._known:
            now = finished.get(owner, NOTHING_KNOWN)
            known = self.of(owner)
            if known != (now.pools, now.findings):
                yield owner, known
