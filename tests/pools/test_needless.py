"""Pools that save nothing: the compiler says so of the program without them, in every view."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from escapelens.edits import apply
from escapelens.model import Finding
from escapelens.pools import needless
from escapelens.pools.findings import all_findings
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.pools.test_contract import check_format
from tests.pools.test_everywhere import MODULE, names, report, said
from tests.toolchains import Toolchain

Module = Callable[[str], Path]
SPARE = """\
-- m.go --
package m

import "sync"

type pair struct{ a, b int }

var pairs = sync.Pool{New: func() any { return new(pair) }}

func Sum(n int) int {
	p := pairs.Get().(*pair)
	defer pairs.Put(p)
	p.a, p.b = n, n
	return p.a + p.b
}
"""
SPARE_FILE = SPARE.partition("\n")[2]


def test_every_view_tells_it(toolchain: Toolchain, write_module: Module) -> None:
    root = write_module(SPARE)

    words = ("pools", "show", "explain m.go:7")
    documents = [json.loads(said(root, *one.split(), "--format", "json").stdout) for one in words]

    (finding,) = documents[0]["findings"]
    assert finding["finding"] == "pool-not-needed"
    assert all(one["findings"] == [finding] for one in documents)
    assert "[pool-not-needed]" in said(root, "show").stdout
    assert "[pool-not-needed]" in said(root, "explain", "m.go:7").stdout


def test_nothing_is_compiled_again_where_no_pool_could_go(
    newest: Toolchain, write_module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a build was started")

    monkeypatch.setattr(needless, "Build", refuse)

    assert names(report(write_module(MODULE))) == ["pool-used-after-put", "pool-put-by-value"]


def applied(root: Path, source: str) -> str:
    """A file with what is suggested for the one finding in it."""
    (root / "m.go").write_text(source)
    (finding,) = report(root).findings
    (one,) = finding.suggestions
    return apply(source.encode(), one.edits).decode()


def test_nothing_is_left_of_the_pool(newest: Toolchain, write_module: Module) -> None:
    (example,) = all_findings()["pool-not-needed"].examples

    assert applied(write_module(SPARE), example.before) == example.after


IMPORTS = 'import (\n\t"sync"\n\t"time"\n)\n\nvar now = time.Now()\n'
DECLARED = "var pairs = sync.Pool{New: func() any { return new(pair) }}\n"


@pytest.mark.parametrize(
    ("old", "new", "left"),
    [
        ('import "sync"\n', IMPORTS, IMPORTS.replace('\t"sync"\n', "")),
        (DECLARED, f"// pairs are many.\n{DECLARED}\nvar once sync.Once\n", "var once sync.Once"),
        (DECLARED, f"var (\n\t{DECLARED[4:]})\n", f"var (\n\t{DECLARED[4:]})\n"),
        (
            DECLARED,
            f"var pairs, a = {DECLARED[12:-1]}, 1\n",
            f"var pairs, a = {DECLARED[12:]}"[:-1],
        ),
    ],
    ids=["other imports", "other uses of sync", "a group", "two at once"],
)
def test_what_else_needs_it_stays(
    newest: Toolchain, write_module: Module, old: str, new: str, left: str
) -> None:
    assert old in SPARE_FILE

    root = write_module(SPARE)
    after = applied(root, SPARE_FILE.replace(old, new))

    assert left in after
    assert ("pairs" in after) == ("pairs" in left)
    check_format(after, newest)
    (root / "m.go").write_text(after)
    assert not any(package.errors for package in report(root).packages)


def publish(folder: Path, module: str, source: str) -> None:
    """Puts version 1.0.0 of a module of one file where a module proxy has it."""
    at = folder / module / "@v"
    at.mkdir(parents=True)
    mod = f"module {module}\n\ngo 1.21\n"
    (at / "v1.0.0.info").write_text('{"Version": "v1.0.0"}')
    (at / "v1.0.0.mod").write_text(mod)
    with ZipFile(at / "v1.0.0.zip", "w") as archive:
        archive.writestr(f"{module}@v1.0.0/go.mod", mod)
        archive.writestr(f"{module}@v1.0.0/m.go", source)


def test_a_module_that_was_fetched_is_left_alone(
    newest: Toolchain, write_module: Module, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    publish(tmp_path / "proxy", "example.org/dep", SPARE_FILE.replace("package m", "package dep"))
    monkeypatch.setenv("GOPROXY", (tmp_path / "proxy").as_uri())
    monkeypatch.setenv("GOSUMDB", "off")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    monkeypatch.setenv("GOFLAGS", "-mod=mod -modcacherw")
    use = '-- use.go --\npackage m\n\nimport "example.org/dep"\n\nvar Two = dep.Sum(1)\n'
    root = write_module(SPARE + use)
    with (root / "go.mod").open("a") as file:
        file.write("\nrequire example.org/dep v1.0.0\n")

    document = json.loads(said(root, "show", ".", "example.org/dep", "--format", "json").stdout)

    packages = [one["import_path"] for one in document["packages"]]
    assert packages == ["example.com/m", "example.org/dep"]
    assert [one["pool"] for one in document["findings"]] == ["example.com/m.pairs"]
    assert not document["notes"]


@pytest.mark.parametrize("file", ["m_test.go", "other_windows.go"])
def test_the_declaration_stays_where_a_file_that_is_not_analysed_names_the_pool(
    newest: Toolchain, write_module: Module, file: str
) -> None:
    root = write_module(SPARE)
    (root / file).write_text("package m\n\nvar Taken = pairs.Get\n")

    (finding,) = report(root).findings

    assert "pairs = sync.Pool" in changed(root, finding)
    (root / file).unlink()
    (finding,) = report(root).findings
    assert "pairs = sync.Pool" not in changed(root, finding)


def changed(root: Path, finding: Finding) -> str:
    return apply((root / "m.go").read_bytes(), finding.suggestions[0].edits).decode()


TESTED = """
-- m_test.go --
package m

import (
	"sync"
	"testing"
)

var kept = sync.Pool{New: func() any { return new(pair) }}

var last *pair

func TestKept(t *testing.T) {
	p := kept.Get().(*pair)
	last = p
	kept.Put(p)
}

var spare = sync.Pool{New: func() any { return new(pair) }}

func TestSpare(t *testing.T) {
	p := spare.Get().(*pair)
	p.a = 1
	spare.Put(p)
}
"""


def test_pools_of_tests_are_tried_in_tests(newest: Toolchain, write_module: Module) -> None:
    root = write_module(SPARE + TESTED)

    request = Request(BuildOptions(tests=True), use_cache=False)
    found = run(request, {**os.environ, "PWD": str(root)}, root).report.findings

    spared = [one.pool for one in found if one.finding == "pool-not-needed"]
    assert spared == ["example.com/m.pairs", "example.com/m.spare"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("func Sum(n int)", "func Sum[T any](n int)"),
        ("	p := pairs", f"	/*{'x' * 255}*/ p := pairs"),
    ],
    ids=["generic code that nobody uses", "a column that is not printed"],
)
def test_what_the_compiler_does_not_say(
    newest: Toolchain, write_module: Module, old: str, new: str
) -> None:
    assert old in SPARE

    assert names(report(write_module(SPARE.replace(old, new)))) == []
