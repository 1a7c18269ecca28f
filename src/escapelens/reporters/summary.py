"""The totals that end a report, and what it does not show; plain text, so that it costs nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from escapelens.analysis import NO_MATCH
from escapelens.counting import is_hidden
from escapelens.model import (
    ALLOCATING,
    Allocates,
    BuildError,
    Finding,
    Kind,
    Package,
    Profiled,
    Report,
)
from escapelens.reporters.visible import visible
from escapelens.reporters.wording import number, percent, size

_MOST = 10
"""How many packages, files or lines are named before the rest is only counted."""
_NOISE = 0.0005
"""Shares below are not told: a profile always has some of the runtime's own."""
_KINDS = {
    Kind.ESCAPES: ("value", "values"),
    Kind.MOVED: ("variable", "variables"),
    Kind.DEFERRED_CALL: ("hidden closure of go or defer", "hidden closures of go or defer"),
    Kind.UNREPORTED: (
        "allocation the compiler does not tell",
        "allocations the compiler does not tell",
    ),
}


def summary_lines(report: Report, *, show_hidden: bool = False) -> list[str]:
    """The totals first, then what was left out and why; `show_hidden` if hidden sites are shown."""
    return [
        *_totals(report),
        *_allocating(report),
        *profile_lines(report.profile, " of the benchmarks" if report.benchmarks else ""),
        *_found(report.findings),
        *_by_package(report.counts.by_package),
        *_ignored(report.counts.ignored),
        *_hidden(report, show_hidden=show_hidden),
        *remarks(report),
    ]


def remarks(report: Report) -> list[str]:
    """What could not be analysed, shown or understood, and what else to know about a run."""
    return [
        *broken_lines(report.packages),
        *_changed(report),
        *_unrecognised(report),
        *(f"note: {visible(note)}" for note in report.notes),
    ]


def _totals(report: Report) -> Iterator[str]:
    counts = report.counts
    analysed = _analysed(report)
    if not counts.sites:
        if any(note.startswith(NO_MATCH) for note in report.notes):
            return
        if analysed:
            yield f"Nothing in {number(analysed, 'package')} escapes to the heap."
        elif report.packages:
            yield "No package could be analysed."
        else:
            yield "Nothing here escapes to the heap."
        return
    kinds = ", ".join(
        number(counts.by_kind[kind.value], *words)
        for kind, words in _KINDS.items()
        if kind.value in counts.by_kind
    )
    yield f"{number(counts.sites, 'site')} on the heap: {kinds}"
    places = ", ".join(
        number(count, word)
        for count, word in ((counts.functions, "function"), (counts.files, "file"))
        if count
    )
    packages = number(counts.packages, "package")
    if analysed > counts.packages:
        packages += f" (of {analysed:,} analysed)"
    yield f"in {places}, {packages}"


def _allocating(report: Report) -> Iterator[str]:
    """How many of the sites allocate, where that is known of any."""
    counts = report.counts
    found = {one: counts.by_allocates.get(one.value, 0) for one in Allocates}
    allocating = sum(found[one] for one in ALLOCATING)
    if not any(found.values()) or not counts.sites:
        return
    words = f"{allocating:,} {'allocates' if allocating == 1 else 'allocate'}"
    if sometimes := found[Allocates.SOMETIMES]:
        words += f" ({sometimes:,} only sometimes)"
    parts = [words, f"{counts.in_loops:,} in loops" if counts.in_loops else "none in a loop"]
    if nothing := found[Allocates.NO]:
        parts.append(f"{nothing:,} {'allocates' if nothing == 1 else 'allocate'} nothing")
    yield ", ".join(parts)


def profile_lines(profile: Profiled | None, of: str = "") -> Iterator[str]:
    """What a profile holds, `of` which, and the largest of what no site accounts for."""
    if profile is None:
        return
    objects, taken = number(profile.objects, "object"), size(profile.bytes)
    share = percent(profile.matched)
    yield f"profile{of}: {objects}, {taken}; {share} of {profile.index} at sites"
    lines = [line for line in profile.lines if line.share >= _NOISE]
    if lines:
        yield "allocated elsewhere:"
    for line in lines[:_MOST]:
        where = f"{line.function} ({line.file}:{line.line})"
        if line.through is not None:
            where += f" through {line.through.file}:{line.through.line}"
        yield visible(f"  {percent(line.share)}  {where}: {line.reason}")
    if len(lines) > _MOST:
        rest = sum(line.share for line in lines[_MOST:])
        yield f"  {percent(rest)}  on {number(len(lines) - _MOST, 'other line')}"


def _found(findings: Sequence[Finding]) -> Iterator[str]:
    """How much was found about pools."""
    told = [one for one in findings if one.ignored is None]
    if told:
        pools = len({one.pool for one in told})
        yield f"{number(len(told), 'finding')} about {number(pools, 'sync.Pool')}"


def _analysed(report: Report) -> int:
    """How many packages were compiled, each counted once whatever its variants."""
    failed = {package.import_path for package in report.packages if _failed(package)}
    return len({package.import_path for package in report.packages} - failed)


def _failed(package: Package) -> bool:
    return bool(package.errors or package.silenced_by)


def _by_package(counts: Mapping[str, int]) -> Iterator[str]:
    if len(counts) < 2:
        return
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    width = len(f"{ranked[0][1]:,}")
    for name, count in ranked[:_MOST]:
        yield f"  {count:>{width},}  {visible(name)}"
    if len(ranked) > _MOST:
        rest = sum(count for _, count in ranked[_MOST:])
        yield f"  {rest:>{width},}  in {number(len(ranked) - _MOST, 'other package')}"


def _hidden(report: Report, *, show_hidden: bool) -> Iterator[str]:
    if not report.counts.hidden:
        return
    reasons = Counter(
        "in other packages' code" if site.foreign else "in no source file"
        for site in report.sites
        if is_hidden(site)
    )
    parts = ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items()))
    if not parts:
        parts = f"{report.counts.hidden:,} in other packages' code or in no source file"
    yield f"not counted: {parts}{'' if show_hidden else ' (--all shows them)'}"


def _ignored(count: int) -> Iterator[str]:
    if count:
        yield f"{number(count, 'site')} ignored by comments (--ignored shows them)"


def broken_lines(packages: Sequence[Package]) -> Iterator[str]:
    """The packages that did not compile, each with what the compiler said."""
    failed = [package for package in packages if package.errors]
    silenced = [package for package in packages if package.silenced_by and not package.errors]
    if failed:
        yield f"{number(len(failed), 'package')} did not compile:"
        for package in failed:
            yield f"  {_name(package)}"
            yield from (f"    {line}" for error in package.errors for line in _error(error))
    if silenced:
        yield f"{number(len(silenced), 'package')} not compiled because of an import:"
        for package in silenced:
            yield f"  {_name(package)} imports {visible(package.silenced_by or '')}"


def _name(package: Package) -> str:
    variant = f" [{package.variant}]" if package.variant else ""
    return visible(package.import_path + variant)


def _error(error: BuildError) -> Iterator[str]:
    """An error as the compiler gave it, line by line."""
    place = error.position
    where = "" if place is None else f"{place.file}:{place.line}:"
    if place is not None and place.column:
        where += f"{place.column}:"
    first, *rest = error.message.strip().split("\n")
    yield visible(f"{where} {first}".strip())
    yield from (visible(line.replace("\t", "  ")) for line in rest)


def _changed(report: Report) -> Iterator[str]:
    changed = [file.file for file in report.files if file.changed]
    if changed:
        yield f"{number(len(changed), 'file')} changed since the build, not annotated:"
        yield from _some(changed)


def _unrecognised(report: Report) -> Iterator[str]:
    if report.unrecognised:
        lines = [f"{line.package}: {line.line}" for line in report.unrecognised]
        yield f"{number(len(lines), 'line')} of the compiler not understood:"
        yield from _some(lines)


def _some(lines: list[str]) -> Iterator[str]:
    yield from (f"  {visible(line)}" for line in lines[:_MOST])
    if len(lines) > _MOST:
        yield f"  and {len(lines) - _MOST:,} more"
