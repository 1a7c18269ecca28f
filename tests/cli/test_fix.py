"""`escapelens fix` as a user meets it: what it offers, what it writes, and what it refuses."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from escapelens.reporters.json import schema
from escapelens.writing import JOURNAL
from tests.toolchains import Toolchain

Write = Callable[[str], Path]
MODULE = """
    -- user/user.go --
    package user

    type User struct {
    	Name string
    	Age  int
    }

    //go:noinline
    func newUser(name string) *User {
    	u := User{Name: name}
    	return &u
    }

    func Greet(name string) string {
    	u := newUser(name)
    	return "hello, " + u.Name
    }
    -- user/user_test.go --
    package user

    import "testing"

    func TestGreet(t *testing.T) {
    	if Greet("x") != "hello, x" {
    		t.Fatal("no greeting")
    	}
    }

    func BenchmarkGreet(b *testing.B) {
    	for i := 0; i < b.N; i++ {
    		Greet("x")
    	}
    }
    -- main.go --
    package main

    import "example.com/m/user"

    func main() { println(user.Greet("you")) }
"""
REWRITTEN = b"func newUser(name string) User {\n\tu := User{Name: name}\n\treturn u\n}"


def fix(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "escapelens", "fix", *arguments],
        cwd=cwd,
        env={**os.environ, "PWD": str(cwd)},
        capture_output=True,
        text=True,
        check=False,
    )


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".git" not in path.parts
    }


@pytest.fixture
def module(write_module: Write) -> Path:
    return write_module(MODULE)


def test_a_dry_run_shows_the_diff_and_its_proof(toolchain: Toolchain, module: Path) -> None:
    before = files(module)
    done = fix(cwd=module)

    assert done.returncode == 0, done.stderr
    words = " ".join(done.stdout.split())
    assert "user/user.go:10:2: return the `User` by value [returned-pointer/by-value] review" in (
        words
    )
    assert "    -func newUser(name string) *User {\n    +func newUser(name string) User {\n" in (
        done.stdout
    )
    assert (
        f"go{toolchain.version}: `u` stays on the stack, no new heap site in 1 dependent package "
        "and this one, tests compile" in words
    )
    assert files(module) == before


def test_tests_and_benchmarks_are_part_of_the_proof(newest: Toolchain, module: Path) -> None:
    done = fix("--tests", "--bench", "Greet", "--benchtime", "100x", cwd=module)

    words = " ".join(done.stdout.split())
    assert "tests pass, 2 → 1 allocs/op" in words or "tests pass, 1 → 0 allocs/op" in words
    assert "BenchmarkGreet" in done.stdout
    assert "collections" in done.stdout


def test_a_named_place_is_written(newest: Toolchain, module: Path) -> None:
    (module / "user/user.go").chmod(0o640)
    done = fix("--write", "user/user.go:10", cwd=module)

    assert done.returncode == 0, done.stderr
    assert REWRITTEN in (module / "user/user.go").read_bytes()
    assert (module / "user/user.go").stat().st_mode & 0o777 == 0o640
    assert "1 rewrite written to user/user.go: " in done.stdout
    assert not (module / JOURNAL).exists()
    again = fix("--write", "user/user.go:10", cwd=module)
    assert "nothing is on the heap at line 10 of user/user.go" in again.stdout


def test_without_a_place_only_what_is_safe_is_written(newest: Toolchain, module: Path) -> None:
    before = files(module)
    done = fix("--write", cwd=module)

    assert done.returncode == 0, done.stderr
    assert "nothing was written" in done.stdout
    assert files(module) == before
    fix("--write", "--unsafe", "--cause", "returned-pointer", cwd=module)
    assert REWRITTEN in (module / "user/user.go").read_bytes()


def test_the_patch_applies(newest: Toolchain, module: Path, tmp_path: Path) -> None:
    done = fix("--cause", "returned-pointer", "--patch", "fix.patch", cwd=module)
    assert done.stdout.endswith(
        "fix.patch has 0 of 1 rewrite; --unsafe puts in all that fit together\n"
    )
    assert (module / "fix.patch").read_bytes() == b""
    done = fix("--unsafe", "--cause", "returned-pointer", "--patch", "fix.patch", cwd=module)
    assert done.stdout.endswith("fix.patch has 1 of 1 rewrite\n")

    assert done.returncode == 0, done.stderr
    patch = shutil.which("git")
    if patch is None:
        pytest.skip("needs git")
    environ = {"GIT_CEILING_DIRECTORIES": str(module.parent), "PATH": os.environ["PATH"]}
    subprocess.run([patch, "apply", "fix.patch"], cwd=module, check=True, env=environ)
    assert REWRITTEN in (module / "user/user.go").read_bytes()


def test_json_is_the_document_of_show_with_verdicts(newest: Toolchain, module: Path) -> None:
    done = fix("--format", "json", cwd=module)
    document = json.loads(done.stdout)

    jsonschema.validate(document, schema())
    (site,) = [one for one in document["sites"] if one["expression"] == "u"]
    (suggestion,) = [one for one in site["suggestions"] if one["rewrite"] == "by-value"]
    assert suggestion["id"] == f"{site['fingerprint']}/by-value"
    assert suggestion["verdict"]["effect"] == "gone"
    assert suggestion["verdict"]["dependents"] == 1
    content = (module / "user/user.go").read_bytes()
    digests = {file["file"]: file["sha256"] for file in document["files"]}
    assert digests["user/user.go"] == hashlib.sha256(content).hexdigest()
    for edit in reversed(suggestion["edits"]):
        assert edit["file"] == "user/user.go"
        content = content[: edit["start"]] + edit["new_text"].encode() + content[edit["end"] :]
    assert REWRITTEN in content


def test_a_file_that_a_test_expects_otherwise_is_rejected_with_the_words(
    newest: Toolchain, module: Path
) -> None:
    test = module / "user/user_test.go"
    test.write_text(test.read_text() + "\nvar _ func(string) *User = newUser\n")
    before = files(module)
    done = fix("--write", "--rejected", "user/user.go:10", cwd=module)

    assert done.returncode == 0, done.stderr
    assert "uses the function as a value" in " ".join(done.stdout.split())
    assert files(module) == before


def test_tests_that_fail_keep_everything_from_being_written(
    newest: Toolchain, module: Path
) -> None:
    test = module / "user/user_test.go"
    test.write_text(
        test.read_text().replace(
            'if Greet("x")',
            'if n := testing.AllocsPerRun(9, func() { newUser("") }); n != 1 || Greet("x")',
        )
    )
    before = files(module)
    done = fix("--write", "user/user.go:10", cwd=module)

    assert done.returncode == 4
    assert "error: tests fail with the rewrites" in done.stderr
    assert files(module) == before


@pytest.mark.needs("git")
def test_a_dirty_tree_is_refused(newest: Toolchain, module: Path) -> None:
    def git(*words: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        subprocess.run(["git", *identity, *words], cwd=module, check=True, capture_output=True)

    git("init", "-q")
    new = fix("--write", "user/user.go:10", cwd=module)
    assert new.returncode == 2
    assert "error: git has uncommitted changes: user/" in new.stderr
    (module / ".gitignore").write_text("user.go\n")
    git("add", ".")
    git("commit", "-qm", "x")
    ignored = fix("--write", "user/user.go:10", cwd=module)
    assert "error: git has uncommitted changes: user/user.go" in ignored.stderr
    git("add", "-f", ".")
    git("commit", "-qm", "x")
    (module / "main.go").write_bytes((module / "main.go").read_bytes() + b"\n// changed\n")
    before = files(module)

    refused = fix("--write", "user/user.go:10", cwd=module)
    assert refused.returncode == 2
    assert "error: git has uncommitted changes: main.go" in refused.stderr
    assert "--allow-dirty" in refused.stderr
    assert files(module) == before
    assert fix("--write", "--allow-dirty", "user/user.go:10", cwd=module).returncode == 0
    assert REWRITTEN in (module / "user/user.go").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.go:3",), "error: cannot read missing.go"),
        (("--cause", "returned-pointr"), "did you mean returned-pointer?"),
        (("--interactive",), "error: --interactive asks on a terminal"),
        (("--write", "--overlay", "x.json"), "error: --overlay and --write exclude each other"),
        (("--patch", "no/such/x.patch"), "error: cannot write no/such/x.patch"),
    ],
)
def test_what_makes_no_sense_is_told(
    newest: Toolchain, module: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = fix(*arguments, cwd=module)

    assert done.returncode == 2
    assert message in done.stderr


def test_code_that_does_not_build_is_told(newest: Toolchain, module: Path) -> None:
    (module / "main.go").write_text("package main\n\nfunc main() { missing() }\n")
    done = fix(cwd=module)

    assert done.returncode == 4
    assert "by value" in done.stdout
    assert "1 package did not compile:" in done.stderr
    assert "undefined: missing" in done.stderr


def test_files_that_only_edits_name_have_digests(newest: Toolchain, write_module: Write) -> None:
    root = write_module(TWO)
    document = json.loads(fix("--format", "json", "internal/far/far.go:7", cwd=root).stdout)

    edited = {
        edit["file"]
        for site in document["sites"]
        for one in site.get("suggestions", ())
        for edit in one.get("edits", ())
    }
    digests = {file["file"]: file["sha256"] for file in document["files"]}
    assert edited == {"internal/far/far.go", "main.go"}
    for name in edited:
        assert digests[name] == hashlib.sha256((root / name).read_bytes()).hexdigest()


KILLED = """
import os, signal, sys
from escapelens import writing
from escapelens.cli import main

when, lines = int(sys.argv[1]), 0

def on_line(frame, event, argument):
    global lines
    if event == "line":
        lines += 1
        if lines == when:
            os.kill(os.getpid(), signal.SIGKILL)
    return on_line

def on_call(frame, event, argument):
    return on_line if frame.f_code.co_filename == writing.__file__ else None

sys.settrace(on_call)
main(["fix", "--write", "--unsafe", "--allow-dirty", *sys.argv[2:]])
"""
TWO = """
    -- internal/far/far.go --
    package far

    type T struct{ N int }

    //go:noinline
    func Make() *T {
    	t := T{1}
    	return &t
    }
    -- main.go --
    package main

    import "example.com/m/internal/far"

    func take(t *far.T) int { return t.N }

    func main() {
    	t := far.Make()
    	println(take(t))
    }
"""


def killed(root: Path, line: int) -> str:
    """What `fix --write` leaves when it is killed at a line of its writing, after the next run."""
    before = files(root)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(line), "--cause", "returned-pointer"],
        cwd=root,
        env={**os.environ, "PWD": str(root)},
        capture_output=True,
        check=False,
    )
    if done.returncode != -signal.SIGKILL:
        return "ended"
    recovered = fix("main.go", cwd=root)
    assert recovered.returncode == 0, recovered.stderr
    after = files(root)
    assert after.keys() == before.keys()
    changed = {name for name in before if after[name] != before[name]}
    assert changed in (set(), {"internal/far/far.go", "main.go"})
    assert (b"take(&t)" in after["main.go"]) == (b"Make() T" in after["internal/far/far.go"])
    return "new" if changed else "old"


def check_kills(write_module: Write, lines: range) -> None:
    outcomes = set()
    for line in lines:
        outcome = killed(write_module(TWO), line)
        if outcome == "ended":
            break
        outcomes.add(outcome)
    assert outcomes == {"old", "new"}


@pytest.mark.skipif(sys.platform == "win32", reason="uses signals")
def test_killed_while_it_writes_the_next_run_makes_the_set_whole(
    newest: Toolchain, write_module: Write
) -> None:
    check_kills(write_module, range(5, 400, 41))


@pytest.mark.sweep
@pytest.mark.skipif(sys.platform == "win32", reason="uses signals")
def test_killed_anywhere_while_it_writes(newest: Toolchain, write_module: Write) -> None:
    check_kills(write_module, range(1, 400))


@pytest.mark.skipif(sys.platform == "win32", reason="uses a pseudo-terminal")
@pytest.mark.parametrize("answer", ["y", "n", "q"])
def test_each_rewrite_is_asked_about(newest: Toolchain, module: Path, answer: str) -> None:
    before = files(module)
    terminal, end = os.openpty()
    os.write(terminal, f"{answer}\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "escapelens", "fix", "-i", "user/user.go:10"],
        cwd=module,
        env={**os.environ, "PWD": str(module)},
        stdin=end,
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(end)
    os.close(terminal)

    assert done.returncode == 0, done.stderr
    assert "Apply? [y]es, [n]o, [q]uit" in done.stdout
    if answer == "y":
        assert REWRITTEN in (module / "user/user.go").read_bytes()
    else:
        assert "nothing was written" in done.stdout
        assert files(module) == before


@pytest.mark.skipif(sys.platform == "win32", reason="uses a pseudo-terminal")
def test_what_needs_a_review_is_asked_about_once(newest: Toolchain, module: Path) -> None:
    terminal, end = os.openpty()
    os.write(terminal, b"y\n")
    done = subprocess.run(
        [sys.executable, "-m", "escapelens", "fix", "-i"],
        cwd=module,
        env={**os.environ, "PWD": str(module)},
        stdin=end,
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(end)
    os.close(terminal)

    assert done.stdout.count("return the `User` by value") == 1, done.stdout
    assert REWRITTEN in (module / "user/user.go").read_bytes()


def test_a_table_fits_the_terminal(newest: Toolchain, module: Path) -> None:
    arguments = ("--bench", "Greet", "--benchtime", "10x", "user/user.go:10")
    for line in fix(*arguments, cwd=module).stdout.splitlines():
        assert len(line) <= 80 or line.startswith("    "), line
        assert len(line) <= 84, line


def test_a_profile_tells_what_is_tried_first(newest: Toolchain, write_module: Write) -> None:
    root = write_module(
        """
        -- p.go --
        package p

        type User struct {
        	Name string
        	Age  int
        }

        //go:noinline
        func seldom(name string) *User { u := User{Name: name}; return &u }

        func Seldom(name string) int { return seldom(name).Age }

        //go:noinline
        func often(name string) *User { u := User{Name: name}; return &u }

        func Often(name string) int { return often(name).Age }
        -- p_test.go --
        package p

        import "testing"

        func BenchmarkBoth(b *testing.B) {
        	for i := 0; i < b.N; i++ {
        		Often("x")
        		if i%10 == 0 {
        			Seldom("x")
        		}
        	}
        }
        """
    )
    subprocess.run(
        [
            *(newest.go, "test", "-run=^$", "-bench=.", "-benchtime=1000x"),
            *("-memprofile=mem.pb.gz", "-memprofilerate=1"),
        ],
        cwd=root,
        check=True,
        capture_output=True,
    )

    unranked = fix("--max", "1", cwd=root).stdout
    ranked = fix("--max", "1", "--profile", "mem.pb.gz", cwd=root).stdout
    document = json.loads(fix("--profile", "mem.pb.gz", "--format", "json", cwd=root).stdout)

    assert unranked.startswith("p.go:9:")
    assert ranked.startswith("p.go:14:")
    assert ": 1,0" in ranked.split("---")[0]
    assert "profile: " in ranked
    costs = {site["position"]["line"]: site["cost"]["profile"] for site in document["sites"]}
    assert costs[9]["objects"] in range(100, 105)
    assert costs[14]["objects"] in range(1000, 1005)
    assert document["profile"]["index"] == "alloc_space"


def test_a_line_that_is_not_there_is_an_error(newest: Toolchain, write_module: Write) -> None:
    module = write_module(MODULE)

    done = fix("user/user.go:99", cwd=module)

    assert done.returncode == 2
    assert done.stderr == "error: user/user.go has no line 99\nhint: its lines are 1 to 17\n"


def test_a_place_without_a_site_is_told_the_nearest(newest: Toolchain, write_module: Write) -> None:
    module = write_module(MODULE)

    done = fix("user/user.go:12", "user/user.go:10", "user/user.go:16:1", cwd=module)
    document = json.loads(fix("user/user.go:12", "--format", "json", cwd=module).stdout)

    told = " ".join(done.stdout.split())
    nothing = "nothing is on the heap at line 12 of user/user.go; the nearest lines are 10, 16"
    assert done.returncode == 0
    assert "return the `User` by value" in told
    assert nothing in told
    assert "nothing is on the heap at column 1 of line 16 of user/user.go, but at column 19" in told
    assert document["notes"] == [nothing]


def test_a_file_that_is_not_compiled_is_an_error(newest: Toolchain, write_module: Write) -> None:
    module = write_module(MODULE)
    body = "package user\n\nfunc New() *int { x := 1; return &x }\n"
    (module / "user/other.go").write_text(f"//go:build never\n\n{body}")

    other = fix("user/other.go:5", cwd=module)
    test = fix("user/user_test.go:6", cwd=module)

    assert (other.returncode, test.returncode) == (2, 2)
    assert other.stderr.startswith("error: user/other.go is not compiled\nhint: build constraints")
    assert test.stderr.startswith("error: user/user_test.go is not compiled\nhint: rewrites are")


def test_edits_that_free_two_sites_are_shown_once(newest: Toolchain, write_module: Write) -> None:
    module = write_module(
        """
        -- a.go --
        package m

        import "fmt"

        func Log(id int, name string) string {
        	return fmt.Sprintf("%d:%s", id, name)
        }
        """
    )

    done = fix("--unsafe", cwd=module)

    assert done.stdout.count('strconv.Itoa(id) + ":" + name\n') == 1
    assert "a.go:6:30: " in done.stdout
    assert "a.go:6:34: " in done.stdout
    assert "other site gone" not in done.stdout
    assert done.stdout.splitlines()[-1] == "--write applies 1 of 1"

    written = fix("--unsafe", "--write", cwd=module)

    assert "1 rewrite written to a.go: " in written.stdout
    assert 'return strconv.Itoa(id) + ":" + name' in (module / "a.go").read_text()


def test_an_exported_signature_changes_only_when_asked(
    newest: Toolchain, write_module: Write
) -> None:
    module = write_module(
        """
        -- user/user.go --
        package user

        type User struct{ Name string }

        //go:noinline
        func New(name string) *User {
        	return &User{Name: name}
        }
        -- shop/shop.go --
        package shop

        import "example.com/m/user"

        func Greet(name string) string {
        	u := user.New(name)
        	rename(u)
        	return "hello, " + u.Name
        }

        func rename(u *user.User) { u.Name += "!" }
        -- shop/shop_test.go --
        package shop

        import (
        	"testing"

        	"example.com/m/user"
        )

        func TestGreet(t *testing.T) {
        	if Greet("x") != "hello, x!" || user.New("y").Name != "y" {
        		t.Fatal("no greeting")
        	}
        }
        """
    )
    refused = " ".join(fix("--rejected", cwd=module).stdout.split())
    assert "part of an API (--api allows it)" in refused
    assert "func New(name string) User" not in refused

    done = fix("--api", "--tests", "--write", "--unsafe", "--allow-dirty", cwd=module)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    assert "other modules, which this breaks" in said
    assert "func New(name string) User {" in (module / "user/user.go").read_text()
    assert "rename(&u)" in (module / "shop/shop.go").read_text()
    assert subprocess.run(["go", "vet", "./..."], cwd=module, check=False).returncode == 0


def test_an_import_that_all_rewrites_together_leave_unused_goes(
    newest: Toolchain, write_module: Write
) -> None:
    module = write_module(
        """
        -- a.go --
        package m

        import "fmt"

        func Name(n int) string { return fmt.Sprintf("n%d", n) }

        func Size(n uint) string { return fmt.Sprintf("is %v", n) }
        """
    )
    patch = module.parent / "all.patch"
    arguments = ("--write", "--unsafe", "--allow-dirty", "--patch", str(patch))
    done = fix(*arguments, cwd=module)
    assert done.returncode == 0, done.stderr
    text = (module / "a.go").read_text()
    assert "fmt" not in text
    assert '"strconv"' in text
    assert "-import" in patch.read_text()


def test_a_named_line_is_told_why_it_stays(newest: Toolchain, write_module: Write) -> None:
    source = """
        -- a.go --
        package m

        import "sync"

        type L struct {
        	mu sync.Mutex
        	n  int
        }

        //go:noinline
        func newL() *L {
        	l := L{n: 1}
        	return &l
        }

        func Use() int { return newL().n }
        """
    mark = "// Code generated by x. DO NOT EDIT.\n\n        package m"

    refused = " ".join(fix("a.go:12", cwd=write_module(source)).stdout.split())
    made = write_module(source.replace("package m", mark))
    generated = " ".join(fix("a.go:14", cwd=made).stdout.split())

    assert "by-value: not made, since a `L` holds a lock or the like" in refused
    assert "nothing is suggested for `l`: its file is generated" in generated


def test_what_only_the_machine_code_tells_is_offered_when_asked(
    newest: Toolchain, write_module: Write
) -> None:
    module = write_module(
        """
        -- a.go --
        package m

        import "strings"

        func IsPage(head []byte) bool { return strings.Contains(string(head), "<html") }
        """
    )
    assert "bytes.Contains" not in fix(cwd=module).stdout
    done = fix("--asm", "--write", "--allow-dirty", cwd=module)
    assert done.returncode == 0, done.stderr
    assert "1 rewrite proven" in done.stdout
    assert 'bytes.Contains(head, []byte("<html"))' in (module / "a.go").read_text()


def test_what_gains_only_when_it_fails_is_left_unless_named(
    newest: Toolchain, write_module: Write
) -> None:
    module = write_module(
        """
        -- a.go --
        package m

        import "fmt"

        func Find(names map[string]int, name string) (int, error) {
        	n, ok := names[name]
        	if !ok {
        		panic(fmt.Sprintf("name: %s", name) + "; no such name")
        	}
        	return n, nil
        }

        func Key(name string) string {
        	return fmt.Sprintf("key: %s", name) + "."
        }
        """
    )

    shown = " ".join(fix(cwd=module).stdout.split())

    assert "a.go:14:" in shown
    assert "a.go:8:" not in shown
    assert "rewrites of 1 more site gain only where it fails, and were not tried" in shown
    assert shown.endswith("--write applies 1 of 1")

    shown = fix("--unsafe", cwd=module).stdout

    assert shown.index("a.go:14:") < shown.index("a.go:8:")
    assert " ".join(shown.split()).count("(gains only when it fails)") == 1
    told = json.loads(fix("--unsafe", "--format", "json", cwd=module).stdout)
    assert {
        site["position"]["line"]: [
            one.get("gains") for one in site["suggestions"] if "edits" in one
        ]
        for site in told["sites"]
        if site["position"]["line"] in (8, 14) and "edits" in str(site.get("suggestions"))
    } == {8: ["only when it fails"], 14: [None]}

    done = fix("--write", "--allow-dirty", cwd=module)

    text = (module / "a.go").read_text()
    assert "1 rewrite written to a.go: " in done.stdout
    assert 'return "key: " + name + "."' in text
    assert 'fmt.Sprintf("name: %s", name)' in text

    fix("--write", "--allow-dirty", "a.go:8", cwd=module)

    assert 'panic("name: " + name + "; no such name")' in (module / "a.go").read_text()


def test_errors_of_one_name_are_not_written_together(
    newest: Toolchain, write_module: Write
) -> None:
    module = write_module(
        """
        -- a.go --
        package m

        import "errors"

        func First(names []string) (string, error) {
        	if len(names) == 0 {
        		return "", errors.New("m: doesn't have names")
        	}
        	return names[0], nil
        }

        func Last(names []string) (string, error) {
        	if len(names) == 0 {
        		return "", errors.New("m: doesn't have names")
        	}
        	return names[len(names)-1], nil
        }
        """
    )
    for _ in range(2):
        done = fix("--write", "--unsafe", cwd=module)
        assert "1 rewrite written to a.go: " in done.stdout, done.stdout + done.stderr

    text = (module / "a.go").read_text()
    assert text.count('var errNoNames = errors.New("m: doesn\'t have names")') == 1
    assert text.count('return "", errNoNames') == 2
