"""What the type checker knows of whole declarations, on every toolchain."""

from collections.abc import Callable
from pathlib import Path

from escapelens.types import Declaration, Facts, Object, Spot, ask
from tests.toolchains import Toolchain, cache
from tests.types.test_asking import list_packages

Module = Callable[[str], Path]


def facts_of(
    root: Path, *snippets: str, file: str = "m.go", users: bool = False, tests: bool = False
) -> Facts:
    """What is known of the declarations around snippets of a file."""
    plan, packages = list_packages(root, tests=tests)
    content = (root / file).read_bytes()
    spots = [Spot(str(root / file), content.index(one.encode()), users) for one in snippets]
    found = ask(plan, packages, cache() / "types", declarations=spots)
    assert found.notes == ()
    return found.facts


def declaration(root: Path, snippet: str, *, file: str = "m.go") -> Declaration:
    offset = (root / file).read_bytes().index(snippet.encode())
    found = facts_of(root, snippet, file=file).around(str(root / file), offset)
    assert found is not None
    return found


def named(known: Declaration, name: str) -> Object:
    """The only object of a declaration with a name."""
    (found,) = [one for one in known.objects if one.name == name]
    return found


def roles(known: Declaration, name: str) -> list[str]:
    return [use.role for use in known.uses(named(known, name))]


def test_what_happens_to_a_variable(toolchain: Toolchain, write_module: Module) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        type Inner struct{ n int }

        func (i *Inner) Pointer() {}
        func (i Inner) Value()    {}

        type T struct {
        	Inner
        	far *Inner
        	all [2]Inner
        }

        func F() {
        	var written, part, element, read, taken, sliced, called, copied, behind, ranged T
        	written = T{}
        	part.n++
        	element.all[1].n = 2
        	_ = read.n + read.all[0].n
        	_ = &taken.all
        	_ = sliced.all[:]
        	called.Pointer()
        	copied.Value()
        	behind.far.n = 1
        	behind.far.Pointer()
        	for _, ranged = range []T{} {
        	}
        	var p *T
        	p.n = 1
        	(*p).n = 1
        	p.Pointer()
        	pointer := (&copied).Value
        	pointer()
        }
        """
    )
    known = declaration(root, "written = T")

    assert roles(known, "written") == ["declare", "write"]
    assert roles(known, "part") == ["declare", "part"]
    assert roles(known, "element") == ["declare", "part"]
    assert roles(known, "read") == ["declare", "read", "read"]
    assert roles(known, "taken") == ["declare", "address"]
    assert roles(known, "sliced") == ["declare", "address"]
    assert roles(known, "called") == ["declare", "receiver"]
    assert roles(known, "copied") == ["declare", "read", "address"]
    assert roles(known, "behind") == ["declare", "read", "read"]
    assert roles(known, "ranged") == ["declare", "write"]
    assert roles(known, "p") == ["declare", "read", "read", "read"]


def test_which_fields_lie_behind_a_pointer(toolchain: Toolchain, write_module: Module) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        type Base struct{ near, far int }

        type ByValue struct{ Base }

        type ByPointer struct{ *Base }

        func F(a ByValue, b ByPointer, c *ByValue) (int, int, int, int) {
        	return a.near, b.near, c.near, b.Base.far
        }
        """
    )
    known = declaration(root, "func F")
    content = (root / "m.go").read_bytes()
    at = {
        text: known.is_indirect(content.index(text) + text.index(b".") + 1)
        for text in (b"a.near", b"b.near", b"c.near", b"b.Base", b"Base.far")
    }
    assert at == {
        b"a.near": False,
        b"b.near": True,
        b"c.near": True,
        b"b.Base": False,
        b"Base.far": True,
    }


def test_objects_types_and_constants(toolchain: Toolchain, write_module: Module) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        import (
        	"fmt"
        	str "strings"
        	"sync"
        )

        type Guarded struct {
        	mu sync.Mutex
        	n  int64
        }

        type Plain struct{ a, b int32 }

        func (p Plain) String() string   { return "" }
        func (p *Plain) Set(int)         {}

        const size = 64

        var global []Plain

        func F[E any](parameter map[string]Plain, element E) (result fmt.Stringer) {
        	type local struct{}
        	var guarded Guarded
        	var one local
        	count := size * 2
        	text := str.ToUpper("x" + "y")
        	_, _, _, _, _ = global, guarded, one, count, text
        	return parameter["a"]
        }
        """
    )
    known = declaration(root, "guarded Guarded")
    content = (root / "m.go").read_bytes()

    def typ(name: str) -> tuple[str, str, int, bool, bool]:
        found = known.type(named(known, name).type)
        assert found is not None
        return found.text, found.kind, found.size, found.lock, found.writable

    assert known.imports == {"fmt": "fmt", "str": "strings", "sync": "sync"}
    assert named(known, "parameter").role == "parameter"
    assert named(known, "result").role == "result"
    assert named(known, "global").role == "global"
    assert named(known, "count").role == "local"
    assert typ("guarded") == ("Guarded", "struct", 16, True, True)
    assert typ("one") == ("local", "struct", 0, False, False)
    assert typ("parameter") == ("map[string]Plain", "map", 8, False, True)
    assert typ("element") == ("E", "parameter", -1, False, True)
    assert typ("result") == ("fmt.Stringer", "interface", 16, False, True)
    plain = known.type_at(content.index(b'parameter["a"]'), content.index(b'parameter["a"]') + 14)
    assert plain is not None
    assert (plain.has_method("String"), plain.has_method("Set")) == (True, False)
    assert plain.pointer_methods is not None
    assert "Set" in plain.pointer_methods
    at = content.index(b"size * 2")
    assert known.value_at(at, at + 8) == "128"
    at = content.index(b'"x" + "y"')
    assert known.value_at(at, at + 9) == '"xy"'
    assert (
        known.value_at(content.index(b"guarded, one"), content.index(b"guarded, one") + 7) is None
    )
    to_upper = named(known, "ToUpper")
    assert (to_upper.kind, to_upper.package) == ("func", "strings")


def test_users_of_a_function_in_all_packages_and_tests(
    toolchain: Toolchain, write_module: Module
) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        func New() *int { return new(int) }

        func Own() int { return *New() }

        func Other(New int) int { return New }
        -- m_test.go --
        package m

        import "testing"

        func TestNew(t *testing.T) { _ = New() }
        -- x_test.go --
        package m_test

        import (
        	"testing"

        	"example.com/m"
        )

        func TestFar(t *testing.T) { _ = m.New() }
        -- use/use.go --
        package use

        import "example.com/m"

        var Made = m.New
        """
    )
    found = facts_of(root, "New()", users=True, tests=True)
    known = found.around(str(root / "m.go"), (root / "m.go").read_bytes().index(b"New()"))
    assert known is not None
    assert known.users is not None

    places = {
        (Path(use.file).name, Path(use.file).read_bytes()[use.offset :][:3]) for use in known.users
    }
    assert places == {(name, b"New") for name in ("m.go", "m_test.go", "x_test.go", "use.go")}
    assert len(known.users) == 4
    assert all(found.around(use.file, use.offset) is not None for use in known.users)
    assert found.declares("example.com/m", "Other")
    assert not found.declares("example.com/m", "Missing")


def test_the_function_that_something_is_handed_to(
    toolchain: Toolchain, write_module: Module
) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        func F(n int) int { return take(one(n)) }

        func one(n int) int { return n + 1 }
        -- n.go --
        package m

        func take(n int) int { return n }
        -- o.go --
        package m

        func G() int { return take(3) }
        """
    )
    plan, packages = list_packages(root)
    file = str(root / "m.go")
    offset = (root / "m.go").read_bytes().index(b"one(n)")
    found = ask(
        plan, packages, cache() / "types", declarations=[Spot(file, offset, callee=True)]
    ).facts
    known = {Path(one.file).name: one for one in found}
    assert set(known) == {"m.go", "n.go", "o.go"}
    users = known["n.go"].users
    assert users is not None
    assert [Path(one.file).name for one in users] == ["m.go", "o.go"]


def test_directives_and_broken_code_do_not_mislead(
    toolchain: Toolchain, write_module: Module
) -> None:
    root = write_module(
        """\
        -- m.go --
        package m

        //line other.y:100
        func F(a int) int {
        	b := a
        	return b + undefined
        }
        """
    )
    known = declaration(root, "b := a")

    assert roles(known, "b") == ["declare", "read"]
    assert known.object_at(0) is None
    assert known.type_at(0, 3) is None
