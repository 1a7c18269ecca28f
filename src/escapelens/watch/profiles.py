"""The profiles of a watch: read when they are named and when their files change."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from escapelens.errors import UsageError
from escapelens.profiles import Named, Stacks, load
from escapelens.watch.building import Builder
from escapelens.watch.events import Answer, Delta, Event, Progress, Reported
from escapelens.watch.measuring import Measuring
from escapelens.watch.relevance import Change

_QUIET = 0.5
"""Seconds without a change after which a file is taken to be written to its end."""


@dataclass(frozen=True)
class Loaded:
    """Profiles were read, or could not be."""

    named: Named
    stacks: Stacks | None
    problem: str
    id: str | None
    """The command that is to be answered."""


class Profiles:
    """Has profiles read beside the builds, and tells the sites anew when they are."""

    def __init__(
        self,
        builder: Builder,
        cwd: Path,
        say: Callable[[Event], None],
        post: Callable[[object], None],
    ) -> None:
        self._builder = builder
        self._cwd = cwd
        self._say = say
        self._post = post
        """Is told, in the thread that reads, what came of it."""
        self._named: Named | None = None
        """Those that sites are measured by."""
        self._wanted: Named | None = None
        """Those that are to be in their place, once they are read."""
        self._changed = 0.0
        """When a file was last seen to change; 0 if it was read since."""
        self._is_news = False
        """The sites are to be told with what is measured now."""
        self._asked: list[str] = []
        """The commands that are answered with it."""

    @property
    def files(self) -> tuple[str, ...]:
        """The files that are read again when they change, by absolute path."""
        return self._wanted.files if self._wanted is not None else ()

    @property
    def is_changed(self) -> bool:
        """Whether a file is to be read again in a moment."""
        return self._changed > 0

    def take(self, named: Named, stacks: Stacks) -> None:
        """Takes profiles that were read before the watch began."""
        self._wanted = named.below(self._cwd)
        self._measure(self._wanted, stacks)

    def wish(self, named: Named | None, id: str) -> None:
        """Has other profiles read; none at all clears what was measured."""
        self._wanted = named.below(self._cwd) if named is not None else None
        self._changed = 0.0
        if self._wanted is None:
            self._named = None
            self._builder.teller.measure = lambda report, state: report
            self._is_news = True
            self._asked.append(id)
        else:
            self._begin(self._wanted, id)

    def judge(self, change: Change) -> None:
        """Takes notice of a change of a file."""
        if change.path in self.files:
            self._changed = time.monotonic()

    def finish(self, loaded: Loaded, generation: int) -> None:
        """Takes what came of reading; of profiles that nobody wants any more, nothing."""
        if loaded.named != self._wanted:
            if loaded.id is not None:
                self._say(Answer(generation, loaded.id, False, "another profile was asked for"))
        elif loaded.stacks is not None:
            self._measure(loaded.named, loaded.stacks)
            self._is_news = True
            self._asked += [loaded.id] if loaded.id is not None else []
        elif loaded.id is not None:
            self._wanted = self._named
            self._say(Answer(generation, loaded.id, False, loaded.problem))
        else:
            self._say(Progress(generation, f"{loaded.problem}; what was measured before is kept"))

    def proceed(self, generation: int, *, is_idle: bool) -> None:
        """Reads again what changed; tells the sites, once no build is under way."""
        if self._wanted is not None and self._changed:
            if time.monotonic() < self._changed + _QUIET:
                return
            self._changed = 0.0
            self._begin(self._wanted, None)
        state = self._builder.state
        if self._is_news and is_idle and state.plan is not None:
            self._is_news = False
            report = self._builder.teller.report(state)
            packages, stale = tuple(sorted(state.asked)), bool(state.stale)
            self._say(Reported(generation, True, packages, (), stale, Delta(), report))
            for id in self._asked:
                self._say(Answer(generation, id, ok=True))
            self._asked.clear()

    def _begin(self, named: Named, id: str | None) -> None:
        Thread(target=self._read, args=(named, id), daemon=True).start()

    def _read(self, named: Named, id: str | None) -> None:
        try:
            self._post(Loaded(named, load(named), "", id))
        except UsageError as error:
            self._post(Loaded(named, None, error.message, id))

    def _measure(self, named: Named, stacks: Stacks) -> None:
        self._named = named
        measuring = Measuring(named, stacks, self._builder.holding.read)
        self._builder.teller.measure = measuring.apply
