"""Many rewrites in few compiles, each with the verdict that it would have alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.edits import narrowed
from escapelens.model import Effect, Verdict
from escapelens.suggesting import Proposal
from escapelens.verify import Standing, standing
from tests.toolchains import Toolchain
from tests.verify.proposing import Bench

Write = Callable[[str], Path]
Open = Callable[[str], Bench]


@pytest.fixture
def bench(write_module: Write, tmp_path_factory: pytest.TempPathFactory) -> Open:
    return lambda archive: Bench(write_module(archive), tmp_path_factory.mktemp("scratch"))


def module(functions: int, *, caller: bool = False, keep: str = "") -> str:
    """Functions that print through an interface, too large or not to be inlined into a caller."""
    lines = ["-- m.go --", "package m", "", 'import "fmt"', "", "func Fmt() { fmt.Println() }", ""]
    for number in range(functions):
        lines += [
            f"{keep}func F{number}(n int) int {{",
            f"	v{number} := n",
            f"	p{number} := &v{number}",
            f"	fmt.Println(p{number})",
            "	return n",
            "}",
            "",
        ]
    if caller:
        calls = " + ".join(f"F{number}(n)" for number in range(functions))
        lines += ["func All(n int) int {", f"	return {calls}", "}", ""]
    return "\n".join(lines)


def rewrites(b: Bench, functions: int) -> list[Proposal]:
    return [
        b.propose(b.site(f"v{n}"), (f"fmt.Println(p{n})", f"println(*p{n})"))
        for n in range(functions)
    ]


def alone(b: Bench, proposals: list[Proposal]) -> list[Verdict]:
    return [b.verdicts(one)[0] for one in proposals]


def same(one: Verdict, other: Verdict) -> bool:
    """Whether two verdicts say the same but for what was compiled together."""
    from msgspec.structs import replace

    return replace(one, compiled_with=()) == replace(other, compiled_with=())


def test_functions_that_nobody_calls_share_one_program(toolchain: Toolchain, bench: Open) -> None:
    b = bench(module(5))
    proposals = rewrites(b, 5)
    found = b.verdicts(*proposals)

    assert b.verifier.compiles == 1
    assert [verdict.effect for verdict in found] == [Effect.GONE] * 5
    assert found[0].compiled_with == tuple(one.id for one in proposals[1:])
    assert all(map(same, found, alone(b, proposals)))


def test_functions_with_one_caller_share_if_they_tell_it_the_same(
    toolchain: Toolchain, bench: Open
) -> None:
    b = bench(module(4, caller=True, keep="//go:noinline\n"))
    proposals = rewrites(b, 4)
    found = b.verdicts(*proposals)

    assert b.verifier.compiles == 1
    assert all(map(same, found, alone(b, proposals)))


INLINED = """
    -- m.go --
    package m

    var sink *int

    func A(p *int) int {
    	a := *p
    	sink = &a
    	return a
    }

    func B(p *int) int {
    	b := *p
    	sink = &b
    	return b
    }

    func C() int {
    	x := 1
    	return A(&x) + B(&x)
    }
"""


def test_inlined_functions_with_one_caller_are_tried_apart(
    toolchain: Toolchain, bench: Open
) -> None:
    b = bench(INLINED)
    proposals = [
        b.propose(b.site("a"), ("a := *p\n\tsink = &a\n\treturn a", "sink = p\n\treturn *p")),
        b.propose(b.site("b"), ("sink = &b\n", "sink = nil\n")),
    ]
    first, second = b.verdicts(*proposals)

    assert first.compiled_with == second.compiled_with == ()
    assert first.effect is Effect.MOVED
    assert "x" in {site.expression for site in first.new_sites}
    assert second.effect is Effect.GONE
    assert all(map(same, (first, second), alone(b, proposals)))


def test_what_leaks_from_one_is_not_put_down_to_the_other(
    toolchain: Toolchain, bench: Open
) -> None:
    b = bench(INLINED.replace("    func A", "    //go:noinline\n    func A"))
    proposals = [
        b.propose(b.site("a"), ("a := *p\n\tsink = &a\n\treturn a", "sink = p\n\treturn *p")),
        b.propose(b.site("b"), ("sink = &b\n", "sink = nil\n")),
    ]
    found = b.verdicts(*proposals)

    assert all(map(same, found, alone(b, proposals)))


def test_a_function_and_its_caller_never_share(newest: Toolchain, bench: Open) -> None:
    b = bench(
        """
        -- m.go --
        package m

        var sink any

        //go:noinline
        func Inner(n int) int {
        	i := n
        	sink = &i
        	return n
        }

        //go:noinline
        func Middle(n int) int { return Inner(n) }

        //go:noinline
        func Outer(n int) int {
        	o := n
        	sink = &o
        	return Middle(n)
        }
        """
    )
    found = b.verdicts(
        b.propose(b.site("i"), ("sink = &i", "_ = i")),
        b.propose(b.site("o"), ("sink = &o", "_ = o")),
    )

    assert b.verifier.compiles == 2
    assert [verdict.compiled_with for verdict in found] == [(), ()]
    assert [verdict.effect for verdict in found] == [Effect.GONE, Effect.GONE]


def test_methods_meet_by_name_whatever_calls_them(newest: Toolchain, bench: Open) -> None:
    b = bench(
        """
        -- m.go --
        package m

        var sink any

        type T struct{}

        func (T) Do(n int) {
        	d := n
        	sink = &d
        }

        type Doer interface{ Do(int) }

        func Call(doer Doer, n int) {
        	c := n
        	sink = &c
        	doer.Do(n)
        }
        """
    )
    found = b.verdicts(
        b.propose(b.site("d"), ("sink = &d", "_ = d")),
        b.propose(b.site("c"), ("sink = &c", "_ = c")),
    )

    assert [verdict.compiled_with for verdict in found] == [(), ()]


def test_one_that_does_not_compile_spoils_no_other(toolchain: Toolchain, bench: Open) -> None:
    b = bench(module(4))
    good = rewrites(b, 4)
    bad = b.propose(b.site("v2"), ("fmt.Println(p2)", "fmt.Println(missing)"), name="bad")
    found = b.verdicts(good[0], good[1], bad, good[3])

    assert b.verifier.compiles == 2
    assert [standing(verdict) for verdict in found] == [
        Standing.PROVEN,
        Standing.PROVEN,
        Standing.REJECTED,
        Standing.PROVEN,
    ]
    assert "undefined: missing" in found[2].message


def test_an_import_of_one_makes_no_other_compile(newest: Toolchain, bench: Open) -> None:
    b = bench(module(2))
    lacking = b.propose(b.site("v0"), ("fmt.Println(p0)", "fmt.Println(strconv.Itoa(*p0))"))
    importing = b.propose(
        b.site("v1"),
        ('import "fmt"', 'import (\n\t"fmt"\n\t"strconv"\n)'),
        ("fmt.Println(p1)", "fmt.Println(strconv.Itoa(*p1))"),
    )
    without, with_it = b.verdicts(lacking, importing)

    assert not without.builds
    assert with_it.builds


def test_what_imports_the_same_shares_a_program_and_leaves_no_import_unused(
    newest: Toolchain, bench: Open
) -> None:
    b = bench(module(3))
    imports = ('import "fmt"', 'import (\n\t"fmt"\n\t"strconv"\n)')
    found = b.verdicts(
        *(
            b.propose(
                b.site(f"v{n}"), imports, (f"fmt.Println(p{n})", f"println(strconv.Itoa(*p{n}))")
            )
            for n in range(3)
        )
    )

    assert b.verifier.compiles == 1
    assert all(standing(verdict) is Standing.PROVEN for verdict in found)


def test_other_imports_of_one_file_share_a_program_where_neither_needs_the_others(
    newest: Toolchain, bench: Open
) -> None:
    b = bench(module(3).replace('import "fmt"', 'import (\n\t"fmt"\n)') + "\nvar _ = fmt.Sprint\n")
    added = ('"fmt"\n', '"fmt"\n\t"strconv"\n')
    with_strconv, with_errors, plain = b.verdicts(
        narrow(
            b, b.propose(b.site("v0"), added, ("fmt.Println(p0)", "println(strconv.Itoa(*p0))"))
        ),
        narrow(
            b,
            b.propose(
                b.site("v1"),
                ('"fmt"\n', '"errors"\n\t"fmt"\n'),
                ("fmt.Println(p1)", 'println(errors.New("").Error(), *p1)'),
            ),
        ),
        b.propose(b.site("v2"), ("fmt.Println(p2)", "println(*p2)")),
    )

    assert b.verifier.compiles == 1
    assert with_strconv.builds
    assert with_errors.builds
    assert plain.builds


def narrow(b: Bench, one: Proposal) -> Proposal:
    """The same edits without what they leave as it is."""
    edits = tuple(narrowed(Path(edit.file).read_bytes(), edit) for edit in one.edits)
    return one._replace(edits=edits)


def test_a_variable_above_a_function_shares_a_program_but_not_its_name(
    newest: Toolchain, bench: Open
) -> None:
    b = bench(module(3))

    def named(number: int, name: str) -> Proposal:
        return b.propose(
            b.site(f"v{number}"),
            (f"func F{number}(", f"var {name} = {number}\n\nfunc F{number}("),
            (f"fmt.Println(p{number})", f"println(*p{number}, {name})"),
        )

    proposals = [narrow(b, named(0, "shown")), narrow(b, named(1, "told"))]
    found = b.verdicts(*proposals, narrow(b, named(2, "shown")))

    assert b.verifier.compiles == 2
    assert [len(verdict.compiled_with) for verdict in found] == [1, 1, 0]
    assert [standing(verdict) for verdict in found] == [Standing.PROVEN] * 3


def test_one_that_alone_leaves_an_import_unused_is_tried_alone(
    newest: Toolchain, bench: Open
) -> None:
    b = bench(
        """
        -- m.go --
        package m

        import "fmt"

        func F(n int) {
        	v := n
        	fmt.Println(&v)
        }
        """
    )
    (made,) = b.verifier.verify([b.propose(b.site("v"), ("fmt.Println(&v)", "println(v)"))])

    verdict = made.suggestion.verdict
    assert verdict is not None
    assert verdict.builds
    assert len(made.edits) == 2, "the import goes with it"


def test_changes_beyond_a_body_are_tried_alone(newest: Toolchain, bench: Open) -> None:
    b = bench(module(3))
    wide = b.propose(
        b.site("v0"), ("F0(n int) int", "F0(n, m int) int"), ("fmt.Println(p0)", "println(*p0)")
    )
    found = b.verdicts(wide, *rewrites(b, 3)[1:])

    assert found[0].compiled_with == ()
    assert b.verifier.compiles == 2


def test_two_rewrites_of_one_function_are_tried_apart(newest: Toolchain, bench: Open) -> None:
    b = bench(module(1))
    one = b.propose(b.site("v0"), ("fmt.Println(p0)", "println(*p0)"))
    other = b.propose(b.site("v0"), ("fmt.Println(p0)", "_ = p0"), name="other")
    found = b.verdicts(one, other)

    assert b.verifier.compiles == 2
    assert [verdict.compiled_with for verdict in found] == [(), ()]
    assert [standing(verdict) for verdict in found] == [Standing.PROVEN] * 2


def test_the_same_edits_for_two_sites_are_tried_once(newest: Toolchain, bench: Open) -> None:
    b = bench(
        """
        -- m.go --
        package m

        import "fmt"

        func Fmt() { fmt.Println() }

        func Two(n int) {
        	x, y := n, n
        	fmt.Println(&x, &y)
        }
        """
    )
    change = ("fmt.Println(&x, &y)", "println(x, y)")
    first, second = b.verdicts(b.propose(b.site("x"), change), b.propose(b.site("y"), change))

    assert b.verifier.compiles == 1
    assert first.effect is second.effect is Effect.GONE
    assert [site.expression for site in first.gone_sites] == ["y"]
    assert [site.expression for site in second.gone_sites] == ["x"]
