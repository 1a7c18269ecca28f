"""What `explain` is asked about, and the part of a report that answers it."""

import difflib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from escapelens import dialect
from escapelens.causes import Cause
from escapelens.counting import Counted, counted, counts_of
from escapelens.declared import declared_in, package_name
from escapelens.messages import Meaning, meaning_of
from escapelens.model import Finding, Leak, Package, Position, Report, Site, Stay

_PLACE = re.compile(
    r"(?P<file>[^\n]+?\.go):(?P<line>\d+)(?::(?P<column>\d+))?(?::(?:\s.*)?)?", re.DOTALL
)
_FUNCTION = re.compile(r"[^\s:]+")
_LITERAL = re.compile(r"(?:\.|-)(?:func|range|gowrap|deferwrap)\d+.*")
Record = Site | Leak | Stay | Finding

_NEAREST = 3
_CLOSE = 0.7
_MOST = 3


class Place(NamedTuple):
    """A line of a file as the user names it."""

    file: str
    line: int
    column: int | None


class Question(NamedTuple):
    """What one word of the command line asks about; a message may have a place."""

    cause: Cause | None = None
    meaning: Meaning | None = None
    place: Place | None = None
    function: str = ""


def read_question(text: str, causes: Mapping[str, Cause]) -> Question | None:
    """What a text asks about; None where it can be nothing that is explained."""
    text = text.strip()
    if text in causes:
        return Question(causes[text])
    meaning = meaning_of(text)
    match = next(filter(None, map(_PLACE.fullmatch, (text, *text.splitlines()))), None)
    if match is not None:
        column = int(match["column"]) if match["column"] else None
        return Question(meaning=meaning, place=Place(match["file"], int(match["line"]), column))
    if meaning is not None:
        return Question(meaning=meaning)
    # Words with hyphens are the names of causes, which no name in Go can be.
    if _FUNCTION.fullmatch(text) and (text.isidentifier() or "." in text):
        return Question(function=dialect.function(text))
    return None


def alike(text: str, known: Iterable[str]) -> list[str]:
    """The known names that somebody who wrote `text` may have meant, the likeliest first."""
    by_plain: dict[str, str] = {}
    for name in known:
        by_plain.setdefault(_plain(name), name)
    close = difflib.get_close_matches(_plain(text), by_plain, _MOST, _CLOSE)
    return [by_plain[one] for one in close]


def _plain(name: str) -> str:
    return re.sub(r"[-_ ()*]", "", name).lower()


class Functions:
    """The functions of the analysed packages, and how they may be called in a question."""

    def __init__(self, report: Report) -> None:
        self._spelled: dict[str, set[tuple[str, str]]] = {}
        for package in report.packages:
            for function in _declared(package):
                self._add(package.import_path, function)
        for site in report.sites:
            if site.function:
                self._add(site.package, dialect.function(site.function))

    def _add(self, package: str, function: str) -> None:
        for spelling in _spellings(package, function):
            self._spelled.setdefault(spelling, set()).add((package, function))

    def named(self, text: str) -> set[tuple[str, str]]:
        """Import path and name of each function that a text names."""
        return self._spelled.get(text, set())

    def alike(self, text: str) -> list[str]:
        """Names of functions that somebody who wrote `text` may have meant, each function once."""
        by_functions: dict[frozenset[tuple[str, str]], str] = {}
        # `pkg.F` can be compared with names that have a package, and `F` with those without.
        dots = text.count(".")
        names = (name for name in self._spelled if name.count(".") == dots)
        for name in alike(text, names):
            by_functions.setdefault(frozenset(self._spelled[name]), name)
        return list(by_functions.values())


def _declared(package: Package) -> Iterable[str]:
    tests = package.variant is not None
    return declared_in(package.dir, tests=tests).functions if package.dir else ()


def _spellings(package: str, function: str) -> Iterator[str]:
    """`F`, `pkg.F` and `example.com/pkg.F`; methods also without receiver, or with a plain one."""
    names = {function, function.replace("(*", "").replace(")", "")}
    if not _LITERAL.search(function):
        names.add(function.rpartition(".")[2])
    parts = package.split("/")
    owners = {"/".join(parts[start:]) for start in range(len(parts))} | {package_name(package)}
    if function == "main":
        owners.add("main")
    for name in names:
        yield name
        yield from (f"{owner}.{name}" for owner in owners)


def of_functions(report: Report, functions: set[tuple[str, str]]) -> Report:
    """What a report says of functions and of the literals in them."""

    def keep(record: Record) -> bool:
        name = dialect.function(record.function)
        return any(
            record.package == package and (name == function or name.startswith(f"{function}."))
            for package, function in functions
        )

    return restricted(report, keep)


class File:
    """A file of the user's, and what a report says of it."""

    def __init__(self, report: Report, path: Path) -> None:
        self._report = report
        self._real = os.path.realpath(path)
        self._same: dict[str, bool] = {}

    def holds(self, position: Position) -> bool:
        """Whether a position of the report is in this file."""
        name = position.file
        if name not in self._same:
            real = os.path.realpath(Path(self._report.root, name))
            self._same[name] = real == self._real
        return self._same[name]

    def is_known(self) -> bool:
        """Whether the compiler said anything of it."""
        report = self._report
        records: tuple[Record, ...] = (*report.sites, *report.leaks, *report.stack)
        records += report.findings
        return any(self.holds(record.position) for record in records)

    def at(self, line: int, column: int | None = None) -> Report:
        """What the report says of a line, or of what begins at or else spans a column of it."""
        on_line = restricted(self._report, lambda one: self._is_on(one, line))
        if column is None:
            return on_line
        exact = restricted(on_line, lambda one: one.position.column == column)
        if exact.sites or exact.leaks or exact.stack or exact.findings:
            return exact
        return restricted(on_line, lambda one: _spans(one, line, column))

    def _is_on(self, record: Record, line: int) -> bool:
        """Whether a record stands on a line by the compiler's word, or begins there."""
        if isinstance(record, Finding):
            is_line = record.range.start.line <= line <= record.range.end.line
        else:
            begins = isinstance(record, Site) and record.range and record.range.start.line == line
            is_line = record.position.line == line or bool(begins)
        return is_line and self.holds(record.position)

    def nearest(self, line: int) -> list[Site]:
        """The first sites of the lines that are next to a line, in the order of the file."""
        first: dict[int, Site] = {}
        for site in self._report.sites:
            if self.holds(site.position):
                first.setdefault(site.position.line, site)
        near = sorted(first, key=lambda one: (abs(one - line), one))[:_NEAREST]
        return [first[one] for one in sorted(near)]


def _spans(record: Record, line: int, column: int) -> bool:
    if not isinstance(record, (Site, Finding)) or record.range is None:
        return False
    start, end = record.range.start, record.range.end
    return (start.line, start.column) <= (line, column) < (end.line, end.column)


def restricted(report: Report, keep: Callable[[Record], bool]) -> Report:
    """A report of the records to keep only, in the order of the source."""
    sites = tuple(sorted(filter(keep, report.sites), key=_source_order))
    leaks, stack = tuple(filter(keep, report.leaks)), tuple(filter(keep, report.stack))
    findings = tuple(filter(keep, report.findings))
    pools = {finding.pool for finding in findings}
    files = {one.position.file for one in sites} | {one.position.file for one in findings}
    return replace(
        report,
        files=tuple(file for file in report.files if file.file in files),
        sites=sites,
        leaks=leaks,
        stack=stack,
        pools=tuple(pool for pool in report.pools if pool.id in pools),
        findings=findings,
        counts=counts_of(map(_counted, sites), len(report.unrecognised)),
    )


def _counted(site: Site) -> Counted:
    return counted(site, site.position.file, _LITERAL.sub("", site.function))


def _source_order(site: Site) -> tuple[str, int, int]:
    position = site.position
    return position.file, position.line, position.column or 0
