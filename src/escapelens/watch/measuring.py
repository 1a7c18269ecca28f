"""What profiles say of the sites of a watch, followed through the changes since they were read.

A profile is matched once, with the packages as they are when it is read. From then on a site keeps
what was measured of it for as long as it is the same site; a new one has nothing. So it is never
guessed what a changed line would cost, and undoing a change brings all back.
"""

from collections.abc import Callable, Mapping
from threading import Lock

from msgspec.structs import replace

from escapelens.model import Measured, Profiled, Report
from escapelens.profiled import with_profile
from escapelens.profiles import Named, Stacks
from escapelens.request import Filter
from escapelens.source import Source
from escapelens.watch.delta import pairs
from escapelens.watch.state import NOTHING_KNOWN, Finished, State
from escapelens.watch.telling import Teller

_Known = Mapping[str, Measured]
"""What was measured, by fingerprint."""


class Measuring:
    """The profiles of a watch; states and reports may be asked about from any thread."""

    def __init__(self, named: Named, stacks: Stacks, read: Callable[[str], Source | None]) -> None:
        """`read` gives the source behind a file name of a report, as it was last read."""
        self._named = named
        self._stacks = stacks
        self._read = read
        self._lock = Lock()
        self._base = State()
        self._measured: _Known = {}
        self._profile: Profiled | None = None
        self._notes: tuple[str, ...] = ()
        """What to know about a profile that does not fit the sources it was read with."""
        self._followed: dict[str, tuple[Finished, _Known]] = {}
        """Of packages that changed since, what their sites keep."""

    def apply(self, report: Report, state: State) -> Report:
        """A report of some packages of a state, with what their sites took."""
        with self._lock:
            if self._profile is None:
                self._match(state)
            assert self._profile is not None
            known: dict[str, Measured] = {}
            changed: set[str] = set()
            for owner, finished in state.finished.items():
                known.update(self._of(owner, finished))
                changed.update(self._changed(owner, finished))
            profile = replace(
                self._profile,
                matched=sum(one.share for one in known.values()),
                changed=tuple(sorted(changed.union(self._profile.changed))),
            )
        sites = tuple(
            replace(site, cost=replace(site.cost, profile=known.get(site.fingerprint)))
            if site.cost is not None
            else site
            for site in report.sites
        )
        notes = (*report.notes, *self._notes)
        return replace(report, sites=sites, profile=profile, notes=notes)

    def _match(self, state: State) -> None:
        """Leads the profile to the sites of a state; later ones are held against it."""
        plain = Teller(Filter()).report(state)
        index, renamed = self._named.index, self._named.renamed
        report = with_profile(plain, self._stacks, index, self._read, renamed)
        self._base, self._profile = state, report.profile
        self._notes = report.notes[len(plain.notes) :]
        self._measured = {
            site.fingerprint: site.cost.profile
            for site in report.sites
            if site.cost is not None and site.cost.profile is not None
        }

    def _of(self, owner: str, finished: Finished) -> _Known:
        """What the sites of a package keep."""
        base = self._base.finished.get(owner, NOTHING_KNOWN)
        if finished is not base:
            known = self._followed.get(owner)
            if known is None or known[0] is not finished:
                known = self._followed[owner] = finished, self._kept(base, finished)
            return known[1]
        fingerprints = (one.site.fingerprint for one in finished.sites)
        return {one: self._measured[one] for one in fingerprints if one in self._measured}

    def _kept(self, base: Finished, now: Finished) -> _Known:
        found = pairs(base.sites, now.sites, base.texts, now.texts).items()
        same = (
            (base.sites[here].site.fingerprint, now.sites[there].site.fingerprint)
            for here, there in found
        )
        return {new: self._measured[old] for old, new in same if old in self._measured}

    def _changed(self, owner: str, finished: Finished) -> set[str]:
        """The files of a package that are not as they were when the profile was read."""
        base = self._base.finished.get(owner, NOTHING_KNOWN)
        if finished is base:
            return set()
        before = {file.file: file.sha256 for file in base.files}
        after = {file.file: file.sha256 for file in finished.files}
        return {
            file for file in before.keys() | after.keys() if before.get(file) != after.get(file)
        }
