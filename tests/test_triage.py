"""What is read off the syntax around a place: loops, cold blocks, exported names."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent, indent
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from escapelens.model import Cold, Triage
from escapelens.source import Source
from escapelens.triage import Triager
from tests.toolchains import Toolchain

if TYPE_CHECKING:
    from tree_sitter import Node


def triage(text: str, path: str = "/m/a.go", mark: bytes = b"here") -> Triage:
    """The triage of the place that is called `here` in a file; a call if it is one."""
    content = dedent(text).lstrip("\n").encode() + b"\n"
    if not content.startswith(b"package"):
        content = b"package p\n\n" + content
    source = Source(content)
    assert not source.root.has_error
    assert content.count(mark) == 1
    at = content.index(mark)
    end = at + len(mark)
    line, column = source.point(end if content.startswith((b"(", b"{"), end) else at)
    node = source.node_at(line, column)
    assert node is not None
    return Triager(source, path).triage(node, source.function_at(at))


def in_function(body: str, result: str = "(int, error)") -> Triage:
    return triage(f"func f(err error) {result} {{\n{indent(dedent(body), chr(9))}\n}}\n")


class TestLoops:
    @pytest.mark.parametrize(
        ("body", "depth"),
        [
            ("here()", 0),
            ("for { here() }", 1),
            ("for i := range n { for { here() } }", 2),
            ("for i := here(); i < n; i++ { }", 0),
            ("for i := 0; i < here(); i++ { }", 1),
            ("for i := 0; i < n; i = here() { }", 1),
            ("for here() { }", 1),
            ("for _, v := range here() { }", 0),
            ("for range here() { }", 0),
            ("for x[here()] = range xs { }", 1),
            ("for { for _, v := range here() { } }", 1),
            ("for { for i := here(); ; { } }", 1),
            ("for i := func() int { for { here() } }(); ; { }", 1),
            ("for { switch x { case here(): } }", 1),
            ("for { go here() }", 1),
            ("again: here(); goto again", 0),
            ("for { return here() }", 0),
            ("for { if x { here(); return } }", 0),
            ("for { if x { here(); if y { return }; z() } }", 1),
            ("for { if x { here(); if y { continue }; return } }", 1),
            ("for { if y { continue }; here(); return }", 0),
            ("for { for { here() }; return }", 1),
            ("for { for { if x { return here() } } }", 0),
            ("for { switch { case x: return here() } }", 0),
            ("for { switch { case x: here(); break }; y() }", 1),
            ("for { func() { for { here() } }(); return }", 1),
            ("for { if x { here(); panic(y) } }", 0),
        ],
    )
    def test_headers_run_where_go_runs_them(self, body: str, depth: int) -> None:
        assert in_function(body).loop_depth == depth

    @pytest.mark.parametrize(
        ("body", "depth"),
        [
            ("for { func() { here() }() }", 0),
            ("for { func() { for { here() } }() }", 1),
            ("func() { for { here() } }()", 1),
        ],
    )
    def test_a_function_literal_counts_its_own_loops(self, body: str, depth: int) -> None:
        assert in_function(body).loop_depth == depth

    def test_a_literal_itself_stands_in_the_loop_that_makes_it(self) -> None:
        source = Source(b"package p\nfunc f() {\n\tfor {\n\t\tg(func() {})\n\t}\n}\n")
        node = source.node_at(4, 5)

        assert node is not None
        assert node.type == "func_literal"
        assert Triager(source, "a.go").triage(node, None).loop_depth == 1

    @pytest.mark.parametrize(
        "body", ["for here := 0; ; { keep(&x) }", "for _, here := range xs { keep(&x) }"]
    )
    def test_variables_of_a_header_are_new_in_each_iteration(self, body: str) -> None:
        assert in_function(body).loop_depth == 1

    def test_the_closure_of_a_range_over_function_is_made_before_the_loop(self) -> None:
        source = Source(b"package p\nfunc f() {\n\tfor x := range seq {\n\t}\n}\n")
        statement = source.node_at(3, 2)
        assert statement is not None
        keyword = statement.child(0)
        assert keyword is not None

        triager = Triager(source, "a.go")

        assert triager.triage(statement, None).loop_depth == 0
        assert triager.triage(keyword, None).loop_depth == 0

    @given(st.lists(st.sampled_from(["for", "if", "{", "func"]), max_size=12))
    def test_depth_is_the_number_of_loops_since_the_last_literal(self, nest: list[str]) -> None:
        opening = {"for": "for {", "if": "if x {", "{": "{", "func": "func() {"}
        closing = {"func": "}()"}
        head = "\n".join(opening[word] for word in nest)
        tail = "\n".join(closing.get(word, "}") for word in reversed(nest))
        since = "|".join(nest).split("func")[-1]

        assert in_function(f"{head}\nhere()\n{tail}").loop_depth == since.count("for")


class TestErrorPaths:
    @pytest.mark.parametrize(
        "body",
        [
            "if err != nil { return 0, here(err) }",
            "if err != nil { here(); return 0, err }",
            "if err != nil { if x { here() }; return 0, err }",
            "if err := g(); err != nil { here(); return 0, err }",
            "if ok && (err != nil) { here(); return 0, err }",
            "if s.err != nil { here(); return 0, s.err }",
            "if e != nil { here(); return 0, e }",
            "if ctx.Err() != nil { here(); return 0, ctx.Err() }",
            "if errors.Is(err, io.EOF) { here(); return 0, err }",
            "if errors.As(err, &target) { here(); return 0, wrap(err) }",
            "if x { here(); return 0, errors.New(text) }",
            "if x { return 0, fmt.Errorf(text, here()) }",
            "if x { return 0, &here{} }",
            "if x { return 0, here{n} }",
            "if x { here(); return 0, io.ErrUnexpectedEOF }",
            "if x { } else { here(); return 0, ErrShort }",
            "switch x { case 1: here(); return 0, errors.New(text) }",
            "switch x.(type) { default: here(); return 0, fmt.Errorf(text) }",
            "switch { case err != nil: here(); return 0, err }",
            "select { case <-c: here(); return 0, ErrClosed }",
            "for { if err != nil { here(); return 0, err } }",
            "if err != nil {\n here()\n return 0, err // why\n // so\n}",
            "if err != nil { if x { return 0, err }; here(); return 0, err }",
            "if err != nil { if x { here(); return 0, err }; return 0, err }",
            "if err != nil { if x { return 1, nil }; here(); return 0, err }",
            "if err != nil { g(func() int { return 1 }); here(); return 0, err }",
            "func() error { if err != nil { here(); return err }; return nil }()",
        ],
    )
    def test_blocks_that_end_in_an_error_are_cold(self, body: str) -> None:
        assert in_function(body).cold is Cold.ERROR_PATH

    @pytest.mark.parametrize(
        "body",
        [
            "here(); return 0, err",
            "return 0, fmt.Errorf(text, here())",
            "{ here(); return 0, errors.New(text) }",
            "for { here(); return 0, errors.New(text) }",
            "here(); if err != nil { return 0, err }",
            "if here(); err != nil { return 0, err }",
            "if here() != nil { return 0, err }",
            "switch x { case here(): return 0, errors.New(text) }",
            "if err != nil { here(); return 0, nil }",
            "if err == nil { here(); return 0, err }",
            "if err != nil || x { here(); return 0, err }",
            "if err != other { here(); return 0, err }",
            "if !errors.Is(err, io.EOF) { here(); return 0, err }",
            "if err != nil { } else { here(); return 0, err }",
            "if x { here(); return 0, err }",
            "if err != nil { here() }",
            "if err != nil { here(); return open(fallback) }",
            "if err != nil { err = here(); return 0, err }",
            "if err != nil { n, err := here(); return n, err }",
            "if err != nil { if x, err = here(); x { }; return 0, err }",
            "if p != nil { return 0, here(p) }",
            "if err != nil { here(); if x { return 1, nil }; return 0, err }",
            "if err != nil { here(); if x { goto retry }; return 0, err }\nretry:",
            "for { if err != nil { here(); if x { continue }; return 0, err } }",
            "if err != nil { for { here() }; return 0, err }",
            "if err != nil { defer func() { here() }(); return 0, err }",
            "if x { if err != nil { return 0, err }; here() }",
            "switch err { case nil: here(); return 0, err }",
            "switch { case err != nil, x: here(); return 0, err }",
            "if x { here(); return 0, Error }",
            "if x { here(); return 0, errno }",
            "if x { return 0, find(here()) }",
            "if x { here(); return }",
        ],
    )
    def test_near_misses_are_not(self, body: str) -> None:
        assert in_function(body).cold is None

    @pytest.mark.parametrize(
        "result",
        ["error", "(error)", "(n int, err error)", "(_ *T, err error)", "(func() int, error)"],
    )
    def test_functions_whose_last_result_is_an_error(self, result: str) -> None:
        body = "if err != nil { here(); return err }"

        assert in_function(body, result).cold is Cold.ERROR_PATH

    @pytest.mark.parametrize("result", ["", "*T", "(error, bool)", "func() error", "[]error"])
    def test_other_results_are_no_errors(self, result: str) -> None:
        assert in_function("if err != nil { here(); return &T{} }", result).cold is None

    def test_a_literal_returns_what_its_own_signature_says(self) -> None:
        body = "g(func() *T { if err != nil { here(); return &T{} }; return nil })"

        assert in_function(body).cold is None

    def test_columns_and_line_breaks_do_not_matter(self) -> None:
        text = "package p\r\n\r\nfunc größe() error {\r\n\tif err != nil {\r\n\t\there()\r\n\t\treturn err\r\n\t}\r\n}\r\n"

        assert triage(text).cold is Cold.ERROR_PATH


class TestPanics:
    @pytest.mark.parametrize(
        "body",
        [
            "if x { here(); panic(text) }",
            "if x { panic(here()) }",
            "if x { log.Fatalf(text, here()) }",
            "if x { t.Fatal(here()) }",
            "if x { s.log.Panicln(here()) }",
            "if x { here(); t.FailNow() }",
            "if x { require.FailNow(t, here()) }",
            "if x { here(); runtime.Goexit() }",
            "if x { s.sugar.Fatalw(here(), key, value) }",
            "if err != nil { log.Fatal().Err(err).Msg(here()) }",
            'if err != nil { log.Fatal().\n\tStr("a", here()).\n\tSend() }',
            "if x { here(); os.Exit(1) }",
            "{ here(); panic(text) }",
            "switch x { default: panic(here()) }",
            "for { if x { continue }; panic(here()) }",
            "if y { if x { return 1, nil }; panic(here()) }",
            "if y { if x { return 0, errors.New(text) }; here(); panic(text) }",
            "if y { here(); if x { os.Exit(2) }; panic(text) }",
            "panic(here())",
            "if x { return 1, nil }\npanic(here())",
        ],
    )
    def test_blocks_that_end_the_program_are_cold(self, body: str) -> None:
        assert in_function(body).cold is Cold.PANICS

    @pytest.mark.parametrize(
        "body",
        [
            "here(); panic(text)",
            "log.Fatal(here())",
            "here(); os.Exit(1)",
            "if x { here(); os.Exit(0) }",
            "if x { os.Exit(here()) }",
            "if x { Fatal(here()) }",
            "if x { log.Fatality(here()) }",
            "if x { log.Fatal().Str(here()) }",
            "if x { log.Error().Msg(here()) }",
            "if x { here(); t.Fail() }",
            "if x { log.Print(here()) }",
            "if x { p.panic(here()) }",
            "if x { defer panic(here()) }",
            "if y { here(); if x { return 1, nil }; panic(text) }",
            "if x { for { here() }; panic(text) }",
            "if y { if x { here(); os.Exit(0) }; panic(text) }",
            "if err != nil { if x { os.Exit(here()) }; return 0, err }",
            "if x { panic(func() { here() }) }",
        ],
    )
    def test_near_misses_are_not(self, body: str) -> None:
        assert in_function(body).cold is None

    def test_the_innermost_block_tells_the_reason(self) -> None:
        body = "if err != nil { if x { panic(here()) }; return 0, err }"

        assert in_function(body).cold is Cold.PANICS


class TestColdFunctionsAndFiles:
    @pytest.mark.parametrize(
        ("text", "cold"),
        [
            ("func init() { here() }", Cold.INIT),
            ("func init() { for { if x { here() } } }", Cold.INIT),
            ("func init() { register(func() { here() }) }", None),
            ("func (T) init() { here() }", None),
            ("func Init() { here() }", None),
            ("var x = here()", Cold.PACKAGE_INITIALISER),
            ("var (\n\ta = 1\n\tx, y = g(here())\n)", Cold.PACKAGE_INITIALISER),
            ("var x = func() { here() }", None),
            ("func f() { var x = here() }", None),
            ("func here() { }", None),
            ("func f(t *testing.T) { here() }", Cold.TEST_FILE),
            ("func f(x int, tb testing.TB) { here() }", Cold.TEST_FILE),
            ("func f(b *testing.B) { go func() { here() }() }", Cold.TEST_FILE),
            ("func f(m *testing.M) { here() }", Cold.TEST_FILE),
            ("func f() { run(func(t *testing.T) { here() }) }", Cold.TEST_FILE),
            ("func f() { run(func(t *testing.T) { }); here() }", None),
            ("func f(t testing.Timer) { here() }", None),
            ("func f(t *T) { here() }", None),
        ],
    )
    def test_reasons(self, text: str, cold: Cold | None) -> None:
        assert triage(text).cold is cold

    @pytest.mark.parametrize(
        "text",
        [
            "func f() { here() }",
            "func init() { here() }",
            "var x = here()",
            "func f() error { if x { return fmt.Errorf(text, here()) }; return nil }",
        ],
    )
    def test_all_of_a_test_file_is_cold(self, text: str) -> None:
        assert triage(text, "/m/a_test.go").cold is Cold.TEST_FILE

    @pytest.mark.parametrize("path", ["/m/test.go", "/m/a_test/b.go", "/m/a_test.go.go", ""])
    def test_other_names_are_no_test_files(self, path: str) -> None:
        assert triage("func f() { here() }", path).cold is None

    def test_what_the_grammar_cannot_read_is_no_package_variable(self) -> None:
        content = b"package p\n\nfunc (t T) M[P any]() {\n\tvar x = here()\n}\n"
        source = Source(content)
        at = content.index(b"here")
        node = source.node_at(*source.point(at + len(b"here")))
        assert node is not None

        found = Triager(source, "a.go").triage(node, source.function_at(at))

        assert found.cold is None


class TestExported:
    @pytest.mark.parametrize(
        ("text", "exported"),
        [
            ("func F() { here() }", True),
            ("func f() { here() }", False),
            ("func Été() { here() }", True),
            ("func _() { here() }", False),
            ("func (t T) M() { here() }", True),
            ("func (t *T) M() { here() }", True),
            ("func (*T[P]) M() { here() }", True),
            ("func (t t) M() { here() }", False),
            ("func (t *t) M() { here() }", False),
            ("func (t *T) m() { here() }", False),
            ("func F() { func() { here() }() }", True),
            ("func f() { F := func() { here() } }", False),
            ("var F = func() { here() }", False),
            ("var F = here()", False),
            ("package main\n\nfunc F() { here() }", False),
        ],
    )
    def test_function_and_receiver_decide(self, text: str, exported: bool) -> None:
        assert triage(text).exported is exported


def test_json_leaves_out_what_is_nothing_special() -> None:
    assert msgspec.json.encode(triage("func f() { here() }")) == b"{}"
    assert (
        msgspec.json.encode(triage("func F() { for { if x { panic(here()) } } }"))
        == b'{"cold":"panics","exported":true}'
    )


def test_order_and_focus_make_no_difference() -> None:
    """Endings are remembered by offset, across the trees of one file."""
    text = b"package p\n\nfunc f() { a() }\n\nfunc g() error {\n\tif x {\n\t\tb()\n\t\treturn ErrX\n\t}\n\tc()\n\treturn nil\n}\n"
    source = Source(text)
    triager = Triager(source, "a.go")
    whole = [triager.triage(node, None) for node in calls(source)]

    source.focus([text.index(b"b()")])
    focused = [triager.triage(node, None) for node in calls(source)]
    fresh = Triager(source, "a.go")

    assert [found.cold for found in whole] == [None, Cold.ERROR_PATH, None]
    assert focused == whole[1:]
    assert [fresh.triage(node, None) for node in reversed(list(calls(source)))] == focused[::-1]


def calls(source: Source) -> "Iterator[Node]":
    """The calls, composite literals and function literals of a file, in source order."""
    rest = [source.root]
    while rest:
        node = rest.pop()
        if node.type in ("call_expression", "composite_literal", "func_literal"):
            yield node
        rest += reversed(node.named_children)


@pytest.mark.parametrize("package", ["net/http", "go/types", "text/template"])
def test_the_standard_library_never_raises(newest: Toolchain, package: str) -> None:
    folder = newest.go.parent.parent / "src" / package
    found: list[Triage] = []
    for file in sorted(folder.glob("*.go")):
        found += triages(file)

    assert len(found) > 1000
    assert {one.cold for one in found} >= {None, Cold.ERROR_PATH, Cold.PANICS, Cold.TEST_FILE}
    assert max(one.loop_depth for one in found) >= 2


def triages(file: Path) -> Iterator[Triage]:
    source = Source(file.read_bytes())
    triager = Triager(source, str(file))
    for node in calls(source):
        yield triager.triage(node, source.function_at(node.start_byte))
