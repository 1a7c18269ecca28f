"""Carries out the builds that were decided on, the changed packages before those they change."""

import json
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from escapelens.cache.blocks import AnalysisCache
from escapelens.cache.folder import CacheFolder, cache_folder
from escapelens.errors import BuildFailedError, EscapelensError, UsageError
from escapelens.parsers.diagnostics import Block, split_blocks
from escapelens.pools.needless import Without
from escapelens.pools.telling import pool_id
from escapelens.request import Request
from escapelens.toolchain import Build, Plan, plan_build
from escapelens.toolchain.build import NO_MODULE_HINT
from escapelens.watch.deciding import EVERYTHING, NOTHING, Dirty, Start
from escapelens.watch.events import BrokenPackage, Building, Event, Failed, Idle, Reported
from escapelens.watch.holding import Holding
from escapelens.watch.state import Built, State
from escapelens.watch.telling import Teller, broken_packages

_REPLAYED = 1 << 20
"""Bytes of the compiler's text that may be read again so that nothing is compiled twice.

A package that is named is compiled with our flags, one that is only imported without. Naming what
was compiled before costs reading its text, not naming it costs compiling it once more.
"""


class CancelledError(Exception):
    """The build was given up."""


class Work:
    """One generation: all builds that a change asks for. Runs in a thread of its own."""

    def __init__(
        self,
        start: Start,
        builder: "Builder",
        say: Callable[[Event], None],
        ended: Callable[[int, Dirty, BaseException | None], None],
    ) -> None:
        self.generation = start.generation
        self._start = start
        self._builder = builder
        self._say = say
        self._ended = ended
        self._lock = threading.Lock()
        self._cancelled = False
        self._is_done = False
        self._build: Build | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="build")

    def begin(self) -> None:
        """Starts to work."""
        self._thread.start()

    def cancel(self) -> bool:
        """Gives up; nothing is said from now on. False if all had been said already."""
        with self._lock:
            self._cancelled = True
            build = self._build
            is_done = self._is_done
        if build is not None:
            build.cancel()
        return not is_done

    def join(self, seconds: float) -> None:
        """Waits until nothing runs any more."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self._builder.carry_out(self._start, self)
        except CancelledError:
            self._ended(self.generation, self._builder.left, None)
        except BaseException as error:
            self._ended(self.generation, NOTHING, error)
        else:
            self._ended(self.generation, NOTHING, None)

    def tell(self, event: Event | None, commit: Callable[[], None] | None = None) -> None:
        """Makes something so and says it, unless the work was given up."""
        with self._lock:
            if self._cancelled:
                raise CancelledError
            if commit is not None:
                commit()
            if event is not None:
                self._is_done = isinstance(event, Idle)
                self._say(event)

    def build(self, plan: Plan, packages: frozenset[str] | None = None) -> Built:
        """What a build says, read to its end; it is about some packages, or all."""
        started = time.time_ns()
        with Build(plan) as build:
            with self._lock:
                self._build = build
                cancelled = self._cancelled
            try:
                if cancelled:
                    raise CancelledError
                blocks: list[Block] = []
                try:
                    blocks += split_blocks(build.stderr())
                except EscapelensError:
                    self._check()
                    raise
                self._check()
                notes = (*plan.notes, *build.notes())
                return Built(plan, packages, build.packages, tuple(blocks), notes, started)
            finally:
                with self._lock:
                    self._build = None

    def _check(self) -> None:
        with self._lock:
            if self._cancelled:
                raise CancelledError


class Builder:
    """Knows what was built, and what a change needs to be built."""

    def __init__(self, request: Request, environ: Mapping[str, str], cwd: Path) -> None:
        self._request = request
        self._environ = environ
        self._cwd = cwd
        self.plan = plan_build(request.build, environ, cwd)
        if not self.plan.in_module and all(Path(one).is_absolute() for one in self.plan.patterns):
            raise UsageError(f"not in a Go module: {self.plan.cwd}", NO_MODULE_HINT)
        self._overlay = _overlay(self.plan, request)
        folder = CacheFolder(cache_folder(environ)) if request.use_cache else None
        cache = AnalysisCache(folder) if folder is not None else None
        self.holding = Holding(self._overlay, cache)
        self.teller = Teller(request.filter)
        self.left: Dirty = NOTHING
        """What of the work at hand is not done yet."""
        self.on_state: Callable[[State, bool], None] = lambda state, whole: None
        """Told of each state that is new, and whether all packages were listed for it."""

    @property
    def state(self) -> State:
        return self.holding.state

    def read_besides(self) -> tuple[str, ...]:
        """The files that builds read and that belong to no package, by absolute path."""
        build, cwd = self._request.build, self.plan.cwd
        files = [build.overlay] if build.overlay is not None else []
        if build.pgo not in ("off", "auto"):
            files.append(Path(build.pgo))
        flags = (flag.lstrip("-").partition("=") for flag in build.build_flags)
        files += [Path(value) for name, _, value in flags if name == "modfile"]
        replacements = (path for path in self._overlay.values() if path)
        return (*(str(cwd / file) for file in files), *replacements)

    def carry_out(self, start: Start, work: Work) -> None:
        """Builds what is dirty and says what came of it."""
        self.left = start.dirty
        dirty = start.dirty
        # With a profile, a package is compiled once more for each program that it is part of.
        whole = dirty.whole or not self.state.is_current or self.plan.pgo != "off"
        work.tell(Building(start.generation, () if whole else tuple(sorted(dirty.packages))))
        try:
            if whole:
                self._build_all(start, work)
            elif not self._build_some(start, work):
                self.left = EVERYTHING
                self._build_all(start, work)
            self._try_pools(start, work)
        except (EscapelensError, OSError) as error:
            failed = _failure(error)
            work.tell(Failed(start.generation, failed.message, failed.hint, fatal=False))
            # Until something changes a build would fail again; then all must be looked at.
            self.holding.state = replace(self.state, is_current=False)
        self._end(start, work)
        self.left = NOTHING

    def _build_all(self, start: Start, work: Work) -> None:
        if not self.plan.cwd.is_dir():
            raise BuildFailedError(f"{self.plan.cwd} is gone", "it is looked for until it is back")
        plan = self.plan = plan_build(self._request.build, self._environ, self._cwd)
        built = work.build(plan)
        before = self.state
        after, changed = self.holding.next(built)
        self._report(start, work, before, after, changed, whole=True)
        self._tell_broken(start, work, broken_packages(after))

    def _build_some(self, start: Start, work: Work) -> bool:
        """Builds what changed, then what depends on it; false if that does not do."""
        state = self.state
        dirty = start.dirty.packages
        watched = dirty & state.asked
        first = watched | state.contributors(dirty)
        before_all = broken_packages(state)
        told: tuple[BrokenPackage, ...] = ()
        if first:
            try:
                built = work.build(self._plan_for(first), first)
            except EscapelensError:
                return False
            if any(one.error and not one.files and not one.dep_only for one in built.listed):
                return False
            before = self.state
            after, changed = self.holding.next(built)
            self._report(start, work, before, after, changed | watched, whole=False)
            # What a package did that imports one of these is not known yet.
            told = tuple(one for one in broken_packages(after) if one.import_path in first)
            self._tell_broken(start, work, told)
        rest = self.state.dependents(dirty) - first
        if rest:
            self.left = Dirty(dirty)
            built = work.build(self._plan_for(rest | watched), rest)
            before = self.state
            after, changed = self.holding.next(built)
            if changed:
                self._report(start, work, before, after, changed, whole=False)
            else:
                work.tell(None, lambda: self._commit(after, False))
        everywhere = broken_packages(self.state)
        if everywhere not in (told, before_all):
            self._tell_broken(start, work, everywhere)
        return True

    def _try_pools(self, start: Start, work: Work) -> None:
        """Builds what may do without its pools, and tells if that shows something new."""
        before = self.state
        tried = [
            one
            for one in before.removable
            if pool_id(one) in before.untried and one.package not in before.stale
        ]
        if not tried:
            return
        self.left = NOTHING
        with TemporaryDirectory(prefix="escapelens-", ignore_cleanup_errors=True) as folder:
            without = Without(self.holding.program(), tried, Path(folder))
            try:
                built = work.build(without.plan, frozenset(one.package for one in tried))
            except EscapelensError:
                return
        ids = frozenset(map(pool_id, tried))
        known = frozenset(map(pool_id, before.removable))
        found = frozenset(map(pool_id, without.unneeded(built.blocks)))
        needless = (before.needless & known - ids) | found
        untried = before.untried - ids
        if needless == before.needless:
            work.tell(None, lambda: self._commit(replace(before, untried=untried), False))
            return
        # What is told of these packages is made anew, as after a build that says the same.
        same = replace(built, plan=self.plan, listed=(), blocks=())
        after, changed = self.holding.next(same, needless)
        self._report(start, work, before, replace(after, untried=untried), changed, whole=False)

    def _tell_broken(self, start: Start, work: Work, broken: Sequence[BrokenPackage]) -> None:
        if broken:
            work.tell(Failed(start.generation, _summary(broken), "", False, tuple(broken)))

    def _plan_for(self, packages: Collection[str]) -> Plan:
        """The plan that builds these packages only."""
        imported = self.state.imported(packages) - set(packages)
        if self.state.printed(imported) <= _REPLAYED:
            packages = imported | set(packages)
        return replace(self.plan, patterns=tuple(sorted(packages)))

    def _report(
        self,
        start: Start,
        work: Work,
        before: State,
        after: State,
        changed: Collection[str],
        *,
        whole: bool,
    ) -> None:
        teller = self.teller
        known = before.finished.keys() | before.asked
        removed = sorted(known - after.finished.keys() - after.asked)
        packages = sorted(set(after.asked) if whole else set(changed) - set(removed))
        is_first = before.plan is None
        event = Reported(
            generation=start.generation,
            whole=whole,
            packages=tuple(packages),
            removed=tuple(removed),
            stale=not after.stale.isdisjoint(packages),
            delta=None if is_first else teller.delta(before, after, changed),
            report=teller.report(after, None if whole else packages),
        )
        work.tell(event, lambda: self._commit(after, whole))

    def _commit(self, state: State, whole: bool) -> None:
        self.holding.state = state
        self.on_state(state, whole)

    def _end(self, start: Start, work: Work) -> None:
        seconds = time.monotonic() - start.since
        counts = self.teller.counts(self.state)
        stale = not self.state.is_current or bool(self.state.stale)
        work.tell(Idle(start.generation, round(seconds * 1000), counts, stale))


def _failure(error: EscapelensError | OSError) -> EscapelensError:
    if isinstance(error, EscapelensError):
        return error
    return BuildFailedError(f"cannot build: {error.strerror}", "is the disk full?")


def _summary(broken: Collection[BrokenPackage]) -> str:
    failed = [one.import_path for one in broken if one.errors]
    if len(failed) == 1:
        return f"{failed[0]} does not build"
    return f"{len(failed) or len(broken)} packages do not build"


def _overlay(plan: Plan, request: Request) -> dict[str, str]:
    """What builds read instead of files on the disk, by absolute path."""
    file = request.build.overlay
    if file is None:
        return {}
    pairs = json.loads((plan.cwd / file).read_text())["Replace"].items()
    return {str(plan.cwd / path): str(plan.cwd / other) if other else "" for path, other in pairs}
