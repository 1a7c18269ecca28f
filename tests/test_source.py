"""Positions, functions and nodes of Go source, held against what Go itself says where it can."""

from pathlib import Path
from textwrap import dedent

import pytest

from escapelens.source import Function, Source, real_path, without_space


def source(text: str) -> Source:
    return Source(dedent(text).lstrip("\n").encode())


def node_text(content: Source, line: int, column: int) -> str | None:
    node = content.node_at(line, column)
    return None if node is None else content.text(node)


def names(content: Source) -> list[str]:
    return [function.name for function in content.functions]


class TestPositions:
    def test_columns_count_bytes(self) -> None:
        content = source("package p\n\nvar größe = naïve\n")

        assert content.point(content.content.index(b"na")) == (3, 15)
        assert content.offset(3, 15) == content.content.index(b"na")

    def test_tab_is_one_column(self) -> None:
        content = Source(b"package p\n\tx\n")

        assert content.offset(2, 2) == len(b"package p\n\t")

    def test_carriage_return_belongs_to_no_line(self) -> None:
        content = Source(b"package p\r\nvar x int\r\n")

        assert content.line(2) == b"var x int"
        assert content.point(content.content.index(b"x int")) == (2, 5)

    @pytest.mark.parametrize(
        ("line", "column"), [(0, 1), (1, 0), (3, 1), (99, 1), (1, 12), (-1, 1)]
    )
    def test_places_outside_the_file_have_no_offset(self, line: int, column: int) -> None:
        assert Source(b"package p\n").offset(line, column) is None
        assert Source(b"package p\n").node_at(line, column) is None

    def test_end_of_a_file_without_line_break(self) -> None:
        content = Source(b"package p")

        assert content.offset(1, 10) == 9
        assert content.node_at(1, 10) is None
        assert content.line(1) == b"package p"

    def test_empty_file(self) -> None:
        content = Source(b"")

        assert content.outline == []
        assert content.functions == []
        assert content.line(1) == b""
        assert content.package_name == ""


class TestNodes:
    """What a position of the compiler stands for: it names the operator of an expression."""

    LINES = """
        package p

        func f(a, b []int, s string, m map[string]*T, t *T) any {
        	_ = append(a, 1)
        	_ = s + "x"
        	_ = &T{n: 1}
        	_ = []int{1}
        	_ = t.method
        	_ = a[1:2]
        	_ = m["x"]
        	_ = func() {}
        	_ = *t
        	_ = t.field.inner(1)
        	_ = s.(string)
        	_ = []*T{{n: 2}}
        	go f(a)
        	defer f(b)
        	for range a {
        	}
        	return s
        }
    """

    @pytest.mark.parametrize(
        ("line", "mark", "text"),
        [
            (4, "(", "append(a, 1)"),
            (5, "+", 's + "x"'),
            (6, "&", "&T{n: 1}"),
            (7, "{", "[]int{1}"),
            (8, ".", "t.method"),
            (9, "[", "a[1:2]"),
            (10, "[", 'm["x"]'),
            (11, "func", "func() {}"),
            (12, "*", "*t"),
            (13, "(", "t.field.inner(1)"),
            (14, ".", "s.(string)"),
            (15, "{n", "{n: 2}"),
            (16, "go", "go f(a)"),
            (17, "defer", "defer f(b)"),
            (18, "for", "for range a {\n\t}"),
            (20, "s", "s"),
        ],
    )
    def test_operator_stands_for_its_expression(self, line: int, mark: str, text: str) -> None:
        content = source(self.LINES)
        found = content.line(line).decode()
        start = found.index("return ") + 7 if "return" in found else 0

        assert node_text(content, line, found.index(mark, start) + 1) == text

    def test_place_within_a_token_is_no_node(self) -> None:
        assert source("package p\n\nvar value = 1\n").node_at(3, 6) is None

    def test_focus_keeps_positions(self) -> None:
        content = source(self.LINES)
        whole = node_text(content, 9, content.line(9).index(b"[") + 1)
        offset = content.offset(9, 1)
        assert offset is not None
        content.focus([offset])

        assert node_text(content, 9, content.line(9).index(b"[") + 1) == whole == "a[1:2]"

    def test_focus_between_functions(self) -> None:
        content = source(
            """
            package p

            func before() {}

            var table = map[string]*T{"a": {1}}

            func after() {}
            """
        )
        offset = content.offset(5, 1)
        assert offset is not None
        content.focus([offset])

        assert node_text(content, 5, 26) == 'map[string]*T{"a": {1}}'


class TestFunctions:
    def test_names_are_the_compilers(self) -> None:
        content = source(
            """
            package p

            func F() {}

            func (T) Value() {}

            func (t T) Named() {}

            func (t *T) Pointer() {}

            func (b *Box[T]) Generic(v T) {}

            func New[T any](v T) *T { return &v }
            """
        )

        assert names(content) == [
            "F",
            "T.Value",
            "T.Named",
            "(*T).Pointer",
            "(*Box).Generic",
            "New",
        ]
        assert [function.name for function in content.outline] == names(content)

    def test_literals_are_numbered_within_their_function(self) -> None:
        content = source(
            """
            package p

            func F() {
            	func() {
            		func() {}()
            		func() {}()
            	}()
            	func() {}()
            }

            func (t *T) M() { defer func() {}() }

            var top = func() { func() {}() }
            """
        )

        assert names(content) == [
            *("F", "F.func1", "F.func1.1", "F.func1.2", "F.func2"),
            *("(*T).M", "(*T).M.func1"),
            *("top.func1", "top.func1.1"),
        ]

    def test_own_keyword_of_a_literal_is_outside(self) -> None:
        content = source("package p\n\nfunc F() {\n\tf := func() {}\n\tf()\n}\n")
        at = content.content.index(b"func()")
        around, inside = content.function_at(at), content.function_at(at + 7)

        assert around is not None
        assert inside is not None
        assert (around.name, inside.name) == ("F", "F.func1")

    def test_outside_of_functions(self) -> None:
        content = source("package p\n\nvar x = 1\n\nfunc F() {}\n\nvar y = 2\n")

        for mark in (b"x", b"y"):
            offset = content.content.index(mark)
            assert content.function_at(offset) is None
            assert content.declared_at(offset) is None

    @pytest.mark.parametrize(
        "text",
        [
            "func F(r interface {\n\tRead()\n}) {\n\tbody()\n}\n\nvar x = 1\n",
            "func F() struct {\n\tn int\n} {\n\tbody()\n}\n\nvar x = 1\n",
            "func F[T int |\n\tstring](v T) {\n\tbody()\n}\n\nvar x = 1\n",
            "func F(\n\ta int,\n) {\n\tbody()\n}\n\nvar x = 1\n",
            "func F() {\n\tbody()\n} // end\n\nvar x = 1\n",
            "func F() {\n\t_ = `\nfunc no() {\n}\n`\n\tbody()\n}\n\nvar x = 1\n",
            "func F() {\n\t/*\nfunc no() {\n}\n*/\n\tbody()\n}\n\nvar x = 1\n",
            "func F() {\n\t_ = '`'\n\tbody()\n\t_ = \"`\"\n}\n\nvar x = 1\n",
            "func F() { body() }\n\nvar x = 1\n",
            "var y = 1; func F() { body() }\nvar x = 1\n",
            "  func F() { body() }\nvar x = 1\n",
        ],
    )
    def test_outline_ends_where_the_body_does(self, text: str) -> None:
        content = Source(b"package p\n\n" + text.encode())
        body, after = content.content.index(b"body"), content.content.index(b"x = 1")
        around = content.declared_at(body)

        assert around is not None
        assert around.name == "F"
        assert content.declared_at(after) is None
        assert [function.name for function in content.outline] == ["F"]

    def test_declaration_without_body(self) -> None:
        content = source("package p\n\nfunc asm(n int) int\n\nvar x = 1\n\nfunc F() {}\n")

        assert [function.name for function in content.outline] == ["asm", "F"]
        assert content.declared_at(content.content.index(b"x = 1")) is None

    def test_generic_method_is_known_though_the_grammar_has_none(self) -> None:
        text = b"package p\n\nfunc (r *R) Box[T any](v T) *T {\n\treturn &v\n}\n\nfunc F() {}\n"
        content = Source(text)
        around = content.function_at(text.index(b"return"))

        assert around is not None
        assert around.name == "(*R).Box"

    def test_generic_functions_are_told_from_others(self) -> None:
        content = source(
            "package p\n\nfunc F[T any]() {}\n\nfunc (b B[T]) M() {}\n\nfunc G(a [1]int) {}\n"
        )

        assert [function.generic for function in content.outline] == [True, True, False]

    def test_outline_equals_the_grammar_on_real_code(self) -> None:
        for path in sorted(Path(__file__).parent.rglob("*.go")):
            content = Source(path.read_bytes())
            declared = [one for one in content.functions if one.name == one.declared]
            assert content.outline == declared, path


class TestMarks:
    @pytest.mark.parametrize(
        ("text", "generated"),
        [
            ("// Code generated by x. DO NOT EDIT.\n\npackage p\n", True),
            ("// Copyright\n\n// Code generated by x. DO NOT EDIT.\r\npackage p\n", True),
            ("package p\n\n// Code generated by x. DO NOT EDIT.\n", False),
            ("// Code generated by hand.\npackage p\n", False),
            (" // Code generated by x. DO NOT EDIT.\npackage p\n", False),
        ],
    )
    def test_generated(self, text: str, generated: bool) -> None:
        assert Source(text.encode()).generated is generated

    @pytest.mark.parametrize(
        ("text", "uses"),
        [
            ('package p\n\nimport "C"\n', True),
            ('package p\n\nimport (\n\t"C"\n)\n', True),
            ('package p\n\nvar x = "C"\n', False),
        ],
    )
    def test_cgo(self, text: str, uses: bool) -> None:
        assert Source(text.encode()).uses_cgo is uses

    def test_package_name(self) -> None:
        assert source("// package no\npackage yes // here\n").package_name == "yes"


def test_unreadable_files_are_none(tmp_path: Path) -> None:
    assert Source.read(str(tmp_path)) is None
    assert Source.read(str(tmp_path / "none.go")) is None
    assert Source.read("nul\0byte") is None


def test_printed_names_become_absolute() -> None:
    assert real_path("/m", "./a.go", "/go") == "/m/a.go"
    assert real_path("/m", "../n/a.go", "/go") == "/n/a.go"
    assert real_path("/m", "/x/a.go", "/go") == "/x/a.go"
    assert real_path("/m", "$GOROOT/src/a.go", "/go") == "/go/src/a.go"


def test_white_space_is_removed() -> None:
    assert without_space(b"a +\n\t b") == b"a+b"


def test_functions_know_where_their_name_begins() -> None:
    content = source("package p\n\nfunc (t *T) M() {}\n")

    assert content.outline == [Function("(*T).M", "(*T).M", 11, 29, 23)]


def test_new_of_a_value_is_a_call_in_the_tree() -> None:
    source = Source(
        b"package p\n\nfunc F() *int {\n\ts := new([]int)\n\t_ = s\n\treturn new(1 + 2)\n}\n"
    )

    node = source.node_at(6, 12)

    assert node is not None
    assert (node.type, source.text(node)) == ("call_expression", "new(1 + 2)")
    assert not source.root.has_error


def test_focused_tree_of_neighbouring_functions_has_no_errors() -> None:
    source = Source(b"package p\n\nfunc F() {}\nfunc G() {}\n\nvar x = 1\n\nfunc H() {}\n")

    source.focus([12, 24, 37, 48])

    assert [function.name for function in source.functions] == ["F", "G", "H"]
    assert not source.root.has_error
