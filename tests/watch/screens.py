"""What a watch shows in a real terminal, step by step; `python -m tests.watch.screens` records it.

The steps are those of somebody who works: edits by hand, saves of editors that rename, a checkout,
packages that come and go, a build that breaks and is mended.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from escapelens.reporters.live import _KEYS, _LOOKING
from tests.toolchains import VERSIONS, Toolchain, installed

RECORDED = Path(__file__).parent / "screens"
WIDTH, HEIGHT = 100, 28

FILES = {
    "go.work": "go 1.21\n\nuse ./app\n",
    "app/go.mod": "module example.com/app\n\ngo 1.21\n",
    "app/user/user.go": """\
package user

type User struct{ Name string }

func New(name string) *User {
	u := User{name}
	return &u
}

func Keep(u *User) { last = u }

var last *User
""",
    "app/list/list.go": """\
package list

import "example.com/app/user"

func Names(n int) []string {
	names := make([]string, n)
	return names
}

func First() {
	u := user.User{}
	user.Keep(&u)
}
""",
    "app/old/old.go": "package old\n\nfunc Zero() *int { return new(int) }\n",
    "lib/go.mod": "module example.com/lib\n\ngo 1.21\n",
    "lib/lib.go": "package lib\n\nfunc Text(n int) any { return n }\n",
}


class Terminal:
    """A terminal that a person could look at."""

    def __init__(self, folder: Path, command: str, environ: Mapping[str, str]) -> None:
        self._tmux = ("tmux", "-L", f"escapelens-{os.getpid()}", "-f", os.devnull, "-u")
        self._run(
            *("new-session", "-d", "-x", str(WIDTH), "-y", str(HEIGHT), "-c", str(folder)),
            f"{command}; echo ended with $?; sleep 600",
            environ=environ,
        )

    def _run(self, *words: str, environ: Mapping[str, str] | None = None) -> str:
        result = subprocess.run(
            [*self._tmux, *words], env=environ, check=True, capture_output=True, text=True
        )
        return result.stdout

    def screen(self) -> str:
        """What is on the screen, without what is different each time."""
        lines = [line.rstrip() for line in self._run("capture-pane", "-p").splitlines()]
        text = "\n".join(lines).rstrip("\n") + "\n"
        text = re.sub(r"\d+\.\d\d s", "0.00 s", text)
        return re.sub(rf"^(ok · .* · ){_LOOKING}$", rf"\1{_KEYS}", text, flags=re.MULTILINE)

    def until(self, wanted: str, seconds: float = 60) -> str:
        """The screen when it matches, and no longer changes."""
        deadline = time.monotonic() + seconds
        before = ""
        while time.monotonic() < deadline:
            now = self.screen()
            if re.search(wanted, now, re.MULTILINE) and now == before:
                return now
            before = now
            time.sleep(0.2)
        raise AssertionError(f"{wanted!r} is not on the screen:\n{before}")

    def press(self, key: str) -> None:
        self._run("send-keys", key)

    def resize(self, width: int, height: int) -> None:
        self._run("resize-window", "-x", str(width), "-y", str(height))

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)


class Step(NamedTuple):
    """Something that is done, and what must then be on the screen."""

    name: str
    do: Callable[[], object]
    wanted: str


def steps(root: Path, terminal: Terminal) -> Iterator[Step]:
    """The steps in their order."""
    user, listed = root / "app/user/user.go", root / "app/list/list.go"

    def edit(file: Path, old: str, new: str) -> None:
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def save_as_editors_do(file: Path, old: str, new: str) -> None:
        text = file.read_text()
        assert old in text
        file.rename(file.with_name(f"{file.name}~"))
        file.write_text(text.replace(old, new))
        file.with_name(f"{file.name}~").unlink()

    def delete(folder: Path) -> None:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()

    yield Step("start", lambda: None, "^ok · 4 sites")
    yield Step(
        "edit",
        lambda: edit(listed, "return names", "more := append(names, names...)\n\treturn more"),
        "1 new[^~]*^ok · 5 sites",
    )
    yield Step(
        "proven",
        lambda: edit(listed, "func First", "func one() *int { n := 1; return &n }\n\nfunc First"),
        "1 new[^~]*^fix: [^~]*^ok",
    )
    yield Step("fixes", lambda: terminal.press("f"), "tests compile[^~]*^ok")
    yield Step("all", lambda: terminal.press("a"), "in 5 functions, 3 files[^~]*^ok")
    yield Step("delta", lambda: terminal.press("d"), "1 new[^~]*^ok")
    yield Step("rename-save", lambda: save_as_editors_do(user, "last = u", "_ = u"), "1 gone")
    yield Step("broken", lambda: edit(user, "return &u", "return &v"), "^broken")
    yield Step("narrow", lambda: terminal.resize(60, 20), "^broken.*…$")
    yield Step("wide", lambda: terminal.resize(WIDTH, HEIGHT), "^broken.*quit$")
    yield Step("mended", lambda: edit(user, "return &v", "return &u"), "^ok · 5 sites")
    yield Step("again", lambda: terminal.press("Enter"), "nothing changed[^~]*^ok")
    yield Step("fixes-asked-for", lambda: terminal.press("f"), "tests compile[^~]*^ok")
    yield Step(
        "checkout", lambda: git(root, "checkout", "-f", "one"), "2 gone, 1 new[^~]*^ok · 4 sites"
    )
    yield Step("deleted", lambda: delete(root / "app/old"), "1 gone[^~]*^ok · 3 sites")
    yield Step(
        "go.work",
        lambda: edit(root / "go.work", "use ./app", "use (\n\t./app\n\t./lib\n)"),
        "1 new[^~]*^ok · 4 sites",
    )
    yield Step("quit", lambda: terminal.press("q"), "^ended with 0")


def git(root: Path, *words: str) -> None:
    """Runs git as somebody."""
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


@contextmanager
def played(folder: Path, toolchain: Toolchain) -> Iterator[tuple[Path, Terminal]]:
    """A module in a repository of two branches, watched in a terminal."""
    root = folder / "work"
    for name, content in FILES.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    git(root, "init", "-b", "one")
    git(root, "add", ".")
    git(root, "commit", "-m", "one")
    hidden = ("COLUMNS", "LINES", "TMUX")
    environ = {name: value for name, value in os.environ.items() if name not in hidden}
    environ |= toolchain.environment | {"NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    command = shlex.join([sys.executable, "-m", "escapelens", "watch"])
    terminal = Terminal(root, command, environ)
    try:
        yield root, terminal
    finally:
        terminal.close()


def play(folder: Path, toolchain: Toolchain) -> Iterator[tuple[str, str]]:
    """The name of each step, and the screen after it."""
    with played(folder, toolchain) as (root, terminal):
        for step in steps(root, terminal):
            step.do()
            yield step.name, terminal.until(step.wanted)


def record() -> None:
    """Writes all screens anew."""
    version = VERSIONS[-1]
    RECORDED.mkdir(exist_ok=True)
    os.environ |= {"GOFLAGS": "", "GOPROXY": "off", "GOTOOLCHAIN": "local", "GOENV": "off"}
    with tempfile.TemporaryDirectory() as scratch:
        for name, screen in play(Path(scratch), Toolchain(version, installed()[version])):
            (RECORDED / f"{name}.txt").write_text(screen)


if __name__ == "__main__":
    record()
