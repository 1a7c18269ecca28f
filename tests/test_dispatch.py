"""What is told of interface calls: the types that may stand behind them, on real compilers."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.model import Dispatch, Site
from escapelens.request import Request, Wanted
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain

MODULE = """
-- go.mod --
module example.com/m

go 1.21
-- store/store.go --
package store

type Store interface {
	Put(key []byte) error
}

type Memory struct{ keys [][]byte }

func (m *Memory) Put(key []byte) error {
	m.keys = append(m.keys, key)
	return nil
}

type null struct{}

func (null) Put([]byte) error { return nil }

// almost has a method of that name, but is no Store.
type almost struct{}

func (almost) Put(string) error { return nil }

//go:noinline
func Save(s Store, key []byte) error {
	return s.Put(key)
}

func Mark(s Store) error {
	return s.Put(make([]byte, 64))
}

var _ = []any{null{}, almost{}}
-- user/user.go --
package user

import (
	"io"

	"example.com/m/store"
)

type disk struct{}

func (*disk) Put(key []byte) error { return nil }

func Direct(s store.Store) error {
	key := make([]byte, 8)
	return s.Put(key)
}

func Inlined(s store.Store) error {
	return store.Mark(s)
}

func Through(s store.Store) error {
	key := make([]byte, 16)
	return store.Save(s, key)
}

func Outside(r io.Reader) (byte, error) {
	buf := make([]byte, 32)
	_, err := r.Read(buf)
	return buf[0], err
}
"""


def site(folder: Path, expression: str, *, inlined: bool = False, line: int = 0) -> Site:
    """The one site of an expression, on one line of those that have one."""
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    report = run(request, {**os.environ, "PWD": str(folder)}, folder).report
    (found,) = (
        one
        for one in report.sites
        if one.expression == expression
        and (one.origin is not None) is inlined
        and line in (0, one.position.line)
    )
    return found


def test_types_behind_an_interface_are_named_as_the_file_writes_them(
    toolchain: Toolchain, write_module: Callable[[str], Path]
) -> None:
    found = site(write_module(MODULE), "make([]byte, 8)")

    assert found.dispatch == Dispatch(
        "store.Store", "Put", ("*disk", "*store.Memory", "store.null")
    )
    assert found.sentence == (
        "`make([]byte, 8)` is on the heap because `s.Put(…)` (line 15) is called through the "
        "interface `store.Store`, which `*disk`, `*store.Memory` and `store.null` implement among "
        "the analysed types: the compiler cannot see what `Put` does with it"
    )


def test_of_an_inlined_call_the_types_are_those_of_its_origin(
    toolchain: Toolchain, write_module: Callable[[str], Path]
) -> None:
    found = site(write_module(MODULE), "make([]byte, 64)", inlined=True)

    assert found.dispatch == Dispatch(
        "store.Store", "Put", ("*store.Memory", "store.null", "*user.disk")
    )
    assert found.sentence.startswith(
        "`make([]byte, 64)` of `store.Mark`, inlined here, is on the heap because "
        "`s.Put(…)` in `store.Mark(…)` (line 19) is called through the interface `store.Store`"
    )


def test_of_an_inlined_call_the_function_is_that_of_its_origin(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    found = site(
        write_module("""
            -- heaps/heaps.go --
            package heaps

            import (
            	"container/heap"
            	"sort"
            )

            type queue struct{ sort.IntSlice }

            func (q *queue) Push(x any) { q.IntSlice = append(q.IntSlice, x.(int)) }

            func (q *queue) Pop() any { return nil }

            func Ordered() int {
            	q := &queue{sort.IntSlice{3, 1, 2}}
            	heap.Init(q)
            	return q.IntSlice[0]
            }
            -- user/user.go --
            package user

            import "example.com/m/heaps"

            func Least() int { return heaps.Ordered() }
        """),
        "&heaps.queue{…}",
        inlined=True,
    )

    assert found.cause == "callee-keeps-argument"
    assert "`heap.Init(…)` in `heaps.Ordered(…)` (line 5) may keep it" in found.sentence


def test_the_call_at_the_end_of_a_chain_is_told_too(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    found = site(write_module(MODULE), "make([]byte, 16)")

    assert found.dispatch is not None
    assert (found.dispatch.interface, found.dispatch.method) == ("store.Store", "Put")
    assert sorted(found.dispatch.types or ()) == ["*store.Memory", "*user.disk", "store.null"]
    assert "is called through the interface `store.Store`, which `*store.Mem" in found.sentence


def test_an_interface_that_no_analysed_type_implements_is_only_named(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    found = site(write_module(MODULE), "make([]byte, 32)")

    assert found.dispatch == Dispatch("io.Reader", "Read", ())
    assert "`r.Read(…)` (line 29) is called through the interface `io.Reader`:" in found.sentence


def test_an_inlined_call_of_assembly_is_no_choice(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    found = site(
        write_module("""
            -- a.go --
            package p

            import "strings"

            func Order(a, b string) int { return strings.Compare(a+" ", b) }
        """),
        'a+" "',
    )

    assert "in `strings.Compare(…)` (line 5) has no body" in found.sentence


OPTIONS = """
-- log/log.go --
package log

type Logger interface {
	Printf(format string, values ...any)
}

type Options struct {
	Logger Logger
	Level  int
}

func (opt *Options) Printf(format string, values ...any) {
	if opt.Logger == nil {
		return
	}
	opt.Logger.Printf(format, values...)
}

func (opt *Options) warn(n int) {
	opt.Logger.Printf("%d", n)
}

type Standard struct{}

func (*Standard) Printf(format string, values ...any) {}

type DB struct {
	Logger
	opt Options
}

func (db *DB) Put(key string) {
	db.opt.Printf("put %s", key)
}

func (db *DB) Get(opt *Options, size float64) {
	opt.Printf("get %f", size)
}

func (db *DB) Delete(key []byte) {
	db.Printf("delete %x", key)
}

func (db *DB) Warn(n int) {
	db.opt.warn(n << 1)
}
-- user/user.go --
package user

import "example.com/m/log"

func Hash(opt *log.Options, hash uint64) {
	opt.Printf("hash %x", hash)
}
"""


@pytest.mark.parametrize(
    ("value", "call"),
    [
        ("key", "`opt.Logger.Printf(…)` in `db.opt.Printf(…)` (line 33)"),
        ("size", "`opt.Logger.Printf(…)` in `opt.Printf(…)` (line 37)"),
        ('db.Printf("delete %x", key)', "`db.Printf(…)` (line 41)"),
        ("hash", "`opt.Logger.Printf(…)` in `opt.Printf(…)` (line 6)"),
    ],
)
def test_the_interface_behind_a_call_in_an_inlined_body_is_told(
    newest: Toolchain, write_module: Callable[[str], Path], value: str, call: str
) -> None:
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    folder = write_module(OPTIONS)
    report = run(request, {**os.environ, "PWD": str(folder)}, folder).report
    found = [one for one in report.sites if one.expression == value and call in one.sentence]

    assert found
    for one in found:
        own = "log." if one.package.endswith("user") else ""
        assert f"is called through the interface `{own}Logger`, which" in one.sentence
        assert one.dispatch is not None
        assert {f"*{own}Options", f"*{own}Standard"} <= set(one.dispatch.types or ())


def test_the_arguments_that_an_inlined_body_gathers_are_not_those_of_the_call(
    toolchain: Toolchain, write_module: Callable[[str], Path]
) -> None:
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    folder = write_module(OPTIONS)
    report = run(request, {**os.environ, "PWD": str(folder)}, folder).report
    gathered = {
        one.position.line: one
        for one in report.sites
        if one.cause == "variadic-slice" and one.position.file == "log/log.go"
    }

    (inlined,) = (one for one in gathered.values() if one.origin is not None)
    assert inlined.position.line == 45
    assert inlined.origin is not None
    assert inlined.origin.position == gathered[20].position
    assert inlined.cost is not None
    assert inlined.cost.bytes == 16
    assert inlined.sentence.startswith(
        "the slice of variadic arguments that `(*Options).warn`, inlined here, makes is on the heap"
        " because `opt.Logger.Printf(…)` in `db.opt.warn(…)` (line 45) is called through the inter"
    )


def test_the_container_of_a_store_in_an_inlined_body_is_told(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    found = site(
        write_module("""
            -- lib/lib.go --
            package lib

            type Leaf struct{ n int }

            func New(n int) *Leaf { return &Leaf{n} }
            -- p.go --
            package p

            import "example.com/m/lib"

            type Tree map[int]*lib.Leaf

            func (t Tree) grow(id int) { t[id] = lib.New(id) }

            func Grow(t Tree) { t.grow(3) }
        """),
        "&lib.Leaf{…}",
        inlined=True,
        line=9,
    )

    assert found.cause == "map-insert"
    assert "`t.grow(3)` (line 9) stores it in a map" in found.sentence
