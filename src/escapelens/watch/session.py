"""A watch from its start to its end: joins decisions, builds, events and commands to the clock."""

import gc
import os
import queue
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from escapelens.model import Report
from escapelens.profiles import Named, Stacks
from escapelens.request import Request
from escapelens.sites import Merged
from escapelens.source import Source
from escapelens.watch.building import Builder, Work
from escapelens.watch.deciding import EVERYTHING, NOTHING, Cancel, Decider, Dirty, Start
from escapelens.watch.events import Answer, Cancelled, Event, Progress, Ready, Reported, Stage
from escapelens.watch.noticing import Noticer, identity
from escapelens.watch.profiles import Loaded, Profiles
from escapelens.watch.relevance import Change, Watched
from escapelens.watch.state import State
from escapelens.watch.verifying import CHANGED, Begin, Finished, Verifications, Wish

_GLANCE = 2.0
"""Seconds between two looks whether the root still is the same folder."""
_MOMENT = 0.7
"""Seconds without a save after which suggestions for new sites are compiled."""
_MOST_NEW = 10
"""New sites from which on they are not worth it unasked."""
_PATIENCE = 5.0
"""Seconds that a build is given to end when the watch does."""


@dataclass(frozen=True)
class Command:
    """Something that a program asks a watch for."""

    id: str
    name: str
    suggestion: str | None = None
    site: str | None = None
    profile: Named | None = None


@dataclass(frozen=True)
class _Ended:
    generation: int
    left: Dirty
    error: BaseException | None


@dataclass(frozen=True)
class _Suggest:
    """Suggestions for sites are wanted."""

    fingerprints: tuple[str, ...]


@dataclass(frozen=True)
class _Stop:
    """Nothing more is to be done."""


@dataclass(frozen=True)
class _Known:
    """There is a new state of the packages."""

    state: State
    whole: bool


class Session:
    """Watches packages until it is stopped; `say` is called with each event, by any thread."""

    def __init__(
        self,
        request: Request,
        environ: Mapping[str, str],
        cwd: Path,
        say: Callable[[Event], None],
        begin: Begin,
        *,
        poll: bool = False,
        suggest: bool = False,
        profile: tuple[Named, Stacks] | None = None,
    ) -> None:
        """Suggestions are compiled as `begin` does it; for new sites unasked, if `suggest`."""
        self._builder = Builder(request, environ, cwd)
        self._tell = say
        self._suggest = suggest
        self._new: list[str] = []
        """Fingerprints of new sites, whose suggestions nobody has compiled."""
        self._quiet_since = 0.0
        self._inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._decider = Decider()
        self._watched = Watched()
        self._noticer = Noticer(self._inbox.put, poll=poll)
        self._verifications = Verifications(begin, self._say, self._inbox.put)
        self._work: Work | None = None
        self._is_tidy = False
        self._folders: tuple[str, ...] = ()
        self._root: object = None
        """Which folder it is that has the name of the root."""
        self._asked: list[Command] = []
        """Those that wait for a build."""
        self._patterns = request.build.patterns or ("./...",)
        self._profiles = Profiles(self._builder, cwd, self._say, self._inbox.put)
        if profile is not None:
            self._profiles.take(*profile)
        self._builder.on_state = lambda state, whole: self._inbox.put(_Known(state, whole))

    @property
    def known(self) -> "Knowledge":
        """What is known, for who shows it."""
        return Knowledge(self._builder, self.suggest)

    def _say(self, event: Event) -> None:
        if isinstance(event, Reported) and event.delta is not None and self._suggest:
            self._new += event.delta.new
        self._tell(event)

    def command(self, command: Command) -> None:
        """Takes a command, from any thread."""
        self._inbox.put(command)

    def suggest(self, fingerprints: Iterable[str]) -> None:
        """Has the suggestions for sites compiled, from any thread."""
        self._inbox.put(_Suggest(tuple(fingerprints)))

    def stop(self) -> None:
        """Ends the watch, from any thread."""
        self._inbox.put(_Stop())

    def run(self) -> None:
        """Watches until it is told to stop; then nothing that it started runs any more."""
        try:
            self._begin()
            while self._wait():
                pass
        finally:
            self._end()

    def _begin(self) -> None:
        plan = self._builder.plan
        self._watched.roots = (str(plan.root),)
        self._root = identity(str(plan.root))
        self._say(Ready(0, str(plan.cwd), plan.go, self._patterns))
        self._folders = (str(plan.root),)
        self._notice()
        self._do(self._decider.ask(EVERYTHING, time.monotonic()))

    def _wait(self) -> bool:
        """Waits for something to happen or to be due; false when all is over."""
        due = self._decider.due()
        timeout = _GLANCE if due is None else min(max(due - time.monotonic(), 0), _GLANCE)
        if self._new or self._profiles.is_changed:
            timeout = min(timeout, _MOMENT)
        try:
            messages = [self._inbox.get(timeout=timeout)]
        except queue.Empty:
            messages = []
        while True:
            try:
                messages.append(self._inbox.get_nowait())
            except queue.Empty:
                break
        for message in messages:
            if isinstance(message, _Stop):
                return False
            if isinstance(message, Command):
                if not self._obey(message):
                    return False
            else:
                self._take(message)
        self._look_at_root()
        self._suggest_for_new()
        self._profiles.proceed(self._decider.generation, is_idle=self._decider.is_idle)
        self._do(self._decider.tick(time.monotonic()))
        return True

    def _suggest_for_new(self) -> None:
        """Has suggestions for new sites compiled, when nobody has saved for a moment."""
        idle = self._decider.is_idle and self._verifications.is_idle
        if self._new and idle and time.monotonic() >= self._quiet_since + _MOMENT:
            new, self._new = self._new, []
            self._wish_for(new[:_MOST_NEW])

    def _wish_for(self, fingerprints: Iterable[str]) -> None:
        """Has suggestions for sites compiled that nobody waits for by an id."""
        state, generation = self._builder.state, self._decider.generation
        found = (state.site(one) for one in fingerprints)
        sites = tuple(
            one.site for one in found if one is not None and one.site.package not in state.stale
        )
        if sites and self._decider.is_idle:
            self._verifications.wish(Wish(sites))
            self._verifications.proceed(generation)
        else:
            self._say(Progress(generation, "there is nothing to compile", Stage.DONE))

    def _look_at_root(self) -> None:
        """Notices that the root is gone or another folder, which the system does not tell."""
        root = str(self._builder.plan.root)
        now = identity(root)
        if now == self._root:
            return
        self._root = now
        if now is not None:
            self._folders = (root,)
            self._notice()
        self._do(self._decider.ask(EVERYTHING, time.monotonic()))

    def _take(self, message: object) -> None:
        now = time.monotonic()
        if isinstance(message, list):
            self._changed(message, now)
        elif isinstance(message, _Known):
            self._learn(message)
        elif isinstance(message, _Ended):
            if message.error is not None:
                raise message.error
            self._decider.ended(message.generation, message.left, now)
            self._quiet_since = now
            self._work = None
            if self._decider.is_idle:
                self._answer_all()
                self._tidy()
        elif isinstance(message, _Suggest):
            self._wish_for(message.fingerprints)
        elif isinstance(message, Loaded):
            self._profiles.finish(message, self._decider.generation)
        elif isinstance(message, Finished):
            self._verifications.finish(message, self._decider.generation)
            self._verifications.proceed(self._decider.generation)

    def _tidy(self) -> None:
        """Looks for garbage while there is nothing to do; no command of ours does so unasked."""
        gc.collect()
        if not self._is_tidy:
            # What the first build left is there to stay, and need not be looked at each time.
            gc.freeze()
            self._is_tidy = True

    def _changed(self, changes: list[Change], now: float) -> None:
        dirty = NOTHING
        for change in changes:
            dirty |= self._watched.judge(change)
            self._profiles.judge(change)
        self._do(self._decider.changed(dirty, now))

    def _learn(self, known: _Known) -> None:
        state = known.state
        if not known.whole:
            self._watched.learn(state.listed.values())
            return
        self._watched.know(state.listed.values())
        plan = state.plan
        assert plan is not None
        outside = {str(plan.goroot), str(plan.modcache)}
        folders = {str(plan.root)}
        for package in state.listed.values():
            folder = package.module_dir or package.dir
            is_read_only = any(_is_below(folder, one) for one in outside)
            if folder and not package.standard and not is_read_only:
                folders.add(folder)
        self._watched.roots = tuple(sorted(folders))
        self._watched.single = frozenset(self._builder.read_besides())
        self._folders = tuple(folders)
        self._notice()

    def _notice(self) -> None:
        files = {*self._watched.single, *self._profiles.files}
        self._note(self._noticer.watch(self._folders, files))

    def _do(self, actions: "list[Start | Cancel]") -> None:
        if actions:
            self._verifications.give_up(self._decider.generation)
            self._new.clear()
        for action in actions:
            if isinstance(action, Start):
                self._work = Work(action, self._builder, self._say, self._ended)
                self._work.begin()
            elif self._work is not None and self._work.cancel():
                self._say(Cancelled(action.generation))

    def _ended(self, generation: int, left: Dirty, error: BaseException | None) -> None:
        self._inbox.put(_Ended(generation, left, error))

    def _obey(self, command: Command) -> bool:
        """Carries a command out, or begins to; false if it ends the watch."""
        generation = self._decider.generation
        if command.name == "refresh":
            self._asked.append(command)
            self._do(self._decider.ask(EVERYTHING, time.monotonic()))
        elif command.name == "stop":
            self._say(Answer(generation, command.id, ok=True))
            return False
        elif command.name == "verify":
            self._wish(command)
        elif command.name == "profile":
            self._profiles.wish(command.profile, command.id)
            self._notice()
        elif command.name == "cancel":
            asked = self._verifications.cancel(command.site or "", generation)
            problem = "" if asked else "nothing is being compiled for this site"
            self._say(Answer(generation, command.id, asked, problem))
            self._verifications.proceed(generation)
        else:
            self._say(Answer(generation, command.id, False, f"no such command: {command.name}"))
        return True

    def _wish(self, command: Command) -> None:
        """Takes the wish for suggestions of a site."""
        generation = self._decider.generation
        fingerprint = command.site or (command.suggestion or "").partition("/")[0]
        site = self._builder.state.site(fingerprint)
        if site is None:
            self._say(Answer(generation, command.id, False, f"no such site: {fingerprint}"))
        elif not self._decider.is_idle:
            self._say(Answer(generation, command.id, False, CHANGED))
        elif site.site.package in self._builder.state.stale:
            problem = f"{site.site.package} does not build"
            self._say(Answer(generation, command.id, False, problem))
        else:
            self._verifications.wish(Wish((site.site,), command.id, command.suggestion))
            self._verifications.proceed(generation)

    def _answer_all(self) -> None:
        asked, self._asked = self._asked, []
        for command in asked:
            self._say(Answer(self._decider.generation, command.id, ok=True))

    def _note(self, text: str) -> None:
        if text:
            self._say(Progress(self._decider.generation, text))

    def _end(self) -> None:
        self._noticer.stop()
        self._verifications.end(_PATIENCE)
        if self._work is not None:
            self._work.cancel()
            self._work.join(_PATIENCE)


def _is_below(path: str, folder: str) -> bool:
    return bool(folder) and (path == folder or path.startswith(folder.rstrip(os.sep) + os.sep))


class Knowledge:
    """The latest state of a session, for readers in any thread."""

    def __init__(self, builder: Builder, suggest: Callable[[Iterable[str]], None]) -> None:
        self._builder = builder
        self.suggest = suggest

    def report(self) -> Report:
        """Everything that is known."""
        return self._builder.teller.report(self._builder.state)

    def read(self, file: str) -> Source | None:
        """The source behind a file name of the report."""
        return self._builder.holding.read(file)

    def site(self, fingerprint: str) -> Merged | None:
        """The site of a fingerprint."""
        return self._builder.state.site(fingerprint)
