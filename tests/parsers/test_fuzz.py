"""The parser never raises, never hangs and never loses a line; and it notices what is changed."""

import random
import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escapelens.parsers.buildlog import compiler_text
from escapelens.parsers.diagnostics import (
    Explanation,
    LeakHeader,
    build_errors,
    hops,
    inlined_calls,
    scan,
    scan_leaks,
    scan_stack,
    split_blocks,
    unrecognised_flow_lines,
    unrecognised_lines,
)
from escapelens.parsers.vocabulary import FORMS, FROM, REASONS
from tests.parsers.compiling import PREFIX, compiled
from tests.toolchains import VERSIONS, Toolchain, installed

PROGRAM = """package m

import (
	"errors"
	"fmt"
)

type T struct {
	name string
	next *T
	data []byte
}

type namer interface{ Name() string }

func (t *T) Name() string { return t.name }
func (t *T) Trim(n int)   { t.data = t.data[n:] }

var sink any

func New(name string) *T { return &T{name: name} }

func Describe(t *T, n int) string {
	for i := 0; i < n; i++ {
		x := i
		sink = &x
	}
	sink = fmt.Sprintf("%d escapes to heap: %s", n, t.Name())
	sink = func() int { n++; return n }
	sink = `raw
# string` + t.name
	return errors.New(t.name + "!").Error()
}

func Grow(s []*T, m map[string]*T, t *T, c chan *T) []*T {
	m[t.name] = t
	c <- t
	s = append(s, t, New("x"))
	b := make([]byte, len(s))
	sink = string(b)
	var n namer = t
	defer func() { recover() }()
	go fmt.Println(n.Name(), s[0].next)
	return s
}
"""

MUTATIONS = 200
WORDS = (
    *("escapes", "escape", "heap", "moved", "does", "leaks", "leaking", "param", "parameter"),
    *("content", "result", "level", "derefs", "flow", "from", "inlining", "inline", "call"),
    *("cannot", "can", "cost", "capturing", "addr", "assign", "width", "ignoring", "closure"),
    *("self-assignment", "convert", "global", "captured", "vars", "conversion", "zero-copy"),
    *("converted", "devirtualizing", "marking", "escaping", "assuming", "unsafe"),
)
"""The compiler's own words that are changed, where they are none of the user's."""


@pytest.fixture(scope="session")
def real_texts(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> list[bytes]:
    """What the oldest and the newest Go print for the program."""
    binaries = installed()
    texts = []
    for version in VERSIONS:
        if version in (VERSIONS[0], VERSIONS[-1]) and version in binaries:
            toolchain = Toolchain(version, binaries[version])
            root = tmp_path_factory.mktemp(f"go{version}")
            (root / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
            (root / "a.go").write_text(PROGRAM)
            texts.append(compiled(toolchain, root, environment=toolchain.environment))
    if not texts:
        pytest.skip("no Go is installed: make toolchains")
    return texts


def parse_everything(text: bytes) -> None:
    """Reads a text in all ways, and checks that every line is accounted for."""
    blocks = list(split_blocks([text[:7], text[7:]]))
    rebuilt = sum(bytes(block.text).count(b"\n") for block in blocks)
    headers = sum(1 for block in blocks if block.package)
    lines = text.count(b"\n")
    # A header takes its line break with it, unless it ends the text.
    assert rebuilt + headers - lines in (0, 1)
    for block in blocks:
        content = bytes(block.text)
        found = scan(content)
        explained: list[Explanation | LeakHeader] = [*found.explanations, *scan_leaks(content)]
        for one in explained:
            assert unrecognised_flow_lines(one) == hops(one, {}).unrecognised
        scan_stack(content)
        inlined_calls(content, found.places)
        build_errors(content)
        unknown = unrecognised_lines(content)
        whole = content.decode("utf-8", "replace").split("\n")
        assert all(line in whole for line in unknown)
        assert len(unknown) <= len(whole)
        assert content in text


@given(st.binary(max_size=3000))
def test_any_bytes(text: bytes) -> None:
    parse_everything(text)
    parse_everything(compiler_text(text))


@given(
    st.lists(
        st.sampled_from(
            [
                *(b"# ", b"# p", b"\n", b"`", b'"', b"'", b"\\", b" ", b"  ", b"x", b"a.go:1:2: "),
                *(b"b.go:3: ", b"<unknown line number>: ", b" escapes to heap", b":", b" in F:"),
                *(b"moved to heap: ", b"  flow: ", b" = ", b"    from ", b" (spill) at a.go:1:2"),
                *(b"parameter p leaks to ", b" with derefs=0:", b" does not escape", b"{heap}"),
                *(b"\na.go:1:2: ", b"\na.go:1:2:   flow: {heap} = &x:", b"\r", b"\xff", b"{"),
            ]
        ),
        max_size=60,
    )
)
def test_any_words_of_the_compiler(words: list[bytes]) -> None:
    parse_everything(b"".join(words))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutations_of_real_text(real_texts: list[bytes], data: st.DataObject) -> None:
    text = bytearray(data.draw(st.sampled_from(real_texts)))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 40))
        piece = data.draw(
            st.sampled_from([b"", b"`", b'"', b"\n", b"# ", b" escapes to heap", b":", b"\0"])
        )
        text[at : at + length] = piece

    parse_everything(bytes(text))


@given(st.lists(st.sampled_from([b"a", b"`", b"\n", b"# x\n", b"a.go:1:2: "]), max_size=40))
def test_known_or_unrecognised(words: list[bytes]) -> None:
    """A line of no form is in the list, as often as it is there, unless a raw string holds it."""
    text = b"".join([*words, b"\na.go:1:2: moved to heap: x\na.go:9:9: what is this\n"])

    unknown = [line for block in split_blocks([text]) for line in unrecognised_lines(block.text)]

    assert unknown.count("a.go:9:9: what is this") == 1


SIZE = 250_000
HEADER = b"a.go:1:2: x escapes to heap:\na.go:1:2: "
ADVERSARIES = {
    "backticks": b"`" * SIZE,
    "lines of a backtick": b"`\n" * (SIZE // 2),
    "open raw strings": b"a.go:1:2: ` to heap\n" * (SIZE // 20),
    "closed and reopened": b"a:1: x`\n" + b"` ` to heap\n" * (SIZE // 12),
    "reopened strings": b'a:1: "`"`"`"` to heap\n' * (SIZE // 22),
    "headers": b"# a\n" * (SIZE // 4),
    "headers in a raw string": b"a.go:1:2: `\n" + b"# a\n" * (SIZE // 4),
    "headers and backticks": b"a.go:1:2: `\n" + b"# a\n`\n" * (SIZE // 6),
    "unknown lines": b"a.go:1:2: what is this\n" * (SIZE // 23),
    "unknown heap lines": b"x to heap\n" * (SIZE // 10),
    "one heap line": b"a.go:1:2: " + b"x escapes to heap in f" * (SIZE // 22),
    "one flow line": b"a.go:1:2:   flow: {storage for " + b"} = {storage for " * (SIZE // 17),
    "flow line of a header": HEADER
    + b"  flow: {storage for "
    + b"} = {storage for " * (SIZE // 17),
    "from line of a header": HEADER + b"    from " + b" (assign) at a:1" * (SIZE // 16) + b"x",
    "unknown flow lines": HEADER + b"\na.go:1:2:     from x (assign) at ?" * (SIZE // 35),
    "one leak": b"a.go:1:2: parameter p leaks to {storage for " + b"} for f with" * (SIZE // 12),
    "inlinable": b"a.go:1:2: can inline " + b" with cost 1 as: { } " * (SIZE // 21),
    "not inlinable": b"a.go:1:2: cannot inline " + b"f into f" * (SIZE // 8),
    "positions": b":1:1" * (SIZE // 4),
    "colons": b"a.go:1:2: " * (SIZE // 10),
    "colours": b"\x1b[1;" * (SIZE // 4),
    "events": b'{"a":1}\n' * (SIZE // 8),
}


@pytest.mark.parametrize("text", ADVERSARIES.values(), ids=ADVERSARIES)
def test_time_grows_with_the_text_only(text: bytes) -> None:
    started = time.process_time()

    compiler_text(text)
    blocks = list(split_blocks([b"# p\n" + text]))
    for block in blocks[:10]:
        found = scan(block.text)
        for explanation in found.explanations:
            hops(explanation, {})
            unrecognised_flow_lines(explanation)
        list(scan_leaks(block.text))
        scan_stack(block.text)
        unrecognised_lines(block.text)
        build_errors(block.text)

    # It takes one or two seconds; quadratic time would be minutes.
    assert time.process_time() - started < 30


def changed(word: str, choice: random.Random) -> str:
    """A word with two neighbouring letters swapped, doubled or lost, so that it is another one."""
    while True:
        at = choice.randrange(len(word) - 1)
        first, second = word[at], word[at + 1]
        pair = choice.choice([second + first, first + first, first])
        new = word[:at] + pair + word[at + 2 :]
        if new != word and new not in WORDS:
            return new


def own_words(message: bytes) -> list[tuple[int, int]]:
    """Where in a message the compiler's own words stand that can be changed."""
    form = next(form for form in FORMS if form.pattern.match(message))
    match = form.pattern.match(message)
    assert match is not None
    users = [match.span(name) for name in match.re.groupindex if name not in ("reason", "how")]
    found = []
    reason = match.span("reason") if form is FROM else (0, 0)
    for word in re.finditer(rb"[a-z]+(?:-[a-z]+)*", message):
        start, end = word.span()
        if any(first < end and start < last for first, last in users):
            continue
        if word[0].decode() in WORDS or reason[0] <= start < reason[1]:
            found.append((start, end))
    return [(start, end) for start, end in found if end - start > 2]


def test_changed_words_are_noticed(real_texts: list[bytes]) -> None:
    choice = random.Random(200)
    lines = [
        line
        for text in real_texts
        for line in text.split(b"\n")
        if PREFIX.match(line) and b"`" not in line and not unrecognised_lines(line)
    ]
    by_form: dict[str, list[bytes]] = {}
    for line in lines:
        prefix = PREFIX.match(line)
        assert prefix is not None
        message = line[prefix.end() :]
        form = next(form for form in FORMS if form.pattern.match(message))
        if own_words(message):
            by_form.setdefault(form.name, []).append(line)
    accepted = []
    for number in range(MUTATIONS):
        # Every form in turn, however rare it is.
        line = choice.choice(list(by_form.values())[number % len(by_form)])
        prefix = PREFIX.match(line)
        assert prefix is not None
        start, end = choice.choice(own_words(line[prefix.end() :]))
        at = prefix.end()
        word = changed(line[at + start : at + end].decode(), choice)
        mutant = line[: at + start] + word.encode() + line[at + end :]
        if unrecognised_lines(mutant) != [mutant.decode()]:
            accepted.append(mutant.decode())

    assert len(by_form) > 15
    assert accepted == []


def test_labels_are_unlike_each_other() -> None:
    """No label of a flow turns into another by one changed letter, so a change shows."""
    labels = {reason.label for reason in REASONS}
    for label in labels:
        shorter = {label[:at] + label[at + 1 :] for at in range(len(label))}
        assert not shorter & labels
