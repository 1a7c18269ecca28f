"""What findings suggest is compiled, and allocates less when it runs."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from escapelens.basis import compile_basis
from escapelens.edits import apply
from escapelens.model import Allocations, Effect, PoolReport
from escapelens.pools.finding import find_pools
from escapelens.pools.proving import Prover
from escapelens.toolchain import BuildOptions, plan_build
from tests.toolchains import Toolchain, cache

Module = Callable[[str], Path]
TEST = """\
-- m_test.go --
package m

import (
	"io"
	"strings"
	"testing"
)

func TestSame(t *testing.T) {
	for i := 0; i < 3; i++ {
		var b strings.Builder
		Write(&b, "name")
		if b.String() != "name!" {
			t.Fatal(b.String())
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		Write(io.Discard, "name")
	}
}
"""
BY_VALUE = """\
-- m.go --
package m

import (
	"io"
	"sync"
)

var lines = sync.Pool{New: func() any { return make([]byte, 0, 64) }}

func Write(w io.Writer, name string) error {
	line := lines.Get().([]byte)
	line = append(line[:0], name...)
	line = append(line, '!')
	if _, err := w.Write(line); err != nil {
		lines.Put(line)
		return err
	}
	lines.Put(line[:0])
	return nil
}
"""


def proved(root: Path) -> PoolReport:
    plan = plan_build(BuildOptions(patterns=("./...",)), os.environ, root)
    basis = compile_basis(plan, None)
    types = cache() / "types"
    return Prover(basis, root / "scratch", types, None).prove(find_pools(basis, types))


def allocations(root: Path, go: Toolchain) -> int:
    done = subprocess.run(
        [go.go, "test", "-run=.", "-bench=.", "-benchtime=2000x", "."],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    match = re.search(r"(\d+) allocs/op", done.stdout)
    assert match, done.stdout
    return int(match[1])


def test_pointers_in_place_of_slices_allocate_less(
    toolchain: Toolchain, write_module: Module
) -> None:
    root = write_module(BY_VALUE + TEST)
    first, second, _ = proved(root).findings
    (one,) = first.suggestions
    assert second.suggestions[0].edits == one.edits
    assert one.verdict is not None
    assert one.verdict.builds
    assert one.verdict.effect is Effect.MOVED
    assert [site.expression for site in one.verdict.new_sites] == ["b"]
    assert allocations(root, toolchain) == 1

    file = root / "m.go"
    file.write_bytes(apply(file.read_bytes(), one.edits))

    assert allocations(root, toolchain) == 0


def test_benchmarks_with_the_pool_without_it_and_with_the_change(
    newest: Toolchain, write_module: Module
) -> None:
    root = write_module(BY_VALUE + TEST)
    plan = plan_build(BuildOptions(patterns=("./...",)), os.environ, root)
    basis = compile_basis(plan, None)
    types = cache() / "types"
    prover = Prover(basis, root / "scratch", types, None, "Write", "500x")
    found = prover.prove(find_pools(basis, types))

    (pool,) = found.pools
    assert pool.allocations == Allocations(1, 2)
    (one,) = found.findings[0].suggestions
    assert one.verdict is not None
    assert one.verdict.allocations == Allocations(1, 0)
    assert [line.name for line in prover.benchmarks[pool.id].benchmarks] == ["BenchmarkWrite"]


def test_what_is_put_elsewhere_is_not_rewritten(newest: Toolchain, write_module: Module) -> None:
    more = BY_VALUE + "\nfunc Seed() { b := make([]byte, 9); lines.Put(b) }\n"

    findings = proved(write_module(more)).findings
    boxed = [one.suggestions for one in findings if one.finding == "pool-put-by-value"]
    assert boxed == [(), (), ()]


def test_a_value_that_somebody_else_gets_is_not_put_back_by_defer(
    newest: Toolchain, write_module: Module
) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        import "sync"

        type item struct{ n int }

        var items = sync.Pool{New: func() any { return new(item) }}

        func Send(to chan<- *item, done <-chan bool) bool {
        	i := items.Get().(*item)
        	select {
        	case to <- i:
        		return true
        	case <-done:
        		return false
        	default:
        		items.Put(i)
        		return false
        	}
        }
        """
    )

    (finding,) = proved(root).findings
    assert (finding.finding, finding.position.line) == ("pool-not-put-back", 15)
    assert finding.suggestions == ()
