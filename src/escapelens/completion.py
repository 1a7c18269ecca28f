"""Completes drafts file by file, on two processors where there is enough to do."""

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from escapelens.drafts import Draft, Drafts, Paths, Sources
from escapelens.sites import Completed, Completer

if TYPE_CHECKING:
    from multiprocessing.context import ForkContext

_WORTH_A_PROCESS = 2000
"""Drafts from which on a second process saves more time than it costs."""

Jobs = dict[str, list[tuple[int, Draft]]]
"""The drafts of each file, with the index of their block."""


class Done(msgspec.Struct, array_like=True):
    """What a process completed: sites with the index of their block, and void files."""

    completed: list[tuple[int, Completed]]
    contradicted: list[str]


class Completion:
    """Completes the drafts of files, each file in one process only."""

    def __init__(self, paths: Paths, sources: Sources, blocks: Sequence[Drafts]) -> None:
        self._paths = paths
        self._sources = sources
        self._blocks = blocks

    def run(self, jobs: Jobs) -> Done:
        """Completes everything, half of it in a second process if that is worth one."""
        files = sorted(jobs, key=lambda path: (-self._size(path), path))
        total = sum(map(len, jobs.values()))
        if not _is_worth_a_process(total):
            return self._do(jobs, files)
        context = _forks()
        receiver, sender = context.Pipe(duplex=False)
        theirs, ours = files[::2], files[1::2]
        process = context.Process(
            target=lambda: sender.send_bytes(msgspec.json.encode(self._do(jobs, theirs))),
            daemon=True,
        )
        process.start()
        sender.close()
        done = self._do(jobs, ours)
        try:
            other = msgspec.json.decode(receiver.recv_bytes(), type=Done)
        except EOFError:
            other = self._do(jobs, theirs)
        process.join()
        return Done(done.completed + other.completed, done.contradicted + other.contradicted)

    def _do(self, jobs: Jobs, files: Iterable[str]) -> Done:
        done = Done([], [])
        for path in files:
            source = self._sources.get(path)
            completer = Completer(source, self._paths)
            completer.focus(draft for _, draft in jobs[path])
            for index, draft in jobs[path]:
                done.completed.append((index, completer.complete(draft, self._blocks[index])))
            if completer.contradicted:
                done.contradicted.append(path)
            if source is not None:
                source.drop_tree()
        return done

    def _size(self, path: str) -> int:
        source = self._sources.get(path)
        return len(source.content) if source is not None else 0


def in_background(amount: int, task: Callable[[], None]) -> Callable[[], None]:
    """Does a task that leaves nothing in memory, and returns a way to wait for its end.

    `amount` is counted in drafts; a small task is done at once.
    """
    if not _is_worth_a_process(amount):
        task()
        return lambda: None
    process = _forks().Process(target=task, daemon=True)
    process.start()
    return process.join


def _is_worth_a_process(drafts: int) -> bool:
    # A forked process sees everything without a copy; only Linux can be trusted to fork.
    return drafts >= _WORTH_A_PROCESS and sys.platform == "linux" and (os.cpu_count() or 1) > 1


def _forks() -> "ForkContext":
    """Forks; imported late, since small runs never need it."""
    import multiprocessing

    return multiprocessing.get_context("fork")
