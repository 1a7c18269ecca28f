"""Edits on bytes: applied exactly, refused where they overlap, shown as patches that apply."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escapelens.edits import (
    ConflictError,
    apply,
    by_file,
    conflict,
    line_edits,
    unified_diff,
    with_line_ends_of,
)
from escapelens.model import TextEdit

TEXTS = st.text(alphabet="ab\n\r\x85é\t", max_size=30).map(str.encode)


def edit(start: int, end: int, text: str = "", file: str = "a.go") -> TextEdit:
    return TextEdit(file, start, end, text)


def test_apply_replaces_inserts_and_deletes() -> None:
    edits = [edit(4, 4, "!"), edit(0, 1, "H"), edit(5, 6)]

    assert apply(b"hell  o", edits) == b"Hell! o"


def test_insertions_at_one_offset_keep_their_order_and_equal_edits_count_once() -> None:
    assert apply(b"x", [edit(1, 1, "a"), edit(1, 1, "b"), edit(1, 1, "a")]) == b"xab"


@pytest.mark.parametrize(
    "edits", [[edit(0, 2), edit(1, 3)], [edit(0, 3), edit(1, 1, "x")], [edit(2, 9)], [edit(3, 2)]]
)
def test_apply_refuses_what_does_not_fit(edits: list[TextEdit]) -> None:
    with pytest.raises(ConflictError):
        apply(b"abcd", edits)


def test_inserted_lines_end_as_those_of_the_text() -> None:
    inserted = edit(1, 1, "b\nc\r\n")

    assert with_line_ends_of(b"a\r\nd\r\n", inserted) == edit(1, 1, "b\r\nc\r\n")
    assert with_line_ends_of(b"a\r\nd\n", inserted) == inserted
    assert with_line_ends_of(b"a", inserted) == inserted


def test_offsets_count_bytes() -> None:
    assert apply("é = 1".encode(), [edit(5, 6, "ö")]) == "é = ö".encode()


def test_conflicts_between_sets() -> None:
    assert conflict([edit(0, 2)], [edit(1, 3)])
    assert conflict([edit(1, 1, "a")], [edit(1, 1, "b")])
    assert conflict([edit(0, 4)], [edit(4, 4, "b")])
    assert not conflict([edit(0, 2)], [edit(2, 4)])
    assert not conflict([edit(1, 1, "a")], [edit(1, 1, "a")])
    assert not conflict([edit(0, 2)], [edit(0, 2, file="b.go")])


def test_edits_by_file_come_in_a_fixed_order() -> None:
    one, two, other = edit(5, 6), edit(1, 2), edit(0, 0, "x", file="A.go")

    assert by_file([one, other, two, one]) == {"A.go": [other], "a.go": [two, one]}


@given(TEXTS, TEXTS)
def test_line_edits_lead_from_one_text_to_the_other(before: bytes, after: bytes) -> None:
    assert apply(before, line_edits("a.go", before, after)) == after


@pytest.mark.needs("git")
@given(before=TEXTS, after=TEXTS)
def test_diffs_apply_with_git(before: bytes, after: bytes, tmp_path_factory: object) -> None:
    assert isinstance(tmp_path_factory, pytest.TempPathFactory)
    folder = tmp_path_factory.mktemp("patched")
    git = shutil.which("git")
    assert git is not None
    diff = unified_diff("a.go", before, after)
    try:
        (folder / "a.go").write_bytes(before)
        if diff and before and after:
            subprocess.run(
                [git, "apply", "--whitespace=nowarn", "-"],
                input=diff.encode(),
                cwd=folder,
                check=True,
                env={"GIT_CEILING_DIRECTORIES": str(folder.parent), "PATH": "/usr/bin:/bin"},
            )
            assert Path(folder, "a.go").read_bytes() == after
    finally:
        shutil.rmtree(folder)
    assert bool(diff) == (before != after)


def test_line_edits_leave_equal_lines_alone() -> None:
    before, after = b"a\nx\nb\nx\nc\n", b"a\nb\nx\nc\n"

    assert line_edits("a.go", before, after) == [TextEdit("a.go", 2, 4, "")]


def test_lines_that_are_alike_are_no_change_however_often_they_occur() -> None:
    before = b"".join(b"func f%d() {\n\tg()\n}\n" % i for i in range(200))
    after = before.replace(b"func f199() {\n\tg()\n", b"func f199() {\n\th()\n")
    changed = unified_diff("a.go", before, after).splitlines()[3:]
    assert [line for line in changed if line[0] in "+-"] == ["-\tg()", "+\th()"]


def test_where_very_much_differs_all_of_it_is_one_edit() -> None:
    before = b"head\n" + b"".join(b"%d\n" % n for n in range(4000)) + b"tail\n"
    after = b"head\n" + b"".join(b"%d\n" % n for n in range(1, 8000, 2)) + b"tail\n"
    (edit,) = line_edits("a.go", before, after)

    assert (edit.start, edit.end) == (len(b"head\n"), len(before) - len(b"tail\n"))
    assert apply(before, [edit]) == after
