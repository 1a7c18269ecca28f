"""Random editing, with broken states on the way, ends in what a run from nothing says."""

import shutil
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.toolchains import Toolchain
from tests.watch.sessions import Attended, attending, from_nothing

Tree = dict[str, str]
"""The content of each file of a module, by name."""

PACKAGES = ("a", "b", "c", "d")
NEW = (
    "func New(n int) *int { return &n }",
    "func New(n int) *int {\n\tm := n\n\treturn &m\n}",
    "//go:noinline\nfunc New(n int) *int { return new(int) }",
    "//escapelens:ignore returned-pointer it is what it is for\nfunc New(n int) *int { return &n }",
)
KEEP = (
    "func Keep(p *int) { kept = p }\n\nvar kept *int",
    "func Keep(p *int) { _ = *p }",
    "type box struct{ p *int }\n\nvar all []box\n\nfunc Keep(p *int) { all = append(all, box{p}) }",
    'var byName = map[string]*int{}\n\n//go:noinline\nfunc Keep(p *int) { byName["x"] = p }',
)
BOX = (
    "func Box[T any](v T) *T { return &v }",
    "//go:noinline\nfunc Box[T any](v T) *T {\n\tw := v\n\treturn &w\n}",
    "func Box[T any](v T) *T { return nil }",
)
DOER = (
    "type Doer interface{ Do(p *int) }",
    "type Doer func(p *int)\n\nfunc (d Doer) Do(p *int) { d(p) }",
    "type Doer struct{ last []*int }\n\nfunc (d Doer) Do(p *int) { d.last[0] = p }",
)
OWN = (
    "func Via(d Doer) {\n\tn := 1\n\td.Do(&n)\n}",
    "func Into(m map[int]*int, s []*int) {\n\tn, k := 1, 2\n\tm[0], s[0] = &n, &k\n}",
    "// A comment.",
    "func Twice() (*int, *int) { a, b := 1, 1; return &a, &b }",
    "func Same() []any {\n\tvar s []any\n\ts = append(s, 1000)\n\ts = append(s, 1000)\n\treturn s\n}",
    "func Say(n int) { fmt.Println(n, n) }",
    "func Loop(n int) {\n\tfor i := range make([]int, n) {\n\t\tdefer func() { _ = i }()\n\t}\n}",
    "func Lazy() func() int { n := 0; return func() int { n++; return n } }",
)
OF_OTHERS = (
    "func Use{0}() {{ n := 1; {0}.Keep(&n) }}",
    "func Made{0}() *int {{ return {0}.New(1) }}",
    'func Boxed{0}() *string {{ return {0}.Box("x") }}',
    "func Run{0}(d {0}.Doer) {{ n := 1; d.Do(&n) }}",
    "func Hand{0}(p *int) {{ {0}.Keep(p) }}",
)


@st.composite
def sources(draw: st.DrawFn, name: str, others: tuple[str, ...]) -> dict[str, str]:
    """The files of a package that may import others."""
    own = draw(st.permutations([draw(st.sampled_from(kind)) for kind in (NEW, KEEP, BOX, DOER)]))
    pieces = [*own, *draw(st.lists(st.sampled_from(OWN), max_size=3, unique=True))]
    used = draw(st.lists(st.sampled_from(others), max_size=2, unique=True)) if others else []
    for other in used:
        calls = draw(st.lists(st.sampled_from(OF_OTHERS), min_size=1, max_size=3, unique=True))
        pieces += [call.format(other) for call in calls]
    at = draw(st.integers(0, len(pieces)))
    parts = {f"{name}/one.go": pieces[:at], f"{name}/two.go": pieces[at:]}
    return {file: _file(name, part, used) for file, part in parts.items() if part or "one" in file}


def _file(name: str, pieces: list[str], used: list[str]) -> str:
    body = "\n\n".join(pieces)
    imports = [f"example.com/m/{other}" for other in used if f"{other}." in body]
    imports += ["fmt"] if "fmt." in body else []
    head = "".join(f'import "{path}"\n' for path in imports)
    return f"package {name}\n\n{head}\n{body}\n"


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A module that builds: each package imports only ones before it."""
    present = [name for name in PACKAGES if draw(st.integers(0, 4))] or ["a"]
    tree: Tree = {}
    for index, name in enumerate(present):
        tree |= draw(sources(name, tuple(present[:index])))
    return tree


@st.composite
def scripts(draw: st.DrawFn) -> list[tuple[Tree, float]]:
    """States of a module with the seconds each of them lasts; the last one builds."""
    states = draw(st.lists(trees(), min_size=1, max_size=3))
    steps = []
    for state in states[:-1]:
        broken = dict(state)
        if draw(st.booleans()):
            file = draw(st.sampled_from(sorted(broken)))
            change = draw(st.sampled_from(["half", "gone", "undefined"]))
            if change == "gone":
                del broken[file]
            elif change == "half":
                broken[file] = broken[file][: len(broken[file]) // 2]
            else:
                broken[file] += "\nvar _ = undefined\n"
        steps.append((broken, draw(st.sampled_from([0.0, 0.02, 0.1, 0.4]))))
    return [*steps, (states[-1], 0.0)]


def put(root: Path, tree: Tree, by_rename: bool) -> None:
    """Makes the files of a folder those of a tree, writing only what differs."""
    for file in root.rglob("*.go"):
        if file.relative_to(root).as_posix() not in tree:
            file.unlink()
    for folder in [one for one in root.iterdir() if one.is_dir()]:
        if not any(folder.iterdir()):
            shutil.rmtree(folder)
    for name, content in tree.items():
        file = root / name
        file.parent.mkdir(exist_ok=True)
        if file.exists() and file.read_text() == content:
            continue
        target = file.with_name(f".{file.name}.new") if by_rename else file
        target.write_text(content)
        if by_rename:
            target.rename(file)


def check(attended: Attended, root: Path, script: list[tuple[Tree, float]]) -> None:
    for index, (tree, pause) in enumerate(script):
        put(root, tree, by_rename=index % 2 == 1)
        time.sleep(pause)
    attended.settle()
    assert attended.report() == from_nothing(root)


def try_scripts(root: Path, examples: int) -> None:
    (root / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    (root / "a").mkdir()
    (root / "a/one.go").write_text(f"package a\n\n{NEW[0]}\n\n{KEEP[0]}\n\n{BOX[0]}\n\n{DOER[0]}\n")
    with attending(root) as attended:

        @settings(
            max_examples=examples,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(scripts())
        def try_all(script: list[tuple[Tree, float]]) -> None:
            check(attended, root, script)

        try_all()


def test_a_few_scripts(newest: Toolchain, tmp_path: Path) -> None:
    try_scripts(tmp_path, 6)


@pytest.mark.sweep
def test_many_scripts(newest: Toolchain, tmp_path: Path) -> None:
    try_scripts(tmp_path, 200)
