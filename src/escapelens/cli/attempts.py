"""Has `escapelens fix` compile what would remove some sites, for a watch that waits for it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from escapelens.reporters.json import Document
    from escapelens.watch.verifying import Attempted


class FixAttempt:
    """One run of `fix` over places, in a process of its own."""

    def __init__(
        self, places: Sequence[str], build: Sequence[str], environ: Mapping[str, str], cwd: Path
    ) -> None:
        from escapelens.toolchain import Again

        words = ("fix", *places, "--format", "json", "--rejected", *build)
        self._run = Again(words, environ, cwd)

    def result(self) -> "Attempted":
        """Waits for the verdicts."""
        from escapelens.reporters.json import read_report
        from escapelens.watch.verifying import Attempted

        answered = self._run.answer()
        report = read_report(answered.stdout)
        if report is None:
            return Attempted({}, {}, _problem(answered.stderr, answered.code))
        suggestions = {site.fingerprint: site.suggestions for site in report.sites}
        edits = (edit.file for found in suggestions.values() for one in found for edit in one.edits)
        known = {file.file: file.sha256 for file in report.files}
        digests = {file: known.get(file) or _digest(report, file) for file in edits}
        return Attempted(suggestions, digests, "")

    def cancel(self) -> None:
        """Gives up."""
        self._run.cancel()


def beginner(
    build: Sequence[str], environ: Mapping[str, str], cwd: Path
) -> Callable[[Sequence[str]], FixAttempt]:
    """What begins an attempt for places in the packages that are watched."""
    return lambda places: FixAttempt(places, build, environ, cwd)


def _digest(report: "Document", file: str) -> str:
    """The SHA-256 of a file that holds no site."""
    try:
        return hashlib.sha256(Path(report.root, file).read_bytes()).hexdigest()
    except OSError:
        return ""


def _problem(stderr: str, code: int) -> str:
    """What a command said that failed: its error, else its last word."""
    lines = stderr.strip().splitlines() or [f"fix ended with {code}"]
    error = next((line for line in lines if line.startswith("error: ")), lines[-1])
    return error.removeprefix("error: ")
