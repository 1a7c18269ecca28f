"""What sentences name, held against the rest of the report."""

import re
from collections import defaultdict
from pathlib import Path

from escapelens.causes.base import quoted
from escapelens.model import Position, Report, Site
from escapelens.sites import flows_of

_LINE = re.compile(r"\((?:line (\d+)|([^\s()]+):(\d+))\)")
_QUALIFIER = re.compile(r"\b[A-Za-z_]\w*\.(?=[a-z_])")
_COMPARED = 12
"""So much of an inlined expression must be there: it is told without packages, and cut elsewhere."""


def names_expression(site: Site) -> bool:
    """Whether a sentence has the expression of its site."""
    told = quoted(site.expression)
    if told in site.sentence:
        return True
    bare = _QUALIFIER.sub("", told).strip("`").partition("…")[0][:_COMPARED]
    return site.origin is not None and bare in _QUALIFIER.sub("", site.sentence)


def lines_off_the_way(report: Report) -> list[str]:
    """The sentences that name a line which lies neither on a flow in the function nor on a chain.

    A return statement may be another one than the flow's: all of them return the same variable.
    A function literal is told by the line where it begins: what it captures is on the flow. What
    the compiler prints at the `for` of a loop may stand in the body of that.
    """
    flows: defaultdict[tuple[str, str], set[Position]] = defaultdict(set)
    for site in report.sites:
        flows[_function(site)] |= _of_flows(site)
    off: list[str] = []
    for site in report.sites:
        links = {one.position for one in site.chain if one.position}
        here = site.position
        on_the_way = flows[_function(site)] | links | {here}
        for line, file, other in _LINE.findall(site.sentence):
            name, number = (site.position.file, int(line)) if line else (file, int(other))
            there = [one for one in on_the_way if one.file.endswith(name)]
            is_on_it = any(one.line == number for one in there)
            if not is_on_it and not _is_told_otherwise(report, name, number, there):
                off.append(f"{here.file}:{here.line}: {site.sentence}")
    return off


def _function(site: Site) -> tuple[str, str]:
    """The file and the declared function around a site."""
    return site.position.file, site.function.partition(".func")[0]


def _of_flows(site: Site) -> set[Position]:
    steps = (step for flow in flows_of(site) for step in flow.steps)
    return {one.position for one in steps if one.position}


def _is_told_otherwise(report: Report, file: str, line: int, way: list[Position]) -> bool:
    lines = Path(report.root, file).read_text(encoding="utf-8", errors="replace").splitlines()
    text = lines[line - 1]
    if text.lstrip().startswith("return ") or "func(" in text:
        return True
    at_loops = (one for one in way if lines[one.line - 1][(one.column or 0) - 1 :][:4] == "for ")
    return any(one.line < line < _end(lines, one.line) for one in at_loops)


def _end(lines: list[str], loop: int) -> int:
    """The line of the brace that closes a loop."""
    head = lines[loop - 1]
    closing = head[: len(head) - len(head.lstrip())] + "}"
    return next(n for n in range(loop + 1, len(lines) + 1) if lines[n - 1].startswith(closing))
