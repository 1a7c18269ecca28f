"""When to build, and what; owns no clock, thread or file, so that every decision can be tried."""

from dataclasses import dataclass, field

QUIET = 0.03
"""Seconds without an event after which a save is taken to be over."""
STORM = 100
"""Events from which on something larger than a save is going on, such as a checkout."""
QUIET_AFTER_STORM = 0.3
"""Seconds for a storm, and where one build was given up since more came."""
QUIET_AFTER_TWO = 1.0
"""Seconds where two builds in a row were given up: what goes on has long pauses."""
LONGEST_WAIT = 5.0
"""Seconds after which is built whatever goes on."""


@dataclass(frozen=True)
class Dirty:
    """What is to be built anew."""

    packages: frozenset[str] = frozenset()
    """Import paths of packages whose files changed."""
    whole: bool = False
    """Which packages there are may have changed too, or how they are built."""

    def __or__(self, other: "Dirty") -> "Dirty":
        return Dirty(self.packages | other.packages, self.whole or other.whole)

    def __bool__(self) -> bool:
        return self.whole or bool(self.packages)


NOTHING = Dirty()
EVERYTHING = Dirty(whole=True)


@dataclass(frozen=True)
class Start:
    """Begin to build."""

    generation: int
    dirty: Dirty
    since: float
    """When the first event of the change came."""


@dataclass(frozen=True)
class Cancel:
    """Give up the build of a generation; its end is to be told with `ended`."""

    generation: int


Action = Start | Cancel


@dataclass
class Decider:
    """Collects changes until it is quiet; at most one build runs, and it is the latest."""

    generation: int = 0
    _waiting: Dirty = NOTHING
    _events: int = 0
    _first: float = 0.0
    """When the change that waits began."""
    _last: float = 0.0
    _running: Start | None = None
    _cancelled: bool = False
    _given_up: int = 0
    """Builds in a row that a change has outdated."""
    _at_once: bool = field(default=False)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is built or waits to be."""
        return self._running is None and not self._waiting

    def changed(self, dirty: Dirty, now: float, events: int = 1) -> list[Action]:
        """Takes what a number of events made dirty, which outdates a build that runs."""
        if not dirty:
            return []
        if not self._waiting:
            self._first, self._events = now, 0
        self._waiting |= dirty
        self._events += events
        self._last = now
        running = self._running
        if running is None or self._cancelled:
            return []
        self._cancelled = True
        self._given_up += 1
        return [Cancel(running.generation)]

    def ask(self, dirty: Dirty, now: float) -> list[Action]:
        """Takes what somebody wants to be built without waiting for quiet."""
        actions = self.changed(dirty, now)
        self._at_once = True
        return actions

    def due(self) -> float | None:
        """When to call `tick` next; None if only an event can change anything."""
        if not self._waiting or self._running is not None:
            return None
        if self._at_once:
            return self._last
        return min(self._last + self._quiet(), max(self._first + LONGEST_WAIT, self._last))

    def _quiet(self) -> float:
        if self._given_up > 1:
            return QUIET_AFTER_TWO
        return QUIET if self._events < STORM and not self._given_up else QUIET_AFTER_STORM

    def tick(self, now: float) -> list[Action]:
        """What is to be done at a time."""
        due = self.due()
        if due is None or now < due:
            return []
        self.generation += 1
        dirty = EVERYTHING if self._events >= STORM else self._waiting
        self._running = Start(self.generation, dirty, self._first)
        self._waiting, self._cancelled, self._at_once = NOTHING, False, False
        return [self._running]

    def ended(self, generation: int, left: Dirty, now: float) -> None:
        """Takes the end of a build and what it left undone."""
        running = self._running
        if running is None or running.generation != generation:
            return
        self._running = None
        if not left:
            self._given_up = 0
            return
        if not self._waiting:
            self._last, self._events = now, 0
        # Who waits has waited since the change that was not built to its end.
        self._first = running.since
        self._waiting |= left
