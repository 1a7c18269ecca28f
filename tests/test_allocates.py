"""Whether lines allocate, held against programs that run: what is said must be what happens."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from escapelens.model import Kind, Site
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.allocating import HEAP_LINE_WITHOUT_ALLOCATION, NO, SOMETIMES, YES, rows, write
from tests.toolchains import Toolchain


def sites(folder: Path, *, machine_code: bool, packages: tuple[str, ...] = (".",)) -> list[Site]:
    options = BuildOptions(packages, directory=folder, machine_code=machine_code)
    report = run(Request(options), os.environ, folder).report
    assert report.unrecognised == ()
    assert report.notes == ()
    return list(report.sites)


@pytest.mark.parametrize("machine_code", [False, True], ids=["words", "code"])
def test_what_is_said_is_what_happens(
    toolchain: Toolchain, tmp_path: Path, machine_code: bool
) -> None:
    written = rows(toolchain)
    write(tmp_path, written)
    ran = subprocess.run(
        [toolchain.go, "run", "."], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    measured = json.loads(ran.stdout)
    texts = {name: (tmp_path / name).read_text().splitlines() for name in ("rows.go", "main.go")}
    by_function: dict[str, list[Site]] = {}
    for site in sites(tmp_path, machine_code=machine_code):
        by_function.setdefault(site.function.partition(".")[0].partition("[")[0], []).append(site)
    wrong: list[object] = []
    for number, (row, result) in enumerate(zip(written, measured, strict=True)):
        found = by_function.get(row.within or f"f{number}", [])
        objects = result["Objects"]
        marked = [one for one in found if _line(texts, one).endswith("// here")]
        costs = [one.cost for one in marked if one.cost is not None]
        said = (row.name, objects, [(one.expression, one.cost) for one in found])
        if row.objects not in (None, objects) or row.taken not in (None, int(result["Bytes"])):
            wrong.append(("ran otherwise", result["Bytes"], *said))
        if row.said is None:
            wrong += [("should not be told", *said)] if marked else []
            continue
        if not machine_code and row not in HEAP_LINE_WITHOUT_ALLOCATION and not marked:
            continue  # the compiler's words do not tell
        if not _agree(found, objects) and row.said is not NO:
            wrong.append(("does not agree", *said))
        if {cost.allocates for cost in costs} != {row.said}:
            wrong.append(("said otherwise", *said))
        known = {row.bytes} if machine_code else {row.bytes, None}
        if row.bytes is not None and not any(cost.bytes in known for cost in costs):
            wrong.append(("takes otherwise", *said))
        told = [cost.bytes for cost in costs if cost.bytes]
        if row.objects == len(told) == 1 and told[0] != result["Bytes"]:
            wrong.append(("took otherwise", result["Bytes"], *said))
    assert not wrong, "\n".join(map(str, wrong))


def _line(texts: dict[str, list[str]], site: Site) -> str:
    return texts[site.position.file][site.position.line - 1]


def _agree(found: list[Site], objects: float) -> bool:
    """Whether what is said of all sites of a function may be so, given what a run allocated."""
    said = {site.cost.allocates for site in found if site.cost is not None}
    return YES not in said if objects == 0 else bool(said & {YES, SOMETIMES})


AT_START = {
    "fixed": """
        import "errors"

        type T struct{ A, B int }

        var Err = errors.New("fixed")
        var P = &T{1, 2}
        var S = []int{1, 2, 3}
        var I any = T{1, 2}
        var F = func() {}
        var M map[string]int
        """,
    "filled": 'var M = map[string]int{"a": 1, "b": 2}',
    "made": "var P = new(int)\n\nfunc init() { P = new(int) }",
    "joined": 'import "errors"\n\nvar Err = errors.Join(errors.New("a"), errors.New("b"))',
}
"""Packages, of which the first alone allocates nothing when a program starts."""


@pytest.mark.parametrize("machine_code", [False, True], ids=["words", "code"])
def test_what_package_variables_take_when_a_program_starts(
    toolchain: Toolchain, write_module: Callable[[str], Path], machine_code: bool
) -> None:
    imports = "\n".join(f'import _ "example.com/m/{name}"' for name in AT_START)
    files = [
        f"-- {name}/p.go --\npackage {name}\n{dedent(text)}" for name, text in AT_START.items()
    ]
    folder = write_module(
        "\n".join([*files, f"-- main.go --\npackage main\n\n{imports}\n\nfunc main() {{}}\n"])
    )
    ran = subprocess.run(
        [toolchain.go, "run", "."],
        cwd=folder,
        env={**os.environ, "GODEBUG": "inittrace=1"},
        capture_output=True,
        text=True,
        check=True,
    )
    started = dict(re.findall(r"^init \S+?/m/(\w+) .* (\d+) allocs$", ran.stderr, re.MULTILINE))
    allocating = {
        str(Path(site.position.file).parent)
        for site in sites(folder, machine_code=machine_code, packages=("./...",))
        if site.cost is not None and site.cost.allocates is not NO
    }

    assert {name for name, objects in started.items() if int(objects)} == {*AT_START} - {"fixed"}
    assert allocating == {*AT_START} - {"fixed"}


def test_only_the_machine_code_shows_what_is_not_reported(
    newest: Toolchain, tmp_path: Path
) -> None:
    write(tmp_path, rows(newest))

    untold = [site for site in sites(tmp_path, machine_code=True) if site.kind is Kind.UNREPORTED]

    assert {"make(chan int)", "FullS + Long", "m[j] = j"} <= {one.expression for one in untold}
    assert all(site.decisions == () and site.cause == "unreported-allocation" for site in untold)
    assert not any(site.kind is Kind.UNREPORTED for site in sites(tmp_path, machine_code=False))


def test_what_grows_is_told_of_append_and_not_of_a_method_of_its_result(
    toolchain: Toolchain, write_module: Callable[[str], Path]
) -> None:
    folder = write_module(
        """\
        -- p.go --
        package p

        type List []int

        //go:noinline
        func (l List) sum() int { return len(l) }

        func Sum(l, m List) int {
        	return append(l, m...).sum()
        }
        """
    )

    found = sites(folder, machine_code=True)

    assert {one.expression for one in found} == {"append(l, m...)"}


def test_what_an_inlined_function_appends_to_an_empty_literal(
    toolchain: Toolchain, write_module: Callable[[str], Path]
) -> None:
    folder = write_module(
        """\
        -- p.go --
        package p

        import "slices"

        var Kept []string

        func Keep(names []string) {
        	Kept = slices.Clone(names)
        	Kept = []string{}
        }
        """
    )
    own = [one for one in sites(folder, machine_code=True) if one.position.file == "p.go"]

    cloned, (empty,) = [one for one in own if one.position.line == 8], own[-1:]
    assert {one.cost.allocates for one in cloned if one.cost} >= {SOMETIMES}
    assert empty.position.line == 9
    assert empty.cost is not None
    assert empty.cost.allocates is NO


@pytest.mark.needs("gcc")
def test_code_that_cgo_rewrote(
    toolchain: Toolchain, write_module: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CGO_ENABLED", "1")
    folder = write_module(
        """\
        -- p.go --
        package p

        // static int twice(int x) { return 2*x; }
        import "C"

        type Point struct{ X, Y, Z int }

        var Kept *Point
        var Count any

        func Keep(n int) {
        	Kept = &Point{X: int(C.twice(C.int(n)))}
        	Count = n
        }
        """
    )
    own = {one.position.line: one.cost for one in sites(folder, machine_code=True)}

    kept, count = own[12], own[13]
    assert kept is not None
    assert count is not None
    assert (kept.allocates, kept.bytes) == (YES, 24)
    assert (count.allocates, count.bytes) == (SOMETIMES, 8)


LITERALS = """\
    -- p.go --
    package p

    var Sink func() int

    type Large [200]byte

    type T struct{ x, y int }

    func (t *T) Sum() int { return t.x + t.y }

    func Hold(a, b int, s string, list []string, large Large, ok bool, v any) (r int) {
    	n := 0
    	n++
    	Sink = func() int { return a }
    	Sink = func() int { return a + b + len(s) }
    	Sink = func() int { n++; return n }
    	Sink = func() int { return int(large[n]) }
    	Sink = func() int { return r }
    	Sink = func() int {
    		if ok {
    			return a
    		}
    		return b
    	}
    	for i, text := range list {
    		Sink = func() int { return i + len(text) }
    	}
    	for i := 0; i < 3; i++ {
    		Sink = func() int { return i }
    	}
    	switch v := v.(type) {
    	case string:
    		Sink = func() int { return len(v) }
    	}
    	var array [3]int
    	Sink = func() int { return len(array[1:]) + array[0] }
    	var read, changed, called T
    	changed.x = 3
    	Sink = func() int { return read.x + read.y }
    	Sink = func() int { return changed.y }
    	Sink = func() int { return called.Sum() + a }
    	seven := 7
    	Sink = func() int { return seven }
    	Sink = func() int {
    		Sink = func() int { return a + b }
    		return len(s)
    	}
    	return 1
    }
    -- go.mod --
    module example.com/m

    go 1.VERSION
    """


@pytest.mark.parametrize("version", ["21", "newest"])
def test_what_literals_capture_takes_as_much_as_the_machine_code_says(
    toolchain: Toolchain, write_module: Callable[[str], Path], version: str
) -> None:
    newest = str(toolchain.minor)
    folder = write_module(LITERALS.replace("VERSION", version.replace("newest", newest)))

    told, shown = (
        {
            one.position: one.cost and one.cost.bytes
            for one in sites(folder, machine_code=code)
            if one.expression.startswith("func()")
        }
        for code in (False, True)
    )

    assert len(told) == 16
    assert told == shown
    assert None not in told.values()


LATER = """\
    -- p.go --
    package p

    import "sync"

    type large struct{ numbers [40]int }

    type pair struct {
    	name string
    	list []string
    }

    type shower interface{ show(n int) }

    type named func(int)

    func (l large) show(n int)  {}
    func (p *pair) show(n int)  {}

    func boxes(e error, x any)           {}
    func each(list ...string)            {}
    func lists(list []string, p pair)    {}
    func calls(f func(int), n int8, ok bool) {}
    func larges(l large, n int)          {}

    func Go(s shower, l large, p pair, f func(int), g named, list []string, err error) {
    	n := len(list)
    	small, ok := int8(n), n > 3
    	go s.show(n)
    	go l.show(n)
    	go p.show(n)
    	go (&p).show(1)
    	go f(n)
    	go f(3)
    	go g(n)
    	go boxes(err, n)
    	go boxes(nil, "text")
    	go boxes(nil, nil)
    	go each("a", "b", list[0])
    	go each(list...)
    	go each()
    	go lists([]string{"a", list[0]}, pair{name: list[1]})
    	go lists(nil, p)
    	go calls(f, small, ok)
    	go calls(func(int) {}, small, true)
    	go larges(l, n)
    	go func(a int, b string) { println(a, b, n) }(n, "x")
    	go func(a, b int8) { println(a, b) }(small, small)
    }

    func Defer(list []string, ch chan int, mutex *sync.Mutex) {
    	for i := range list {
    		defer close(ch)
    		defer mutex.Unlock()
    		defer panic(i)
    		defer lists(list[i:], pair{list[i], nil})
    		defer each(list[i]+"x", list[i])
    		defer new(pair).show(i)
    	}
    }
    -- go.mod --
    module example.com/m

    go 1.21
    """


def test_what_go_and_defer_keep_takes_as_much_as_the_machine_code_says(
    toolchain: Toolchain, write_module: Callable[[str], Path]
) -> None:
    folder = write_module(LATER)

    told, shown = (
        {
            one.position: one.cost and one.cost.bytes
            for one in sites(folder, machine_code=code)
            if one.kind is Kind.DEFERRED_CALL
        }
        for code in (False, True)
    )

    assert len(told) == 26
    assert told == shown
    assert None not in told.values()
    assert list(told.values()).count(0) == 2


def test_what_generated_functions_make_is_told_apart_by_its_type_only(
    newest: Toolchain, tmp_path: Path
) -> None:
    packages = ("encoding/xml", "text/template")
    found = [
        one
        for one in sites(tmp_path, machine_code=True, packages=packages)
        if one.position.file == "<autogenerated>"
    ]

    (copied,) = (one for one in found if one.expression == "([]byte)(parse.text)")
    assert copied.cost is not None
    assert (copied.cost.allocates, copied.cost.bytes) == (SOMETIMES, None)
    assert copied.origin is not None
    assert copied.origin.function is None
    made = [one for one in found if one.expression == "&reflect.ValueError{…}"]
    assert made != []
    assert {one.cost.bytes for one in made if one.cost is not None} == {24}
    assert not any("(line " in one.sentence for one in found)
