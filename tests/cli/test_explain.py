"""`escapelens explain` as a user meets it: causes, places, functions, messages, and mistakes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from escapelens.causes import all_causes
from escapelens.reporters.json import schema
from escapelens.reporters.pages import markdown
from tests.toolchains import Toolchain

Write = Callable[[str], Path]
MODULE = """
    -- store/store.go --
    package store

    type User struct{ Name string }

    type Store struct{ users map[string]*User }

    //go:noinline
    func (s *Store) Put(u *User) {
    	s.users[u.Name] = u
    }

    func New(name string) *User {
    	u := User{Name: name}
    	return &u
    }

    func Keep(s *Store) {
    	u := User{}
    	s.Put(&u)
    }

    func Count(names []string) func() int {
    	n := len(names)
    	return func() int {
    		n++
    		return n
    	}
    }

    func Len(name string) int {
    	return len(name)
    }
    -- main.go --
    package main

    import "example.com/m/store"

    func main() {
    	println(store.New("x").Name)
    }
"""


def explain(
    folder: Path, *words: str, code: int = 0, **environ: str
) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [sys.executable, "-m", "escapelens", "explain", *words],
        cwd=folder,
        env={**os.environ, "PWD": str(folder), **environ},
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )
    assert result.returncode == code, result.stderr
    return result


def flat(text: str) -> str:
    return " ".join(text.split())


def places(document: str) -> list[tuple[str, int]]:
    sites = json.loads(document)["sites"]
    return [(site["position"]["file"], site["position"]["line"]) for site in sites]


@pytest.fixture
def module(newest: Toolchain, write_module: Write) -> Path:
    return write_module(MODULE)


class TestCause:
    def test_page_in_three_formats(self, tmp_path: Path) -> None:
        cause = all_causes()["returned-pointer"]
        text = explain(tmp_path, "returned-pointer").stdout
        page = json.loads(explain(tmp_path, "returned-pointer", "--format", "json").stdout)
        source = explain(tmp_path, "returned-pointer", "--format", "markdown").stdout

        assert text.startswith("returned-pointer ──")
        assert flat(cause.why) in flat(text)
        assert source == markdown(cause)
        assert page["name"] == "returned-pointer"
        assert page["examples"][0]["before"] == cause.examples[0].before

    def test_no_go_is_needed(self, tmp_path: Path) -> None:
        explain(tmp_path, "map-insert", ESCAPELENS_GO="", PATH="")

    @pytest.mark.parametrize("wrong", ["returned-ponter", "ReturnedPointer", "returned_pointer"])
    def test_did_you_mean(self, module: Path, wrong: str) -> None:
        error = explain(module, wrong, code=2).stderr

        assert error.startswith(f"error: nothing is known of {wrong}\nhint: did you mean ")
        assert "returned-pointer" in error


class TestPlace:
    def test_everything_about_a_line(self, module: Path) -> None:
        text = flat(explain(module, "store/store.go:18").stdout)

        assert "store/store.go:18:2: " in text
        assert "`u` is on the heap because " in text
        assert f"callee-keeps-argument: {all_causes()['callee-keeps-argument'].summary}" in text
        assert "1 (*Store).Put, store/store.go:9:18: `s.users[u.Name] = u`" in text
        assert "func (*Store).Put" not in text
        assert "where store/store.go:18:2, func Keep of example.com/m/store" in text
        assert "1 time in the function itself" in text
        assert "remedy leave `u` (idea) `s.Put(…)` (line 19) keeps it" in text
        assert "→" not in text
        assert "store/store.go:18:2: moved to heap: u" in text
        assert "escapelens explain callee-keeps-argument" in text
        assert "━" in text

    def test_json_is_the_document_of_this_line(self, module: Path) -> None:
        document = explain(module, "store/store.go:13", "--format", "json").stdout

        jsonschema.Draft202012Validator(schema()).validate(json.loads(document))
        assert places(document) == [("store/store.go", 13)]
        assert json.loads(document)["counts"]["sites"] == 1
        assert json.loads(document)["counts"]["by_allocates"] == {"yes": 1}
        assert json.loads(document)["leaks"] == []

    def test_markdown(self, module: Path) -> None:
        text = explain(module, "store/store.go:13", "--format", "markdown").stdout

        assert text.startswith("# line 13 of store/store.go\n\n## store/store.go:13:2: `u`\n")
        assert "- cause: returned-pointer: " in text
        assert "- remedy: " in text
        assert "moved to heap: u\n" in text
        assert "See `escapelens explain returned-pointer`." in text

    def test_line_without_sites_names_the_nearest(self, module: Path) -> None:
        text = explain(module, "store/store.go:15").stdout

        assert "The compiler puts nothing in line 15 of store/store.go on the heap." in text
        assert "store/store.go:13:2: `u`" in text
        assert "store/store.go:18:2: `u`" in text

    def test_leaks_and_what_stays_are_told(self, module: Path) -> None:
        assert "parameter `u` leaks to the heap" in explain(module, "store/store.go:8").stdout
        stays = explain(module, "store/store.go:30").stdout
        assert re.search(r"what does not escape ─+\nfunc Len\nstore/store.go:30:10: `name`", stays)

    def test_column_chooses_among_sites(self, newest: Toolchain, write_module: Write) -> None:
        module = write_module(
            "-- a.go --\npackage a\n\nfunc F() (*int, *string) { return new(int), new(string) }\n"
        )
        both, second, none = (
            explain(module, place, "--format", "json").stdout
            for place in ("a.go:3", "a.go:3:48", "a.go:3:1")
        )

        assert [len(places(text)) for text in (both, second, none)] == [2, 1, 2]
        assert json.loads(second)["sites"][0]["expression"] == "new(string)"
        assert "nothing begins at column 1" in explain(module, "a.go:3:1").stdout

    def test_from_another_folder(self, module: Path) -> None:
        inside = explain(module / "store", "store.go:13").stdout
        outside = explain(module.parent, "store/store.go:13", "-C", module.name).stdout
        absolute = explain(module, str(module / "store/store.go") + ":13").stdout

        assert "store.go:13:2: " in inside
        assert "store/store.go:13:2: " in outside
        assert absolute == outside

    def test_packages_widen_what_is_analysed(self, module: Path) -> None:
        alone, wide = (
            json.loads(explain(module, "store/store.go:13", *more, "--format", "json").stdout)
            for more in ((), ("./...",))
        )

        assert len(alone["packages"]) == 1
        assert len(wide["packages"]) == 2
        assert places(json.dumps(wide)) == [("store/store.go", 13)]

    def test_test_file(self, newest: Toolchain, write_module: Write) -> None:
        module = write_module(
            "-- a.go --\npackage a\n-- a_test.go --\npackage a\n\nfunc F() *int { return new(int) }\n"
        )

        assert "returned-pointer" in explain(module, "a_test.go:3").stdout

    def test_excluded_file_is_noted(self, newest: Toolchain, write_module: Write) -> None:
        module = write_module(
            "-- a.go --\npackage a\n-- b.go --\n//go:build never\n\npackage a\n\n"
            "func F() *int { return new(int) }\n"
        )

        assert "do build constraints exclude it?" in flat(explain(module, "b.go:5").stdout)

    def test_broken_package_ends_with_4(self, newest: Toolchain, write_module: Write) -> None:
        module = write_module('-- a.go --\npackage a\n\nfunc F() int { return "x" }\n')
        result = explain(module, "a.go:3", code=4)

        assert "1 package did not compile" in result.stdout

    @pytest.mark.parametrize(
        ("place", "says"),
        [
            ("none.go:3", "cannot read none.go"),
            ("store/store.go:0", "store/store.go has no line 0"),
            ("store/store.go:99", "its lines are 1 to 32"),
            ("store/store.go", "names no line"),
        ],
    )
    def test_no_such_place(self, module: Path, place: str, says: str) -> None:
        error = explain(module, place, code=2).stderr

        assert says in error
        assert "\nhint: " in error


class TestFunction:
    @pytest.mark.parametrize("name", ["New", "store.New", "m/store.New", "example.com/m/store.New"])
    def test_names_of_a_function(self, module: Path, name: str) -> None:
        document = explain(module, name, "--format", "json").stdout

        jsonschema.Draft202012Validator(schema()).validate(json.loads(document))
        assert places(document) == [("store/store.go", 13)]

    @pytest.mark.parametrize(
        "name", ["Put", "Store.Put", "(*Store).Put", "store.(*Store).Put", "store.Store.Put"]
    )
    def test_names_of_a_method(self, module: Path, name: str) -> None:
        text = explain(module, name).stdout

        assert "The compiler puts nothing in example.com/m/store.(*Store).Put on the heap." in flat(
            text
        )
        assert "parameter `u` leaks to the heap" in text

    def test_literals_belong_to_their_function_in_order(self, module: Path) -> None:
        document = explain(module, "Count", "--format", "json").stdout

        assert places(document) == [("store/store.go", 23), ("store/store.go", 24)]
        assert "closure-capture: " in explain(module, "Count").stdout

    def test_main(self, module: Path) -> None:
        assert "example.com/m.main" in flat(explain(module, "main.main").stdout)

    def test_markdown(self, module: Path) -> None:
        text = explain(module, "Keep", "--format", "markdown").stdout

        assert text.startswith("# example.com/m/store.Keep\n\n## store/store.go:18:2: `u`\n")
        leaks = explain(module, "Put", "--format", "markdown").stdout
        assert "## Parameters that leak\n\n- store/store.go:8:21: parameter `u` leaks" in leaks

    def test_packages_to_look_in(self, module: Path) -> None:
        explain(module, "strings.Clone", "strings")
        assert "packages named behind it" in explain(module, "strings.Clone", code=2).stderr

    def test_did_you_mean(self, module: Path) -> None:
        assert "did you mean Count?" in explain(module, "Cuont", code=2).stderr
        assert "did you mean store.Keep" in explain(module, "store.Kep", code=2).stderr


class TestMessage:
    def test_without_a_position_no_go_is_needed(self, tmp_path: Path) -> None:
        text = explain(tmp_path, "leaking param: p", ESCAPELENS_GO="", PATH="").stdout

        assert text.startswith("`leaking param: p`\n    What the parameter points to outlives ")

    def test_formats(self, tmp_path: Path) -> None:
        document = json.loads(explain(tmp_path, "moved to heap: u", "--format", "json").stdout)
        text = explain(tmp_path, "moved to heap: u", "--format", "markdown").stdout

        assert document.keys() == {"message", "form", "meaning"}
        assert text == f"```text\nmoved to heap: u\n```\n\n{document['meaning']}\n"

    def test_with_a_position_the_place_is_explained(self, module: Path) -> None:
        text = explain(module, "./store/store.go:13:2: moved to heap: u").stdout

        assert text.startswith("`moved to heap: u`\n    This variable is on the heap ")
        assert "returned-pointer" in text

    def test_pasted_explanation(self, module: Path) -> None:
        pasted = (
            "# example.com/m/store\nstore/store.go:13:2: u escapes to heap:\n"
            "store/store.go:13:2:   flow: ~r0 ← &u:\n"
        )

        assert "returned-pointer" in explain(module, pasted).stdout


class TestHostile:
    CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")

    @pytest.mark.parametrize(
        "what",
        [
            "a\x1b[31m.go:1",
            "a\x1b[31m.go",
            "moved to heap: \x1bx",
            "x\x9b\u202e",
            "x.\x1b]0;t\x07",
            "leaking param: p\x1b",
            "a\nb\x1b",
            " ",
        ],
    )
    def test_arguments(self, module: Path, what: str) -> None:
        for form in ("text", "markdown", "json"):
            result = subprocess.run(
                [sys.executable, "-m", "escapelens", "explain", what, "--format", form],
                cwd=module,
                capture_output=True,
                check=False,
            )
            text = (result.stdout + result.stderr).decode()
            assert not self.CONTROL.search(text), text
            assert "Traceback" not in text

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
    def test_file_name_and_source(self, newest: Toolchain, tmp_path: Path) -> None:
        folder = tmp_path / "red\x1b[31m"
        folder.mkdir()
        (folder / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
        (folder / "m.go").write_text(
            'package m\n\nvar S any\n\nfunc F(s string) { S = s + "\u202e" }\n\nfunc G() {}\n'
        )
        places = ("m.go:5", f"{folder}/m.go:5", f"{folder}/m.go:7", "F")
        for form in ("text", "markdown"):
            for what in places:
                result = explain(folder, what, "--format", form)
                assert not self.CONTROL.search(result.stdout + result.stderr)

    def test_output_of_another_encoding(self, module: Path) -> None:
        for what in ("store/store.go:13", "slice-growth", "leaking param: größe"):
            explain(module, what, PYTHONIOENCODING="ascii", PYTHONUTF8="0")


def test_every_toolchain_explains_a_place(toolchain: Toolchain, write_module: Write) -> None:
    text = explain(write_module(MODULE), "store/store.go:13").stdout

    assert "returned-pointer" in text
    assert "moved to heap: u" in text


def test_what_does_not_escape_may_be_allocated(newest: Toolchain, write_module: Write) -> None:
    root = write_module(
        """
        -- m.go --
        package m

        func Sum(n int) (sum byte) {
        	for _, one := range make([]byte, n) {
        		sum += one
        	}
        	return sum
        }
        """
    )
    text = flat(explain(root, "m.go:4").stdout)

    assert "The compiler puts nothing in line 4 of m.go on the heap." in text
    assert "What does not escape may need memory there all the same" in text
    assert "--asm tells" in text


def test_nothing_is_said_of_what_was_not_compiled(newest: Toolchain, write_module: Write) -> None:
    root = write_module(
        """
        -- bad.go --
        package m

        var x int = nil
        """
    )
    told = explain(root, "bad.go:3", code=4)

    assert "No site is known in line 3 of bad.go; not all packages were compiled" in told.stdout
    assert "puts nothing" not in told.stdout
