"""What the compiler prints for an expression, and the node of the source it then means."""

from textwrap import dedent

import pytest

from escapelens.model import Kind
from escapelens.nodes import conversion_around, fitting_node, only_fitting_node
from escapelens.source import Source

GO = Source(
    dedent(
        """\
        package p

        func f(text string, n int, in any, p *T, each func(func(int) bool)) (result *int, _ error) {
        	kept = &T{n: 1}
        	kept = []*T{{n: 2}}
        	kept = make([]byte, n)
        	kept = append(list, text...)
        	kept = []byte(text)
        	kept = lib.New(n)
        	kept = func() {}
        	kept = text + "x"
        	kept = limit
        	kept = (*T)(p)
        	go f(n)
        	switch v := in.(type) {
        	case *T, int:
        		use(&v)
        	}
        	for i := range each {
        		use(&i)
        	}
        	kept = string(list[1:2])
        	kept = 10 * size
        	kept = T{n: 1}
        }
        """
    ).encode()
)


def fit(line: int, mark: str, kind: Kind, text: str) -> str | None:
    found = GO.line(line).decode()
    start = found.index("= ") if mark != "kept" and " = " in found else 0
    node = fitting_node(GO, line, found.index(mark, start) + 1, kind, text)
    return None if node is None else GO.text(node)


@pytest.mark.parametrize(
    ("line", "mark", "printed", "text"),
    [
        (4, "&", "&T{...}", "&T{n: 1}"),
        (5, "{{", "[]*T{...}", "[]*T{{n: 2}}"),
        (5, "{n", "&T{...}", "{n: 2}"),
        (6, "(", "make([]byte, n)", "make([]byte, n)"),
        (6, "(", "make([]byte, 70000)", "make([]byte, n)"),
        (7, "(", "append", "append(list, text...)"),
        (7, "(", "append(list, text...) ...", "append(list, text...)"),
        (8, "text", "([]byte)(text)", "[]byte(text)"),
        (9, "(", "... argument", "lib.New(n)"),
        (10, "func", "func literal", "func() {}"),
        (11, "+", 'text + "x"', 'text + "x"'),
        (11, "+", 'text+"x"', 'text + "x"'),
        (12, "limit", "12345", "limit"),
        (12, "limit", '"cut... ', "limit"),
        (13, "p", "p", "p"),
        (22, "[", "string(list[1:2])", "string(list[1:2])"),
        (23, "*", "10240", "10 * size"),
        (24, "{", "T{...}", "T{n: 1}"),
    ],
)
def test_printed_expression_fits_its_node(line: int, mark: str, printed: str, text: str) -> None:
    assert fit(line, mark, Kind.ESCAPES, printed) == text


@pytest.mark.parametrize(
    ("line", "mark", "printed"),
    [
        (9, "(", "&lib.T{...}"),
        (9, "(", "func literal"),
        (9, "(", "make([]byte, n)"),
        (9, "(", "append"),
        (11, "+", 'other + "x"'),
        (6, "(", "... (other)"),
        (10, "func", "... argument"),
    ],
)
def test_text_of_an_inlined_body_fits_no_call(line: int, mark: str, printed: str) -> None:
    assert fit(line, mark, Kind.ESCAPES, printed) is None


@pytest.mark.parametrize(
    ("line", "mark", "printed", "text"),
    [
        (3, "n int", "n", "n"),
        (3, "text", "lib.text", "text"),
        (3, "_ error", "_", "_"),
        (15, "v", "v", "v"),
        (16, "*", "v", "*T"),
        (19, "i ", "i", "i"),
        (19, "for", "#state1", "for"),
    ],
)
def test_moved_variable_fits_its_name(line: int, mark: str, printed: str, text: str) -> None:
    assert fit(line, mark, Kind.MOVED, printed) == text


def test_moved_variable_of_an_inlined_body_fits_nothing() -> None:
    assert fit(9, "(", Kind.MOVED, "n") is None
    assert fit(3, "n int", Kind.MOVED, "m") is None


def test_body_of_a_loop_over_a_function_is_its_keyword() -> None:
    assert fit(19, "for", Kind.ESCAPES, "func literal") == "for"


def test_wrapped_call_is_the_statement() -> None:
    assert fit(14, "go", Kind.DEFERRED_CALL, "func literal") == "go f(n)"
    assert fit(10, "func", Kind.DEFERRED_CALL, "func literal") is None


@pytest.mark.parametrize(
    ("go", "mark", "printed", "text"),
    [
        ("[]byte(l.String())", "()", "([]byte)(Level.String(l))", "[]byte(l.String())"),
        ("int64(b.uint16())", "()", "int64((*buf).uint16(b))", "int64(b.uint16())"),
        ("string([]byte{1})", "{", "string([]byte{...})", "string([]byte{1})"),
        ("use(l.String())", "()", "string(Level.String(l))", "l.String()"),
        ("string(l.String())", "()", "Level.String(l)", "l.String()"),
        ("l.String()", "()", "string(l)", "l.String()"),
    ],
)
def test_operand_stands_for_the_conversion_around_it(
    go: str, mark: str, printed: str, text: str
) -> None:
    content = Source(f"package p\n\nvar x = {go}\n".encode())
    node = content.node_at(3, len("var x = ") + go.index(mark) + 1)
    assert node is not None

    assert content.text(conversion_around(content, node, printed)) == text


class TestBeyondTheLastColumn:
    """The compiler prints no column above 254; the only node that fits is the one."""

    LINE = '\tkept = []any{"' + "." * 250 + '", n, m, "end", 5, n + m}'
    GO = Source(f"package p\n\nfunc f(n, m int) {{\n{LINE}\n}}\n".encode())

    def only(self, printed: str, kind: Kind = Kind.ESCAPES) -> str | None:
        node = only_fitting_node(self.GO, 4, kind, printed)
        return None if node is None else self.GO.text(node)

    def test_only_node_that_fits(self) -> None:
        assert self.only("n + m") == "n + m"

    def test_same_constant_among_several(self) -> None:
        assert self.only('"end"') == '"end"'

    def test_several_nodes_that_fit_equally(self) -> None:
        assert self.only("n") is None

    def test_no_node_that_fits(self) -> None:
        assert self.only("&T{...}") is None
        assert self.only("n", Kind.MOVED) is None

    def test_line_that_is_not_there(self) -> None:
        assert only_fitting_node(self.GO, 99, Kind.ESCAPES, "n") is None
