"""Bodies of loops over functions that are inlined: printed at the loop, told where they stand."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.model import Site
from escapelens.request import Request, Wanted
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.conftest import use_toolchain
from tests.test_reasons import on
from tests.toolchains import VERSIONS, Toolchain

TABLE = """
type Table struct{ keys []string }

func (t *Table) All() func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i, key := range t.keys {
			if !yield(i, key) {
				return
			}
		}
	}
}
"""
SOURCE = (
    f"package p\n{TABLE}"
    + """
type State struct {
	key  string
	exit func() string
	err  error
}

type Failure struct{ key string }

func (f *Failure) Error() string { return f.key }

func (t *Table) States(prefix string) []State {
	var states []State
	for _, key := range t.All() { // the loop
		state := State{
			key:  prefix + key, // joined
			exit: func() string { return key }, // exit
		}
		if key == "" {
			state.err = &Failure{key: prefix} // failure
		}
		states = append(states, state) // appended
	}
	return states
}

func (t *Table) Pairs() (pairs []func() string) {
	for _, key := range t.All() { // of pairs
		pairs = append(pairs, func() string { return key }, func() string { return key + "!" })
	}
	return pairs
}
"""
)


def test_what_is_in_an_inlined_body_is_told_where_it_stands(
    monkeypatch: pytest.MonkeyPatch, write_module: Callable[[str], Path]
) -> None:
    for version in VERSIONS[1:]:
        use_toolchain(version, monkeypatch)
        root = write_module(f"-- go.mod --\nmodule example.com/m\n\ngo 1.23\n-- p.go --\n{SOURCE}")
        request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
        sites = run(request, {**os.environ, "PWD": str(root)}, root).report.sites
        of_loop = {_text(one): one for one in sites if one.position.line == on("the loop", SOURCE)}

        expected = {"prefix + key", "func() string { return key }", "&Failure{key: prefix}"}
        assert expected <= of_loop.keys()
        assert of_loop["prefix + key"].cause == "string-concatenation"
        literal = of_loop["func() string { return key }"]
        assert literal.expression == "func() string {…}"
        assert literal.range is not None
        assert literal.range.start.line == on("// exit", SOURCE)
        assert literal.triage is not None
        assert literal.triage.loop_depth == 1
        assert literal.cost is not None
        assert literal.cost.bytes == 24
        kept = f"`append(states, state)` (line {on('// appended', SOURCE)})"
        assert kept in literal.sentence
        pairs = [one for one in sites if one.position.line == on("of pairs", SOURCE)]
        assert not [one for one in (*of_loop.values(), *pairs) if one.cause == "range-over-func"]


def _text(site: Site) -> str:
    """The source of a site, as far as it is on one line."""
    if site.range is None or site.range.start.line != site.range.end.line:
        return ""
    line = SOURCE.splitlines()[site.range.start.line - 1]
    return line[site.range.start.column - 1 : site.range.end.column - 1]


def test_a_call_of_what_a_call_returns_is_no_loop(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    source = """package p

func choose(n int) func([]byte) {
	if n > 0 {
		return func(b []byte) { b[0]++ }
	}
	return nil
}

func Call(n int) { choose(n)(make([]byte, n)) }
"""
    root = write_module(f"-- p.go --\n{source}")
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    sites = run(request, {**os.environ, "PWD": str(root)}, root).report.sites
    (made,) = (one for one in sites if one.position.line == on("func Call", source))
    assert "because `choose(n)(…)` (line 10) calls a function value" in made.sentence


def test_an_inlined_body_is_settled_and_hidden_where_it_stands(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    source = (
        f"package p\n{TABLE}"
        + """
type Sink interface{ Put(text []byte) }

func (t *Table) Send(to Sink, table map[string]any) {
	for i, key := range t.All() { // the loop
		to.Put([]byte(key))
		table[key] = i //escapelens:ignore interface-conversion measured, it is rare
	}
}
"""
    )
    root = write_module(f"-- go.mod --\nmodule example.com/m\n\ngo 1.23\n-- p.go --\n{source}")
    request = Request(BuildOptions(("./...",)), Wanted(), use_cache=False)
    report = run(request, {**os.environ, "PWD": str(root)}, root).report
    of_loop = [one for one in report.sites if one.position.line == on("the loop", source)]
    found = {one.cause: one for one in of_loop}

    called = f"`to.Put(…)` (line {on('to.Put', source)}) is called through the interface `Sink`"
    assert called in found["string-bytes-conversion"].sentence
    stored = f"(line {on('table[key]', source)}) stores it in a map"
    assert stored in found["interface-conversion"].sentence
    assert found["interface-conversion"].ignored is not None
    assert not report.notes
