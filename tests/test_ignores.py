"""Directives that hide sites: where they stand, what they cover, what is wrong with them."""

import subprocess
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escapelens.ignores import Ignore, ignores, match
from escapelens.source import Source
from tests.toolchains import Toolchain

KNOWN = {"interface-box", "closure", "grows"}


def found(text: str) -> list[Ignore]:
    return ignores(Source(dedent(text).lstrip("\n").encode()), KNOWN)


def covered(text: str) -> list[tuple[int, int]]:
    directives = found(text)
    assert [directive.problem for directive in directives] == [""] * len(directives)
    return [(directive.first_line, directive.last_line) for directive in directives]


def problem(comment: str) -> str:
    (directive,) = found(f"package p\n\nvar x = f() {comment}\n")
    return directive.problem


def test_a_directive_names_causes_and_a_reason() -> None:
    assert found("package p\n\nvar x = f() //escapelens:ignore closure,grows once at start\n") == [
        Ignore(3, 13, ("closure", "grows"), "once at start", 3, 3)
    ]


class TestCoverage:
    def test_behind_code_its_own_line(self) -> None:
        text = """
            package p

            func f() {
            	g() //escapelens:ignore closure why
            	h()
            } //escapelens:ignore closure why
            """
        assert covered(text) == [(4, 4), (6, 6)]

    def test_alone_the_next_line_of_code(self) -> None:
        text = """
            package p

            func f() {
            	//escapelens:ignore closure why
            	g(
            		h(),
            	)
            }
            """
        assert covered(text) == [(5, 5)]

    def test_several_follow_each_other(self) -> None:
        text = """
            package p

            func f() {
            	//escapelens:ignore closure why
            	// Said of both.
            	//escapelens:ignore grows why

            	/* A note
            	   on two lines. */ // and more
            	g()
            }
            """
        assert covered(text) == [(10, 10), (10, 10)]

    def test_behind_a_comment_a_line_holds_no_code(self) -> None:
        text = """
            package p

            func f() {
            	/* note */ //escapelens:ignore closure why
            	g()
            }
            """
        assert covered(text) == [(5, 5)]

    def test_in_a_doc_comment_the_whole_function(self) -> None:
        text = """
            package p

            // F does much.
            //
            //escapelens:ignore closure why
            //go:noinline
            func (t *T) F() {
            	g()
            }

            //escapelens:ignore closure why
            func G() { g() }
            """
        assert covered(text) == [(7, 9), (12, 12)]

    def test_an_empty_line_ends_a_doc_comment(self) -> None:
        text = """
            package p

            //escapelens:ignore closure why

            func F(x int) {
            	g()
            }
            """
        assert covered(text) == [(5, 5)]

    def test_above_a_function_literal_its_first_line(self) -> None:
        text = """
            package p

            func f() {
            	//escapelens:ignore closure why
            	func() {
            		g()
            	}()
            }

            //escapelens:ignore closure why
            var x = func() {
            	g()
            }
            """
        assert covered(text) == [(5, 5), (11, 11)]

    def test_a_brace_that_opens_an_element_is_code(self) -> None:
        text = """
            package p

            var x = []*T{
            	//escapelens:ignore closure why
            	{
            		n: 1,
            	},
            }
            """
        assert covered(text) == [(5, 5)]

    def test_a_brace_with_code_behind_it_is_code(self) -> None:
        text = """
            package p

            func f() {
            	if x {
            		//escapelens:ignore closure why
            	} else if y := g(); y {
            	}
            }
            """
        assert covered(text) == [(6, 6)]

    @pytest.mark.parametrize(
        "text",
        [
            "package p\n\n//escapelens:ignore closure why\n",
            "package p\n\n//escapelens:ignore closure why",
            "package p\n\n//escapelens:ignore closure why\n\n// The end.\n",
            "package p\n\nfunc f() {\n\tg()\n\t//escapelens:ignore closure why\n}\n",
            "package p\n\nvar x = []T{\n\tg(),\n\t//escapelens:ignore closure why\n}, nil)\n}\n"[
                :-10
            ],
        ],
    )
    def test_without_code_below_it_covers_nothing(self, text: str) -> None:
        (directive,) = found(text)

        assert directive.problem == "no code follows that it could cover"
        assert (directive.first_line, directive.last_line) == (0, 0)

    def test_the_formatter_keeps_what_is_covered(self, newest: Toolchain) -> None:
        """gofmt moves a directive to the end of a doc comment, behind an empty line of it."""
        text = (
            "package p\n\n//escapelens:ignore closure why\n// F does much.\nfunc F() {\n\tg()\n}\n"
        )
        result = subprocess.run(
            [newest.gofmt], input=text.encode(), capture_output=True, check=True
        )

        assert b"much.\n//\n//escapelens:ignore" in result.stdout
        assert covered(text) == [(5, 7)]
        assert covered(result.stdout.decode()) == [(6, 8)]

    def test_what_the_grammar_cannot_read_is_covered_too(self) -> None:
        text = """
            package p

            //escapelens:ignore closure why
            func (t T) M[P any]() {
            	g()
            }
            """
        assert covered(text) == [(4, 6)]


class TestPositions:
    def test_columns_count_bytes(self) -> None:
        (directive,) = found(
            "package p\n\n\tvar größe = f() //escapelens:ignore closure wegen Größe\n"
        )

        assert (directive.line, directive.column) == (3, 20)
        assert directive.reason == "wegen Größe"

    def test_carriage_returns_belong_to_nothing(self) -> None:
        text = "package p\r\n\r\n// F.\r\n//\r\n//escapelens:ignore closure why\r\nfunc F() {\r\n\tg() //escapelens:ignore grows why\r\n}\r\n"
        first, second = found(text)

        assert first == Ignore(5, 1, ("closure",), "why", 6, 8)
        assert second == Ignore(7, 6, ("grows",), "why", 7, 7)

    def test_tabs_part_words_as_spaces_do(self) -> None:
        (directive,) = found("package p\n\nvar x = f() //escapelens:ignore\tclosure\twhy  so \n")

        assert directive == Ignore(3, 13, ("closure",), "why  so", 3, 3)

    def test_text_that_is_not_utf8_is_read_all_the_same(self) -> None:
        source = Source(b"package p\n\nvar x = f() //escapelens:ignore closure \xff\n")

        assert ignores(source, KNOWN)[0].reason == "\ufffd"


class TestProblems:
    @pytest.mark.parametrize(
        ("comment", "expected"),
        [
            ("// escapelens:ignore closure why", "a directive has no space behind //"),
            ("//\tescapelens:ignore closure why", "a directive has no space behind //"),
            ("// escapelens:ignore", "a directive has no space behind //"),
            ("/*escapelens:ignore closure why*/", "a directive is a // comment"),
            ("/* escapelens:ignore closure why */", "a directive is a // comment"),
            ("//escapelens:ignore", "no cause is named"),
            ("//escapelens:ignore  ", "no cause is named"),
            ("//escapelens:ignore closure", "no reason is given"),
            ("//escapelens:ignore closure ", "no reason is given"),
            (
                "//escapelens:ignore closure, grows why",
                "causes are parted by commas without spaces",
            ),
            ("//escapelens:ignore ,closure why", "causes are parted by commas without spaces"),
            ("//escapelens:ignore closur why", "unknown cause closur; did you mean closure?"),
            ("//escapelens:ignore closure,Grows why", "unknown cause Grows; did you mean grows?"),
            ("//escapelens:ignore because why", "unknown cause because"),
        ],
    )
    def test_are_told(self, comment: str, expected: str) -> None:
        assert problem(comment) == expected

    def test_a_comment_that_is_no_directive_covers_nothing(self) -> None:
        (directive,) = found("package p\n\nvar x = f() // escapelens:ignore closure why\n")

        assert directive == Ignore(3, 13, problem="a directive has no space behind //")

    @pytest.mark.parametrize(
        "text",
        [
            "//escapelens:ignored closure why",
            "//escapelens:ignore-all closure why",
            "//escapelens:ignore:closure why",
            "// See //escapelens:ignore closure why",
            "//nolint //escapelens:ignore closure why",
            "//other:escapelens:ignore closure why",
            "/* see escapelens:ignore */",
            "/*\n//escapelens:ignore closure why\nx */",
            'var s = "//escapelens:ignore closure why"',
            'var s = "\\"//escapelens:ignore closure why"',
            "var s = `\n//escapelens:ignore closure why\n`",
            "var s = `/*` + `\n//escapelens:ignore closure why\n`",
            'var c = \'"\'; var s = "//escapelens:ignore closure why"',
            "var c = '`'; var s = \"//escapelens:ignore closure why\"",
            "var c = '\\''; var s = \"//escapelens:ignore closure why\"",
        ],
    )
    def test_other_comments_and_strings_are_none(self, text: str) -> None:
        assert found(f"package p\n\n{text}\nvar y = f()\n") == []

    def test_a_quote_in_a_comment_opens_no_string(self) -> None:
        text = "package p\n\n// Don't \" ` care.\nvar x = f() //escapelens:ignore closure why\n"

        assert covered(text) == [(4, 4)]


class TestMatch:
    def test_line_and_cause_decide(self) -> None:
        directives = found("package p\n\nvar x = f() //escapelens:ignore closure,grows why\n")

        assert match(directives, 3, "closure") is directives[0]
        assert match(directives, 3, "grows") is directives[0]
        assert match(directives, 3, "interface-box") is None
        assert match(directives, 2, "closure") is None
        assert match(directives, 4, "closure") is None
        assert match([], 3, "closure") is None

    def test_a_line_comes_before_its_function(self) -> None:
        directives = found(
            """
            package p

            //escapelens:ignore closure why
            func f() {
            	g() //escapelens:ignore closure why
            	h()
            }
            """
        )

        assert match(directives, 5, "closure") is directives[1]
        assert match(directives, 6, "closure") is directives[0]

    @pytest.mark.parametrize("directive", ["closure", "closure,grow why", "closure, why"])
    def test_a_directive_with_a_problem_hides_nothing(self, directive: str) -> None:
        directives = found(f"package p\n\nvar x = f() //escapelens:ignore {directive}\n")

        assert directives[0].problem
        assert match(directives, 3, "closure") is None


def test_a_file_without_the_word_is_not_looked_at() -> None:
    source = Source(b"package p\n\n// escapelens ignores this.\nfunc f() {}\n")
    before = dict(vars(source))

    assert ignores(source, KNOWN) == []
    assert vars(source) == before


def test_the_syntax_tree_of_others_stays() -> None:
    text = b"package p\n\n//escapelens:ignore closure why\nfunc f() {\n\tg()\n}\n"
    source = Source(text)
    source.focus([text.index(b"g()")])
    root = source.root

    assert ignores(source, KNOWN)
    assert source.root is root


@given(
    st.lists(
        st.sampled_from(
            [
                b"//escapelens:ignore closure why",
                b"// escapelens:ignore",
                b"/*escapelens:ignore*/",
                b"func f() {",
                b"}",
                b'"',
                b"`",
                b"'",
                b"\\",
                b"/*",
                b"*/",
                b"\n",
                b"\r\n",
                b"\t",
                b"x\xff",
            ]
        )
    )
)
def test_any_text_gives_directives_at_their_places(parts: list[bytes]) -> None:
    source = Source(b"".join(parts))
    lines = len(source.line_starts)

    for directive in ignores(source, KNOWN):
        offset = source.offset(directive.line, directive.column)
        assert offset is not None
        assert source.content.startswith((b"//", b"/*"), offset)
        assert 0 <= directive.first_line <= directive.last_line <= lines
        assert bool(directive.first_line) or bool(directive.problem)
