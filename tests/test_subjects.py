"""What is on the heap where names do not tell: the type checker knows."""

import os
from collections.abc import Callable
from pathlib import Path

from escapelens.request import Request, Wanted
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.test_reasons import on
from tests.toolchains import Toolchain

SOURCE = """package p

import (
	"fmt"
	"path/filepath"

	"example.com/m/other"
)

type Text string

type Offset int

type Pointer string

type source struct {
	name string
	read func() int
}

func (s *source) next() int { return len(s.name) }

var (
	all   []any
	calls []func() int
	lists []other.List
	paths []string
	texts []fmt.Stringer
)

func Join(dir, base, ext string) { paths = append(paths, filepath.Join(dir, base+ext)) }

func JoinText(dir, base string) { paths = append(paths, filepath.Join(dir, base+".go")) }

func Sum(base, step Offset) { all = append(all, base+step) }

func SumOfCalls(next func() Offset, base Offset) { all[0] = next() + base }

func Method(s *source) { calls = append(calls, s.next) }

func Elsewhere(r *other.Reader) { calls = append(calls, r.Next) }

func Field(s *source) { all = append(all, s.name) }

func List(a, b int) { lists = append(lists, other.List{a, b}) }

func Table(key string) { other.Tables[0] = other.Table{key: 1} }

func Struct(a int) { all = append(all, other.Pair{A: a}) }

func Named(t Text) { all = append(all, string(t)) }

func Bytes(b other.List) { all = append(all, other.Ints(b)) }

func Path(b []byte) Pointer { return Pointer(append(b, '/')) }

func Any[T ~string | ~[]byte](t T) string { return string(t) }

var _ = Any[[]byte]

func Both(a, b string) { all = append(all, a+b) }

func Two(m map[string]any, find func(string) (int, error)) (err error) {
	m["a"], err = find("a")
	return err
}
"""
OTHER = """package other

type List []int

type Ints []int

type Table map[string]int

type Pair struct{ A, B int }

var Tables []Table

type Reader struct{ at, Next_ int }

func (r *Reader) Next() int { return r.at }
"""
CAUSES = {
    "base+ext": "string-concatenation",
    'base+".go"': "string-concatenation",
    "base+step)": "interface-conversion",
    "next() + base": "interface-conversion",
    "calls, s.next": "method-value",
    "calls, r.Next": "method-value",
    "all, s.name": "interface-conversion",
    "other.List{a, b}": "slice-element-stored",
    "other.Table{key": "slice-element-stored",
    "other.Pair{A": "interface-conversion",
    "string(t)) }": "interface-conversion",
    "other.Ints(b)": "interface-conversion",
    "Pointer(append": "string-bytes-conversion",
    "return string(t)": "string-bytes-conversion",
    "all, a+b": "string-concatenation",
    'find("a")': "interface-conversion",
}


def test_the_type_tells_what_is_on_the_heap(
    toolchain: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module(f"-- p.go --\n{SOURCE}\n-- other/other.go --\n{OTHER}")
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    sites = run(request, {**os.environ, "PWD": str(root)}, root).report.sites
    found: dict[int, list[str]] = {}
    for one in sites:
        if one.position.file == "p.go" and not one.expression.startswith(("append(", "append")):
            found.setdefault(one.position.line, []).append(one.cause or "")
    assert {text: found.get(on(text, SOURCE)) for text in CAUSES} == {
        text: [cause] for text, cause in CAUSES.items()
    }
    (two,) = (one for one in sites if one.position.line == on('find("a")', SOURCE))
    assert 'a copy of what `m["a"], err = find("a")` assigns' in two.sentence
    assert "stores it in a map" in two.sentence


def test_what_is_made_and_boxed_is_told_as_both(
    toolchain: Toolchain, write_module: Callable[[str], Path]
) -> None:
    source = """package p

import "fmt"

func Sum(a, b string) string { return fmt.Sprint(a + b) }

func List(n int) any { return []int{n} }

func Empty() any { return []int{} }

func Plain(n int) []int { return []int{n} }

func Joined(a, b string) string { return a + b }
"""
    root = write_module(f"-- p.go --\n{source}")
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    sites = run(request, {**os.environ, "PWD": str(root)}, root).report.sites
    found = {one.position.line: one for one in sites}

    both = "; so is its header, which the interface points to"
    assert found[on("func Sum", source)].sentence.endswith(both)
    assert found[on("func List", source)].sentence.endswith(both)
    assert "header" not in found[on("func Plain", source)].sentence
    assert "header" not in found[on("func Joined", source)].sentence
    empty = found[on("func Empty", source)]
    assert empty.sentence.startswith("a copy of `[]int{}` is on the heap because an `any`")
    assert empty.cost is not None
    assert empty.cost.bytes == 24


def test_a_literal_of_a_package_that_is_not_analysed_is_told_by_its_type(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module("""
        -- other/other.go --
        package other

        type Header map[string]string

        type Pair struct{ A, B int }

        var Kept any

        func New() Header { return Header{"a": "b"} }

        func Keep(n int) { Kept = Pair{n, n} }
        -- use/use.go --
        package use

        import "example.com/m/other"

        type Message struct{ header other.Header }

        func (m *Message) Fill() { m.header = other.New() }

        func Keep(n int) { other.Keep(n) }
    """)
    request = Request(BuildOptions(("./use",)), Wanted(), use_cache=False)
    sites = run(request, {**os.environ, "PWD": str(root)}, root).report.sites
    header, pair = sorted(sites, key=lambda one: one.position.line)

    assert header.cause == "stored-through-pointer"
    assert pair.cause == "interface-conversion"
    assert pair.cost is not None
    assert pair.cost.bytes == 16
