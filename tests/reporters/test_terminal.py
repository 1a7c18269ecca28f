"""The terminal view: what is drawn where, at every width, and what must never be printed."""

import io
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from msgspec.structs import replace as with_fields
from rich.cells import cell_len
from rich.console import Console

from escapelens.logs import parse_log
from escapelens.model import Report
from escapelens.reporters.selection import MANY, SCREENFUL, select
from escapelens.reporters.terminal import TerminalReporter, View
from escapelens.request import Filter, Outcome, Request, Wanted
from escapelens.run import run
from escapelens.source import Source
from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain

EXAMPLES = Path(__file__).parents[2] / "examples"
GOLDEN = Path(__file__).parents[1] / "golden"
EVERYTHING = View(top=0, leaks=True, stack=True, show_hidden=True)
SCREEN = View(top=None)
DIALECT = re.compile(
    r"~[rRp]\d|\{heap\}|\{temp\}|\{storage|go\.shape|\.autotmp_|(?<!\w)\.dict\b|\.stmp_|#state|·\d"
)
SOURCE_LINE = re.compile(r" +\d+ │ ")


def printed(
    report: Report,
    outcome: Outcome,
    view: View = SCREEN,
    *,
    width: int = 80,
    encoding: str = "utf-8",
) -> str:
    """What a report looks like on a pipe of a width."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    TerminalReporter(view, Console(file=file, width=width)).print(report, outcome.read)
    file.seek(0)
    return file.read()


@pytest.fixture
def shown(tmp_path: Path) -> Callable[..., str]:
    """Print what a log of the compiler says about one file, `m.go`, in package m."""

    def show(
        source: str | bytes,
        log: str,
        view: View = SCREEN,
        *,
        width: int = 80,
        encoding: str = "utf-8",
    ) -> str:
        content = source if isinstance(source, bytes) else dedent(source).lstrip("\n").encode()
        (tmp_path / "m.go").write_bytes(content)
        text = "# example.com/m\n" + dedent(log).lstrip("\n")
        wanted = Wanted(leaks=view.leaks, stack=view.stack)
        outcome = parse_log(text.encode(), tmp_path, tmp_path, wanted, Filter())
        return printed(outcome.report, outcome, view, width=width, encoding=encoding)

    return show


MOVED = """
    package m

    func New(name string) *T {
    	t := T{name}
    	return &t
    }
"""
MOVED_LOG = """
    ./m.go:4:2: t escapes to heap in New:
    ./m.go:4:2:   flow: ~r0 ← &t:
    ./m.go:4:2:     from &t (address-of) at ./m.go:5:9
    ./m.go:4:2:     from return &t (return) at ./m.go:5:2
    ./m.go:4:2: moved to heap: t
"""


def test_a_site_stands_in_its_source_with_its_flow(shown: Callable[..., str]) -> None:
    assert shown(MOVED, MOVED_LOG).splitlines() == [
        f"m.go {'─' * 75}",
        "func New",
        "m.go:4:2: `t` is on the heap because `return &t` (line 5) hands its address to",
        "    the caller [returned-pointer]",
        "     4 │ t := T{name}",
        "       │ ━",
        "     5 │ return &t",
        "       │        ── 1 its address is taken",
        "       │ ────── 2 returned to the caller",
        "",
        "1 site on the heap: 1 variable",
        "in 1 function, 1 file, 1 package",
        "1 allocates, none in a loop",
    ]


def test_a_console_without_unicode_gets_other_signs(shown: Callable[..., str]) -> None:
    text = shown(MOVED, MOVED_LOG, encoding="ascii")
    assert "     5 | return &t\n       |        -- 1 its address is taken\n" in text


def test_no_flow_leaves_the_site_alone(shown: Callable[..., str]) -> None:
    text = shown(MOVED, MOVED_LOG, View(top=None, flow=False))
    assert "━" in text
    assert "its address is taken" not in text


def test_raw_prints_what_the_compiler_printed(shown: Callable[..., str]) -> None:
    text = shown(MOVED, MOVED_LOG, View(top=None, raw=True))
    assert "    m.go:4:2: moved to heap: t\n" in text
    assert "      flow: ~r0 ← &t:\n" in text
    assert "        from return &t (return) at m.go:5:2\n" in text
    assert "returned to the caller" not in text


def test_nothing_on_the_heap_is_said(shown: Callable[..., str]) -> None:
    text = shown(MOVED, "./m.go:3:6: can inline New with cost 9 as: func(string) *T { return }\n")
    assert text == "Nothing in 1 package escapes to the heap.\n"


def test_sites_of_one_line_and_flow_share_it(shown: Callable[..., str]) -> None:
    text = shown(
        """
        package m

        func f(a, b int) {
        	g(a, b)
        }
        """,
        """
        ./m.go:4:4: a escapes to heap in f:
        ./m.go:4:4:   flow: {heap} ← &{storage for a}:
        ./m.go:4:4:     from a (spill) at ./m.go:4:4
        ./m.go:4:4:     from g(a, b) (call parameter) at ./m.go:4:3
        ./m.go:4:7: b escapes to heap in f:
        ./m.go:4:7:   flow: {heap} ← &{storage for b}:
        ./m.go:4:7:     from b (spill) at ./m.go:4:7
        ./m.go:4:7:     from g(a, b) (call parameter) at ./m.go:4:3
        ./m.go:4:4: a escapes to heap
        ./m.go:4:7: b escapes to heap
        """,
    )
    assert [line for line in text.splitlines()[2:] if "m.go:" in line or "│" in line][:5] == [
        "m.go:4:4: a copy of `a` is on the heap because an interface holds its address,",
        "m.go:4:7: a copy of `b` is on the heap because an interface holds its address,",
        "     4 │ g(a, b)",
        "       │   ━  ━",
        "       │ ─ 1 passed to `g`, which may keep it",
    ]


@pytest.mark.parametrize(
    ("line", "expression", "drawn"),
    [
        ("\tx := 1", "x", ["x := 1", "━"]),
        ("\t/*ü*/ größe := 1", "größe", ["/*ü*/ größe := 1", "      ━━━━━"]),
        ("\t/*日本*/ y := 1", "y", ["/*日本*/ y := 1", "         ━"]),
        ("\t/*e\u0301*/ y := 1", "y", ["/*e\u0301*/ y := 1", "      ━"]),
        ("\t/*\t*/ y := 1", "y", ["/*  */ y := 1", "       ━"]),
        ("\t/*\x1b[31m*/ y := 1", "y", [r"/*\x1b[31m*/ y := 1", "             ━"]),
        ("\t/*\u202e*/ y := 1", "y", [r"/*\u202e*/ y := 1", "           ━"]),
    ],
)
def test_underlines_stand_below_their_expression(
    shown: Callable[..., str], line: str, expression: str, drawn: list[str]
) -> None:
    source = f"package m\n\nfunc f() {{\n{line}\n}}\n".encode()
    column = line.encode().index(f"{expression} :=".encode()) + 1
    text = shown(source, f"./m.go:4:{column}: moved to heap: {expression}\n")
    assert [row[9:] for row in text.splitlines()[3:5]] == drawn


def test_crlf_leaves_no_trace(shown: Callable[..., str]) -> None:
    source = dedent(MOVED).lstrip("\n").replace("\n", "\r\n").encode()
    assert shown(source, MOVED_LOG) == shown(MOVED, MOVED_LOG)


def test_expressions_over_several_lines_are_marked_as_going_on(shown: Callable[..., str]) -> None:
    text = shown(
        """
        package m

        func f() *T {
        	return &T{
        		a: 1,
        	}
        }
        """,
        "./m.go:4:9: &T{...} escapes to heap\n",
    )
    assert "       │        ━━━…\n" in text


@pytest.mark.parametrize("width", [40, 80, 200])
def test_long_lines_are_cropped_around_the_expression(
    shown: Callable[..., str], width: int
) -> None:
    line = f'\tg("{"a" * 100}", x, "{"b" * 200}")'
    source = f"package m\n\nfunc f(x int) {{\n{line}\n}}\n".encode()
    text = shown(source, f"./m.go:4:{line.index('x') + 1}: x escapes to heap\n", width=width)
    code, marks = [line for line in text.splitlines() if "│" in line]
    assert cell_len(code) <= width
    assert code[marks.index("━")] == "x"


def test_a_changed_file_is_not_annotated(shown: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "m.go").write_text(dedent(MOVED).lstrip("\n"))
    log = ("# example.com/m\n" + dedent(MOVED_LOG).lstrip("\n")).encode()
    outcome = parse_log(log, tmp_path, tmp_path, Wanted(), Filter())
    (tmp_path / "m.go").write_text("package m\n\n// edited\n\nfunc New() {}\n")

    def read_again(file: str) -> Source | None:
        return Source.read(str(tmp_path / file))

    text = printed(outcome.report, Outcome(outcome.report, read_again))
    assert "m.go · changed since the build ──" in text
    assert "[returned-pointer]\n         1 m.go:5:9: its address" in text
    assert "│" not in text
    assert "edited" not in text


def test_markup_and_control_characters_in_messages_are_text(
    shown: Callable[..., str], tmp_path: Path
) -> None:
    text = shown(
        'package m\n\nvar x any = "[bold]:smile:[/]"\n',
        './m.go:3:13: "[bold]:smile:[/]" escapes to heap\n# bad\x1b[2Jpkg\nm.go:1:1: \x1b]0;no\n',
    )
    assert "[bold]:smile:[/]" in text
    assert "\x1b" not in text


def test_leaks_are_told_in_words(shown: Callable[..., str]) -> None:
    text = shown(
        """
        package m

        func f(p, q *T) *int {
        	kept = p
        	return q.n
        }
        """,
        """
        ./m.go:3:8: parameter p leaks to {heap} for f with derefs=0:
        ./m.go:3:8:   flow: {heap} ← p:
        ./m.go:3:8:     from kept = p (assign) at ./m.go:4:7
        ./m.go:3:11: parameter q leaks to ~r0 for f with derefs=1:
        ./m.go:3:11:   flow: ~r0 ← *q:
        ./m.go:3:11:     from q.n (dot of pointer) at ./m.go:5:10
        ./m.go:3:11:     from return q.n (return) at ./m.go:5:2
        ./m.go:3:8: leaking param: p
        ./m.go:3:11: leaking param: q to result ~r0 level=1
        """,
        View(top=None, leaks=True),
    )
    assert "m.go · parameters that leak ──" in text
    assert "m.go:3:8: parameter `p` leaks to the heap\n" in text
    assert "m.go:3:11: what parameter `q` points to leaks to the result\n" in text
    assert "2 returned to the caller" in text


def test_what_does_not_escape_is_listed(shown: Callable[..., str]) -> None:
    text = shown(MOVED, "./m.go:4:9: &T{...} does not escape\n", View(top=None, stack=True))
    assert "m.go · what does not escape ──" in text
    assert "m.go:4:9: `&T{…}`\n" in text


@pytest.mark.parametrize("is_on_heap", [True, False])
def test_a_literal_is_on_the_heap_only_where_the_report_says_so(
    shown: Callable[..., str], is_on_heap: bool
) -> None:
    text = shown(
        """
        package m

        func f(g func() *T) (t *T) {
        	h := func() {
        		t = &T{}
        	}
        }
        """,
        f"""
        ./m.go:5:7: &T{{...}} escapes to heap in f.func1:
        ./m.go:5:7:   flow: t ← &{{storage for &T{{...}}}}:
        ./m.go:5:7:     from &T{{...}} (spill) at ./m.go:5:7
        ./m.go:5:7:     from t = &T{{...}} (assign) at ./m.go:5:5
        ./m.go:5:7:   flow: {{storage for func literal}} ← &t:
        ./m.go:5:7:     from t (captured by a closure) at ./m.go:5:3
        ./m.go:5:7:     from t (reference) at ./m.go:5:3
        ./m.go:5:7: &T{{...}} escapes to heap
        ./m.go:4:7: func literal {"escapes to heap" if is_on_heap else "does not escape"}
        """,
    )
    assert ("heap too" in text) == is_on_heap
    assert ("which lives longer" in " ".join(text.replace("│", " ").split())) != is_on_heap


def test_the_slice_of_variadic_arguments_is_called_so(shown: Callable[..., str]) -> None:
    text = shown(
        """
        package m

        func f() { x := 1; g(&x) }
        """,
        """
        ./m.go:3:12: x escapes to heap in f:
        ./m.go:3:12:   flow: {storage for ... argument} ← &x:
        ./m.go:3:12:     from &x (address-of) at ./m.go:3:22
        ./m.go:3:12:     from ... argument (slice-literal-element) at ./m.go:3:21
        ./m.go:3:21: ... argument escapes to heap in f:
        ./m.go:3:21:   flow: {heap} ← &{storage for ... argument}:
        ./m.go:3:21:     from ... argument (spill) at ./m.go:3:21
        ./m.go:3:21:     from g(... argument...) (call parameter) at ./m.go:3:21
        ./m.go:3:12: moved to heap: x
        ./m.go:3:21: ... argument escapes to heap
        """,
    )
    words = " ".join(text.replace("│", " ").split())
    assert "m.go:3:21: the slice of the variadic arguments of `g(&x)` is on the heap" in words
    assert "2 stored in the slice of the variadic arguments, which is on the heap too" in words


def test_leaks_into_copies_and_of_made_up_parameters(shown: Callable[..., str]) -> None:
    text = shown(
        """
        package m

        func f(s string, e T) { fmt.Println(s, e.prefix) }
        """,
        """
        ./m.go:3:8: parameter s leaks to {storage for s} for f with derefs=0:
        ./m.go:3:8:   flow: {storage for s} ← s:
        ./m.go:3:8:     from s (interface-converted) at ./m.go:3:37
        ./m.go:3:18: parameter e leaks to {storage for e.prefix} for f with derefs=0:
        ./m.go:3:18:   flow: {storage for e.prefix} ← e:
        ./m.go:3:18:     from e.prefix (dot) at ./m.go:3:41
        ./m.go:3:6: parameter .dict leaks to {storage for func literal} for f with derefs=0:
        ./m.go:3:6:   flow: {storage for func literal} ← .dict:
        ./m.go:3:6:     from .dict (captured by a closure) at ./m.go:3:6
        """,
        View(top=None, leaks=True),
    )
    assert "parameter `s` leaks to a copy of it, boxed in an interface\n" in text
    assert "parameter `e` leaks to a copy of `e.prefix`, boxed in an interface\n" in text
    assert "m.go:3:6:" not in text


def test_the_heap_is_reached_once(shown: Callable[..., str]) -> None:
    text = shown(
        """
        package m

        func f(p *T) {}
        """,
        """
        ./m.go:3:8: parameter p leaks to {heap} for f with derefs=0:
        ./m.go:3:8:   flow: {heap} ← p:
        """,
        View(top=None, leaks=True),
    )
    assert "1 flows to the heap\n" in text


def test_hidden_state_does_not_escape_in_words(shown: Callable[..., str]) -> None:
    text = shown(MOVED, "./m.go:4:2: #p2 does not escape\n", View(top=None, stack=True))
    assert "m.go:4:2: the hidden state of a range-over-func loop\n" in text


def test_what_is_inlined_is_named_by_the_call(shown: Callable[..., str]) -> None:
    text = shown(
        """
        package m

        func f() error { return fmt.Errorf("no") }
        """,
        """
        ./m.go:3:35: inlining call to fmt.Errorf
        ./m.go:3:35: inlining call to errors.New
        ./m.go:3:35: &errors.errorString{...} escapes to heap
        ./m.go:3:35: moved to heap: fmt.a
        """,
    )
    words = " ".join(text.split())
    assert "`&errors.errorString{…}` of `errors.New`, inlined here, is on the heap" in words
    assert "`a` of `fmt.Errorf`, inlined here, is on the heap" in words
    assert "only the compiler's -m=2 says why" in words


def test_lines_with_five_digits_fit(shown: Callable[..., str]) -> None:
    source = "package m\n" + "\n" * 10000 + f"var x any = f({'a' * 200})\n"
    text = shown(source, f"./m.go:10002:13: f({'a' * 200}) escapes to heap\n")
    assert "  10002 │ " in text
    assert max(cell_len(line) for line in text.splitlines()) == 80


def many_sites(tmp_path: Path, count: int) -> Outcome:
    lines = "".join(f"var x{n} = new(int)\n" for n in range(count))
    (tmp_path / "m.go").write_text(f"package m\n\n{lines}")
    log = "".join(
        f"./m.go:{n + 3}:{len(f'var x{n} = new') + 1}: new(int) escapes to heap\n"
        for n in range(count)
    )
    return parse_log(f"# m\n{log}".encode(), tmp_path, tmp_path, Wanted(), Filter())


@pytest.mark.parametrize(
    ("count", "top", "expected"),
    [
        (MANY, None, MANY),
        (MANY + 1, None, SCREENFUL),
        (MANY + 1, 0, MANY + 1),
        (MANY + 1, 3, 3),
    ],
)
def test_a_limit_is_kept_and_said(
    tmp_path: Path, count: int, top: int | None, expected: int
) -> None:
    outcome = many_sites(tmp_path, count)
    text = printed(outcome.report, outcome, View(top=top))
    assert text.count("━━━━━━━━\n") == expected
    said = f"showing {expected} of {count} sites; --all shows the rest"
    assert (said in text) == (expected < count)


def test_selection_is_fair_over_files_and_prefers_own_code(tmp_path: Path) -> None:
    site = many_sites(tmp_path, 1).report.sites[0]

    def at(file: str, line: int, *, generated: bool = False) -> object:
        position = with_fields(site.position, file=file, line=line)
        return with_fields(site, position=position, generated=generated)

    sites = [at("a.go", n, generated=n < 3) for n in range(6)]
    sites += [at("b.go", n) for n in range(2)]
    chosen = select(sites, 4)  # type: ignore[arg-type]
    assert [(s.position.file, s.position.line) for s in chosen] == [
        ("a.go", 3),
        ("a.go", 4),
        ("b.go", 0),
        ("b.go", 1),
    ]


def assert_fits_and_speaks_no_dialect(outcome: Outcome) -> None:
    for width in (40, 80, 200):
        text = printed(outcome.report, outcome, EVERYTHING, width=width)
        assert "\x1b" not in text
        for line in text.splitlines():
            assert cell_len(line) <= width or " " not in line.strip(), line
            assert SOURCE_LINE.match(line) or not DIALECT.search(line), line


@pytest.mark.parametrize("name", ["buffers", "generic", "logging", "pool", "store"])
def test_examples_fit_and_speak_no_dialect(newest: Toolchain, tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    shutil.copytree(EXAMPLES / name, folder)
    request = Request(BuildOptions(), Wanted(leaks=True, stack=True))
    assert_fits_and_speaks_no_dialect(run(request, os.environ, folder))


@pytest.mark.parametrize(
    "path", sorted(GOLDEN.glob("*/*.m2.txt")), ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_recordings_of_every_go_fit_and_speak_no_dialect(path: Path) -> None:
    wanted = Wanted(leaks=True, stack=True)
    log = path.read_bytes()
    assert_fits_and_speaks_no_dialect(parse_log(log, path.parent, path.parent, wanted, Filter()))


def test_packages_of_the_standard_library_speak_no_dialect(
    newest: Toolchain, tmp_path: Path
) -> None:
    options = BuildOptions(patterns=("encoding/json", "net/http"))
    outcome = run(Request(options, Wanted(leaks=True)), os.environ, tmp_path)
    text = printed(outcome.report, outcome, replace(EVERYTHING, stack=False))
    assert text.count("━") > 1000
    for line in text.splitlines():
        assert SOURCE_LINE.match(line) or not DIALECT.search(line), line
