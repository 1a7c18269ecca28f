"""Many rewrites in few compiles, each with the verdict that it would have alone."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

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


def test_new_sites_are_where_they_would_be_alone(newest: Toolchain, bench: Open) -> None:
    b = bench(module(2))
    proposals = [
        b.propose(b.site(f"v{n}"), (f"fmt.Println(p{n})", f"_ = p{n}\n\n\tfmt.Println(n)"))
        for n in range(2)
    ]
    found = b.verdicts(*proposals)

    assert b.verifier.compiles == 1
    assert [len(verdict.new_sites) for verdict in found] == [1, 1]
    assert all(map(same, found, alone(b, proposals)))


def test_what_stands_in_a_function_parted_in_two_is_put_down_to_that_edit(
    newest: Toolchain, bench: Open
) -> None:
    b = bench("""
        -- m.go --
        package m

        import "fmt"

        type list struct{ kept []*int }

        func Made(n int) *list {
        	all := &list{}
        	for i := 0; i < n; i++ {
        		all.kept = append(all.kept, new(int))
        	}
        	return all
        }

        func Told(n int) {
        	p := &n
        	fmt.Println(p)
        }
    """)
    parted = (
        "return filled(&list{}, n)\n}\n\nfunc filled(all *list, n int) *list {\n"
        "\tall.kept = make([]*int, 0, 64)\n"
    )
    proposals = [
        b.propose(b.site("&list{}"), ("all := &list{}\n", parted)),
        b.propose(b.site("n"), ("fmt.Println(p)", "fmt.Print()\n\tprintln(*p)")),
    ]
    found = b.verdicts(*proposals)

    assert b.verifier.compiles == 1
    assert "make([]*int, 0, 64)" in [one.expression for one in found[0].new_sites]
    assert found[1].new_sites == ()
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


CALLING = """
    -- m.go --
    package m

    var sink any

    //go:noinline
    func Inner(p *int) int {
    	i := *p
    	sink = &i
    	return i
    }

    //go:noinline
    func Middle(p *int) int { return Inner(p) }

    //go:noinline
    func Outer(n int) int {
    	o := n
    	sink = &o
    	x := n
    	return Middle(&x)
    }
"""


def test_a_function_and_its_caller_share_if_it_tells_the_same(
    toolchain: Toolchain, bench: Open
) -> None:
    b = bench(CALLING)
    proposals = [
        b.propose(b.site("i"), ("sink = &i", "_ = i")),
        b.propose(b.site("o"), ("sink = &o", "_ = o")),
    ]
    found = b.verdicts(*proposals)

    assert b.verifier.compiles == 1
    assert [verdict.effect for verdict in found] == [Effect.GONE, Effect.GONE]
    assert all(map(same, found, alone(b, proposals)))


def test_a_function_and_its_caller_are_tried_apart_if_it_tells_more(
    toolchain: Toolchain, bench: Open
) -> None:
    b = bench(CALLING)
    proposals = [
        b.propose(b.site("i"), ("i := *p\n\tsink = &i\n\treturn i", "sink = p\n\treturn *p")),
        b.propose(b.site("o"), ("sink = &o", "_ = o")),
    ]
    first, second = b.verdicts(*proposals)

    assert [site.expression for site in first.new_sites] == ["x"]
    assert second.new_sites == ()
    assert first.compiled_with == second.compiled_with == ()
    assert all(map(same, (first, second), alone(b, proposals)))


def test_one_does_not_hide_what_another_fails_at_alone(toolchain: Toolchain, bench: Open) -> None:
    b = bench(
        """
        -- m.go --
        package m

        var sink *int

        //go:noinline
        func Pick(p *int) *int {
        	made := *p
        	sink = &made
        	sink = p
        	return p
        }

        //go:noinline
        func Use(n int) int {
        	y := n
        	return *Pick(&y)
        }
        """
    )
    proposals = [
        # Only with this does `y` stay on the stack, which the other alone does not bring about.
        b.propose(b.site("made"), ("\tsink = &made\n\tsink = p\n", "\t_ = made\n")),
        b.propose(b.site("y"), ("*Pick(&y)", "*Pick(&y) + 0")),
    ]
    found = b.verdicts(*proposals)

    assert "y" in {site.expression for site in found[0].gone_sites}
    assert standing(found[1]) is Standing.REJECTED
    assert all(map(same, found, alone(b, proposals)))


def test_functions_that_call_each_other_show_no_more_than_alone(
    toolchain: Toolchain, bench: Open
) -> None:
    b = bench(
        """
        -- m.go --
        package m

        var sink any

        //go:noinline
        func Even(p *int, n int) int {
        	if n == 0 {
        		sink = p
        	}
        	e := n
        	return Odd(&e, n-1)
        }

        //go:noinline
        func Odd(p *int, n int) int {
        	o := n
        	return Even(&o, n-1) + Even(p, n-2)
        }
        """
    )
    proposals = [
        # It stays on the heap, since `Odd` still hands it to what keeps it.
        b.propose(b.site("e"), ("sink = p", "sink = *p")),
        b.propose(b.site("o"), ("o := n\n", "o := n\n\tif n == 1 {\n\t\tsink = p\n\t}\n")),
    ]
    found = b.verdicts(*proposals)
    singly = alone(b, proposals)

    assert [standing(one) for one in found] == [standing(one) for one in singly]


def test_what_reaches_a_caller_through_inlining_is_tried_apart(
    toolchain: Toolchain, bench: Open
) -> None:
    b = bench(
        """
        -- m.go --
        package m

        var sink *int

        func A(p *int) int {
        	a := *p
        	sink = &a
        	return a
        }

        func Through(p *int) int { return A(p) }

        //go:noinline
        func C(n int) int {
        	x, c := n, n
        	sink = &c
        	return Through(&x)
        }

        //go:noinline
        func D(n int) int {
        	d := n
        	sink = &d
        	return C(n)
        }
        """
    )
    proposals = [
        b.propose(b.site("a"), ("a := *p\n\tsink = &a\n\treturn a", "sink = p\n\treturn *p")),
        b.propose(b.site("c"), ("sink = &c", "_ = c")),
        b.propose(b.site("d"), ("sink = &d", "_ = d")),
    ]
    found = b.verdicts(*proposals)

    assert [len(verdict.compiled_with) for verdict in found] == [0, 0, 2]
    assert "x" in {site.expression for site in found[0].new_sites}
    assert all(map(same, found, alone(b, proposals)))


def test_what_an_edit_calls_anew_is_tried_apart(toolchain: Toolchain, bench: Open) -> None:
    b = bench(INLINED)
    proposals = [
        b.propose(b.site("a"), ("a := *p\n\tsink = &a\n\treturn a", "return B(p)")),
        b.propose(b.site("b"), ("b := *p\n\tsink = &b\n\treturn b", "sink = p\n\treturn *p")),
    ]
    found = b.verdicts(*proposals)

    assert [verdict.compiled_with for verdict in found] == [(), ()]
    assert all(map(same, found, alone(b, proposals)))


def test_packages_that_see_nothing_new_are_compiled_in_the_end(
    newest: Toolchain, bench: Open
) -> None:
    b = bench(
        """
        -- m.go --
        package m

        import "fmt"

        func F(n int) int {
        	v, w := n, n
        	fmt.Println(&v)
        	fmt.Println(&w)
        	return n
        }

        func Inlined(n int) *int {
        	p := n
        	return &p
        }
        -- m_test.go --
        package m
        -- use/use.go --
        package use

        import "example.com/m"

        func Use(n int) int { return m.F(n) + *m.Inlined(n) }
        """
    )
    apart = [
        b.propose(b.site("v"), ("fmt.Println(&v)", "println(v)")),
        b.propose(b.site("w"), ("fmt.Println(&w)", "println(w)")),
    ]
    reaching = b.propose(b.site("p"), ("p := n\n\treturn &p", "_ = n\n\treturn nil"))
    found = list(b.verifier.verify([*apart, reaching], whole=False))
    dependents = {
        one.id: verdict.dependents for one, verdict in zip(found, made(found), strict=True)
    }

    assert b.verifier.compiles == 3, "two of one function, and one that others inline"
    assert set(dependents.values()) == {0}
    confirmed = made(b.verifier.confirm(found))
    assert b.verifier.compiles == 4
    assert confirmed == [replace(one, dependents=1) for one in made(found)]


def test_what_fails_in_its_own_package_is_not_compiled_with_others(
    newest: Toolchain, bench: Open
) -> None:
    b = bench(
        """
        -- m.go --
        package m

        var sink *int

        func Make() *int {
        	n := 1
        	sink = &n
        	return &n
        }
        -- m_test.go --
        package m

        var made = Make()
        -- use/use.go --
        package use

        import "example.com/m"

        func Use() *int { return m.Make() }
        """
    )
    site = b.site("n")
    change = ("Make() *int", "Make() int"), ("return &n", "return n")
    gone = ("sink = &n", "_ = n")
    fails = b.propose(site, *change, repair=True, name="fails")
    helps = b.propose(site, *change, gone, repair=True, name="helps")

    (failed,) = made(b.verifier.verify([fails], whole=False))
    assert b.verifier.compiles == 1
    assert standing(failed) is Standing.REJECTED
    (helped,) = made(b.verifier.verify([helps], whole=False))
    assert b.verifier.compiles > 2
    assert same(helped, b.verdicts(helps)[0])


def made(proposals: Iterable[Proposal]) -> list[Verdict]:
    verdicts = [one.suggestion.verdict for one in proposals]
    assert None not in verdicts
    return [verdict for verdict in verdicts if verdict is not None]


def test_a_test_file_that_declares_what_is_imported_is_compiled(
    newest: Toolchain, bench: Open
) -> None:
    b = bench(module(1) + "\n-- m_test.go --\npackage m\n\nvar strconv = 1\n")
    one = b.propose(
        b.site("v0"),
        ('import "fmt"', 'import (\n\t"fmt"\n\t"strconv"\n)'),
        ("fmt.Println(p0)", "println(strconv.Itoa(*p0))"),
    )
    (found,) = b.verifier.verify([one], whole=False)

    assert found.suggestion.verdict is not None
    assert found.suggestion.verdict.builds
    assert not found.suggestion.verdict.tests_build


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
