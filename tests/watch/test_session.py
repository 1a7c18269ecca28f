"""Watches of real modules: what is told after each kind of change, against a run from nothing."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from escapelens.edits import apply
from escapelens.model import TextEdit
from escapelens.reporters.json import render, render_schema
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain
from tests.watch.driving import Driven, order, watching

Write = Callable[[str], Path]
NOTHING: dict[str, list[str]] = {
    "new": [],
    "gone": [],
    "changed": [],
    "new_findings": [],
    "gone_findings": [],
}

MODULE = """
    -- a/a.go --
    package a

    type T struct{ n int }

    func New(n int) *T { return &T{n} }

    func Keep(t *T) { kept = t }

    var kept *T
    -- b/b.go --
    package b

    import "example.com/m/a"

    func Use() {
    	t := a.T{}
    	a.Keep(&t)
    }

    func Fresh() *a.T { return a.New(1) }
    -- c/c.go --
    package c

    func Alone() *int { n := 1; return &n }
    """


def fresh(root: Path, *patterns: str, **options: Any) -> list[dict[str, Any]]:
    """The sites of a run from nothing."""
    request = Request(BuildOptions(patterns, **options), use_cache=False)
    report = run(request, {**os.environ, "PWD": str(root)}, root).report
    return sorted(json.loads(b"".join(render(report)))["sites"], key=order)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def places(driven: Driven) -> list[str]:
    return [f"{s['position']['file']}:{s['position']['line']}" for s in driven.ordered()]


@pytest.fixture
def module(newest: Toolchain, write_module: Write) -> Path:
    return write_module(MODULE)


class TestChanges:
    def test_first_everything_is_told(self, module: Path) -> None:
        with watching(module) as driven:
            idle = driven.settled()

            assert [event["event"] for event in driven.events] == [
                "ready",
                "building",
                "report",
                "idle",
            ]
            report = driven.events[2]
            assert report["whole"]
            assert "delta" not in report
            assert driven.ordered() == fresh(module)
            assert idle["counts"] == {"sites": 4, "functions": 4, "files": 3, "packages": 3}

    def test_a_package_of_its_own_is_built_alone(self, module: Path) -> None:
        with watching(module) as driven:
            driven.settled()
            edit(module / "c/c.go", "n := 1; return &n", "n := 1; m := n; return &m")
            idle = driven.settled()

            (report,) = driven.of(idle["generation"], "report")
            assert (report["whole"], report["packages"]) == (False, ["example.com/m/c"])
            assert len(report["delta"]["new"]) == len(report["delta"]["gone"]) == 1
            assert report["delta"]["gone"][0]["expression"] == "n"
            assert driven.ordered() == fresh(module)

    def test_dependents_follow(self, module: Path) -> None:
        with watching(module) as driven:
            driven.settled()
            edit(module / "a/a.go", "kept = t", "_ = t")
            idle = driven.settled()

            first, second = driven.of(idle["generation"], "report")
            assert first["packages"] == ["example.com/m/a"]
            assert first["delta"] == NOTHING
            assert second["packages"] == ["example.com/m/b"]
            assert [one["expression"] for one in second["delta"]["gone"]] == ["t"]
            assert driven.ordered() == fresh(module)

    def test_a_moved_line_changes_nothing(self, module: Path) -> None:
        with watching(module) as driven:
            driven.settled()
            edit(module / "a/a.go", "type T", "// A comment.\n\ntype T")
            idle = driven.settled()

            for report in driven.of(idle["generation"], "report"):
                assert report["delta"] == NOTHING
            assert "a/a.go:7" in places(driven)
            assert driven.ordered() == fresh(module)

    def test_a_rename_over_the_file_is_a_save(self, module: Path) -> None:
        with watching(module) as driven:
            driven.settled()
            text = (module / "c/c.go").read_text()
            (module / "c/c.go~").write_text(text.replace("n := 1; return &n", "return nil"))
            (module / "c/c.go~").rename(module / "c/c.go")
            idle = driven.settled()

            assert idle["counts"]["sites"] == 3
            assert driven.ordered() == fresh(module)

    def test_broken_and_mended(self, module: Path) -> None:
        with watching(module) as driven:
            driven.settled()
            before = driven.ordered()
            good = (module / "a/a.go").read_text()
            (module / "a/a.go").write_text("// shifts\n" + good.replace("kept = t", "kept = u"))
            idle = driven.settled()

            assert idle["stale"]
            (error,) = driven.of(idle["generation"], "error")[:1]
            assert not error["fatal"]
            assert error["packages"][0]["import_path"] == "example.com/m/a"
            assert error["packages"][0]["errors"] == [
                {
                    "message": "undefined: u",
                    "position": {"file": "a/a.go", "line": 8, "column": 26},
                }
            ]
            assert driven.ordered() == before

            (module / "a/a.go").write_text(good.replace("kept = t", "_ = t"))
            idle = driven.settled()
            assert not idle["stale"]
            gone = [
                one["expression"]
                for report in driven.of(idle["generation"], "report")
                for one in report["delta"]["gone"]
            ]
            assert gone == ["t"]
            assert driven.ordered() == fresh(module)

    def test_new_and_removed_packages(self, module: Path) -> None:
        with watching(module) as driven:
            driven.settled()
            (module / "d/deep").mkdir(parents=True)
            (module / "d/deep/d.go").write_text(
                "package deep\n\nfunc F(n int) *int { return &n }\n"
            )
            driven.settled()
            assert driven.ordered() == fresh(module)
            assert "d/deep/d.go:3" in places(driven)

            (module / "c/c.go").unlink()
            driven.settled()
            (module / "c").rmdir()
            idle = driven.settled()
            removed = [one for event in driven.events for one in event.get("removed", ())]
            assert removed == ["example.com/m/c"]
            assert driven.ordered() == fresh(module)
            assert not idle["stale"]

    def test_a_generic_function_is_told_with_its_instances(
        self, newest: Toolchain, write_module: Write
    ) -> None:
        root = write_module(
            """
            -- g/g.go --
            package g

            //go:noinline
            func Box[T any](v T) *T { return &v }
            -- u/u.go --
            package u

            import "example.com/m/g"

            func Use() *int { return g.Box(1) }
            """
        )
        with watching(root) as driven:
            driven.settled()
            assert driven.ordered() == fresh(root)
            edit(root / "g/g.go", "//go:noinline", "// Shifts.\n//\n//go:noinline")
            idle = driven.settled()

            for report in driven.of(idle["generation"], "report"):
                assert report["delta"] == NOTHING
            assert driven.ordered() == fresh(root)


class TestCommands:
    def test_each_is_answered(self, module: Path) -> None:
        with watching(module) as driven:
            driven.settled()
            driven.ask(id="1", command="refresh")
            answer = driven.until("answer")
            assert (answer["id"], answer["ok"]) == ("1", True)
            assert driven.ordered() == fresh(module)

            driven.ask(id="2", command="dance")
            answer = driven.until("answer")
            assert (answer["id"], answer["ok"]) == ("2", False)

            driven.ask(id="3", command="stop")
            assert driven.until("answer")["ok"]
            assert driven.process.wait(20) == 0


class TestVerify:
    @pytest.fixture
    def by_value(self, newest: Toolchain, write_module: Write) -> Path:
        return write_module(
            """
            -- v/v.go --
            package v

            func one() *int { n := 1; return &n }

            func Sum() int { return *one() + 1 }
            """
        )

    def test_a_site_is_told_what_removes_it(self, by_value: Path) -> None:
        with watching(by_value) as driven:
            driven.settled()
            site = next(one for one in driven.sites if one["cause"] == "returned-pointer")
            driven.ask(id="v", command="verify", site=site["fingerprint"])
            answer = driven.until("answer")

            assert (answer["id"], answer["ok"]) == ("v", True)
            generation = answer["generation"]
            assert {one.get("id") for one in driven.of(generation, "progress")} == {"v"}
            verdicts = driven.of(generation, "verdict")
            (by_value_,) = [one for one in verdicts if one["suggestion"]["rewrite"] == "by-value"]
            assert by_value_["site"] == site["fingerprint"]
            assert by_value_["suggestion"]["verdict"]["effect"] == "gone"
            content = (by_value / "v/v.go").read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            assert by_value_["files"] == [{"file": "v/v.go", "sha256": digest}]
            edits = [TextEdit(**edit) for edit in by_value_["suggestion"]["edits"]]
            (by_value / "v/v.go").write_bytes(apply(content, edits))
            driven.settled()
            assert site["fingerprint"] not in [one["fingerprint"] for one in driven.sites]

    def test_only_the_suggestion_that_was_asked_for(self, by_value: Path) -> None:
        with watching(by_value) as driven:
            driven.settled()
            site = next(one for one in driven.sites if one["cause"] == "returned-pointer")
            suggestion = f"{site['fingerprint']}/by-value"
            driven.ask(id="v", command="verify", suggestion=suggestion)
            answer = driven.until("answer")

            assert answer["ok"]
            verdicts = driven.of(answer["generation"], "verdict")
            assert [one["suggestion"]["id"] for one in verdicts] == [suggestion]
            assert [one["id"] for one in verdicts] == ["v"]

    def test_a_change_gives_it_up(self, by_value: Path) -> None:
        with watching(by_value) as driven:
            driven.settled()
            driven.ask(id="v", command="verify", site=driven.sites[0]["fingerprint"])
            driven.until("progress")
            edit(by_value / "v/v.go", "+ 1", "+ 2")
            answer = driven.until("answer")

            assert (answer["id"], answer["ok"]) == ("v", False)
            assert "changed" in answer["message"]
            driven.settled()
            assert driven.ordered() == fresh(by_value)

    def test_it_is_cancelled(self, by_value: Path) -> None:
        with watching(by_value) as driven:
            driven.settled()
            site = driven.sites[0]["fingerprint"]
            driven.ask(id="v", command="verify", site=site)
            driven.until("progress")
            driven.ask(id="c", command="cancel", site=site)
            given_up = driven.until("answer")
            answer = driven.until("answer")
            driven.ask(id="again", command="cancel", site=site)
            nothing = driven.until("answer")

            assert (given_up["id"], given_up["ok"], given_up["message"]) == (
                "v",
                False,
                "cancelled",
            )
            assert (answer["id"], answer["ok"]) == ("c", True)
            assert (nothing["id"], nothing["ok"]) == ("again", False)
            assert not [one for one in driven.events if one["event"] == "verdict"]

    def test_a_package_that_does_not_build(self, by_value: Path) -> None:
        with watching(by_value) as driven:
            driven.settled()
            site = driven.sites[0]["fingerprint"]
            edit(by_value / "v/v.go", "*one()", "*two()")
            driven.settled()
            driven.ask(id="v", command="verify", site=site)
            answer = driven.until("answer")

            assert (answer["ok"], answer["message"]) == (False, "example.com/m/v does not build")

    def test_an_unknown_site(self, by_value: Path) -> None:
        with watching(by_value) as driven:
            driven.settled()
            driven.ask(id="v", command="verify", site="0123456789abcdef")
            answer = driven.until("answer")

            assert (answer["ok"], answer["message"]) == (False, "no such site: 0123456789abcdef")


class TestSchema:
    def test_every_event_is_described(self, module: Path) -> None:
        with watching(module) as driven:
            driven.settled()
            edit(module / "c/c.go", "n := 1; return &n", "return new(int)")
            driven.settled()
            edit(module / "a/a.go", "kept = t", "kept = u")
            driven.settled()
            driven.ask(id="1", command="dance")
            driven.until("answer")

        definitions = json.loads(render_schema())
        seen = set()
        for event in driven.events:
            name = f"{event['event'].title()}Event"
            seen.add(name)
            jsonschema.validate(event, {**definitions, "$ref": f"#/$defs/{name}"})
            described = definitions["$defs"][name]["properties"]
            assert event.keys() <= described.keys()
        assert seen == {
            "ReadyEvent",
            "BuildingEvent",
            "ReportEvent",
            "IdleEvent",
            "ErrorEvent",
            "AnswerEvent",
        }
