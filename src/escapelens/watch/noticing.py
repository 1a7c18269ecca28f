"""Notices what changes in folders: the system tells, or where it cannot, a look at intervals."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserverVFS

from escapelens.watch.relevance import Change, Happened, is_skipped

INTERVAL = 1.0
"""Seconds between two looks where the system does not tell."""
# The go command opens and reads all sources; to be told of that would be news without end.
_NEWS = (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
)
_LIMITS = "fs.inotify.max_user_watches"


class _Tree(NamedTuple):
    """A folder as the system names it and as the packages' paths do."""

    real: str
    spelled: str


class Noticer:
    """Tells of changes in folders and all below them, in batches, from threads of its own."""

    def __init__(self, tell: Callable[[list[Change]], None], *, poll: bool = False) -> None:
        self._tell = tell
        self._polls = poll
        self._observer: BaseObserver | None = None
        self._watched: tuple[object, ...] = ()

    def watch(self, folders: Collection[str], files: Iterable[str] = ()) -> str:
        """Watches these folders and single files instead of those before.

        Returns what a reader should know.
        """
        wanted = tuple((folder, True) for folder in _outermost(folders))
        besides = {os.path.dirname(file) for file in files} - set(folders)  # noqa: PTH120
        wanted += tuple((folder, False) for folder in sorted(besides))
        # Another folder of the same name is watched by nobody.
        watched = tuple((folder, identity(folder)) for folder, _ in wanted)
        if watched == self._watched:
            return ""
        self.stop()
        self._watched = watched
        if not self._polls:
            try:
                self._observer = self._started(Observer(), wanted)
                return ""
            except OSError as error:
                why = error.strerror or str(error)
                self._polls = True
                self._observer = self._started(_poller(), wanted)
                return (
                    f"the system watches no more folders ({why}), so they are looked at every "
                    f"{INTERVAL:g} s; raise {_LIMITS} to be told at once"
                )
        self._observer = self._started(_poller(), wanted)
        return ""

    def stop(self) -> None:
        """Ends all watching."""
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(2)

    def _started(self, observer: BaseObserver, folders: Iterable[tuple[str, bool]]) -> BaseObserver:
        try:
            for folder, recursive in folders:
                tree = _Tree(os.path.realpath(folder), folder)
                if os.path.isdir(tree.real):  # noqa: PTH112
                    observer.schedule(
                        _Handler(tree, self._tell),
                        tree.real,
                        recursive=recursive,
                        event_filter=list(_NEWS),
                    )
            observer.start()
        except OSError:
            observer.unschedule_all()
            observer.stop()
            raise
        return observer


class _Handler(FileSystemEventHandler):
    """Makes changes of the events in one tree."""

    def __init__(self, tree: _Tree, tell: Callable[[list[Change]], None]) -> None:
        self._tree = tree
        self._tell = tell

    def dispatch(self, event: FileSystemEvent) -> None:
        """Takes one event."""
        if not isinstance(event, _NEWS):
            return
        what = Happened.FOLDER if event.is_directory else Happened.FILE
        paths = [os.fsdecode(path) for path in (event.src_path, event.dest_path) if path]
        changes = [Change(self._spelled(path), what) for path in paths]
        if changes:
            self._tell(changes)

    def _spelled(self, path: str) -> str:
        real, spelled = self._tree
        return spelled + path[len(real) :] if path.startswith(real) else path


def _outermost(folders: Collection[str]) -> Iterator[str]:
    """The folders that lie in none of the others."""
    kept = ""
    for folder in sorted(set(folders), key=lambda one: one.rstrip(os.sep) + os.sep):
        below = kept.rstrip(os.sep) + os.sep
        if not kept or not (folder + os.sep).startswith(below):
            kept = folder
            yield folder


def identity(folder: str) -> tuple[int, int] | None:
    """What tells a folder from another one of its name; None if there is none."""
    try:
        status = os.stat(folder)  # noqa: PTH116
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _poller() -> BaseObserver:
    return PollingObserverVFS(os.stat, _listed, polling_interval=INTERVAL)


def _listed(folder: str | None) -> Iterator["os.DirEntry[str]"]:
    """What of a folder is looked at; nothing of one that cannot be read."""
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if not is_skipped(entry.name)]
    except OSError:
        return iter(())
    return iter(found)
