"""The table of what benchmarks take with a pool, with changes to it, and without it."""

from msgspec.structs import replace

from escapelens.model import (
    Applicability,
    Chances,
    Finding,
    Point,
    Pool,
    PoolBenchmark,
    PoolProgram,
    Position,
    Range,
    Suggestion,
    TextEdit,
)
from escapelens.reporters.pool_figures import figure_lines


def figures(
    program: PoolProgram,
    values: tuple[float, float, float, float],
    chance: float,
    id: str | None = None,
) -> PoolBenchmark:
    chances = None if program is PoolProgram.AS_IT_IS else Chances(*[chance] * 4)
    return PoolBenchmark("m", "BenchmarkX", program, 1000, *values, id, chances)


POOL = Pool("m.pool", "pool", "m", Position("m.go", 1, 1), "[]byte", True, (), ())
MEASURED = replace(
    POOL,
    benchmarks=(
        figures(PoolProgram.AS_IT_IS, (223.4, 24, 1, 0), 1),
        figures(PoolProgram.CHANGED, (44.71, 0, 0, 2), 0.01, "a"),
        figures(PoolProgram.CHANGED, (200, 24, 1, 0), 0.3, "b"),
        figures(PoolProgram.WITHOUT, (1381, 64, 1.5, 0), 0.01),
    ),
)


def finding(line: int, *suggestions: tuple[str, str]) -> Finding:
    edit = TextEdit("m.go", line, line, "")
    made = tuple(
        Suggestion(id, "f", rewrite, "", Applicability.REVIEW, "", edits=(edit,))
        for id, rewrite in suggestions
    )
    span = Range(Point(line, 1), Point(line, 2))
    place = Position("m.go", line, 1)
    return Finding("0", "m.pool", "f", place, span, "m", "F", "", None, suggestions=made)


def test_one_table() -> None:
    findings = [finding(3, ("a", "pool-pointer")), finding(4, ("b", "defer-put"))]

    assert "\n".join(figure_lines(MEASURED, findings)) == (
        "  BenchmarkX x1,000          ns/op      B/op  allocs/op  collections\n"
        "    as it is                   223        24          1            0\n"
        "    with pool-pointer   44.7  -80%   0 -100%    0 -100%      2     +\n"
        "    with defer-put       200     ~  24          1            0\n"
        "    without the pool   1,381 +518%  64 +167%  1.5  +50%      0\n"
        "  medians of 6 runs in turn; ~ where a difference may be chance"
    )


def test_changes_of_one_name_are_told_apart() -> None:
    findings = [finding(3, ("a", "defer-put")), finding(4, ("b", "defer-put"))]

    rows = [line.split("  ")[2] for line in list(figure_lines(MEASURED, findings))[2:4]]

    assert rows == ["with defer-put m.go:3", "with defer-put m.go:4"]


def test_nothing_where_nothing_was_measured() -> None:
    assert list(figure_lines(POOL, [])) == []
