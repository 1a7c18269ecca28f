"""Where a value goes on in the functions it is handed to, up to the statement that keeps it."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from escapelens.chains import Chains, preferred
from escapelens.declared import package_name
from escapelens.evidence import Chain, End, Evidence
from escapelens.model import Report, Site
from escapelens.parsers.diagnostics import scan_leaks
from escapelens.request import Request, Wanted
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.toolchains import VERSIONS, Toolchain

Write = Callable[[str], Path]

ARCHIVE = Path(__file__).with_name("chains") / "module.txt"
"""Lines end in `// site NAME` where a value is on the heap, in `// keeps NAMES` where it is kept."""

RECORDINGS = Path(__file__).with_name("golden")

_MARK = re.compile(r"// (site|keeps) (.+)")
EXPLAINED = Wanted()
_BY_CALLEE = "callee-keeps-argument"


class Explained(NamedTuple):
    """What is said of a site."""

    cause: str | None
    sentence: str
    """From behind `because`, without lines."""
    links: list[tuple[str, str]]
    """Function and text of each."""


EXPECTED = {
    "static": Explained(
        _BY_CALLEE,
        "`record(…)` keeps it: `last = job` stores it in a package variable",
        [("record", "last = job")],
    ),
    "packages": Explained(
        _BY_CALLEE,
        "`middle.Pass(…)` hands it on to `Keep`: `kept[name] = value` stores it in a map, "
        "whose entries may outlive this call",
        [("Pass", 'inner.Keep("size", size)'), ("Keep", "kept[name] = value")],
    ),
    "moved": Explained(
        _BY_CALLEE,
        "`outer(…)` hands it on to `inner`: `value` holds it, and "
        "`last = &value` stores it in a package variable",
        [("outer", "inner(1, value)"), ("inner", "value"), ("inner", "last = &value")],
    ),
    "named": Explained(
        _BY_CALLEE,
        "`store.Keep(…)` keeps it: `kept = value` stores it in a package variable",
        [("Keep", "kept = value")],
    ),
    "recursion": Explained(
        _BY_CALLEE,
        "`t.insert(…)` keeps it: `t.leaf = value` stores it in memory that may outlive this call",
        [("(*Tree).insert", "t.leaf = value")],
    ),
    "mutual": Explained(
        _BY_CALLEE,
        "`even(…)` hands it on to `odd`: `odds <- seen` sends it to whoever receives",
        [("even", "odd(n-1, seen)"), ("odd", "odds <- seen")],
    ),
    "pointer receiver": Explained(
        _BY_CALLEE,
        "`s.Add(…)` hands it on: `append(s.all, value)` puts it in a slice whose array may "
        "outlive this call",
        [("(*Store).Add", "append(s.all, value)")],
    ),
    "value receiver": Explained(
        _BY_CALLEE,
        "`s.Send(…)` keeps it: `s.to <- value` sends it to whoever receives",
        [("Sender.Send", "s.to <- value")],
    ),
    "receiver": Explained(
        _BY_CALLEE,
        "`node.Link(…)` keeps it: `first = n` stores it in a package variable",
        [("(*Node).Link", "first = n")],
    ),
    "interface": Explained(
        _BY_CALLEE,
        "`fill(…)` hands it on: `r.Read(…)` is called through the interface `io.Reader`, so it may keep it",
        [("fill", "r.Read(buffer)")],
    ),
    "function value": Explained(
        _BY_CALLEE,
        "`apply(…)` hands it on: `do(…)` calls a function value, so it may keep it",
        [("apply", "do(value)")],
    ),
    "literal": Explained(
        _BY_CALLEE,
        "`later(…)` hands it on: `append(hooks, hook)` puts it in a slice whose array may outlive "
        "this call",
        [("later", "append(hooks, hook)")],
    ),
    "captured": Explained(
        _BY_CALLEE,
        "`count(…)` hands it on to `later`: `append(hooks, hook)` "
        "puts it in a slice whose array may outlive this call",
        [
            ("count", "func() { *total++ }"),
            ("count", "later(func() { *total++ })"),
            ("later", "append(hooks, hook)"),
        ],
    ),
    "generic method": Explained(
        _BY_CALLEE,
        "`s.Add(…)` hands it on: `append(s.members, member)` puts it in a slice whose array may "
        "outlive this call",
        [("(*Set).Add", "append(s.members, member)")],
    ),
    "generic function": Explained(
        _BY_CALLEE,
        "`keep(…)` keeps it: `last = value` stores it in a package variable",
        [("keep", "last = value")],
    ),
    "shared generic": Explained(
        _BY_CALLEE,
        "`shared.Put(…)` hands it on to `(*Shelf).put`: `s.top = value` stores it in memory that "
        "may outlive this call",
        [("Put", "shelf.put(value)"), ("(*Shelf).put", "s.top = value")],
    ),
    "result": Explained(
        _BY_CALLEE,
        "`store(…)` keeps it: `largest = larger(value, largest)` stores it in a package variable",
        [("store", "largest = larger(value, largest)")],
    ),
    "result only": Explained(
        "returned-pointer",
        "`return larger(&value, &value)` hands its address to the caller",
        [],
    ),
    "variadic": Explained(
        _BY_CALLEE,
        "`gather(…)` hands it on: `append(all, values)` puts it in a slice whose array may outlive "
        "this call",
        [("gather", "append(all, values)")],
    ),
    "inlined": Explained(
        _BY_CALLEE,
        "`pass(…)` keeps it: `last = value` stores it in a package variable",
        [("keep", "last = value")],
    ),
    "through inlined": Explained(
        _BY_CALLEE,
        "`relay(…)` hands it on to `keep`: `last = value` stores it in a package variable",
        [("relay", "pass(value)"), ("keep", "last = value")],
    ),
    "constrained": Explained(
        _BY_CALLEE,
        "`keep(…)` keeps it: `other = value` stores it in a package variable",
        [("keep", "other = value")],
    ),
    "dependency": Explained(
        _BY_CALLEE,
        "`fmt.Sscan(…)` hands it on to `fmt.Fscan`, which was not analysed",
        [("Fscan", "not analysed; --deps follows it there")],
    ),
}


@pytest.fixture
def module(write_module: Write) -> Path:
    return write_module(ARCHIVE.read_text(encoding="utf-8"))


def analyse(folder: Path, options: BuildOptions, wanted: Wanted = EXPLAINED) -> Report:
    request = Request(options, wanted, use_cache=False)
    outcome = run(request, {**os.environ, "PWD": str(folder)}, folder)
    assert not outcome.broken
    return outcome.report


def marks(folder: Path, word: str) -> dict[str, str]:
    """The `file:line` of each line that is marked with a word, by the name behind it."""
    return {
        name: f"{file.relative_to(folder).as_posix()}:{number}"
        for file in folder.rglob("*.go")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if (mark := _MARK.search(line)) and mark[1] == word
        for name in mark[2].split(", ")
    }


def sites(folder: Path, report: Report) -> dict[str, Site]:
    """The site on each marked line, by its name."""
    by_place = {f"{one.position.file}:{one.position.line}": one for one in report.sites}
    return {
        name: by_place[place] for name, place in marks(folder, "site").items() if place in by_place
    }


def explained(site: Site) -> Explained:
    because = re.sub(r" \((?:line |[^\s()]*:)\d+\)", "", site.sentence.partition(" because ")[2])
    return Explained(site.cause, because, [(link.function, link.text) for link in site.chain])


def kept_at(site: Site) -> str:
    """The `file:line` of the last link; empty if there is none or it is not known."""
    position = site.chain[-1].position if site.chain else None
    return f"{position.file}:{position.line}" if position else ""


def test_ends_where_the_value_is_kept(toolchain: Toolchain, module: Path) -> None:
    found = sites(module, analyse(module, BuildOptions(("./...",))))

    assert {name: explained(site) for name, site in found.items()} == EXPECTED
    keeping = marks(module, "keeps")
    del keeping["chosen"]
    assert {name: place for name, site in found.items() if (place := kept_at(site))} == keeping
    assert {link.package for link in found["packages"].chain} == {
        "example.com/m/middle",
        "example.com/m/inner",
    }


def test_goes_on_in_the_file_that_is_built(toolchain: Toolchain, module: Path) -> None:
    report = analyse(module, BuildOptions(("./constrained",), tags="chosen"))
    site = sites(module, report)["constrained"]

    assert explained(site) == Explained(
        _BY_CALLEE,
        "`keep(…)` keeps it: `chosen <- value` sends it to whoever receives",
        [("keep", "chosen <- value")],
    )
    assert kept_at(site) == marks(module, "keeps")["chosen"]


@pytest.mark.parametrize("toolchain", [VERSIONS[0], VERSIONS[-1]], indirect=True)
def test_goes_on_in_dependencies(toolchain: Toolchain, module: Path) -> None:
    report = analyse(module, BuildOptions(("./dependency",), deps=True))
    site = sites(module, report)["dependency"]

    # Which of the ways through fmt the compiler tells depends on its version.
    assert site.cause == _BY_CALLEE
    assert "`fmt.Sscan(…)` (line 7) hands it on to `" in site.sentence
    first, second, *_, last = explained(site).links
    assert first == ("Fscan", "s.doScan(a)")
    assert second == ("(*ss).doScan", "s.scanOne('v', arg)")
    place, _, line = kept_at(site).rpartition(":")
    statement = Path(place).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert last[1] in statement


@pytest.mark.sweep_short
@pytest.mark.needs("gcc")
@pytest.mark.skipif(sys.platform != "linux", reason="other files of net/http are built elsewhere")
def test_no_chain_stops_at_a_call_that_was_analysed(
    newest: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CGO_ENABLED", "1")
    made: list[Chain] = []
    of = Chains.of

    def recorded(self: Chains, evidence: Evidence, path: str, package: str, declared: str) -> Chain:
        made.append(of(self, evidence, path, package, declared))
        return made[-1]

    monkeypatch.setattr(Chains, "of", recorded)
    source = newest.go.parent.parent / "src"
    report = analyse(source, BuildOptions(("net/http",), deps=True), Wanted(leaks=True))

    leaking = {
        (package_name(leak.package), _without_types(leak.function))
        for leak in report.leaks
        if leak.to == "{heap}"
    }
    stopped = [
        (chain.links[-1], kept.callee)
        for chain in made
        if (kept := chain.kept) and kept.end is End.CALL and kept.callee
        for package in [kept.callee.package or chain.links[-1].package]
        if (package_name(package), _without_types(kept.callee.function)) in leaking
    ]
    assert sum(len(chain.links) > 1 for chain in made) > 500
    assert ("fmt", "(*ss).scanOne") in leaking
    assert stopped == []


def _without_types(function: str) -> str:
    return re.sub(r"\[.*\]", "", function)


@pytest.mark.parametrize("recording", sorted(RECORDINGS.glob("tests/*.m2.txt")), ids=str)
def test_of_several_leaks_of_a_parameter_that_to_the_heap_is_preferred(recording: Path) -> None:
    leaks = list(scan_leaks(recording.read_bytes()))

    kept = preferred(leaks)

    assert [one.place for one in kept] == list(dict.fromkeys(one.place for one in leaks))
    to_heap = {one.place for one in leaks if one.to == "{heap}"}
    assert {one.place for one in kept if one.to == "{heap}"} == to_heap
    assert all(len(one.body) == one.length for one in leaks)
