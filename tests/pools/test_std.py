"""The pools of the standard library, each read by hand: what is found, and that nothing else is."""

import os
from pathlib import Path

import pytest

from escapelens.basis import compile_basis
from escapelens.pools.finding import find_pools
from escapelens.toolchain import BuildOptions, plan_build
from tests.toolchains import Toolchain, cache

FOUND = {
    27: {
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
    "regexp.bitStatePool",
)
"""Pools that every version has."""


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
