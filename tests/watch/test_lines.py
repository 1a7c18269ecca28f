"""Where lines go between two texts."""

from hypothesis import given
from hypothesis import strategies as st

from escapelens.watch.lines import LineMap


def mapped(old: str, new: str) -> list[int | None]:
    """Where each line went; letters stand for lines."""
    lines = LineMap("\n".join(old).encode(), "\n".join(new).encode())
    return [lines.line(index + 1) for index in range(len(old))]


class TestLines:
    def test_same_text(self) -> None:
        assert mapped("abc", "abc") == [1, 2, 3]

    def test_inserted_lines_move_what_follows(self) -> None:
        assert mapped("abc", "axxbc") == [1, 4, 5]

    def test_removed_lines_are_nowhere(self) -> None:
        assert mapped("abcd", "ad") == [1, None, None, 2]

    def test_of_two_equal_lines_the_one_that_went_is_known(self) -> None:
        assert mapped("apbqc", "aqc") == [1, None, None, 2, 3]
        assert mapped("axbxc", "abxc") == [1, None, 2, 3, 4]

    def test_changed_lines_are_new(self) -> None:
        lines = LineMap(b"a\nb\nc", b"a\nB\nc")

        assert lines.line(2) is None
        assert [lines.is_new(line) for line in (1, 2, 3)] == [False, True, False]

    def test_a_whole_new_text(self) -> None:
        assert mapped("abc", "xyz") == [None, None, None]


Letters = st.text("ab{}\n", max_size=12)


@given(Letters, Letters)
def test_mapped_lines_are_equal_ascend_and_are_not_new(old: str, new: str) -> None:
    before, after = old.encode().split(b"\n"), new.encode().split(b"\n")
    lines = LineMap(old.encode(), new.encode())
    images = [lines.line(index + 1) for index in range(len(before))]

    found = [image for image in images if image is not None]
    assert found == sorted(set(found))
    for line, image in zip(before, images, strict=True):
        assert image is None or after[image - 1] == line
    assert {line + 1 for line in range(len(after)) if not lines.is_new(line + 1)} == set(found)
