"""What the file system does to a watch: storms, limits, folders that vanish, other module files."""

import errno
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from watchdog.observers.api import ObservedWatch
from watchdog.observers.polling import PollingObserver

from escapelens.toolchain import BuildOptions
from escapelens.watch import noticing
from escapelens.watch.events import Building, Failed, Idle, Progress, Reported
from escapelens.watch.session import Command
from tests.toolchains import Toolchain
from tests.watch.sessions import attending, from_nothing

Write = Callable[[str], Path]
ONE = "package m\n\nfunc F(n int) *int { return &n }\n"
OTHER = (
    "package m\n\nfunc F(n int) *int { m := n; return &m }\n\nfunc G() *int { return new(int) }\n"
)


@pytest.fixture
def root(newest: Toolchain, tmp_path: Path) -> Path:
    root = tmp_path / "module"
    root.mkdir()
    (root / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    (root / "m.go").write_text(ONE)
    return root


@pytest.mark.needs("git")
def test_a_checkout_of_many_files_is_few_builds(root: Path) -> None:
    """Two branches that differ in 3,000 files of 60 packages; each checkout is 12,000 events."""

    def git(*words: str) -> None:
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)

    def write(text: str) -> None:
        for package in range(60):
            folder = root / f"p{package}"
            folder.mkdir(exist_ok=True)
            (folder / "x.go").write_text(text.replace("package m", f"package p{package}"))
            for index in range(50):
                (folder / f"x{index}.go").write_text(f"package p{package}\n\n// {len(text)}\n")

    git("init", "-b", "one")
    write(ONE)
    git("add", ".")
    git("commit", "-m", "one")
    git("checkout", "-b", "other")
    write(OTHER)
    git("commit", "-a", "-m", "other")
    with attending(root) as attended:
        for branch in ("one", "other"):
            before = len(attended.events)
            git("checkout", branch)
            attended.settle(5, 1)
            builds = [one for one in attended.events[before:] if isinstance(one, Building)]
            assert 1 <= len(builds) <= 3
            assert attended.report() == from_nothing(root)


def test_a_storm_of_events(root: Path) -> None:
    for index in range(500):
        (root / f"x{index}.go").write_text("package m\n")
    with attending(root) as attended:
        before = len(attended.events)
        for turn in range(4):
            for index in range(500):
                (root / f"x{index}.go").write_text(f"package m\n\n// {turn}\n")
        (root / "m.go").write_text(OTHER)
        attended.settle(5, 1)
        builds = [one for one in attended.events[before:] if isinstance(one, Building)]

        assert 1 <= len(builds) <= 3
        assert attended.report() == from_nothing(root)


class _Exhausted(PollingObserver):
    """An observer on a system that watches no more folders."""

    def schedule(self, *_: object, **__: object) -> ObservedWatch:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")


def test_where_the_system_watches_no_more_folders_are_looked_at(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noticing, "Observer", _Exhausted)
    with attending(root) as attended:
        (note,) = [one for one in attended.events if isinstance(one, Progress)]
        assert "inotify watch limit reached" in note.text
        assert "fs.inotify.max_user_watches" in note.text

        (root / "m.go").write_text(OTHER)
        attended.settle(5)
        assert attended.report() == from_nothing(root)


def test_looking_instead_of_being_told(root: Path) -> None:
    with attending(root, poll=True) as attended:
        (root / "sub").mkdir()
        (root / "sub/s.go").write_text(ONE.replace("package m", "package sub"))
        attended.settle(5)
        assert len(attended.report().sites) == 2
        shutil.rmtree(root / "sub")
        attended.settle(5)
        assert attended.report() == from_nothing(root)


def test_the_folder_is_gone_and_comes_back(root: Path) -> None:
    with attending(root) as attended:
        away = root.with_name("away")
        root.rename(away)
        attended.settle(5)
        assert isinstance(attended.events[-1], Idle)
        assert attended.events[-1].stale
        assert [one for one in attended.events if isinstance(one, Failed)]

        shutil.copytree(away, root)
        (root / "m.go").write_text(OTHER)
        attended.settle(5)
        assert attended.report() == from_nothing(root)
        (root / "m.go").write_text(ONE)
        attended.settle(5)
        assert attended.report() == from_nothing(root)


@pytest.mark.permissions
def test_permission_is_lost_and_given_back(root: Path) -> None:
    with attending(root) as attended:
        (root / "m.go").chmod(0)
        attended.session.command(Command("1", "refresh"))
        attended.settle(2)
        failed = [one for one in attended.events if isinstance(one, Failed)]
        assert "permission denied" in failed[-1].packages[0].errors[0].message
        (root / "m.go").chmod(0o644)
        (root / "m.go").write_text(OTHER)
        attended.settle(5)
        assert attended.report() == from_nothing(root)

        root.chmod(0)
        attended.session.command(Command("2", "refresh"))
        attended.settle(2)
        failed = [one for one in attended.events if isinstance(one, Failed)]
        assert failed[-1].message.endswith(f"{root}: Permission denied")
        root.chmod(0o755)
        (root / "m.go").write_text(ONE)
        attended.settle(5)
        assert attended.report() == from_nothing(root)


def test_no_room_to_build_in(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with attending(root) as attended:
        import tempfile

        monkeypatch.setattr(tempfile, "tempdir", str(root / "nowhere"))
        (root / "m.go").write_text(OTHER)
        attended.settle(5)
        failed = [one for one in attended.events if isinstance(one, Failed)]
        assert failed
        assert "cannot build" in failed[-1].message

        monkeypatch.undo()
        (root / "m.go").write_text(ONE)
        attended.settle(5)
        assert isinstance(attended.events[-1], Idle)
        assert not attended.events[-1].stale


def test_a_broken_go_mod(root: Path) -> None:
    with attending(root) as attended:
        good = (root / "go.mod").read_text()
        (root / "go.mod").write_text("modul example.com/m\n")
        attended.settle(5)
        assert isinstance(attended.events[-1], Idle)
        assert attended.events[-1].stale
        assert len(attended.report().sites) == 1

        (root / "go.mod").write_text(good)
        attended.settle(5)
        assert not attended.events[-1].stale
        assert attended.report() == from_nothing(root)


def test_a_module_joins_the_workspace(newest: Toolchain, write_module: Write) -> None:
    root = write_module(
        """
        -- go.work --
        go 1.21

        use ./one
        -- one/go.mod --
        module example.com/one

        go 1.21
        -- one/one.go --
        package one

        func New(n int) *int { return &n }
        -- two/go.mod --
        module example.com/two

        go 1.21
        -- two/two.go --
        package two

        func New(n int) *int { return &n }
        """
    )
    with attending(root) as attended:
        assert len(attended.report().sites) == 1
        (root / "go.work").write_text("go 1.21\n\nuse (\n\t./one\n\t./two\n)\n")
        attended.settle(5)
        assert attended.report() == from_nothing(root)
        assert len(attended.report().sites) == 2


def test_a_replaced_module_beside_the_root(newest: Toolchain, write_module: Write) -> None:
    folder = write_module(
        """
        -- app/go.mod --
        module example.com/app

        go 1.21

        require example.com/lib v1.0.0

        replace example.com/lib => ../lib
        -- app/app.go --
        package app

        import "example.com/lib"

        func Use() { n := 1; lib.Keep(&n) }
        -- lib/go.mod --
        module example.com/lib

        go 1.21
        -- lib/lib.go --
        package lib

        func Keep(p *int) { _ = *p }
        """
    )
    root = folder / "app"
    with attending(root) as attended:
        assert len(attended.report().sites) == 0
        (folder / "lib/lib.go").write_text(
            "package lib\n\nvar kept *int\n\nfunc Keep(p *int) { kept = p }\n"
        )
        attended.settle(5)
        assert len(attended.report().sites) == 1
        assert attended.report() == from_nothing(root)


def test_embedded_files_and_tests(newest: Toolchain, write_module: Write) -> None:
    root = write_module(
        """
        -- m.go --
        package m

        import _ "embed"

        //go:embed text/a.txt
        var text string

        func F(n int) *int { return &n }
        -- text/a.txt --
        hello
        -- m_test.go --
        package m

        import "testing"

        func TestF(t *testing.T) { n := 1; t.Log(&n) }
        -- x_test.go --
        package m_test

        import "testing"

        func TestX(t *testing.T) { n := 1; t.Log(&n) }
        """
    )
    options = BuildOptions(tests=True)
    with attending(root, options) as attended:
        assert attended.report() == from_nothing(root, options)
        (root / "text/a.txt").unlink()
        attended.settle(5)
        assert attended.events[-1].stale  # type: ignore[union-attr]
        (root / "text/a.txt").write_text("again\n")
        attended.settle(5)
        assert not attended.events[-1].stale  # type: ignore[union-attr]

        for name in ("m_test.go", "x_test.go"):
            text = (root / name).read_text()
            (root / name).write_text(text.replace("n := 1", "m := 1; n := m + 1"))
            attended.settle(5)
            assert attended.report() == from_nothing(root, options)
        (root / "x_test.go").write_text("package m_test\n\nfunc broken(\n")
        attended.settle(5)
        (root / "x_test.go").unlink()
        attended.settle(5)
        assert attended.report() == from_nothing(root, options)


def test_a_save_that_changes_nothing_tells_nothing(root: Path) -> None:
    with attending(root) as attended:
        before = len(attended.events)
        (root / "m.go").write_text(ONE)
        attended.settle(5)
        reports = [one for one in attended.events[before:] if isinstance(one, Reported)]
        assert not any(one.delta for one in reports)


def test_a_file_goes_and_comes_back_with_another_text(root: Path) -> None:
    (root / "other.go").write_text("package m\n\nfunc G(n int) *int { return &n }\n")
    with attending(root) as attended:
        (root / "other.go").unlink()
        attended.settle(5)
        assert attended.report() == from_nothing(root)
        (root / "other.go").write_text(
            "package m\n\n// Shifted.\n\nfunc G(n int) *int { return &n }\n"
        )
        attended.settle(5)
        assert attended.report() == from_nothing(root)


def test_a_callee_without_sites_changes(newest: Toolchain, write_module: Write) -> None:
    """Its text is read for the chains of its callers only."""
    root = write_module(
        """
        -- k/k.go --
        package k

        type Box struct{ p *int }

        //go:noinline
        func (b *Box) Keep(p *int) { b.p = p }
        -- u/u.go --
        package u

        import "example.com/m/k"

        func Use(b *k.Box) { n := 1; b.Keep(&n) }
        """
    )
    with attending(root) as attended:
        assert attended.report() == from_nothing(root)
        for shift in ("// One.\n\n", "// One.\n// Two.\n\n"):
            text = (root / "k/k.go").read_text()
            (root / "k/k.go").write_text(text.replace("type Box", f"{shift}type Box"))
            attended.settle(5)
            assert attended.report() == from_nothing(root)


def test_what_an_earlier_watch_found_out_is_taken_up(root: Path) -> None:
    (root / "other.go").write_text("package m\n\nfunc H(n int) *int { return &n }\n")
    for text in (ONE, ONE, ONE.replace("func", "// Shifted.\nfunc")):
        (root / "m.go").write_text(text)
        with attending(root) as attended:
            assert attended.report() == from_nothing(root)
            (root / "m.go").write_text(OTHER)
            attended.settle(5)
            assert attended.report() == from_nothing(root)


def test_own_reads_are_no_news(root: Path) -> None:
    with attending(root) as attended:
        before = len(attended.events)
        from_nothing(root)
        for file in root.iterdir():
            file.read_bytes()
        time.sleep(0.5)
        attended.settle()
        assert attended.events[before:] == []
