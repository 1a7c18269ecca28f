"""A table of what benchmarks take with a pool as it is, with each change to it, and without it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from escapelens.model import Finding, Pool, PoolBenchmark, PoolProgram
from escapelens.reporters.visible import visible
from escapelens.verify.measuring import RUNS, SIGNIFICANT

_COLUMNS = ("ns/op", "B/op", "allocs/op", "collections")
_FIGURES = ("nanoseconds", "bytes", "allocations", "collections")
_NOTE = f"  medians of {RUNS} runs in turn; ~ where a difference may be chance"


def figure_lines(pool: Pool, findings: Sequence[Finding]) -> Iterator[str]:
    """The table of a pool; none where nothing was measured."""
    if not pool.benchmarks:
        return
    labels = _labels(findings)
    rows: list[tuple[str, ...]] = []
    for (_, name), group in groupby(pool.benchmarks, lambda one: (one.package, one.name)):
        first, *others = group
        rows.append((f"{name} x{first.operations:,}", *_COLUMNS))
        rows.append(("  as it is", *(_number(getattr(first, one)) for one in _FIGURES)))
        rows += [(f"  {_label(one, labels)}", *_cells(first, one)) for one in others]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS) + 1)]
    for row in rows:
        cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        yield visible(f"  {row[0].ljust(widths[0])}  {'  '.join(cells)}").rstrip()
    yield _NOTE


def _labels(findings: Sequence[Finding]) -> Mapping[str, str]:
    """What the changes are called, by the ids of suggestions: with a place where that is needed."""
    every = [(one, finding) for finding in findings for one in finding.suggestions]
    names: dict[str, set[object]] = {}
    for one, _ in every:
        names.setdefault(one.rewrite, set()).add(one.edits)
    return {
        one.id: one.rewrite
        if len(names[one.rewrite]) == 1
        else f"{one.rewrite} {finding.position.file}:{finding.position.line}"
        for one, finding in every
    }


def _label(one: PoolBenchmark, labels: Mapping[str, str]) -> str:
    if one.program is PoolProgram.WITHOUT:
        return "without the pool"
    return f"with {labels.get(one.suggestion or '', 'a change')}"


def _cells(first: PoolBenchmark, one: PoolBenchmark) -> Iterator[str]:
    for name in _FIGURES:
        before, after = getattr(first, name), getattr(one, name)
        chance = getattr(one.chances, name)
        change = "~"
        if before == after:
            change = ""
        elif chance < SIGNIFICANT:
            change = f"{(after - before) / before:+.0%}" if before else "+"
        yield f"{_number(after)} {change:>5}"


def _number(value: float) -> str:
    return f"{value:,.1f}" if value < 100 and value != int(value) else f"{value:,.0f}"
