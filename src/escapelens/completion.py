"""Completes drafts file by file, on two processors where there is enough to do."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec.structs import replace

from escapelens.drafts import Draft, Drafts, Paths, Sources
from escapelens.examine.flows import Siblings
from escapelens.sites import Completed, Completer

if TYPE_CHECKING:
    from multiprocessing.context import ForkContext, ForkProcess

_WORTH_A_PROCESS = 2000
"""Drafts from which on a second process saves more time than it costs."""
_WORTH_AN_EARLY_START = 10_000
"""Drafts that are handed to a second process while the compiler still prints."""


class _Job(NamedTuple):
    """A draft and where its site belongs."""

    block: int
    drafts: Drafts
    draft: Draft


class Done(msgspec.Struct, array_like=True):
    """What was completed: sites with the index of their block, and void files."""

    completed: list[tuple[int, Completed]]
    contradicted: list[str]


class Completion:
    """Takes drafts as blocks arrive; completes them while none arrives, and after the last has."""

    def __init__(self, paths: Paths, sources: Sources, *, alone: bool = False) -> None:
        self._paths = paths
        self._sources = sources
        self._alone = alone or not _can_fork()
        """Whether all is to be done in this process."""
        self._waiting: dict[str, list[_Job]] = {}
        """The drafts that nobody works on yet, by file."""
        self._n_waiting = 0
        self._others: list[_Other] = []
        self._worked_on: set[str] = set()
        self._done: list[Done] = []
        """What was completed while the compiler was busy."""

    def add(self, index: int, drafts: Drafts) -> None:
        """Takes the drafts of a block that is known by an index out of it."""
        self._n_waiting += len(drafts.drafts)
        for draft in drafts.drafts:
            self._waiting.setdefault(draft.path, []).append(_Job(index, drafts, draft))
        drafts.drafts.clear()  # each is forgotten when it was completed
        if self._n_waiting >= _WORTH_AN_EARLY_START and not self._others and not self._alone:
            self._hand_over(list(self._waiting))

    def work(self) -> bool:
        """Completes the drafts of one file; false if there are none, or of known files only.

        What instances of generic functions add to a file again and again waits for the end.
        """
        path = next((path for path in self._waiting if path not in self._worked_on), None)
        if path is None:
            return False
        self._worked_on.add(path)
        jobs = self._waiting.pop(path)
        self._n_waiting -= len(jobs)
        self._done += self._do({path: jobs})
        return True

    def finish(self) -> Done:
        """Completes what is left and collects everything."""
        if self._n_waiting >= _WORTH_A_PROCESS and not self._alone:
            # Drafts that arrived together lie together in memory. The other process gets the first
            # half of them, since every page that both use exists twice.
            half, theirs = self._n_waiting / 2, []
            for path, jobs in self._waiting.items():
                if half <= 0:
                    break
                half -= len(jobs)
                theirs.append(path)
            self._hand_over(theirs)
        done = Done([], [])
        ours, self._waiting = self._waiting, {}
        for part in (self._done, self._do(ours), *(other.results() for other in self._others)):
            for of_file in part:
                done.completed += of_file.completed
                done.contradicted += of_file.contradicted
        return done

    def _hand_over(self, paths: Iterable[str]) -> None:
        """Lets another process complete the drafts of these files, and forgets them here."""
        jobs = {path: self._waiting.pop(path) for path in paths}
        self._others.append(_Other(lambda: self._do(jobs)))
        self._n_waiting -= sum(map(len, jobs.values()))

    def _do(self, by_file: dict[str, list[_Job]]) -> Iterator[Done]:
        """What the drafts of each file come to, which are forgotten then."""
        for path in list(by_file):
            jobs = by_file.pop(path)
            done = Done([], [])
            source = self._sources.get(path)
            completer = Completer(source, self._paths, path)
            completer.focus(job.draft for job in jobs)
            siblings = _siblings(jobs)
            for job in jobs:
                completed = completer.complete(job.draft, job.drafts, siblings[job.block])
                done.completed.append((job.block, completed))
            if completer.contradicted:
                done.contradicted.append(path)
            if source is not None:
                source.drop_tree()
            yield done


def _siblings(jobs: Iterable[_Job]) -> dict[int, Siblings]:
    """The drafts that a file has in each block."""
    by_block: dict[int, list[Draft]] = {}
    for job in jobs:
        by_block.setdefault(job.block, []).append(job.draft)
    return {block: Siblings(drafts) for block, drafts in by_block.items()}


class _Other:
    """A forked process that works on what it finds in memory and writes down the outcome."""

    def __init__(self, work: Callable[[], Iterable[Done]]) -> None:
        # The process can end as soon as it is done, and its memory is free long before this one
        # has time for the outcome.
        self._outcome = TemporaryFile()  # noqa: SIM115

        def write_down() -> None:
            # Whoever interrupts this program is answered by the process that was asked.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            for part in work():
                self._outcome.write(msgspec.json.encode(part) + b"\n")
            self._outcome.flush()

        self._process: ForkProcess = _forks().Process(target=write_down, daemon=True)
        self._process.start()

    def results(self) -> Iterator[Done]:
        """Waits for the outcome."""
        self._process.join()
        if self._process.exitcode != 0:
            raise OSError(f"a second process ended with {self._process.exitcode}")
        decode = msgspec.json.Decoder(Done).decode
        with self._outcome as outcome:
            outcome.seek(0)
            for line in outcome:
                done = decode(line)
                done.completed = [(index, _apart(one)) for index, one in done.completed]
                yield done


def _apart(completed: Completed) -> Completed:
    """A site whose flows do not keep in memory everything that they were decoded with."""
    site = completed.site
    return replace(completed, site=replace(site, flows=site.flows.copy()))


def _can_fork() -> bool:
    # A forked process sees everything without a copy; only Linux can be trusted to fork.
    return sys.platform == "linux" and (os.cpu_count() or 1) > 1


def _forks() -> "ForkContext":
    """Forks; imported late, since small runs never need it."""
    import multiprocessing

    return multiprocessing.get_context("fork")
