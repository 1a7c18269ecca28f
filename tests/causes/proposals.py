"""What the causes propose for the sites of a real module."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from escapelens import analysis
from escapelens.analysis import is_hidden
from escapelens.causes import all_causes
from escapelens.model import Site, TextEdit
from escapelens.reasons import with_reasons
from escapelens.request import Request, Wanted
from escapelens.rewriting.code import Program
from escapelens.rewriting.rewrite import Refusal, Rewrite, RewriteCase
from escapelens.run import run
from escapelens.sites import Merged
from escapelens.source import Source
from escapelens.toolchain import Build, BuildOptions, plan_build
from escapelens.types import Spot, ask
from tests.toolchains import Toolchain, cache


class Proposed(NamedTuple):
    site: Site
    path: str
    proposals: tuple[Rewrite | Refusal, ...]


def propose(root: Path, toolchain: Toolchain) -> list[Proposed]:
    """What the causes propose for each site of the module, its tests included."""
    found: list[Merged] = []

    def noted(sites: Iterable[Merged], chains: object) -> Iterator[Merged]:
        for one in with_reasons(sites, chains):  # type: ignore[arg-type]
            found.append(one)
            yield one

    options = BuildOptions(patterns=("./...",), tests=True)
    with patch.object(analysis, "with_reasons", noted):
        report = run(Request(options, Wanted(), use_cache=False), os.environ, root).report
    errors = [error.message for package in report.packages for error in package.errors]
    assert errors == [], errors
    plan = plan_build(options, os.environ, root)
    with Build(plan) as build:
        for _ in build.stderr():
            pass
        packages = build.packages
    sources: dict[str, Source | None] = {}

    def source_of(file: str) -> Source | None:
        if file not in sources:
            sources[file] = Source.read(file)
        return sources[file]

    placed = [
        (one, Spot(one.path, offset, users=True))
        for one in found
        if not is_hidden(one.site) and (offset := _offset(one, source_of)) is not None
    ]
    answers = ask(plan, packages, cache() / "types", declarations=[spot for _, spot in placed])
    assert answers.notes == ()
    program = Program(answers.facts, source_of)
    return [
        Proposed(one.site, one.path, tuple(_of(one, spot, program, toolchain)))
        for one, spot in placed
    ]


def _offset(one: Merged, source_of: object) -> int | None:
    source = source_of(one.path)  # type: ignore[operator]
    if source is None or one.site.range is None:
        return None
    start = one.site.range.start
    offset = source.offset(start.line, start.column)
    assert offset is None or isinstance(offset, int)
    return offset


def _of(
    one: Merged, spot: Spot, program: Program, toolchain: Toolchain
) -> Iterator[Rewrite | Refusal]:
    code = program.code(spot.file, spot.offset)
    cause = all_causes().get(one.site.cause or "")
    if code is None or cause is None or one.site.range is None:
        return
    end = code.source.offset(one.site.range.end.line, one.site.range.end.column)
    assert end is not None
    node = code.source.root.descendant_for_byte_range(spot.offset, end)
    assert node is not None
    yield from cause.rewrites(
        RewriteCase(
            one.site,
            one.evidence,
            one.path,
            code.source,
            node,
            program,
            (1, toolchain.minor),
            (1, 21),
        )
    )


def applied(rewrite: Rewrite) -> Mapping[Path, str]:
    """The files that a rewrite changes, as they are then."""
    by_file: dict[str, list[TextEdit]] = {}
    for edit in rewrite.edits:
        by_file.setdefault(edit.file, []).append(edit)
    result: dict[Path, str] = {}
    for file, edits in by_file.items():
        text = Path(file).read_bytes()
        for edit in sorted(edits, key=lambda one: (one.start, one.end), reverse=True):
            text = text[: edit.start] + edit.new_text.encode() + text[edit.end :]
        result[Path(file)] = text.decode()
    return result
