"""Pairing and folding of the lines of one package block."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from escapelens.drafts import Draft, Drafts, Paths, Sources, add_inlined, draft_block
from escapelens.model import Context, Kind
from escapelens.parsers.diagnostics import Block

Write = Callable[[str], Path]

GENERIC = """
    -- a.go --
    package p

    type Box[T any] struct{ v *T }

    func New[T any](v T) *Box[T] {
    	return &Box[T]{&v}
    }

    func (b Box[T]) Clone() *Box[T] {
    	return &Box[T]{b.v}
    }

    func plain(n int) { kept = &n }
"""


def draft(folder: Path, text: str, package: str = "p") -> Drafts:
    block = Block(package, None, dedent(text).lstrip("\n").encode())
    return draft_block(block, Paths(str(folder), str(folder), "/go"), Sources({}))


def only(drafts: Drafts) -> Draft:
    (found,) = drafts.drafts
    assert drafts.unrecognised == []
    return found


def contexts(found: Draft) -> dict[tuple[int, Context], int]:
    lines: dict[tuple[int, Context], int] = {}
    for line, count in found.lines.items():
        key = (line.place.line, line.context)
        lines[key] = lines.get(key, 0) + count
    return lines


def test_equal_decisions_are_counted_not_dropped(tmp_path: Path) -> None:
    text = """
        ./a.go:3:30: a + b escapes to heap in F:
        ./a.go:3:30:   flow: {heap} ← &{storage for a + b}:
        ./a.go:3:30:     from a + b (spill) at ./a.go:3:30
        ./a.go:3:30: a + b escapes to heap in F:
        ./a.go:3:30:   flow: {storage for a + b} ← &{storage for a + b}:
        ./a.go:3:30:     from a + b (spill) at ./a.go:3:30
        ./a.go:3:30: a + b escapes to heap
        ./a.go:3:30: a + b escapes to heap
    """

    found = only(draft(tmp_path, text))

    assert found.decisions == 2
    assert len(found.explanations) == 2


def test_texts_of_one_place_are_sites_of_their_own(tmp_path: Path) -> None:
    text = """
        ./a.go:3:30: ... argument escapes to heap
        ./a.go:3:30: x escapes to heap
        ./a.go:3:30: moved to heap: x
    """

    found = draft(tmp_path, text)

    assert sorted((one.kind.value, one.text) for one in found.drafts) == [
        ("escapes", "... argument"),
        ("escapes", "x"),
        ("moved", "x"),
    ]


@pytest.mark.parametrize(
    ("explained", "decided"),
    [
        ("append(list, n)", "append"),
        ("make([]byte, n)", "make([]byte, 70000)"),
        ("x", "12345"),
        ("a + b", '"ab"'),
    ],
)
def test_explanation_that_says_it_otherwise(tmp_path: Path, explained: str, decided: str) -> None:
    text = f"""
        ./a.go:3:30: {explained} escapes to heap in F:
        ./a.go:3:30:   flow: {{heap}} ← &{{storage for {explained}}}:
        ./a.go:3:30:     from {explained} (spill) at ./a.go:3:30
        ./a.go:3:30: {decided} escapes to heap
    """

    found = only(draft(tmp_path, text))

    assert found.text == explained
    assert [line.message for line in found.lines] == [f"{decided} escapes to heap"]
    assert len(found.explanations) == 1


@pytest.mark.parametrize("statement", ["go", "defer"])
def test_wrapped_call_without_decision(write_module: Write, statement: str) -> None:
    root = write_module(f"-- a.go --\npackage p\n\nfunc F() {{\n\t{statement} G(1)\n}}\n")
    text = """
        ./a.go:4:2: func literal escapes to heap:
        ./a.go:4:2:   flow: {heap} = &{storage for func literal}:
        ./a.go:4:2:     from func literal (spill) at ./a.go:4:2
    """

    found = only(draft(root, text))

    assert (found.kind, found.decisions, found.declared) == (Kind.DEFERRED_CALL, 0, "F")


def test_other_explanation_without_decision_is_not_understood(tmp_path: Path) -> None:
    found = draft(tmp_path, "./a.go:3:30: x escapes to heap:\n")

    assert found.drafts == []
    assert found.unrecognised == ["./a.go:3:30: x escapes to heap:"]


def test_flow_line_of_no_known_form_is_told(tmp_path: Path) -> None:
    text = """
        ./a.go:3:30: x escapes to heap:
        ./a.go:3:30:   flaw: {heap} = &{storage for x}:
        ./a.go:3:30: x escapes to heap
    """

    found = draft(tmp_path, text)

    assert len(found.drafts) == 1
    assert any("flaw" in line for line in found.unrecognised)


def test_instances_are_one_site(write_module: Write) -> None:
    root = write_module(GENERIC)
    text = """
        ./a.go:6:9: &Box[go.shape.int]{...} escapes to heap
        ./a.go:6:9: &Box[go.shape.string]{...} escapes to heap
        ./a.go:6:9: &Box[go.shape.struct { example.com/m.a int }]{...} escapes to heap
    """

    found = only(draft(root, text))

    assert contexts(found) == {(6, Context.INSTANCE): 3}
    assert found.declared == "New"


def test_wrapper_of_an_instance_folds_into_its_function(write_module: Write) -> None:
    root = write_module(GENERIC)
    text = """
        ./a.go:6:9: &Box[go.shape.int]{...} escapes to heap
        ./a.go:5:17: moved to heap: v
        ./a.go:5:6: &Box[go.shape.int]{...} escapes to heap
        ./a.go:5:6: moved to heap: v
    """

    literal, variable = sorted(draft(root, text).drafts, key=lambda one: one.kind.value)

    assert contexts(literal) == {(6, Context.INSTANCE): 1, (5, Context.WRAPPER): 1}
    assert contexts(variable) == {(5, Context.INSTANCE): 1, (5, Context.WRAPPER): 1}


def test_wrappers_of_a_method_fold_into_it(write_module: Write) -> None:
    root = write_module(GENERIC)
    text = """
        ./a.go:6:9: &Box[go.shape.int]{...} escapes to heap in New[go.shape.int]:
        ./a.go:6:9: &Box[go.shape.int]{...} escapes to heap
        ./a.go:10:9: &Box[go.shape.int]{...} escapes to heap in Box[go.shape.int].Clone:
        ./a.go:10:9: &Box[go.shape.int]{...} escapes to heap
        ./a.go:9:6: &Box[go.shape.int]{...} escapes to heap in Box[int].Clone:
        ./a.go:9:6: &Box[go.shape.int]{...} escapes to heap
        <autogenerated>:1: &Box[go.shape.int]{...} escapes to heap in (*Box[int]).Clone:
        <autogenerated>:1: &Box[go.shape.int]{...} escapes to heap
    """

    by_line = {one.place.line: one for one in draft(root, text).drafts}

    assert by_line.keys() == {6, 10}
    assert contexts(by_line[6]) == {(6, Context.INSTANCE): 1}
    assert contexts(by_line[10]) == {
        (10, Context.INSTANCE): 1,
        (9, Context.WRAPPER): 1,
        (1, Context.WRAPPER): 1,
    }


def test_wrapper_that_could_be_of_two_methods_is_kept_apart(write_module: Write) -> None:
    root = write_module(GENERIC)
    text = """
        ./a.go:6:9: &Box[go.shape.int]{...} escapes to heap
        ./a.go:10:9: &Box[go.shape.int]{...} escapes to heap
        <autogenerated>:1: &Box[go.shape.int]{...} escapes to heap
    """

    found = {one.place.file: contexts(one) for one in draft(root, text).drafts}

    assert found["<autogenerated>"] == {(1, Context.GENERATED): 1}


def test_decision_of_an_ordinary_function_is_its_own(write_module: Write) -> None:
    root = write_module(GENERIC)

    found = only(draft(root, "./a.go:13:12: moved to heap: n\n"))

    assert contexts(found) == {(13, Context.OWN): 1}
    assert found.declared == "plain"


def test_state_of_a_range_over_func_loop_is_placed_by_its_explanation(tmp_path: Path) -> None:
    text = """
        <unknown line number>: #next escapes to heap in F:
        <unknown line number>:   flow: {storage for func literal} ← &#next:
        <unknown line number>:     from #next (captured by a closure) at ./a.go:7:3
        <unknown line number>:     from #next (reference) at ./a.go:7:3
        moved to heap: #next
    """

    found = draft(tmp_path, text)

    (state,) = found.drafts
    assert (state.place.line, state.kind, state.text) == (7, Kind.MOVED, "#next")
    assert contexts(state) == {(0, Context.GENERATED): 1}


@pytest.mark.parametrize(
    "file",
    [
        "<autogenerated>",
        "_cgo_gotypes.go",
        "/tmp/go-build1/b001/_testmain.go",
        f"/home/u/.cache/go-build/b4/{'b4f7' * 16}-d",
    ],
)
def test_made_up_files_have_no_path(tmp_path: Path, file: str) -> None:
    found = only(draft(tmp_path, f"{file}:48:42: x escapes to heap\n"))

    assert found.path == ""
    assert contexts(found) == {(48, Context.GENERATED): 1}
    shown = Paths(str(tmp_path), str(tmp_path), "").position(found.place).file
    assert shown in ("<autogenerated>", "_cgo_gotypes.go", "_testmain.go")


def test_two_spellings_of_one_file_are_one_place(write_module: Write) -> None:
    root = write_module(GENERIC)
    text = """
        ./a.go:6:9: &Box[go.shape.int]{...} escapes to heap
        a.go:6:9: &Box[go.shape.string]{...} escapes to heap
    """

    assert only(draft(root, text)).decisions == 2


def test_inlined_calls_are_noted_at_their_place(tmp_path: Path) -> None:
    text = b"""\
./a.go:3:10: inlining call to lib.Pair
./a.go:3:10: inlining call to lib.New
./a.go:4:10: inlining call to lib.Other
./a.go:3:10: &lib.T{...} escapes to heap
"""
    drafts = draft(tmp_path, text.decode())

    add_inlined(drafts, text)

    assert only(drafts).inlined == ("lib.Pair", "lib.New")
