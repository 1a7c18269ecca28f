"""Suggestions for sites of a watch: compiled one command after the other, while nothing changes."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from escapelens.model import Site, Suggestion
from escapelens.watch.events import Answer, Event, Judged, Progress, Stage

CHANGED = "the sources changed meanwhile"
CANCELLED = "cancelled"


class Attempted(NamedTuple):
    """What came of the suggestions for some sites."""

    suggestions: Mapping[str, tuple[Suggestion, ...]]
    """By the fingerprint of the site."""
    digests: Mapping[str, str]
    """The SHA-256 of the files that their edits count in."""
    problem: str
    """Why nothing came of it; else empty."""


class Attempt(Protocol):
    """Suggestions that are being compiled."""

    def result(self) -> Attempted:
        """Waits for what comes of them."""

    def cancel(self) -> None:
        """Gives up, from any thread."""


Begin = Callable[[Sequence[str]], Attempt]
"""Begins to compile what would remove the sites at some places, each as FILE:LINE:COLUMN."""


@dataclass(frozen=True)
class Wish:
    """Sites whose suggestions are wanted."""

    sites: tuple[Site, ...]
    id: str | None = None
    """The command that is to be answered."""
    suggestion: str | None = None
    """Only the one of this id."""


@dataclass(frozen=True)
class Finished:
    """A wish, and what came of it."""

    wish: Wish
    outcome: Attempted


class Verifications:
    """The wishes of a watch; at most one is worked on."""

    def __init__(
        self, begin: Begin, say: Callable[[Event], None], post: Callable[[object], None]
    ) -> None:
        self._begin = begin
        self._say = say
        self._post = post
        """Is told, in the thread of the work, what came of a wish."""
        self._waiting: list[Wish] = []
        self._running: tuple[Wish, Attempt, threading.Thread] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is worked on or waits."""
        return self._running is None and not self._waiting

    def wish(self, wish: Wish) -> None:
        """Takes a wish; one that somebody waits for goes before those that nobody does."""
        self._waiting.append(wish)
        self._waiting.sort(key=lambda one: one.id is None)

    def proceed(self, generation: int) -> None:
        """Begins with the next wish, if none is worked on."""
        if self._running is not None or not self._waiting:
            return
        wish = self._waiting.pop(0)
        places = [_place(site) for site in wish.sites]
        text = f"compiling what would remove {', '.join(places)}"
        self._say(Progress(generation, text, Stage.BEGUN, wish.id, wish.suggestion))
        attempt = self._begin(places)
        thread = threading.Thread(target=self._work, args=(wish, attempt), daemon=True)
        self._running = (wish, attempt, thread)
        thread.start()

    def finish(self, finished: Finished, generation: int) -> None:
        """Says what came of a wish, unless it was given up."""
        running = self._running
        if running is None or running[0] is not finished.wish:
            return
        self._running = None
        wish, outcome = finished.wish, finished.outcome
        for site in wish.sites:
            for one in outcome.suggestions.get(site.fingerprint, ()):
                if wish.suggestion in (None, one.id):
                    files = tuple(
                        (file, outcome.digests[file])
                        for file in dict.fromkeys(edit.file for edit in one.edits)
                        if file in outcome.digests
                    )
                    self._say(Judged(generation, site.fingerprint, one, files, wish.id))
        self._done(wish, generation, outcome.problem)

    def give_up(self, generation: int, why: str = CHANGED) -> None:
        """Gives up all wishes, since what they are about is no longer so."""
        running, self._running = self._running, None
        waiting, self._waiting = self._waiting, []
        if running is not None:
            running[1].cancel()
            waiting.insert(0, running[0])
        for wish in waiting:
            self._done(wish, generation, why)

    def cancel(self, fingerprint: str, generation: int) -> bool:
        """Gives up what somebody wishes of a site; false if nobody does."""
        running, given_up = self._running, []
        if running is not None and _is_of(running[0], fingerprint):
            self._running = None
            running[1].cancel()
            given_up.append(running[0])
        given_up += [wish for wish in self._waiting if _is_of(wish, fingerprint)]
        self._waiting = [wish for wish in self._waiting if not _is_of(wish, fingerprint)]
        for wish in given_up:
            self._done(wish, generation, CANCELLED)
        return bool(given_up)

    def end(self, seconds: float) -> None:
        """Ends all work, and waits for it."""
        running, self._running = self._running, None
        if running is not None:
            running[1].cancel()
            running[2].join(seconds)

    def _work(self, wish: Wish, attempt: Attempt) -> None:
        self._post(Finished(wish, attempt.result()))

    def _done(self, wish: Wish, generation: int, problem: str) -> None:
        text = problem or "all suggestions are compiled"
        self._say(Progress(generation, text, Stage.DONE, wish.id, wish.suggestion))
        if wish.id is not None:
            self._say(Answer(generation, wish.id, not problem, problem))


def _is_of(wish: Wish, fingerprint: str) -> bool:
    return wish.id is not None and any(site.fingerprint == fingerprint for site in wish.sites)


def _place(site: Site) -> str:
    position = site.position
    column = f":{position.column}" if position.column else ""
    return f"{position.file}:{position.line}{column}"
