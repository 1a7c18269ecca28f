"""What a run is asked for, and what comes of it; loads nothing that works on it."""

import fnmatch
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from escapelens.toolchain import BuildOptions

if TYPE_CHECKING:
    from escapelens.cache.reports import Finished
    from escapelens.model import Finding, Report, Site
    from escapelens.source import Source


@dataclass(frozen=True)
class Wanted:
    """How much of the compiler's text a run is to look at."""

    detail: bool = True
    """Ranges, functions and flows; without it only what counts need."""
    every_line: bool = False
    """Hold every line against the known forms."""
    leaks: bool = False
    stack: bool = False
    """What does not escape."""


@dataclass(frozen=True)
class Filter:
    """Which sites of the packages are wanted; everything where nothing is named."""

    files: tuple[str, ...] = ()
    """Ends of paths or patterns with `*`, matched against absolute paths."""
    functions: tuple[str, ...] = ()
    """Names or patterns: `F`, `M`, `(*T).M`, `F.func1`, `Write*`."""
    causes: tuple[str, ...] = ()
    """Names of causes and findings; only these."""
    not_causes: tuple[str, ...] = ()
    """Names of causes and findings; none of these."""
    no_cold: bool = False
    """Nothing that the syntax shows to run seldom."""
    allocating: bool = False
    """Nothing that is known to allocate nothing."""

    @property
    def is_by_place(self) -> bool:
        """Whether it asks where a site stands."""
        return bool(self.files or self.functions)

    @property
    def is_by_reason(self) -> bool:
        """Whether it asks why a site is on the heap."""
        return bool(self.causes or self.not_causes or self.no_cold or self.allocating)

    def keeps_site(self, site: "Site") -> bool:
        """Whether a site is wanted for its cause and for how often it runs."""
        if self.no_cold and site.triage is not None and site.triage.cold is not None:
            return False
        if self.allocating and site.cost is not None and site.cost.allocates == "no":
            return False
        return (not self.causes or site.cause in self.causes) and site.cause not in self.not_causes

    def keeps_finding(self, finding: "Finding") -> bool:
        """Whether a finding about a pool is wanted, by its name."""
        name = finding.finding
        return (not self.causes or name in self.causes) and name not in self.not_causes

    def keeps(self, path: str, function: str, declared: str) -> bool:
        """Whether a site is wanted that stands in a file and in a function of a declared one."""
        return self._keeps_file(path) and self._keeps_function({function, declared})

    def _keeps_file(self, path: str) -> bool:
        slashed = path.replace(os.sep, "/")
        return not self.files or any(
            slashed == file or fnmatch.fnmatchcase(slashed, f"*/{file.removeprefix('./')}")
            for file in self.files
        )

    def _keeps_function(self, functions: set[str]) -> bool:
        names = functions | {function.rpartition(".")[2] for function in functions}
        return not self.functions or any(
            fnmatch.fnmatchcase(name, wanted) for wanted in self.functions for name in names if name
        )


@dataclass(frozen=True)
class Request:
    """What one run is asked for."""

    build: BuildOptions
    wanted: Wanted = field(default_factory=Wanted)
    filter: Filter = field(default_factory=Filter)
    use_cache: bool = True


class Outcome:
    """A report, and how to read the sources it speaks of."""

    def __init__(self, report: "Report | Finished", read: "Callable[[str], Source | None]") -> None:
        self._report = report
        self.read = read
        """The source behind a file name of the report."""

    @cached_property
    def report(self) -> "Report":
        """The whole report."""
        from escapelens.model import Report

        return self._report if isinstance(self._report, Report) else self._report.whole()

    @property
    def encoded(self) -> "tuple[Report, Iterable[bytes | memoryview] | None]":
        """The report for one who needs JSON: without its sites, and those, where they are encoded.

        A report that holds its sites goes with nothing.
        """
        from escapelens.model import Report

        if isinstance(self._report, Report):
            return self._report, None
        return self._report.head, (self._report.sites,)

    @property
    def broken(self) -> bool:
        """Whether a package that was asked for could not be compiled."""
        packages = self.encoded[0].packages
        return any(package.errors or package.silenced_by for package in packages)
