"""Positions follow the text they stand in."""

from hypothesis import given
from hypothesis import strategies as st

from escapelens.mapping import Mapping
from escapelens.model import TextEdit

BEFORE = b"package p\n\nfunc F() *T {\n\tt := T{}\n\treturn &t\n}\n"


def at(text: bytes, snippet: bytes) -> tuple[int, int]:
    """Line and column of a snippet."""
    offset = text.index(snippet)
    return text.count(b"\n", 0, offset) + 1, offset - text.rfind(b"\n", 0, offset)


def replaced(old: bytes, new: str) -> TextEdit:
    start = BEFORE.index(old)
    return TextEdit("a.go", start, start + len(old), new)


def test_what_stands_behind_an_edit_moves_with_it() -> None:
    mapping = Mapping(BEFORE, [replaced(b"package p\n", "package p\n\nimport x\n")])

    assert mapping.position(*at(BEFORE, b"t :=")) == at(mapping.after, b"t :=")
    assert mapping.position_back(*at(mapping.after, b"&t")) == at(BEFORE, b"&t")
    assert mapping.is_inserted(*at(mapping.after, b"import"))


def test_what_one_edit_inserts_is_found_in_a_text_without_the_others() -> None:
    added = replaced(b"package p\n", "package p\n\nimport x\n")
    own = replaced(b"T{}", "make(T)")
    other = replaced(b"return &t", "\n\treturn nil")
    together, alone = Mapping(BEFORE, [added, own, other]), Mapping(BEFORE, [own])

    place = at(together.after, b"make(T)")
    assert together.position_in(alone, *place) == at(alone.after, b"make(T)")
    assert together.position_in(alone, place[0], None) == (at(alone.after, b"make")[0], None)
    assert together.position_in(together, *place) == place
    assert together.position_in(alone, *at(together.after, b"func")) == at(alone.after, b"func")
    assert together.position_in(alone, *at(together.after, b"import")) is None


def test_columns_move_within_a_line() -> None:
    mapping = Mapping(BEFORE, [replaced(b"*T", "T"), replaced(b"&t", "t")])

    assert mapping.position(*at(BEFORE, b"{\n\tt")) == at(mapping.after, b"{\n\tt")
    assert mapping.position(3, 10) is None
    assert mapping.position(3, 11) is None
    assert mapping.position(3, 12) == (3, 11)


def test_an_insertion_pushes_what_stands_at_its_offset() -> None:
    start = BEFORE.index(b"t :=")
    mapping = Mapping(BEFORE, [TextEdit("a.go", start, start, "u := 1\n\t")])

    assert mapping.position(*at(BEFORE, b"t :=")) == at(mapping.after, b"t :=")
    assert mapping.is_inserted(*at(mapping.after, b"u :="))


def test_a_deletion_has_no_place_in_the_new_text() -> None:
    mapping = Mapping(BEFORE, [replaced(b"\tt := T{}\n", "")])

    assert mapping.position(4, 2) is None
    assert mapping.position(5, 2) == (4, 2)
    assert mapping.position_back(4, 1) == (5, 1)


def test_positions_without_a_column_are_those_of_whole_lines() -> None:
    mapping = Mapping(BEFORE, [replaced(b"T{}", "T{1}"), replaced(b"p\n\n", "p\n")])

    assert mapping.position(5, None) == (4, None)
    assert mapping.position(4, None) is None
    assert mapping.position(99, None) is None
    assert mapping.position(4, 99) is None or mapping.position(4, 99) != (4, 99)


def test_equal_texts_map_to_themselves() -> None:
    mapping = Mapping.between(BEFORE, BEFORE)

    assert mapping.changes == []
    assert mapping.position(4, 3) == (4, 3)


TEXTS = st.lists(st.sampled_from(["a", "b", "cc", "\té", ""]), max_size=12).map(
    lambda lines: "\n".join(lines).encode()
)


@given(TEXTS, TEXTS)
def test_mapping_there_and_back_is_the_same_place_and_the_same_byte(
    before: bytes, after: bytes
) -> None:
    mapping = Mapping.between(before, after)

    assert mapping.after == after
    for offset in range(len(before)):
        there = mapping.offset(offset)
        if there is not None:
            assert mapping.offset_back(there) == offset
            assert before[offset] == after[there]
