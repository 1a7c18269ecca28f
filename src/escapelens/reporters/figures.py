"""The figures of benchmarks as plain text."""

from collections.abc import Iterator
from itertools import groupby

from escapelens.model import Benchmark, Report
from escapelens.reporters.visible import visible
from escapelens.reporters.wording import number


def figure_lines(report: Report) -> Iterator[str]:
    """A table for each package, and an empty line behind it."""
    for package, group in groupby(report.benchmarks, lambda one: one.package):
        figures = list(group)
        yield visible(package)
        rows = [("benchmark", "ns/op", "B/op", "allocs/op"), *map(_row, figures)]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        for row in rows:
            name = visible(row[0]).ljust(widths[0])
            cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
            yield f"  {name}  {'  '.join(cells)}"
        yield f"  {number(figures[0].collections, 'garbage collection')} meanwhile"
        yield ""


def _row(one: Benchmark) -> tuple[str, str, str, str]:
    precise = f"{one.nanoseconds:,.1f}" if one.nanoseconds < 100 else f"{one.nanoseconds:,.0f}"
    return one.name, precise, f"{one.bytes:,.0f}", f"{one.allocations:,.0f}"
