"""A watch with a profile: what its sites took, through changes of the sources and of the profile."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.toolchains import Toolchain
from tests.watch.driving import Driven, Event, watching

Write = Callable[[str], Path]

MODULE = """
    -- a/a.go --
    package a

    type T struct{ n int; next *T }

    //go:noinline
    func Often(n int) *T { return &T{n, nil} }

    //go:noinline
    func Seldom(n int) *T { return &T{n, nil} }
    -- a/a_test.go --
    package a

    import "testing"

    func BenchmarkBoth(b *testing.B) {
    	for i := 0; i < b.N; i++ {
    		Often(i)
    		if i%10 == 0 {
    			Seldom(i)
    		}
    	}
    }
    -- b/b.go --
    package b

    func Alone() *int { n := 1; return &n }
    """


@pytest.fixture
def module(newest: Toolchain, write_module: Write) -> Path:
    root = write_module(MODULE)
    write_profile(newest, root, "mem.pb.gz", 1000)
    return root


def write_profile(toolchain: Toolchain, root: Path, name: str, times: int) -> None:
    subprocess.run(
        [
            *(toolchain.go, "test", "-run=^$", "-bench=.", f"-benchtime={times}x"),
            *(f"-memprofile={name}", "-memprofilerate=1", "-o", root / "test", "./a"),
        ],
        cwd=root,
        check=True,
        capture_output=True,
    )


def objects(driven: Driven) -> dict[int, int]:
    """How many objects the sites of a.go took, by line."""
    return {
        site["position"]["line"]: site["cost"]["profile"]["objects"]
        for site in driven.sites
        if "profile" in site["cost"]
    }


def answer(driven: Driven) -> tuple[bool, str]:
    event = driven.until("answer")
    return event["ok"], event.get("message", "")


def last_report(driven: Driven) -> Event:
    return next(event for event in reversed(driven.events) if event["event"] == "report")


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_costs_follow_the_sites_through_changes(module: Path) -> None:
    with watching(module, "--profile", "mem.pb.gz") as driven:
        driven.settled()
        first = objects(driven)
        assert sorted(first) == [6, 9]
        assert first[6] in range(1000, 1010)
        assert first[9] in range(100, 110)
        assert last_report(driven)["report"]["profile"]["changed"] == []

        edit(module / "a/a.go", "type T", "// T is one.\n\ntype T")
        driven.settled()
        assert objects(driven) == {8: first[6], 11: first[9]}
        assert last_report(driven)["report"]["profile"]["changed"] == ["a/a.go"]

        edit(module / "a/a.go", "func Seldom(n int) *T { return &T{n, nil} }", "func Seldom() {}")
        edit(module / "a/a_test.go", "Seldom(i)", "Seldom()")
        driven.settled()
        assert objects(driven) == {8: first[6]}
        assert last_report(driven)["report"]["profile"]["matched"] < 0.95

        edit(module / "a/a.go", "func Seldom() {}", "func Seldom(n int) *T { return &T{n, nil} }")
        driven.settled()
        assert objects(driven) == {8: first[6], 11: first[9]}


def test_a_command_loads_a_profile_and_clears_it(newest: Toolchain, module: Path) -> None:
    with watching(module) as driven:
        driven.settled()
        assert objects(driven) == {}

        driven.ask(id="1", command="profile", profile="mem.pb.gz", sample_index="alloc_objects")
        assert answer(driven) == (True, "")
        assert sorted(objects(driven)) == [6, 9]
        told = last_report(driven)
        assert told["whole"]
        assert not any(told["delta"].values())
        assert told["packages"] == ["example.com/m/a", "example.com/m/b"]
        assert told["report"]["profile"]["index"] == "alloc_objects"

        driven.ask(id="2", command="profile", profile="missing.pb.gz")
        ok, message = answer(driven)
        assert not ok
        assert (
            message == f"cannot read the profile {module}/missing.pb.gz: No such file or directory"
        )
        assert sorted(objects(driven)) == [6, 9]

        edit(module / "b/b.go", "n := 1", "n := 2")
        driven.settled()
        assert sorted(objects(driven)) == [6, 9]

        driven.ask(id="3", command="profile", profile="mem.pb.gz", base="mem.pb.gz")
        assert answer(driven) == (True, "")
        assert set(objects(driven).values()) <= {0}

        driven.ask(id="4", command="profile")
        assert answer(driven) == (True, "")
        assert objects(driven) == {}
        assert last_report(driven)["report"]["profile"] is None


def test_a_profile_is_read_again_when_it_changes(newest: Toolchain, module: Path) -> None:
    with watching(module, "--profile", "mem.pb.gz") as driven:
        driven.settled()
        write_profile(newest, module, "other.pb.gz", 5000)

        shutil.copy(module / "other.pb.gz", module / "mem.pb.gz")
        driven.until("report")
        assert objects(driven)[6] in range(5000, 5010)

        (module / "mem.pb.gz").write_bytes(b"no profile")
        said = driven.until("progress")["text"]
        assert said.endswith("; what was measured before is kept")
        edit(module / "b/b.go", "n := 1", "n := 2")
        driven.settled()
        assert objects(driven)[6] in range(5000, 5010)
