"""What Go's type checker says about real modules, on every toolchain."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from escapelens.toolchain import Build, BuildOptions, ListedPackage, Plan, plan_build
from escapelens.types import Answers, Call, Memory, Place, Target, TypeName, ask
from tests.toolchains import Toolchain, cache

Module = Callable[[str], Path]


def list_packages(
    root: Path, *, tests: bool = False, overlay: Path | None = None
) -> tuple[Plan, tuple[ListedPackage, ...]]:
    options = BuildOptions(directory=root, tests=tests, overlay=overlay)
    plan = plan_build(options, os.environ, root)
    with Build(plan) as build:
        for _ in build.stderr():
            pass
        return plan, build.packages


def place(file: Path, snippet: str, token: str) -> Place:
    """Where the last `token` of the only `snippet` in a file stands."""
    before, found, after = file.read_text().partition(snippet)
    assert found, snippet
    assert snippet not in after, snippet
    start = before + snippet[: snippet.rindex(token)]
    line = start[start.rfind("\n") + 1 :]
    return Place(str(file), start.count("\n") + 1, len(line.encode()) + 1)


def answers(
    root: Path,
    *,
    file: str = "m.go",
    calls: tuple[str, ...] = (),
    stores: tuple[tuple[str, str], ...] = (),
    tests: bool = False,
) -> Answers:
    plan, packages = list_packages(root, tests=tests)
    return ask(
        plan,
        packages,
        cache() / "types",
        calls=[place(root / file, snippet, "(") for snippet in calls],
        stores=[place(root / file, *store) for store in stores],
    )


def call(root: Path, snippet: str, *, file: str = "m.go", tests: bool = False) -> Call | None:
    found = answers(root, file=file, calls=(snippet,), tests=tests)
    assert found.notes == ()
    return found.calls.get(place(root / file, snippet, "("))


def test_functions_and_methods(toolchain: Toolchain, write_module: Module) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        import (
        	"fmt"
        	"math"
        	str "strings"
        )

        type T struct{ n int }

        func (t T) Value(v int, more ...string)  {}
        func (t *T) Pointer()                    {}
        func own(p *int)                         {}
        func asm(p *int)

        type Outer struct{ *T }

        func F(t T, o Outer, p *int) {
        	own(p)
        	asm(p)
        	t.Value(1)
        	t.Pointer()
        	o.Pointer( )
        	T.Value(t, 2)
        	(*T).Pointer(&t)
        	fmt.Println(p)
        	str.NewReader("").Read(nil)
        	_ = len("" + "x")
        	_ = float64(3)
        	_ = math.Sqrt(2)
        	_ = math.archFloor
        }
        -- m.s --
        """
    )
    snippets = {
        "own(p)\n\tasm": Call(
            "static", "example.com/m.own", "example.com/m", "own", parameters=("p",), has_body=True
        ),
        "asm(p)\n": Call(
            "static", "example.com/m.asm", "example.com/m", "asm", parameters=("p",), has_body=False
        ),
        "t.Value(1": Call(
            "static",
            "(example.com/m.T).Value",
            "example.com/m",
            "T.Value",
            parameters=("v", "more"),
            variadic=True,
            has_body=True,
        ),
        "o.Pointer(": Call(
            "static",
            "(*example.com/m.T).Pointer",
            "example.com/m",
            "(*T).Pointer",
            has_body=True,
        ),
        "T.Value(t": Call(
            "static",
            "(example.com/m.T).Value",
            "example.com/m",
            "T.Value",
            parameters=("t", "v", "more"),
            variadic=True,
            has_body=True,
        ),
        "(*T).Pointer(": Call(
            "static",
            "(*example.com/m.T).Pointer",
            "example.com/m",
            "(*T).Pointer",
            parameters=("t",),
            has_body=True,
        ),
        "fmt.Println(": Call(
            "static",
            "fmt.Println",
            "fmt",
            "Println",
            parameters=("a",),
            variadic=True,
            has_body=True,
        ),
        'str.NewReader("").Read(': Call(
            "static",
            "(*strings.Reader).Read",
            "strings",
            "(*Reader).Read",
            parameters=("b",),
            has_body=True,
        ),
        "len(": Call("builtin", "len", function="len"),
        "float64(": Call("conversion"),
    }
    found = answers(root, calls=tuple(snippets))

    assert found.notes == ()
    assert [found.calls.get(place(root / "m.go", s, "(")) for s in snippets] == [*snippets.values()]


INTERFACES = """\
    -- m.go --
    package m

    import (
    	"context"
    	. "fmt"
    	"io"
    	alias "example.com/m/other"
    )

    type Named interface{ Name() string }

    type file struct{}

    func (file) Name() string { return "" }

    type Dir struct{}

    func (*Dir) Name() string { return "" }

    type Box[E any] struct{ e E }

    func (b Box[E]) Name() string { return "" }

    type Logged struct {
    	io.Reader
    	n int
    }

    func F(n Named, rc io.ReadCloser, l *Logged, s Stringer, a alias.Doer, e error) {
    	io := rc
    	_ = n.Name()
    	rc.Read(nil)
    	io.Close()
    	l.Read(nil)
    	_ = s.String()
    	a.Do(nil)
    	_ = e.Error()
    	Named.Name(n)
    	var c interface {
    		Done()
    		Named
    	}
    	c.Done()
    	context.Context.Done(nil)
    }

    func G[P Named, Q interface{ Twice(Q) }](p P, q Q) {
    	_ = p.Name( )
    	q.Twice(q)
    }
    -- other/other.go --
    package other

    type Doer interface{ Do(any) (int, error) }

    type secret struct{}

    func (s *secret) Do(any) (int, error) { return 0, nil }
    func (s *secret) Name() string        { return "" }
    """


def test_interfaces_are_named_as_in_the_file(toolchain: Toolchain, write_module: Module) -> None:
    root = write_module(INTERFACES)
    named = ("*Dir", "*alias.secret", "Box[E]", "file")
    expected = {
        "n.Name()\n\trc": ("Named", "Name", named),
        "rc.Read(": ("io.ReadCloser", "Read", ()),
        "io.Close(": ("io.ReadCloser", "Close", ()),
        "l.Read(": ("io.Reader", "Read", ("Logged",)),
        "s.String(": ("Stringer", "String", ()),
        "a.Do(": ("alias.Doer", "Do", ("*alias.secret",)),
        "e.Error(": ("error", "Error", ()),
        "Named.Name(": ("Named", "Name", named),
        "c.Done(": ("interface{Done(); Named}", "Done", ()),
        "context.Context.Done(": ("context.Context", "Done", ()),
        "p.Name( ": ("Named", "Name", named),
        "q.Twice(": ("interface{Twice(Q)}", "Twice", None),
    }
    found = answers(root, calls=tuple(expected))

    for snippet, (interface, method, implementers) in expected.items():
        answer = found.calls[place(root / "m.go", snippet, "(")]
        assert answer.kind == "interface"
        assert (answer.interface, answer.method) == (interface, method), snippet
        assert answer.implementers == implementers, snippet


def test_interfaces_keep_where_they_were_declared(newest: Toolchain, write_module: Module) -> None:
    root = write_module(INTERFACES)

    error = call(root, "e.Error(")
    doer = call(root, "a.Do(")

    assert error is not None
    assert (error.callee, error.package, error.function) == ("(error).Error", None, "error.Error")
    assert doer is not None
    assert doer.callee == "(example.com/m/other.Doer).Do"
    assert (doer.package, doer.function) == ("example.com/m/other", "Doer.Do")
    assert doer.parameters == ("",)


def test_function_values(toolchain: Toolchain, write_module: Module) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        import (
        	"errors"
        	"example.com/m/other"
        )

        type T struct {
        	hook  func(event string)
        	hooks []func(...int)
        }

        func Map[A, B any](a []A, f func(A) B) []B {
        	_ = f(a[0])
        	return nil
        }

        func Call[F ~func(x int)](f F) { f( 1) }

        func F(t *T, errors func(string)) {
        	t.hook("x")
        	t.hooks[0](1)
        	other.Global(nil)
        	errors("shadows")
        	func(a int) {}(1)
        	_ = Map[int, int](nil, nil)
        	_ = Map([]string{}, func(string) int { return 0 })
        	g := t.hook
        	(g)("y")
        }

        var _ = errors.New("x")
        -- other/other.go --
        package other

        var Global func(p *int)
        """
    )
    values = {
        "f(a[": ("f", ("",), False),
        "f( ": ("f", ("x",), False),
        "t.hook(": ("t.hook", ("event",), False),
        "t.hooks[0](": ("t.hooks[0]", ("",), True),
        "other.Global(": ("other.Global", ("p",), False),
        "errors(": ("errors", ("",), False),
        "{}(": ("func literal", ("a",), False),
        "(g)(": ("g", ("event",), False),
    }
    statics = ("Map[int, int](", "Map([", "errors.New(")
    # `errors(` also begins what shadows nothing.
    source = (root / "m.go").read_text().replace('errors("shadows")', 'errors ("shadows")')
    (root / "m.go").write_text(source)
    values["errors ("] = values.pop("errors(")
    found = answers(root, calls=(*values, *statics))

    for snippet, (text, parameters, variadic) in values.items():
        answer = found.calls[place(root / "m.go", snippet, "(")]
        assert answer == Call("value", value=text, parameters=parameters, variadic=variadic)
    callees = [found.calls[place(root / "m.go", snippet, "(")].callee for snippet in statics]
    assert callees == ["example.com/m.Map", "example.com/m.Map", "errors.New"]


def test_stores(toolchain: Toolchain, write_module: Module) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        import "example.com/m/other"

        type Inner struct{ p *int }

        type T struct {
        	*Inner
        	flat Inner
        	list []Inner
        	grid [2][2]int
        }

        var global T

        func (t *T) Method(in T, m map[string]*T, a *[3]int) (out Inner) {
        	global.flat.p = nil
        	other.Global = nil
        	other.Table["x"] = nil
        	t.flat.p = nil
        	in.p = nil
        	in.flat.p = nil
        	in.grid[0][1] = 1
        	in.list[0].p = nil
        	m["k"] = nil
        	m["k"].flat.p = nil
        	a[1] += 1
        	*a = [3]int{}
        	out.p = nil
        	local, _ := 1, 2
        	local, in.grid = 2, in.grid
        	make().flat.p = nil
        	func(own int) {
        		local = 3
        		own = 4
        		t.list = nil
        	}(5)
        	return
        }

        func make() *T { return nil }

        func Generic[S ~[]E, E any](s S, e E) { s[0] = e }
        -- other/other.go --
        package other

        var Global *int
        var Table map[string]*int
        """
    )
    expected: dict[tuple[str, str], tuple[Target, ...]] = {
        ("global.flat.p =", "="): (Target("global.flat.p", "global", "global", "global", "Inner"),),
        ("other.Global =", "="): (Target("other.Global", "global", "other.Global", "global"),),
        ('other.Table["x"] =', "="): (
            Target('other.Table["x"]', "map", "other.Table", "global", "map[string]*int"),
        ),
        ("\tt.flat.p =", "="): (Target("t.flat.p", "pointer", "t", "receiver", "*T"),),
        ("in.p =", "="): (Target("in.p", "pointer", "in", "parameter", "*Inner"),),
        ("in.flat.p =", "="): (Target("in.flat.p", "field", "in", "parameter", "Inner"),),
        ("in.grid[0][1] =", "="): (Target("in.grid[0][1]", "array", "in", "parameter", "[2]int"),),
        ("in.list[0].p =", "="): (Target("in.list[0].p", "slice", "in", "parameter", "[]Inner"),),
        ('m["k"] =', "="): (Target('m["k"]', "map", "m", "parameter", "map[string]*T"),),
        ('m["k"].flat.p =', "="): (Target('m["k"].flat.p', "pointer", "m", "parameter", "*T"),),
        ("a[1] +=", "+="): (Target("a[1]", "pointer", "a", "parameter", "*[3]int"),),
        ("*a =", "="): (Target("*a", "pointer", "a", "parameter", "*[3]int"),),
        ("out.p =", "="): (Target("out.p", "field", "out", "result", "Inner"),),
        ("local, _ :=", ":="): (Target("local", "local", "local", "local"), Target("_")),
        ("local, in.grid =", "="): (
            Target("local", "local", "local", "local"),
            Target("in.grid", "field", "in", "parameter", "T"),
        ),
        ("make().flat.p =", "="): (Target("make().flat.p", "pointer", container="*T"),),
        ("local = 3", "="): (Target("local", "local", "local", "captured"),),
        ("own =", "="): (Target("own", "local", "own", "parameter"),),
        ("t.list =", "="): (Target("t.list", "pointer", "t", "captured", "*T"),),
        ("s[0] =", "="): (Target("s[0]", "slice", "s", "parameter", "S"),),
    }
    found = answers(root, stores=tuple(expected))

    assert found.notes == ()
    for store, targets in expected.items():
        assert found.stores.get(place(root / "m.go", *store)) == targets, store


@pytest.mark.needs("gcc")
def test_cgo(toolchain: Toolchain, write_module: Module) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        /*
        static int twice(int n) { return 2 * n; }
        */
        import "C"
        import "strings"

        func F(n int) string {
        	n = int(C.twice(C.int(n)))
        	return strings.Repeat("x", n)
        }
        """
    )

    repeat = call(root, "strings.Repeat(")

    assert repeat is not None
    assert repeat.callee == "strings.Repeat"
    assert call(root, "C.twice(") is None
    assert call(root, "C.int(") is None


def test_errors_leave_other_questions_answered(toolchain: Toolchain, write_module: Module) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        import (
        	"example.com/m/broken"
        	"example.com/missing"
        	"strings"
        )

        func F() {
        	var n int = "no"
        	undefined(n)
        	missing.Call()
        	broken.Fine()
        	strings.ToUpper("x")
        }
        -- broken/broken.go --
        package broken

        func Fine() int { return "no" }
        """
    )
    found = answers(root, calls=("undefined(", "missing.Call(", "broken.Fine(", "strings.ToUpper("))

    assert [answer.callee for answer in found.calls.values()] == [
        "example.com/m/broken.Fine",
        "strings.ToUpper",
    ]


def test_test_variants_have_their_own_types(toolchain: Toolchain, write_module: Module) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        type Doer interface{ Do(T) }

        type T struct{}

        func Use(d Doer) { d.Do(T{}) }
        -- export_test.go --
        package m

        type fake struct{}

        func (fake) Do(T) {}
        -- m_test.go --
        package m_test

        import (
        	"testing"

        	"example.com/m"
        	"example.com/m/user"
        )

        type outer struct{}

        func (*outer) Do(m.T) {}

        func TestUse(t *testing.T) {
        	m.Use(user.New())
        	user.New().Do(m.T{})
        }
        -- user/user.go --
        package user

        import "example.com/m"

        type impl struct{}

        func (*impl) Do(m.T) {}

        func New() m.Doer { return nil }
        """
    )

    inside = call(root, "d.Do(", tests=True)
    outside = call(root, "user.New().Do(", file="m_test.go", tests=True)

    assert inside is not None
    assert inside.implementers == ("*user.impl",)
    assert outside is not None
    assert outside.interface == "m.Doer"
    assert outside.implementers == ("*user.impl", "*outer", "m.fake")


def test_an_overlay_is_read_in_place_of_the_file(newest: Toolchain, write_module: Module) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        func F() {}
        -- replacement.txt --
        package m

        func F() { G() }

        func G() {}
        -- overlay.json --
        {"Replace": {"m.go": "replacement.txt"}}
        """
    )
    plan, packages = list_packages(root, overlay=root / "overlay.json")
    at = place(root / "replacement.txt", "{ G(", "(")
    asked = Place(str(root / "m.go"), at.line, at.column)
    replaced = {str(root / "m.go"): str(root / "replacement.txt")}

    found = ask(plan, packages, cache() / "types", calls=[asked], overlay=replaced)

    assert found.calls[asked].function == "G"


def test_places_without_a_call_have_no_answer(newest: Toolchain, write_module: Module) -> None:
    root = write_module("-- m.go --\npackage m\n\nfunc F() { F() }\n")
    plan, packages = list_packages(root)
    nowhere = [Place(str(root / "m.go"), 3, 1), Place("/nowhere.go", 3, 13)]

    assert ask(plan, packages, cache() / "types", calls=nowhere) == Answers()


def test_types_of_packages_that_are_not_analysed_have_sizes(
    toolchain: Toolchain, write_module: Module
) -> None:
    root = write_module("""
        -- m.go --
        package m

        import (
        	"errors"
        	"strings"
        )

        type own struct{ a, b, c byte }

        type list []int

        type table map[string]int

        type generic[T any] struct{ one T }

        func F(s string) error { return errors.New(strings.TrimSpace(s)) }
    """)
    plan, packages = list_packages(root)
    hidden, exported = TypeName("errors", "errorString"), TypeName("strings", "Reader")
    own, generic = (TypeName("example.com/m", name) for name in ("own", "generic"))
    nowhere = [
        TypeName("errors", "New"),
        TypeName("errors", "none"),
        TypeName("net", "IP"),
        generic,
    ]
    listed, table = (TypeName("example.com/m", name) for name in ("list", "table"))
    asked = [hidden, exported, own, listed, table, *nowhere]

    found = ask(plan, packages, cache() / "types", types=asked)

    assert found.notes == ()
    assert {name: value.memory for name, value in found.types.items()} == {
        hidden: Memory(16, True),
        exported: Memory(32, True),
        own: Memory(3, False),
        listed: Memory(24, True),
        table: Memory(8, True),
    }
    assert found.types[listed].makes == "slice"
    assert found.types[table].makes == "map"
    assert found.types[own].makes == ""


def test_users_settings_change_nothing(
    newest: Toolchain, write_module: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_module("-- m.go --\npackage m\n\nfunc F() { F() }\n")
    plan, packages = list_packages(root)
    foreign = {
        "GOARCH": "arm64",
        "GOFLAGS": "-mod=vendor -tags=x",
        "GOOS": "windows",
        "GOWORK": str(root / "none.work"),
    }
    plan = replace(plan, env={**plan.env, **foreign})
    at = place(root / "m.go", "{ F(", "(")

    found = ask(plan, packages, tmp_path / "types", calls=[at])

    assert found.notes == ()
    assert found.calls[at].callee == "example.com/m.F"
    assert [file.name.startswith("types-go") for file in (tmp_path / "types").iterdir()] == [True]


def test_a_program_that_cannot_be_built_is_a_note(
    newest: Toolchain, write_module: Module, tmp_path: Path
) -> None:
    root = write_module("-- m.go --\npackage m\n\nfunc F() { F() }\n")
    plan, packages = list_packages(root)
    at = place(root / "m.go", "{ F(", "(")
    (tmp_path / "file").write_text("")

    nowhere = ask(plan, packages, tmp_path / "file", calls=[at])
    no_go = ask(replace(plan, goroot=root), packages, tmp_path / "types", calls=[at])

    assert nowhere.calls == no_go.calls == {}
    assert all("could not be asked" in note for note in (*nowhere.notes, *no_go.notes))
    assert len(nowhere.notes) == len(no_go.notes) == 1


def test_without_questions_nothing_is_built(
    newest: Toolchain, write_module: Module, tmp_path: Path
) -> None:
    root = write_module("-- m.go --\npackage m\n")
    plan, packages = list_packages(root)

    assert ask(plan, packages, tmp_path / "types") == Answers()
    assert not (tmp_path / "types").exists()
