"""What is proven and what is not, by real compilers; each trap is one that plain builds walk into."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from escapelens.model import Applicability, Effect, Suggestion
from escapelens.suggesting import Proposal
from escapelens.verify import Standing, standing
from tests.toolchains import Toolchain
from tests.verify.proposing import Bench

Write = Callable[[str], Path]
Open = Callable[[str], Bench]


@pytest.fixture
def bench(write_module: Write, tmp_path_factory: pytest.TempPathFactory) -> Open:
    return lambda archive: Bench(write_module(archive), tmp_path_factory.mktemp("scratch"))


BY_VALUE = """
    -- m.go --
    package m

    type T struct{ n, m int }

    //go:noinline
    func make1() *T {
    	t := T{1, 2}
    	return &t
    }

    func Use() int { return make1().n }
"""


def test_a_site_that_is_gone_is_proven(toolchain: Toolchain, bench: Open) -> None:
    b = bench(BY_VALUE)
    one = b.propose(b.site("t"), ("make1() *T", "make1() T"), ("return &t", "return t"))

    (verdict,) = b.verdicts(one)
    assert verdict.effect is Effect.GONE
    assert verdict.site_gone
    assert verdict.go == f"go{toolchain.version}"
    assert standing(verdict) is Standing.PROVEN
    assert (verdict.new_sites, verdict.gone_sites, verdict.compiled_with) == ((), (), ())


def test_nothing_of_the_users_is_touched(newest: Toolchain, bench: Open) -> None:
    b = bench(BY_VALUE)
    before = {file: file.read_bytes() for file in b.root.rglob("*") if file.is_file()}
    b.verdicts(b.propose(b.site("t"), ("make1() *T", "make1() T"), ("return &t", "return t")))

    assert {file: file.read_bytes() for file in b.root.rglob("*") if file.is_file()} == before


def test_a_site_that_stays_is_rejected_with_the_reason(newest: Toolchain, bench: Open) -> None:
    b = bench(BY_VALUE)
    (verdict,) = b.verdicts(b.propose(b.site("t"), ("T{1, 2}", "T{2, 1}")))

    assert verdict.effect is Effect.NONE
    assert not verdict.site_gone
    assert "`t` is on the heap because" in verdict.message
    assert standing(verdict) is Standing.REJECTED


def test_a_site_under_another_name_has_only_moved(newest: Toolchain, bench: Open) -> None:
    b = bench(BY_VALUE)
    one = b.propose(b.site("t"), ("t := T{1, 2}\n\treturn &t", "return &T{1, 2}"))
    (verdict,) = b.verdicts(one)

    assert verdict.site_gone
    assert verdict.effect is Effect.MOVED
    assert [site.expression for site in verdict.new_sites] == ["&T{1, 2}"]
    assert standing(verdict) is Standing.UNMEASURED


@pytest.mark.parametrize("hopes", [Effect.GONE, Effect.REDUCED])
def test_a_site_that_stays_may_be_reached_less_often_if_that_is_what_is_said(
    newest: Toolchain, bench: Open, hopes: Effect
) -> None:
    b = bench(
        """
        -- m.go --
        package m

        func Fill(n int) *int {
        	return new(int)
        }
        """
    )
    one = b.propose(
        b.site("new(int)"),
        ("return new(int)", "if n > 0 {\n\t\treturn nil\n\t}\n\treturn new(int)"),
    )
    (verdict,) = b.verdicts(one._replace(hopes=hopes))

    assert not verdict.site_gone
    assert verdict.effect is (Effect.NONE if hopes is Effect.GONE else hopes)
    assert standing(verdict) is not Standing.PROVEN


@pytest.mark.parametrize("package", ["m", "m_test"])
def test_a_broken_test_file_is_found(toolchain: Toolchain, bench: Open, package: str) -> None:
    call = "m.Make" if package == "m_test" else "Make"
    imports = '\n    import "example.com/m"\n' if package == "m_test" else ""
    b = bench(
        f"""
    -- m.go --
    package m

    //go:noinline
    func Make() *int {{
    	n := 1
    	return &n
    }}
    -- m_test.go --
    package {package}
    {imports}
    import "testing"

    func TestMake(t *testing.T) {{
    	var p *int = {call}()
    	_ = p
    }}
    """
    )
    one = b.propose(b.site("n"), ("Make() *int", "Make() int"), ("return &n", "return n"))
    (verdict,) = b.verdicts(one)

    assert verdict.builds
    assert not verdict.tests_build
    assert "cannot use" in verdict.message
    assert "m_test.go:" in verdict.message
    assert standing(verdict) is Standing.REJECTED


DEPENDENT = """
    -- m.go --
    package m

    //go:noinline
    func Make() *int {
    	n := 1
    	return &n
    }
    -- near/near.go --
    package near

    import "example.com/m"

    func Near() int { return *m.Make() }
    -- far/far.go --
    package far

    import "example.com/m/near"

    func Far() int { return near.Near() }
    -- other/other.go --
    package other

    func Other() *int { return new(int) }
"""


def test_a_broken_dependent_is_found(newest: Toolchain, bench: Open) -> None:
    b = bench(DEPENDENT)
    one = b.propose(b.site("n"), ("Make() *int", "Make() int"), ("return &n", "return n"))
    (verdict,) = b.verdicts(one)

    assert not verdict.builds
    assert verdict.message.startswith("near/near.go:5:")
    assert standing(verdict) is Standing.REJECTED


def test_only_dependents_are_compiled_and_counted(newest: Toolchain, bench: Open) -> None:
    b = bench(DEPENDENT)
    one = b.propose(b.site("n"), ("n := 1", "n := 2"))

    assert b.verifier.packages_of([one]) == (
        "example.com/m",
        "example.com/m/far",
        "example.com/m/near",
    )
    (verdict,) = b.verdicts(one)
    assert verdict.dependents == 2


def test_callers_are_mended_by_what_the_compiler_says(toolchain: Toolchain, bench: Open) -> None:
    b = bench(
        """
        -- m.go --
        package m

        type T struct{ n int }

        //go:noinline
        func Make() *T {
        	t := T{1}
        	return &t
        }

        //go:noinline
        func Take(t *T) int { return t.n }
        -- use/use.go --
        package use

        import "example.com/m"

        func Use() int {
        	t := m.Make()
        	return m.Take(t)
        }

        func Copy() m.T {
        	t := m.Make()
        	return *t
        }
        -- use/use_test.go --
        package use

        import (
        	"testing"

        	"example.com/m"
        )

        func TestUse(t *testing.T) {
        	made := m.Make()
        	if m.Take(made) != 1 {
        		t.Fatal()
        	}
        }
        """
    )
    changes = (("Make() *T", "Make() T"), ("return &t", "return t"))
    proven, refused = (
        b.propose(b.site("t"), *changes, repair=True),
        b.propose(b.site("t"), *changes, name="bare"),
    )

    assert [standing(verdict) for verdict in b.verdicts(proven, refused)] == [
        Standing.PROVEN,
        Standing.REJECTED,
    ]
    (one,) = b.verifier.verify([proven])
    assert {Path(edit.file).name for edit in one.edits} == {"m.go", "use.go", "use_test.go"}
    assert one.suggestion.edits[0].file == "m.go"


def test_what_cannot_be_mended_is_rejected_as_a_whole(newest: Toolchain, bench: Open) -> None:
    b = bench(
        """
        -- m.go --
        package m

        //go:noinline
        func Make() *int {
        	n := 1
        	return &n
        }

        func Ok() int { p := Make(); return *p }

        func None() bool { return Make() == nil }
        """
    )
    one = b.propose(
        b.site("n"), ("Make() *int", "Make() int"), ("return &n", "return n"), repair=True
    )
    (verdict,) = b.verdicts(one)

    assert not verdict.builds
    assert standing(verdict) is Standing.REJECTED


def test_two_rewrites_that_work_only_together_are_told_apart(
    toolchain: Toolchain, bench: Open
) -> None:
    b = bench(
        """
        -- m.go --
        package m

        type T struct{ p *int }

        //go:noinline
        func newT() *T {
        	return &T{}
        }

        func Use() int {
        	t := newT()
        	y := 1
        	t.p = &y
        	return *t.p
        }
        """
    )
    value = b.propose(
        b.site("&T{}"), ("newT() *T", "newT() T"), ("return &T{}", "return T{}"), name="value"
    )
    hopeful = b.propose(b.site("y"), ("y := 1", "y := 2"))

    first, second = b.verdicts(value, hopeful)
    assert first.effect is Effect.GONE
    assert [site.expression for site in first.gone_sites] == ["y"]
    assert second.effect is Effect.NONE
    assert second.compiled_with == ()


def test_a_new_site_in_a_caller_is_seen(toolchain: Toolchain, bench: Open) -> None:
    b = bench(
        """
        -- m.go --
        package m

        var sink *int

        //go:noinline
        func keep(p *int) int {
        	q := *p
        	sink = &q
        	return q
        }
        -- use/use.go --
        package use
        -- keep.go --
        package m

        func Use() int {
        	y := 1
        	return keep(&y)
        }
        """
    )
    one = b.propose(b.site("q"), ("q := *p\n\tsink = &q\n\treturn q", "sink = p\n\treturn *p"))
    (verdict,) = b.verdicts(one)

    assert verdict.site_gone
    assert verdict.effect is Effect.MOVED
    assert [(site.expression, site.position.file) for site in verdict.new_sites] == [
        ("y", "keep.go")
    ]


def test_the_users_own_overlay_stays_in_force(
    newest: Toolchain, write_module: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from escapelens.basis import compile_basis
    from escapelens.toolchain import BuildOptions, list_members, plan_build
    from escapelens.verify import Verifier

    root = write_module(
        """
        -- m.go --
        package m
        func broken( {
        -- use.go --
        package m

        func Use() *int {
        	n := Number()
        	return &n
        }
        """
    )
    scratch = tmp_path_factory.mktemp("scratch")
    (scratch / "whole.go").write_text("package m\n\nfunc Number() int { return 1 }\n")
    overlay = scratch / "overlay.json"
    overlay.write_text(
        f'{{"Replace": {{"{root / "m.go"}": "{scratch / "whole.go"}"}}}}', encoding="utf-8"
    )
    options = BuildOptions(patterns=("./...",), tests=True, overlay=overlay)
    plan = plan_build(options, os.environ, root)
    b = Bench.__new__(Bench)
    b.root, b.basis, b.members = root, compile_basis(plan, None), list_members(plan)
    b.verifier = Verifier(b.basis, b.members, scratch / "trials")
    one = b.propose(
        b.site("n", "use.go"), ("Use() *int", "Use() int"), ("return &n", "return n"), file="use.go"
    )

    (verdict,) = b.verdicts(one)
    assert verdict.effect is Effect.GONE


def test_files_of_other_targets_are_named(newest: Toolchain, bench: Open) -> None:
    b = bench(
        BY_VALUE
        + """
    -- m_windows.go --
    package m

    func Windows() *T { return make1() }
    -- m_plan9.go --
    package m

    func Plan9() {}
    """
    )
    changes = (("make1() *T", "make1() T"), ("return &t", "return t"))
    signature = b.propose(b.site("t"), *changes)
    body = b.propose(b.site("t"), ("T{1, 2}", "T{2, 1}"), name="body")
    first, _ = b.verdicts(signature, body)

    assert first.effect is Effect.GONE
    assert first.message == (
        "m_windows.go is not compiled for this target, and may need the same change"
    )
    (again,) = b.verifier.verify([signature._replace(suggestion=safe(signature))])
    assert again.suggestion.applicability is Applicability.REVIEW


def safe(one: Proposal) -> Suggestion:
    return replace(one.suggestion, applicability=Applicability.SAFE)


def test_what_another_made_up_method_says_alike_is_not_new(newest: Toolchain, bench: Open) -> None:
    b = bench(
        """
        -- m.go --
        package m

        import (
        	"bytes"
        	"errors"
        )

        type Failing struct{}

        func (f Failing) Write(b []byte) (int, error) { return 0, errors.New("failed") }

        type Buffer struct{ bytes.Buffer }

        var errFailed = errors.New("failed")
        """
    )
    (site,) = (one for one in b.basis.found if one.site.position.line == 10)
    (verdict,) = b.verdicts(
        b.propose(site, ('return 0, errors.New("failed")', "return 0, errFailed"))
    )

    assert verdict.effect is Effect.GONE, verdict
