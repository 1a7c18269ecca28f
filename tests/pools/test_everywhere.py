"""The findings that `pools` tells stand in every other view too, and cost nothing without pools."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from escapelens import inquiry
from escapelens.model import Report
from escapelens.reporters.json import schema
from escapelens.request import Filter, Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from escapelens.types import Answers, ask
from tests.toolchains import Toolchain

Module = Callable[[str], Path]
MODULE = """\
    -- buf/buf.go --
    package buf

    import (
    	"bytes"
    	"sync"
    )

    var pool = sync.Pool{New: func() any { return new(bytes.Buffer) }}

    func Get() *bytes.Buffer {
    	b := pool.Get().(*bytes.Buffer)
    	b.Reset()
    	return b
    }

    func Free(b *bytes.Buffer) {
    	if b.Cap() < 1<<16 {
    		pool.Put(b)
    	}
    }
    -- use/use.go --
    package use

    import "example.com/m/buf"

    func Text(n int) []byte {
    	b := buf.Get()
    	defer buf.Free(b)
    	b.WriteByte(byte(n))
    	return b.Bytes()
    }
    -- own/own.go --
    package own

    import "sync"

    var lines = sync.Pool{New: func() any { return []byte(nil) }}

    func Line(use func([]byte)) {
    	line := lines.Get().([]byte)
    	use(line)
    	lines.Put(line)
    }
    """
RETURNED = "use/use.go:9"


def said(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "escapelens", *words]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def report(root: Path, wanted: Filter | None = None, *, use_cache: bool = False) -> Report:
    request = Request(BuildOptions(), filter=wanted or Filter(), use_cache=use_cache)
    return run(request, {**os.environ, "PWD": str(root)}, root).report


def names(found: Report) -> list[str]:
    return [one.finding for one in found.findings if one.ignored is None]


def edit(root: Path, file: str, old: str, new: str) -> None:
    path = root / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_every_document_tells_the_same(newest: Toolchain, write_module: Module) -> None:
    root = write_module(MODULE)

    documents = [json.loads(said(root, word, "--format", "json").stdout) for word in POOL_WORDS]
    lines = said(root, "show", "--format", "jsonl").stdout.splitlines()

    first, second = ((one["pools"], one["findings"]) for one in documents)
    assert first == second
    assert [one["finding"] for one in first[1]] == ["pool-used-after-put", "pool-put-by-value"]
    assert first[1][0]["package"] == "example.com/m/use"
    jsonschema.Draft202012Validator(schema()).validate(documents[1])
    records = [json.loads(line) for line in lines]
    told = [
        {name: value for name, value in one.items() if name != "record"}
        for one in records
        if one["record"] == "finding"
    ]
    assert told == first[1]
    assert {one["position"]["file"] for one in told} <= {
        one["file"] for one in records if one["record"] == "file"
    }


POOL_WORDS = ("pools", "show")


def test_text_shows_them_on_their_source(newest: Toolchain, write_module: Module) -> None:
    told = said(write_module(MODULE), "show").stdout

    assert f"{RETURNED}:9: " in told
    assert "[pool-used-after-put]" in told
    assert "9 │ return b.Bytes()" in told
    # The site tells what it makes, once.
    assert told.count("[pool-put-by-value]") == 1
    assert "2 findings about 2 sync.Pools\n" in told


def test_a_line_is_explained(newest: Toolchain, write_module: Module) -> None:
    root = write_module(MODULE)

    told = said(root, "explain", RETURNED).stdout
    page = said(root, "explain", RETURNED, "--format", "markdown").stdout
    document = json.loads(said(root, "explain", RETURNED, "--format", "json").stdout)

    assert "[pool-used-after-put]" in told
    assert "escapelens explain pool-used-after-put" in told
    assert "puts nothing" not in told
    assert "## pool-used-after-put" in page
    assert [one["finding"] for one in document["findings"]] == ["pool-used-after-put"]
    assert [one["name"] for one in document["pools"]] == ["pool"]


def test_what_is_told_is_kept_for_the_next_run(
    newest: Toolchain, write_module: Module, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = write_module(MODULE)
    monkeypatch.setenv("ESCAPELENS_CACHE", str(tmp_path / "cache"))
    first = report(root, use_cache=True)

    def refuse(*_: object, **__: object) -> Answers:
        raise AssertionError("the type checker was asked again")

    monkeypatch.setattr(inquiry, "ask", refuse)
    assert report(root, use_cache=True) == first
    assert len(first.findings) == 2


def test_code_without_pools_is_not_asked(
    newest: Toolchain, write_module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def note(*words: Any, **options: Any) -> Answers:
        asked.append(options["pools"])
        return ask(*words, **options)

    monkeypatch.setattr(inquiry, "ask", note)
    root = write_module(MODULE)
    report(root)
    assert asked == [True]

    asked.clear()
    for name in ("buf", "use", "own"):
        (root / name / f"{name}.go").write_text(
            f"package {name}\n\ntype Pool struct{{}}\n\nfunc F(f func(any), n int) {{ f(n) }}\n"
        )
    assert report(root).findings == ()
    assert True not in asked


def test_filters_keep_findings_by_place_and_name(newest: Toolchain, write_module: Module) -> None:
    root = write_module(MODULE)

    assert names(report(root, Filter(files=("use.go",)))) == ["pool-used-after-put"]
    assert names(report(root, Filter(functions=("Line",)))) == ["pool-put-by-value"]
    assert names(report(root, Filter(causes=("pool-used-after-put",)))) == ["pool-used-after-put"]
    assert names(report(root, Filter(not_causes=("pool-used-after-put",)))) == ["pool-put-by-value"]
    assert names(report(root, Filter(causes=("returned-pointer",)))) == []
    assert said(root, "show", "--cause", "pool-used-after-putt").returncode == 2


class TestIgnoring:
    def test_a_comment_hides_a_finding_and_its_site(
        self, newest: Toolchain, write_module: Module
    ) -> None:
        root = write_module(MODULE)
        edit(
            root,
            "use/use.go",
            "return b.Bytes()",
            "return b.Bytes() //escapelens:ignore pool-used-after-put nobody else runs",
        )
        edit(
            root,
            "own/own.go",
            "lines.Put(line)",
            "lines.Put(line) //escapelens:ignore pool-put-by-value seldom",
        )

        found = report(root)

        assert names(found) == []
        assert [one.ignored and one.ignored.reason for one in found.findings] == [
            "nobody else runs",
            "seldom",
        ]
        boxes = [one for one in found.sites if one.cause == "pool-put-by-value"]
        assert [one.ignored is not None for one in boxes] == [True]
        assert not found.notes
        assert "[pool-used-after-put]" not in said(root, "show").stdout
        assert "[pool-used-after-put]" in said(root, "show", "--ignored").stdout
        assert said(root, "pools").stdout.endswith("2 pools, 0 findings, 2 ignored by comments\n")

    @pytest.mark.parametrize(
        ("comment", "note"),
        [
            ("pool-unbounded why", "this escapelens:ignore hides nothing"),
            (
                "pool-used-after-putt why",
                "unknown cause pool-used-after-putt; did you mean pool-used-after-put?",
            ),
            ("pool-used-after-put", "no reason is given"),
        ],
    )
    def test_one_that_hides_nothing_is_told(
        self, newest: Toolchain, write_module: Module, comment: str, note: str
    ) -> None:
        root = write_module(MODULE)
        edit(
            root,
            "use/use.go",
            "return b.Bytes()",
            f"return b.Bytes() //escapelens:ignore {comment}",
        )

        found = report(root)

        assert names(found) == ["pool-used-after-put", "pool-put-by-value"]
        assert [one.partition(": ")[2] for one in found.notes] == [note]

    def test_where_no_pool_is_too(self, newest: Toolchain, write_module: Module) -> None:
        root = write_module(
            "-- m.go --\npackage m\n\nvar X = 1 //escapelens:ignore pool-put-twice it is right\n"
        )

        assert report(root).notes == ("m.go:3:11: this escapelens:ignore hides nothing",)


def test_sources_cannot_write_to_the_terminal(newest: Toolchain, write_module: Module) -> None:
    root = write_module(MODULE)
    edit(root, "use/use.go", "return b.Bytes()", "return b.Bytes() /*\x1b[31m\u202e*/")

    for words in (("show",), ("explain", RETURNED)):
        told = said(root, *words).stdout
        assert "[pool-used-after-put]" in told
        assert "\x1b" not in told
        assert "\u202e" not in told
