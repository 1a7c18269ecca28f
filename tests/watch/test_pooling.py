"""Findings about pools while they change, against a run from nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from escapelens.reporters.json import render
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.pools.test_everywhere import MODULE, edit
from tests.toolchains import Toolchain
from tests.watch.driving import Driven, watching

Module = Callable[[str], Path]
DEFERRED = "	defer buf.Free(b)\n"


def fresh(root: Path, *patterns: str) -> list[dict[str, Any]]:
    """The findings of a run from nothing."""
    request = Request(BuildOptions(patterns=patterns), use_cache=False)
    report = run(request, {**os.environ, "PWD": str(root)}, root).report
    return list(json.loads(b"".join(render(report))).get("findings", []))


def ordered(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(findings, key=lambda one: one["fingerprint"])


def check(told: Driven, root: Path, *patterns: str) -> list[str]:
    """The names of the findings, which are those of a run from nothing; each pool is known."""
    found = fresh(root, *patterns)
    assert {one["pool"] for one in told.findings} <= {one["id"] for one in told.pools}
    assert ordered(told.findings) == ordered(found)
    return [one["finding"] for one in found]


def deltas(told: Driven, since: int) -> list[dict[str, Any]]:
    return [
        one["delta"] for one in told.events[since:] if one["event"] == "report" and one.get("delta")
    ]


def test_findings_come_and_go(newest: Toolchain, write_module: Module) -> None:
    root = write_module(MODULE)
    with watching(root) as told:
        told.settled()
        assert check(told, root) == ["pool-used-after-put", "pool-put-by-value"]

        since = len(told.events)
        edit(root, "use/use.go", DEFERRED, "")
        told.settled()
        assert check(told, root) == ["pool-put-by-value"]
        (delta,) = deltas(told, since)
        (gone,) = delta["gone_findings"]
        assert (gone["finding"], gone["position"]["line"]) == ("pool-used-after-put", 9)

        # Lines that move say nothing new.
        since = len(told.events)
        edit(root, "own/own.go", "func Line", "// Line is used.\nfunc Line")
        told.settled()
        assert check(told, root) == ["pool-put-by-value"]
        assert not any(one["new_findings"] or one["gone_findings"] for one in deltas(told, since))

        since = len(told.events)
        edit(root, "use/use.go", "	b.WriteByte", f"{DEFERRED}	b.WriteByte")
        told.settled()
        assert check(told, root) == ["pool-used-after-put", "pool-put-by-value"]
        (delta,) = deltas(told, since)
        (new,) = delta["new_findings"]
        assert new in {one["fingerprint"] for one in told.findings}


def test_a_wrapper_that_changes_changes_who_calls_it(
    newest: Toolchain, write_module: Module
) -> None:
    root = write_module(MODULE)
    with watching(root) as told:
        told.settled()

        edit(root, "buf/buf.go", "		pool.Put(b)\n", "")
        told.settled()
        assert check(told, root) == ["pool-put-by-value"]

        edit(
            root,
            "buf/buf.go",
            "if b.Cap() < 1<<16 {\n",
            "if b.Cap() < 1<<16 {\n		pool.Put(b)\n",
        )
        told.settled()
        assert check(told, root) == ["pool-used-after-put", "pool-put-by-value"]


def test_a_package_may_begin_to_use_a_pool(newest: Toolchain, write_module: Module) -> None:
    other = "-- new/new.go --\npackage new\n"
    root = write_module("\n".join(line.removeprefix("    ") for line in MODULE.split("\n")) + other)
    with watching(root) as told:
        told.settled()

        text = (root / "use/use.go").read_text().replace("package use", "package new")
        (root / "new/new.go").write_text(text)
        told.settled()
        assert len(check(told, root)) == 3

        (root / "new/new.go").unlink()
        told.settled()
        assert len(check(told, root)) == 2


def test_what_does_not_build_keeps_its_findings(newest: Toolchain, write_module: Module) -> None:
    root = write_module(MODULE)
    with watching(root) as told:
        told.settled()
        before = told.findings

        edit(root, "use/use.go", "b.WriteByte(byte(n))", "b.WriteByte(byte(m))")
        told.settled()
        assert ordered(told.findings) == ordered(before)
        assert told.stale


SPARE = """\
    -- spare/spare.go --
    package spare

    import (
    	"sync"

    	"example.com/m/see"
    )

    type digits struct{ n [20]byte }

    var pool = sync.Pool{New: func() any { return new(digits) }}

    func Count(n byte) int {
    	d := pool.Get().(*digits)
    	defer pool.Put(d)
    	d.n[1] = n
    	see.See(&d.n)
    	return int(d.n[1]) + other()
    }
    -- spare/other.go --
    package spare

    func other() int { return 1 }
    -- see/see.go --
    package see

    var Seen *[20]byte

    func See(n *[20]byte) { Seen = nil }
    """


def test_what_saves_nothing_is_told_when_it_was_tried(
    newest: Toolchain, write_module: Module
) -> None:
    root = write_module(SPARE)
    with watching(root) as told:
        told.settled()
        assert check(told, root) == ["pool-not-needed"]

        # It stays while other lines change, and where it stands moves with them.
        since = len(told.events)
        edit(root, "spare/other.go", "return 1", "return 2")
        edit(root, "spare/spare.go", "type digits", "// digits are some.\ntype digits")
        told.settled()
        assert check(told, root) == ["pool-not-needed"]
        assert not any(one["new_findings"] or one["gone_findings"] for one in deltas(told, since))

        # What changes the answer may stand in another file of the package.
        edit(root, "spare/other.go", "func other() int", "var kept *digits\n\nfunc other() int")
        edit(root, "spare/spare.go", "d.n[1] = n", "kept, d.n[1] = d, n")
        told.settled()
        assert check(told, root) == []

        edit(root, "spare/spare.go", "kept, d.n[1] = d, n", "kept, d.n[1] = nil, n")
        told.settled()
        assert check(told, root) == ["pool-not-needed"]

        # Or in another package.
        edit(root, "see/see.go", "Seen = nil", "Seen = n")
        told.settled()
        assert check(told, root) == []

        edit(root, "see/see.go", "Seen = n", "Seen = nil")
        told.settled()
        assert check(told, root) == ["pool-not-needed"]


def test_a_comment_hides_what_saves_nothing(newest: Toolchain, write_module: Module) -> None:
    comment = " //escapelens:ignore pool-not-needed it may grow"
    root = write_module(SPARE.replace("new(digits) }}", f"new(digits) }}}}{comment}"))
    with watching(root) as told:
        told.settled()
        (finding,) = told.findings
        assert finding["ignored"]["reason"] == "it may grow"
        last = [one for one in told.events if one["event"] == "report"][-1]
        assert not last["report"].get("notes")


def test_a_pool_may_be_in_a_package_that_is_not_watched(
    newest: Toolchain, write_module: Module
) -> None:
    root = write_module(MODULE)
    with watching(root, "./use") as told:
        told.settled()
        assert check(told, root, "./use") == ["pool-used-after-put"]
        assert [one["id"] for one in told.pools] == ["example.com/m/buf.pool"]

        edit(root, "buf/buf.go", "		pool.Put(b)\n", "")
        told.settled()
        assert check(told, root, "./use") == []

        edit(
            root,
            "buf/buf.go",
            "if b.Cap() < 1<<16 {\n",
            "if b.Cap() < 1<<16 {\n		pool.Put(b)\n",
        )
        told.settled()
        assert check(told, root, "./use") == ["pool-used-after-put"]

        edit(root, "use/use.go", "b := buf.Get()", "b := new(bytes.Buffer)")
        edit(root, "use/use.go", DEFERRED, "")
        edit(root, "use/use.go", '"example.com/m/buf"', '"bytes"')
        told.settled()
        assert check(told, root, "./use") == []
        assert told.pools == []
