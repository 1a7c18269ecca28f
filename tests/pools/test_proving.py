"""What findings suggest is compiled, and allocates less when it runs."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from escapelens.basis import compile_basis
from escapelens.edits import apply, by_file
from escapelens.model import Allocations, Effect, PoolReport
from escapelens.pools import proving
from escapelens.pools.finding import find_pools
from escapelens.pools.measuring import Bench
from escapelens.pools.proving import Prover
from escapelens.toolchain import BuildOptions, plan_build
from escapelens.verify.trial import Trial
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


def proved(root: Path, *patterns: str) -> PoolReport:
    plan = plan_build(BuildOptions(patterns=patterns or ("./...",)), os.environ, root)
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


def test_slices_stay_where_a_file_that_is_not_analysed_names_the_pool(
    newest: Toolchain, write_module: Module
) -> None:
    root = write_module(BY_VALUE + "-- m_test.go --\npackage m\n\nvar taken = lines.Get\n")
    basis = compile_basis(plan_build(BuildOptions(patterns=("./...",)), os.environ, root), None)

    findings = find_pools(basis, cache() / "types").findings

    assert "pool-put-by-value" in {one.finding for one in findings}
    assert not [one for one in findings if one.finding == "pool-put-by-value" and one.suggestions]


def test_benchmarks_with_the_pool_without_it_and_with_the_change(
    newest: Toolchain, write_module: Module
) -> None:
    root = write_module(BY_VALUE + TEST)
    plan = plan_build(BuildOptions(patterns=("./...",)), os.environ, root)
    basis = compile_basis(plan, None)
    types = cache() / "types"
    proven = Prover(basis, root / "scratch", types, None).prove(find_pools(basis, types))
    found = Bench(basis, root / "scratch", "Write", "500x").measured(proven)

    (pool,) = found.pools
    assert pool.allocations == Allocations(1, 1)
    (one,) = found.findings[0].suggestions
    assert one.verdict is not None
    assert one.verdict.allocations == Allocations(1, 0)
    as_it_is, changed, without = pool.benchmarks
    assert {(line.name, line.operations) for line in pool.benchmarks} == {("BenchmarkWrite", 500)}
    assert [line.program for line in pool.benchmarks] == ["as-it-is", "changed", "without"]
    assert [line.allocations for line in pool.benchmarks] == [1, 0, 1]
    assert [line.bytes for line in pool.benchmarks] == [24, 0, 64]
    assert as_it_is.chances is None
    assert changed.suggestion == one.id
    assert without.chances is not None
    assert without.chances.bytes < 0.05


EXPORTED = (
    """\
-- kept/kept.go --
package kept

import "sync"

// Lines are cut to nothing by who takes them.
var Lines = sync.Pool{New: func() any { return make([]byte, 0, 64) }}
"""
    + BY_VALUE.replace('"sync"\n', '\n\t"example.com/m/kept"\n')
    .replace("var lines = sync.Pool{New: func() any { return make([]byte, 0, 64) }}\n\n", "")
    .replace("lines.", "kept.Lines.")
    + TEST
)


class TestExportedPool:
    """Others may use it, so that it is changed only where a whole module is known."""

    def test_all_packages_of_the_module_are_changed(
        self, toolchain: Toolchain, write_module: Module
    ) -> None:
        root = write_module(EXPORTED)

        found = [one for one in proved(root).findings if one.finding == "pool-put-by-value"]

        assert [one.position.line for one in found] == [14, 17]
        (one,) = found[0].suggestions
        assert found[1].suggestions[0].edits == one.edits
        assert {edit.file for edit in one.edits} == {"kept/kept.go", "m.go"}
        assert "`Lines` is exported: code of other modules must be changed by hand." in one.safety
        assert one.verdict is not None
        assert one.verdict.builds
        assert one.verdict.effect is not Effect.NONE
        assert allocations(root, toolchain) == 1
        for name, edits in by_file(one.edits).items():
            file = root / name
            file.write_bytes(apply(file.read_bytes(), edits))
        assert allocations(root, toolchain) == 0

    @pytest.mark.parametrize("patterns", [("./kept", "."), (".",)], ids=["both", "one"])
    def test_nothing_is_changed_where_some_were_asked_for(
        self, newest: Toolchain, write_module: Module, patterns: tuple[str, ...]
    ) -> None:
        found = proved(write_module(EXPORTED), *patterns).findings

        by_value = [one for one in found if one.finding == "pool-put-by-value"]
        assert len(by_value) == 2
        assert [one.suggestions for one in by_value] == [(), ()]

    def test_nothing_is_changed_where_a_use_is_not_understood(
        self, newest: Toolchain, write_module: Module
    ) -> None:
        more = '-- more/more.go --\npackage more\n\nimport "example.com/m/kept"\n\n'
        use = "func Take() any { return kept.Lines.Get() }\n"

        found = proved(write_module(EXPORTED + more + use)).findings

        assert all(not one.suggestions for one in found if one.finding == "pool-put-by-value")


SIZED = BY_VALUE.replace("0, 64)", "0, size)").replace("\nfunc", "\nconst size = 64\n\nfunc")


@pytest.mark.parametrize(
    ("source", "made"),
    [
        (BY_VALUE, "make([]byte, 0, 64)"),
        (SIZED, "make([]byte, 0, size)"),
        (SIZED.replace("name string", "name string, size int"), "New"),
        (BY_VALUE.replace("return make", "b := make").replace("64) }", "64); return b }"), "New"),
        (BY_VALUE.replace("return make", "return any(make").replace("64) }", "64)) }"), "New"),
    ],
    ids=["literal", "constant", "another thing of the name", "not only returned", "another type"],
)
def test_without_the_pool_a_value_is_made_where_it_was_taken(
    newest: Toolchain, write_module: Module, source: str, made: str
) -> None:
    root = write_module(source)
    plan = plan_build(BuildOptions(patterns=("./...",)), os.environ, root)
    basis = compile_basis(plan, None)
    (edits,) = find_pools(basis, cache() / "types").bypass.values()
    file = root / "m.go"

    assert [edit.new_text for edit in edits] == [made, *["(func(any) {})"] * 2]
    file.write_bytes(apply(file.read_bytes(), edits))
    assert not compile_basis(plan, None).errors


def test_a_program_that_does_not_build_is_told(newest: Toolchain, write_module: Module) -> None:
    root = write_module(BY_VALUE + TEST)
    (root / "m_test.go").write_text((root / "m_test.go").read_text() + "var x int = nothing\n")
    plan = plan_build(BuildOptions(patterns=("./...",)), os.environ, root)
    basis = compile_basis(plan, None)

    found = find_pools(basis, cache() / "types")
    notes = Bench(basis, root / "scratch", "Write", "10x").measured(found).notes

    assert notes == (
        "example.com/m: ./m_test.go:25:13: undefined: nothing",
        "no benchmark of a package with a pool matches Write",
    )


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


MANY = """
    -- m.go --
    package m

    import (
    	"bytes"
    	"io"
    	"sync"
    )

    var first = sync.Pool{New: func() any { return new(bytes.Buffer) }}

    func First(w io.Writer, r io.Reader) error {
    	b := first.Get().(*bytes.Buffer)
    	b.Reset()
    	if _, err := b.ReadFrom(r); err != nil {
    		return err
    	}
    	_, err := b.WriteTo(w)
    	first.Put(b)
    	return err
    }

    var second = sync.Pool{New: func() any { return new(bytes.Buffer) }}

    func Second(w io.Writer, r io.Reader) error {
    	b := second.Get().(*bytes.Buffer)
    	b.Reset()
    	if _, err := b.ReadFrom(r); err != nil {
    		return err
    	}
    	_, err := b.WriteTo(w)
    	second.Put(b)
    	return err
    }

    var lines = sync.Pool{New: func() any { return make([]byte, 0, 64) }}

    func Third(w io.Writer, name string) error {
    	line := lines.Get().([]byte)
    	line = append(line[:0], name...)
    	_, err := w.Write(line)
    	lines.Put(line)
    	return err
    }
    """


def test_suggestions_about_different_pools_are_compiled_in_one_program(
    newest: Toolchain, write_module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_module(MANY)
    basis = compile_basis(plan_build(BuildOptions(patterns=("./...",)), os.environ, root), None)
    found = find_pools(basis, cache() / "types")
    with monkeypatch.context() as patched:
        patched.setattr(Prover, "_lots", lambda *_: [])
        alone = proved(root)
    programs: list[Trial] = []

    def counted(*given: Any) -> Trial:
        programs.append(Trial(*given))
        return programs[-1]

    monkeypatch.setattr(proving, "Trial", counted)

    together = Prover(basis, root / "scratch", cache() / "types", None).prove(found)

    tried = [one for finding in together.findings for one in finding.suggestions if one.edits]
    assert len(tried) == 6
    assert len(programs) == 2
    first, *_ = tried
    assert first.verdict is not None
    assert first.verdict.builds
    assert set(first.verdict.compiled_with) < {one.id for one in tried} - {first.id}
    assert [replace(one.verdict, compiled_with=()) for one in tried if one.verdict] == [
        one.verdict for finding in alone.findings for one in finding.suggestions if one.edits
    ]


def test_what_a_changed_function_calls_is_changed_in_another_program(
    newest: Toolchain, write_module: Module
) -> None:
    """What the called one tells its callers is part of what the compiler says of them."""
    called = "_, err := b.WriteTo(w)\n    \tfirst.Put(b)"
    assert called in MANY
    root = write_module(MANY.replace(called, "err := Second(w, b)\n    \tfirst.Put(b)"))

    found = proved(root).findings

    pools = {one.id: finding.pool for finding in found for one in finding.suggestions}
    shared = {
        (pools[one.id].rpartition(".")[2], pools[other].rpartition(".")[2])
        for finding in found
        for one in finding.suggestions
        if one.verdict is not None
        for other in one.verdict.compiled_with
    }
    assert ("first", "lines") in shared
    assert ("first", "second") not in shared


def test_what_one_of_them_breaks_is_told_of_that_one(
    newest: Toolchain, write_module: Module
) -> None:
    root = write_module(MANY)
    basis = compile_basis(plan_build(BuildOptions(patterns=("./...",)), os.environ, root), None)
    found = find_pools(basis, cache() / "types")
    wrong = next(one for one in found.findings if one.pool.endswith("second") and one.suggestions)
    (suggestion,) = wrong.suggestions
    broken = replace(
        suggestion, edits=tuple(replace(edit, new_text="nonsense ") for edit in suggestion.edits)
    )
    findings = tuple(
        replace(one, suggestions=(broken,)) if one is wrong else one for one in found.findings
    )

    proven = Prover(basis, root / "scratch", cache() / "types", None).prove(
        replace(found, findings=findings)
    )

    builds = {
        one.id: one.verdict is not None and one.verdict.builds
        for finding in proven.findings
        for one in finding.suggestions
    }
    assert [name for name, built in builds.items() if not built] == [broken.id]
