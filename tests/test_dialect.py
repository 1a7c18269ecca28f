"""The compiler's dialect in plain words."""

import pytest

from escapelens import dialect
from escapelens.parsers import vocabulary


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("{heap}", "the heap"),
        ("{temp}", "a temporary"),
        ("~r0", "the result"),
        ("~R0", "the result"),
        ("~r2", "result 3"),
        ("~p1", "an unnamed parameter"),
        (".this", "the receiver"),
        ("#state1", "the hidden state of a range-over-func loop"),
        ("it.#state1", "the hidden state of a range-over-func loop"),
        (".autotmp_4", "a temporary"),
        ("{storage for &T{...}}", "the memory of &T{…}"),
        ("user", "user"),
    ],
)
def test_locations_are_told_in_words(name: str, words: str) -> None:
    assert dialect.location(name) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fmt.a", "a variable of the inlined function"),
        ('"sync/atomic".x', "a variable of the inlined function"),
        ("fmt.~r0", "the result"),
        ("slices.#state1", "the hidden state of a range-over-func loop"),
        ("go.shape.~p0", "an unnamed parameter"),
        ("user", "user"),
        ("{heap}", "the heap"),
        ("{storage for s.a}", "the memory of s.a"),
    ],
)
def test_variables_of_other_packages_are_those_of_inlined_functions(name: str, words: str) -> None:
    assert dialect.variable(name) == words


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("func literal", "the function literal"),
        ("... argument", "the slice of the variadic arguments"),
        ("~r0", "the result"),
        ("append(mapped, ~r0)", "append(mapped, …)"),
        ("#rv2", "result 2"),
        ("(~r0)[0]", "the part [0] of the result"),
        ("(*~r0).name", "the part .name of the result"),
        ('fmt.Sprintf("%d", ... argument...)', 'fmt.Sprintf("%d", …)'),
        ("&Box[go.shape.int]{...}", "&Box[int]{…}"),
        ("make([]go.shape.struct { x.a int }, n)", "make([]struct { x.a int }, n)"),
        ("f(&.dict.Box[int], 0)", "f(…, 0)"),
        ("x.dict[0]", "x.dict[0]"),
        (".autotmp_12.Name", "….Name"),
        ("F.func1#5+2aqeVFpr0=#", "F.func1"),
        ("T{a, b}", "T{a, b}"),
    ],
)
def test_expressions_lose_what_the_compiler_made_up(printed: str, plain: str) -> None:
    assert dialect.plain(printed) == plain


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("(*Store).Put", "(*Store).Put"),
        ("F.func1.2", "F.func1.2"),
        ("Clone[go.shape.map[string]int,go.shape.string]", "Clone"),
        ("(*Box[go.shape.int]).Get", "(*Box).Get"),
        ("closer·3.Close", "closer.Close"),
    ],
)
def test_functions_lose_type_arguments(name: str, shown: str) -> None:
    assert dialect.function(name) == shown


@pytest.mark.parametrize(
    ("code", "width", "shown"),
    [
        ("&User{ID: 1}", 20, "&User{ID: 1}"),
        ("&User{ID: user.ID, Name: user.Name}", 24, "&User{ID: user.ID, …}"),
        ("&User{Name: strings.ToUpper(user.Name)}", 20, "&User{…}"),
        ("append(found, f(x)(y), strings.TrimSpace(name))", 20, "append(found, …)"),
        ("a\n\t+ b", 20, "a + b"),
        ("x" * 50, 11, "xxxxxx…xxxx"),
    ],
)
def test_long_code_is_abbreviated(code: str, width: int, shown: str) -> None:
    assert dialect.brief(code, width) == shown


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (
            "&node{\n\ttyp:    static,\n\tprefix: search[:n],\n}",
            "&node{typ: static, prefix: search[:n]}",
        ),
        ('fmt.Sprintf(\n\t"a:   %d",\n\tn,\n)', 'fmt.Sprintf("a:   %d", n)'),
        ('[]string{\n\t"a", "b",\n\t"c"}', '[]string{"a", "b", "c"}'),
        ("a +\n\tb", "a + b"),
        ("x{a:  b}", "x{a:  b}"),
    ],
)
def test_code_on_one_line_is_as_gofmt_writes_it(code: str, shown: str) -> None:
    assert dialect.on_one_line(code) == shown


@pytest.mark.parametrize(
    ("call", "shown"),
    [("f()", "f()"), ("fmt.Errorf(x, (y))", "fmt.Errorf(…)"), ("f(1)(2)", "f(1)(…)"), ("x", "x")],
)
def test_calls_without_their_arguments(call: str, shown: str) -> None:
    assert dialect.without_arguments(call) == shown


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("f(a)", "f(a)"),
        ("f(\n\ta,\n)", "f(…)"),
        ("go func() {\n\tg()\n}()", "go func() {…}()"),
        ("(&T{\n\ta: 1,\n}).Listen(a, b)", "(&T{…}).Listen(a, b)"),
        ("f(&T{\n\ta: 1,\n}, b)", "f(&T{…}, b)"),
        ("f.\n\tg()", "f.g()"),
        ("f().\n\tg(a,\n\t\tb).\n\th", "f().g(a,…)"),
        ("return func() {\n\tg()\n}, &n", "return func() {…}, &n"),
        ("f(a, func() {\n\tg()\n}, func() {\n\th()\n})", "f(a, func() {…})"),
    ],
)
def test_the_first_line_stands_for_the_others(code: str, shown: str) -> None:
    assert dialect.first_line(code) == shown


def test_every_reason_has_a_note() -> None:
    for reason in vocabulary.REASONS:
        note = dialect.note(reason.label, "x")
        assert note
        assert "{" not in note


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("x{\n\ta: 1, // one\n\tb: 2, // two\n}", "x{a: 1, b: 2}"),
        ('x{\n\t"http://a",\n\t`//b`, // c\n}', 'x{"http://a", `//b`}'),
        ("f(\n\ta / b,\n\t'\"', // it's\n)", "f(a / b, '\"')"),
        ("a // b", "a // b"),
    ],
)
def test_comments_are_no_part_of_code_on_one_line(code: str, line: str) -> None:
    assert dialect.on_one_line(code) == line


def test_the_first_line_has_no_comment() -> None:
    code = "return func(n int) error { // for all\n\treturn nil\n}"

    assert dialect.first_line(code) == "return func(n int) error {…}"
