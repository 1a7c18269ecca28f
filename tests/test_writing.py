"""Sets of files are written whole: old, new, or completed by the next run, wherever one is killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from escapelens import writing
from escapelens.errors import UsageError
from escapelens.writing import JOURNAL, Replacement, recover, was_interrupted, write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="uses modes and signals")

NAMES = ("a.go", "b.go", "d.go", "e.go", "sub/c.go")
KILLED = """
import os, signal, sys
from pathlib import Path
from escapelens import writing

root, when = Path(sys.argv[1]), int(sys.argv[2])
lines = 0

def on_line(frame, event, argument):
    global lines
    if event == "line":
        lines += 1
        if lines == when:
            os.kill(os.getpid(), signal.SIGKILL)
    return on_line

def on_call(frame, event, argument):
    return on_line if frame.f_code.co_filename == writing.__file__ else None

made = [
    writing.Replacement(str(root / name), (root / name).read_bytes(), f"new {name}\\n".encode() * 999)
    for name in sys.argv[3:]
]
sys.settrace(on_call)
writing.write(root, made)
sys.settrace(None)
print(lines)
"""


def old(name: str) -> bytes:
    return f"old {name}\n".encode() * 999


def new(name: str) -> bytes:
    return f"new {name}\n".encode() * 999


@pytest.fixture
def root(tmp_path: Path) -> Path:
    prepare(tmp_path)
    return tmp_path


def prepare(root: Path) -> None:
    for name in NAMES:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(old(name))
    (root / "b.go").chmod(0o640)


def replacements(root: Path) -> list[Replacement]:
    return [Replacement(str(root / name), old(name), new(name)) for name in NAMES]


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def killed_at(line: int, root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(root), str(line), *NAMES],
        capture_output=True,
        text=True,
        check=False,
    )


def check_killed(line: int, root: Path) -> str:
    """Kills a writer at a line of its work: what it leaves, and what the next run makes of it."""
    prepare(root)
    assert killed_at(line, root).returncode == -signal.SIGKILL
    for name in NAMES:
        assert (root / name).read_bytes() in (old(name), new(name))
    began = (root / JOURNAL).exists()
    assert recover(root) == ()
    left = files(root)
    assert left in ({name: old(name) for name in NAMES}, {name: new(name) for name in NAMES})
    assert not was_interrupted(root)
    assert (root / "b.go").stat().st_mode & 0o777 == 0o640
    return "new" if left["a.go"] == new("a.go") else ("lost" if began else "old")


def steps(root: Path) -> int:
    """How many lines an undisturbed writer goes through."""
    done = killed_at(-1, root)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_files_are_new_with_their_modes_and_nothing_is_left(root: Path) -> None:
    write(root, replacements(root))

    assert files(root) == {name: new(name) for name in NAMES}
    assert (root / "b.go").stat().st_mode & 0o777 == 0o640
    assert not was_interrupted(root)


def test_a_symlink_stays_one(root: Path) -> None:
    link = root / "link.go"
    link.symlink_to("a.go")
    write(root, [Replacement(str(link), old("a.go"), b"new\n")])

    assert link.is_symlink()
    assert (root / "a.go").read_bytes() == b"new\n"


def test_one_file_under_two_names_is_written_once_or_not_at_all(root: Path) -> None:
    (root / "link.go").symlink_to("a.go")
    before = files(root)
    link = Replacement(str(root / "link.go"), old("a.go"), b"another")

    with pytest.raises(UsageError, match="under two names"):
        write(root, [*replacements(root), link])
    assert files(root) == before

    write(root, [*replacements(root), link._replace(after=new("a.go"))])
    assert (root / "link.go").is_symlink()
    assert (root / "a.go").read_bytes() == new("a.go")


def test_a_file_that_nobody_may_write_is_left_alone(root: Path) -> None:
    (root / "d.go").chmod(0o444)
    before = files(root)

    with pytest.raises(UsageError, match="cannot write"):
        write(root, replacements(root))
    assert files(root) == before


def test_nothing_is_written_if_one_file_changed(root: Path) -> None:
    (root / "sub/c.go").write_bytes(b"the user's\n")
    before = files(root)

    with pytest.raises(UsageError, match="changed since it was analysed"):
        write(root, replacements(root))
    assert files(root) == before


@pytest.mark.permissions
def test_nothing_is_written_if_one_file_cannot_be(root: Path) -> None:
    (root / "sub").chmod(0o500)
    before = files(root)

    with pytest.raises(UsageError, match="cannot write"):
        write(root, replacements(root))
    (root / "sub").chmod(0o700)
    assert files(root) == before


def test_what_could_not_be_completed_is_told_and_completed_later(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced = Path.replace

    def full(new: Path, path: Path) -> Path:
        if path.name == "d.go":
            raise OSError(28, "No space left on device")
        return replaced(new, path)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(UsageError, match=r"cannot write .*d\.go: No space") as error:
        write(root, replacements(root))
    assert "the next `fix` completes it" in error.value.hint
    assert (root / "d.go").read_bytes() == old("d.go")

    monkeypatch.undo()
    assert recover(root) == ()
    assert files(root) == {name: new(name) for name in NAMES}


def test_a_missing_file_is_told(root: Path) -> None:
    gone = Replacement(str(root / "gone.go"), b"", b"x")

    with pytest.raises(UsageError, match="cannot read"):
        write(root, [*replacements(root), gone])
    assert files(root) == {name: old(name) for name in NAMES}


def test_recovery_leaves_what_the_user_wrote_meanwhile(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(writing, "_complete", lambda entries: None)
        broken.setattr(writing, "_forget", lambda journal: None)
        write(root, replacements(root))
    (root / "b.go").write_bytes(b"the user's\n")

    assert was_interrupted(root)
    assert recover(root) == (str((root / "b.go").resolve()),)
    assert files(root) == {**{name: new(name) for name in NAMES}, "b.go": b"the user's\n"}


def test_a_journal_that_is_none_is_told(root: Path) -> None:
    (root / JOURNAL).write_text("notes of mine")

    with pytest.raises(UsageError, match="is not a journal"):
        recover(root)
    assert (root / JOURNAL).read_text() == "notes of mine"


def test_killed_anywhere_the_set_is_old_or_new_after_the_next_run(root: Path) -> None:
    last = steps(root)
    outcomes = [check_killed(line, root) for line in range(1, last, max(1, last // 25))]

    assert set(outcomes) == {"old", "new"}


@pytest.mark.sweep
def test_killed_at_each_line_the_set_is_old_or_new(root: Path) -> None:
    last = steps(root)
    assert last >= 200

    assert {check_killed(line, root) for line in range(1, last)} == {"old", "new"}
