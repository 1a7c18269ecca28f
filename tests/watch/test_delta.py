"""What of a change is told, on modules that a real compiler reads before and after."""

from collections.abc import Callable
from pathlib import Path

import pytest

from escapelens.watch.events import Delta, Reported
from tests.toolchains import Toolchain
from tests.watch.sessions import Attended, attending

Write = Callable[[str], Path]


def told(attended: Attended, since: int = 0) -> Delta:
    """All that reports told of changes, added up."""
    found = [
        event.delta
        for event in attended.events[since:]
        if isinstance(event, Reported) and event.delta is not None
    ]
    return Delta(
        tuple(one for delta in found for one in delta.new),
        tuple(one for delta in found for one in delta.gone),
        tuple(one for delta in found for one in delta.changed),
    )


def change(root: Path, before: str, after: str, name: str = "m.go") -> Delta:
    """What is told when a file changes."""
    (root / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    (root / "m.go").write_text(before)
    with attending(root) as attended:
        if name != "m.go":
            (root / "m.go").rename(root / name)
        (root / name).write_text(after)
        attended.settle()
        return told(attended)


TWO = """\
package m

type T struct{ n int }

func F() (*T, *T) {
	a := &T{1}
	println("between")
	b := &T{1}
	return a, b
}
"""


@pytest.fixture
def root(newest: Toolchain, tmp_path: Path) -> Path:
    return tmp_path


def test_moved_lines(root: Path) -> None:
    after = TWO.replace("func F", "// F does.\n//\n// Much.\nfunc F")

    assert not change(root, TWO, after)


@pytest.mark.parametrize(("line", "kept"), [("a := &T{1}", "b"), ("b := &T{1}", "a")])
def test_of_two_equal_expressions_the_removed_one_is_told(root: Path, line: str, kept: str) -> None:
    after = TWO.replace(f"\t{line}\n", "").replace("return a, b", f"return {kept}, nil")
    delta = change(root, TWO, after)

    (gone,) = delta.gone
    assert gone.position.line == TWO[: TWO.index(line)].count("\n") + 1
    assert not delta.new
    assert not delta.changed


def test_changed_text_is_looked_for_by_what_it_says(root: Path) -> None:
    assert not change(root, TWO, TWO.replace("a := &T{1}", "first, a := 1, &T{1}; _ = first"))


def test_an_unchanged_line_that_no_longer_escapes_is_gone(root: Path) -> None:
    before = "package m\n\nfunc F() *int {\n\tn := 1\n\treturn &n\n}\n"
    delta = change(root, before, before.replace("return &n", "m := n; return &m"))

    (gone,) = delta.gone
    assert (gone.expression, gone.position.line) == ("n", 4)
    assert len(delta.new) == 1


def test_a_renamed_file(root: Path) -> None:
    assert not change(root, TWO, TWO, "other.go")


def test_a_moved_function(root: Path) -> None:
    other = "func G(n int) *int { return &n }\n\n"
    before = TWO.replace("func F", other + "func F")

    assert not change(root, before, TWO + "\n" + other)


def test_another_cause(root: Path) -> None:
    before = "package m\n\nvar kept *int\n\nfunc F() *int {\n\tn := 1\n\treturn &n\n}\n"
    after = before.replace("return &n", "kept = &n\n\treturn nil")
    (change_,) = change(root, before, after).changed

    assert (change_.was, change_.now) == ("returned-pointer", "stored-in-global")


def test_what_a_comment_hides_is_neither_new_nor_gone(root: Path) -> None:
    line = "func F(n int) *int { return &n }\n"
    hidden = f"package m\n\n//escapelens:ignore returned-pointer by design\n{line}"

    assert not change(root, f"package m\n\n{line}", hidden)
    assert not change(root, "package m\n", hidden)
