"""Runs the go command of a plan, hands out its diagnostics as they come, and can always stop it."""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from types import TracebackType
from typing import IO, Self

from escapelens.errors import (
    BuildFailedError,
    EscapelensError,
    NoToolchainError,
    UsageError,
)
from escapelens.toolchain.interrupts import held_back
from escapelens.toolchain.listing import ListedPackage, read_listing
from escapelens.toolchain.planning import Plan

_CHUNK = 1 << 18
_PIPE = 1 << 20
_HEAD = 1 << 16
NO_MODULE_HINT = "run in a module's folder, name it with -C, or make one with `go mod init`"


class Build:
    """One run of the go command; leaving the context ends it and every process it started."""

    def __init__(self, plan: Plan, *, apart: bool = False) -> None:
        """Starts the run; `apart` keeps the text in a file until the run has ended.

        That is for who may find in the listing that the text need not be read.
        """
        self.plan = plan
        self.packages: tuple[ListedPackage, ...] = ()
        """What was listed; empty until the run has ended."""
        self.listing = b""
        """The same as the go command gave it."""
        # `go list` handles no signals: stopped, it would leave its work folder behind.
        self._work = TemporaryDirectory(prefix="escapelens-", ignore_cleanup_errors=True)
        self._file = TemporaryFile(dir=self._work.name) if apart else None  # noqa: SIM115
        try:
            with held_back():
                self._process = self._started(plan)
                assert self._process.stdout is not None
                stderr = self._file or self._process.stderr
                assert stderr is not None
                self._stderr: IO[bytes] = stderr
                if not apart:
                    _widen(stderr)
                # Both pipes are read at once: a full one would stop the go command while we wait
                # for the other.
                self._reader = threading.Thread(
                    target=self._read_listing, args=(self._process.stdout,), daemon=True
                )
                self._reader.start()
        except KeyboardInterrupt:
            self.close()
            raise

    def _started(self, plan: Plan) -> "subprocess.Popen[bytes]":
        try:
            # A session of its own gives the go command and its compilers one process group, which
            # can be ended as a whole; Ctrl-C in the terminal reaches only us.
            return subprocess.Popen(
                plan.command,
                cwd=plan.root,
                env={**plan.env, "GOTMPDIR": self._work.name},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._file or subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            self._work.cleanup()
            raise BuildFailedError(
                f"cannot run {plan.command[0]}: {error.strerror}",
                "very many patterns can be too long for one command; `./...` is one pattern",
            ) from None

    @property
    def process_group(self) -> int:
        """The id of the group that holds the go command and everything it started."""
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def stderr(self, meanwhile: Callable[[], bool] = lambda: False) -> Iterator[bytes]:
        """The compiler's text in pieces of any size; raises at its end if the whole run failed.

        Where the go command speaks of its own (downloads, warnings), its lines stand among them.
        While nothing has come, `meanwhile` does some work, as long as it returns true.
        """
        if self._file is not None:
            self._reader.join()
            self._process.wait()
            _refuse_cut(self._file)
            self._file.seek(0)
        head = bytearray()
        last = b""
        while chunk := self._read(meanwhile):
            if len(head) < _HEAD:
                head += chunk[: _HEAD - len(head)]
            last = chunk
            yield chunk
        self._reader.join()
        code = self._process.wait()
        if code != 0:
            words = _before_first_block(bytes(head)).strip() or last[-1000:].strip()
            raise _failure(words.decode(errors="replace") or f"go list ended with code {code}")
        self._take_listing()

    def _read(self, meanwhile: Callable[[], bool]) -> bytes:
        while not _has_come(self._stderr) and meanwhile():
            pass
        return os.read(self._stderr.fileno(), _CHUNK)

    @property
    def is_apart(self) -> bool:
        """Whether the text is kept until the run has ended."""
        return self._file is not None

    def is_listed(self) -> bool:
        """Waits for the end of a run whose text is kept apart; false if the run failed.

        The text then tells why.
        """
        self._reader.join()
        if self._process.wait() != 0:
            return False
        self._take_listing()
        return True

    def _take_listing(self) -> None:
        self.packages = read_listing(self.listing)
        _refuse_nothing(self.plan, self.packages)
        _refuse_excluded(self.plan, self.packages)

    def cancel(self) -> None:
        """End all processes of the run, from any thread; who reads `stderr` sees it fail."""
        if self._process.returncode is None:
            # The go command does not end its compilers when it is ended. Nothing here needs a
            # gentle end: entries of the build cache are checked when they are read.
            if sys.platform == "win32":
                self._process.kill()
            else:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the run with all its processes, whether it is finished or not."""
        if self._process.poll() is None:
            self.cancel()
            self._process.wait()
        self._reader.join()
        self._stderr.close()
        self._work.cleanup()

    def notes(self) -> tuple[str, ...]:
        """What a reader should know about the packages that were compiled."""
        if self.plan.pgo != "off":
            return ()
        mains = [package for package in self.packages if package.name == "main" and package.dir]
        return tuple(
            f"default.pgo found in {package.dir} and not used; --pgo auto uses it"
            for package in mains
            if not package.dep_only and Path(package.dir, "default.pgo").exists()
        )

    def _read_listing(self, stdout: IO[bytes]) -> None:
        with stdout:
            self.listing = stdout.read()


def _widen(pipe: IO[bytes]) -> None:
    """Let the compiler write 1 MiB ahead; Linux gives 64 KiB unasked."""
    if sys.platform == "linux":
        import fcntl

        # Refused where the user has too many large pipes already.
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)


def _has_come(pipe: IO[bytes]) -> bool:
    """Whether reading would not wait, as far as can be told."""
    if sys.platform == "win32":
        return True  # which tells it of sockets only
    polling = select.poll()
    polling.register(pipe, select.POLLIN)
    return bool(polling.poll(0))


def _refuse_cut(text: IO[bytes]) -> None:
    """Raise if the disk filled up, since the go command does not say what it could not write."""
    if sys.platform == "win32":
        return
    free = os.fstatvfs(text.fileno())
    if free.f_bavail * free.f_frsize < _CHUNK:
        raise BuildFailedError("no space left for what the compiler prints", "TMPDIR names where")


def _before_first_block(head: bytes) -> bytes:
    """The go command's own words: what precedes the first package."""
    return (
        head if (start := re.search(rb"^# ", head, re.MULTILINE)) is None else head[: start.start()]
    )


_ABOUT_OPTIONS = re.compile(
    r"^flag provided|^invalid value|^usage:|^go: -race |overlay|not supported|GOOS/GOARCH", re.M
)


def _failure(words: str) -> EscapelensError:
    """What the go command said when it refused to do anything, as our error."""
    if re.search(r"requires go >= ", words):
        return NoToolchainError(
            words, "set GOTOOLCHAIN=auto to let Go fetch it, or name a newer Go with --go"
        )
    if "go.mod file not found" in words:
        return UsageError(words, NO_MODULE_HINT)
    if _ABOUT_OPTIONS.search(words):
        return UsageError(words.partition("\nusage:")[0], "check the options given to the build")
    return BuildFailedError(words, "`go build` in the same folder should say the same")


def _refuse_nothing(plan: Plan, packages: tuple[ListedPackage, ...]) -> None:
    """Raise if no pattern named a package that exists."""
    asked = [package for package in packages if not package.dep_only]
    if any(package.dir for package in asked):
        return
    errors = [package.error.err for package in asked if package.error]
    outside = not errors or "does not contain" in errors[0]
    if outside and not plan.in_module:
        raise UsageError(
            f"not in a Go module: {plan.cwd}",
            NO_MODULE_HINT,
        )
    if outside and errors:
        raise UsageError(
            errors[0],
            "-C names the folder of another module; `go help work` tells how to use several at "
            "once, and GOWORK=off ignores that they are",
        )
    message = errors[0] if errors else f"no packages match {' '.join(plan.patterns)}"
    for pattern in plan.patterns:
        folder = Path(pattern.removesuffix("..."))
        if not folder.is_absolute() and (plan.cwd / folder).is_dir():
            raise UsageError(message, f"for the folder write ./{pattern}")
    raise UsageError(
        message, "packages are named as for `go build`: ./..., ./folder, an import path or a file"
    )


def _refuse_excluded(plan: Plan, packages: tuple[ListedPackage, ...]) -> None:
    """Raise if a file was named that its package, as built here, does not have."""
    present = {file for package in packages for file in package.files}
    broken = {package.dir for package in packages if package.error}
    for file in plan.only_files:
        if file not in present and str(file.parent) not in broken:
            raise UsageError(
                f"{file} is in no package built for {plan.go.goos}/{plan.go.goarch}",
                "a build constraint excludes it: see --tags, --goos and --goarch",
            )
