"""The examples of all causes as Go packages, compiled by one toolchain and explained."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from escapelens.causes import Cause, all_causes
from escapelens.counting import is_hidden
from escapelens.model import Site
from escapelens.request import Request, Wanted
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain

MARK = "// heap"


class Snippet(NamedTuple):
    """One Go package of a cause, and what the cause must claim in it."""

    name: str
    cause: Cause
    go: str
    """The language version."""
    goarch: str
    """The target, unless it is this machine."""
    files: dict[str, str]
    since: int
    until: int | None
    has_marks: bool
    """Its marks are sites of the cause: those that a rewrite leaves in an `after`, too."""

    def is_in_range(self, minor: int) -> bool:
        return self.since <= minor <= (self.until or minor)

    def wanted(self, minor: int) -> set[tuple[str, int]]:
        """File and line of each site that the cause must claim, and no other."""
        if not self.has_marks or not self.is_in_range(minor):
            return set()
        return {
            (name, number)
            for name, text in self.files.items()
            for number, line in enumerate(text.splitlines(), 1)
            if line.rstrip().endswith(MARK)
        }


def snippets() -> Iterator[Snippet]:
    """All examples and near misses, in a fixed order."""
    for cause in all_causes().values():
        for index, example in enumerate(cause.examples):
            about = (cause, example.go, example.goarch)
            span = (example.since, example.until)
            yield Snippet(f"before{index}", *about, files_of(example.before), *span, has_marks=True)
            if example.after:
                after = files_of(example.after)
                yield Snippet(f"after{index}", *about, after, *span, has_marks=True)
        for index, miss in enumerate(cause.near_misses):
            span = (miss.since, miss.until)
            about = (cause, "1.21", miss.goarch)
            yield Snippet(f"miss{index}", *about, files_of(miss.source), *span, has_marks=False)


def files_of(source: str) -> dict[str, str]:
    """The files of a package: an archive of `-- name --` sections, or one file."""
    sections = re.split(r"^-- (.+) --\n", source, flags=re.MULTILINE)[1:]
    if not sections:
        return {"a.go": source}
    return dict(zip(sections[::2], sections[1::2], strict=True))


@dataclass(frozen=True)
class Explained:
    """What one toolchain and escapelens made of the snippets."""

    minor: int
    sites: dict[tuple[str, str], list[Site]]
    """By the names of cause and snippet."""
    errors: list[str]


def explain(toolchain: Toolchain, folder: Path) -> Explained:
    """Compiles the snippets whose language version the toolchain has."""
    sites: dict[tuple[str, str], list[Site]] = {}
    errors: list[str] = []
    modules: dict[tuple[str, str, bool], list[Snippet]] = {}
    for snippet in snippets():
        if int(snippet.go.split(".")[1]) <= toolchain.minor:
            key = (snippet.go, snippet.goarch, snippet.cause.machine_code)
            modules.setdefault(key, []).append(snippet)
    for (go, goarch, code), group in modules.items():
        module = folder / f"go{go}{goarch}{code}"
        for snippet in group:
            package = module / snippet.cause.name.replace("-", "") / snippet.name
            package.mkdir(parents=True)
            for name, text in snippet.files.items():
                (package / name).write_text(text)
            sites[snippet.cause.name, snippet.name] = []
        (module / "go.mod").write_text(f"module example.com/m\n\ngo {go}\n")
        options = BuildOptions(patterns=("./...",), goarch=goarch or None, machine_code=code)
        request = Request(options, Wanted(), use_cache=False)
        report = run(request, os.environ, module).report
        errors += [error.message for package in report.packages for error in package.errors]
        names = {snippet.cause.name.replace("-", ""): snippet.cause.name for snippet in group}
        for site in report.sites:
            if is_hidden(site):
                continue
            cause, snippet_name, *_ = Path(site.position.file).parts
            if cause in names:
                sites[names[cause], snippet_name].append(site)
    return Explained(toolchain.minor, sites, errors)
