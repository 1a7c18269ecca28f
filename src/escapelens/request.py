"""What a run is asked for, and what comes of it; loads nothing that works on it."""

import fnmatch
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from escapelens.toolchain import BuildOptions

if TYPE_CHECKING:
    from escapelens.model import Report, Site
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
    """Names of causes; only these."""
    not_causes: tuple[str, ...] = ()
    """Names of causes; none of these."""
    no_cold: bool = False
    """Nothing that the syntax shows to run seldom."""

    @property
    def is_by_place(self) -> bool:
        """Whether it asks where a site stands."""
        return bool(self.files or self.functions)

    @property
    def is_by_reason(self) -> bool:
        """Whether it asks why a site is on the heap."""
        return bool(self.causes or self.not_causes or self.no_cold)

    def keeps_site(self, site: "Site") -> bool:
        """Whether a site is wanted for its cause and for how often it runs."""
        if self.no_cold and site.triage is not None and site.triage.cold is not None:
            return False
        return (not self.causes or site.cause in self.causes) and site.cause not in self.not_causes

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


@dataclass(frozen=True)
class Outcome:
    """A report, and how to read the sources it speaks of."""

    report: "Report"
    read: "Callable[[str], Source | None]"
    """The source behind a file name of the report."""

    @property
    def broken(self) -> bool:
        """Whether a package that was asked for could not be compiled."""
        return any(package.errors or package.silenced_by for package in self.report.packages)
