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


def fresh(root: Path) -> list[dict[str, Any]]:
    """The findings of a run from nothing."""
    request = Request(BuildOptions(), use_cache=False)
    report = run(request, {**os.environ, "PWD": str(root)}, root).report
    return list(json.loads(b"".join(render(report))).get("findings", []))


def ordered(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(findings, key=lambda one: one["fingerprint"])


def check(told: Driven, root: Path) -> list[str]:
    """The names of the findings, which are those of a run from nothing."""
    found = fresh(root)
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
