"""The pools of the standard library, each read by hand: what is found, and that nothing else is."""

import os
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from escapelens.basis import Basis, compile_basis
from escapelens.model import PoolReport
from escapelens.pools.finding import find_pools
from escapelens.toolchain import BuildOptions, plan_build
from tests.toolchains import Toolchain, cache

TABLE = Path(__file__).parent / "std.txt"
READ = 27
"""The minor version of Go that the table tells of."""
FOUND = {
    READ: {
        # `names` is not put back where the encoder fails while it writes the members.
        ("encoding/json/v2/arshal_any.go", "pool-not-put-back", "marshalObjectAny"),
    },
}
"""File, finding and function, by the minor version of Go; nothing in the others."""
NAMED = (
    "fmt.ppFree",
    "fmt.ssFree",
    "go/printer.printerPool",
    "internal/poll.splicePipePool",
    "io.blackHolePool",
    "log.bufferPool",
    "log/slog/internal/buffer.bufPool",
    "net/http.bufioReaderPool",
    "net/http.copyBufPool",
    "reflect.framePool",
    "regexp.bitStatePool",
)
"""Pools that every version has."""
POINTERS = {
    # What makes the pool that reflect.framePool and layoutType point to, and who returns it.
    ("reflect/type.go", "framePool"),
    ("net/http/server.go", "bufioWriterPool"),
}
"""File and what stands there: code that speaks of a pool which is declared elsewhere."""
_COMMENT = re.compile(r"//.*")
_ASSIGNMENT = re.compile(r"\s*(?:[\w.]+\.\w+ =|.*\b\w+:) sync\.Pool\{")
"""Gives a pool that is declared elsewhere its New."""


class Row(NamedTuple):
    pool: str
    verdict: str
    reason: str


def rows() -> list[Row]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [Row(*line.split("|")) for line in lines if not line.startswith("#")]


def test_every_pool_was_read() -> None:
    assert all(row.verdict and len(row.reason.split()) > 1 for row in rows())
    assert len({row.pool for row in rows()}) == len(rows())


@pytest.mark.sweep
def test_nothing_false_is_found(toolchain: Toolchain) -> None:
    root = toolchain.go.parent.parent / "src"
    plan = plan_build(BuildOptions(patterns=("std",)), os.environ, root)
    basis = compile_basis(plan, None)
    report = find_pools(basis, cache() / "types")

    found = {(str(Path(one.position.file)), one.finding, one.function) for one in report.findings}
    assert found == FOUND.get(toolchain.minor, set())
    assert set(NAMED) <= {pool.id for pool in report.pools}
    for pool in report.pools:
        assert pool.gets, pool.id
        assert pool.puts, pool.id
    assert speakers(basis) == told(report)
    if toolchain.minor == READ:
        check_table(report)


def check_table(report: PoolReport) -> None:
    assert {pool.id for pool in report.pools} == {row.pool for row in rows()}
    found = Counter(f"{one.pool}|{one.finding} {one.function}" for one in report.findings)
    verdicts = {
        f"{row.pool}|{row.verdict.rpartition(' x')[0]}": int(row.verdict.rpartition(" x")[2])
        for row in rows()
        if row.verdict != "right"
    }
    assert found == verdicts


def speakers(basis: Basis) -> set[tuple[str, int]]:
    """File and line of all code that speaks of `sync.Pool`, by a plain search."""
    root = Path(basis.report.root)
    files = {
        file
        for package in basis.packages
        for file in package.files
        if not package.dep_only and file.is_relative_to(root)
    }
    return {
        (str(file.relative_to(root)), number)
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if "sync.Pool" in _COMMENT.sub("", line)
        and not any(str(file.relative_to(root)) == name and word in line for name, word in POINTERS)
        and not _ASSIGNMENT.match(line)
    }


def told(report: PoolReport) -> set[tuple[str, int]]:
    """File and line of all pools that were found, but for those behind a pointer."""
    return {
        (pool.position.file, pool.position.line)
        for pool in report.pools
        if (pool.position.file, pool.name) not in POINTERS
    }
