"""`escapelens explain`: a cause, a place, a function or a message, in full."""

import os
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from escapelens.cli import options, output
from escapelens.cli.places import file_of
from escapelens.errors import BuildFailedError, UsageError

if TYPE_CHECKING:
    from escapelens.causes import Cause
    from escapelens.messages import Meaning
    from escapelens.question import Place, Question
    from escapelens.reporters.explanation import Answer
    from escapelens.request import Outcome
    from escapelens.toolchain import BuildOptions

_SUGGESTED = 100
"""Sites of an answer that it is looked for what would remove them."""
_KINDS = "a cause, FILE:LINE, a function such as pkg.Func, or a message of the compiler"


class Format(StrEnum):
    """The outputs an explanation can take."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


What = Annotated[
    str,
    Argument(
        metavar="WHAT",
        help="A cause, sync-pool or a finding about pools, FILE:LINE[:COLUMN], a function such as "
        "pkg.Func or pkg.(*T).Method, or a line that the compiler printed.",
        show_default=False,
    ),
]
Packages = Annotated[
    list[str] | None,
    Argument(
        metavar="[PACKAGES]",
        help="Where to look for the function, by default ./...; what to analyse besides the "
        "file's own package.",
        show_default=False,
    ),
]
FormatOption = Annotated[
    Format,
    Option("--format", help="json of a place or function is the document of `show`."),
]


def explain(
    what: What,
    patterns: Packages = None,
    format: FormatOption = Format.TEXT,
    no_cache: output.NoCache = False,
    directory: options.Directory = None,
    go: options.GoPath = None,
    tags: options.Tags = None,
    goos: options.Goos = None,
    goarch: options.Goarch = None,
    race: options.Race = False,
    mod: options.Mod = None,
    overlay: options.Overlay = None,
    tests: options.Tests = False,
    pgo: options.Pgo = "off",
    build_flags: options.BuildFlags = None,
    deps: options.Deps = False,
) -> None:
    """Explain a cause, sync-pool, the sites of a line or function, or a compiler's message."""
    from escapelens.causes import all_causes
    from escapelens.question import read_question

    if (name := what.strip()) not in all_causes() and _is_of_pools(name):
        _write_of_pools(name, format)
        return
    question = read_question(what, all_causes())
    if question is None:
        raise _unknown(what)
    if question.cause is not None:
        _write_cause(question.cause, format)
        return
    if question.meaning is not None and question.place is None:
        _write_meaning(question.meaning, format)
        return
    build = options.build_options(
        *(patterns, directory, go, tags, goos, goarch),
        *(race, mod, overlay, tests, pgo, build_flags),
        deps=deps,
    )
    if question.place is not None:
        build = _around(question.place, build)
        outcome, answer = _at_place(question, question.place, build, not no_cache)
    else:
        outcome, answer = _of_function(question.function, build, not no_cache)
    if format is not Format.JSON and answer.part.sites:
        answer = _with_suggestions(answer, build, not no_cache)
    _write_answer(answer, format)
    if outcome.broken:
        raise typer.Exit(BuildFailedError.exit_code)


def _unknown(what: str, functions: Iterable[str] = (), hint: str = "") -> UsageError:
    """The error for what nothing is known of, with the names that may have been meant."""
    from escapelens.causes import all_causes
    from escapelens.question import alike
    from escapelens.reporters.visible import visible

    shown = visible(what if len(what) <= 80 else f"{what[:79]}…")
    if what.strip().endswith(".go"):
        whole = f"`escapelens show {shown}` shows the whole file"
        return UsageError(f"{shown} names no line", f"a place is {shown}:LINE; {whole}")
    known = [*all_causes(), *_names_of_pools()]
    close = visible(" or ".join([*functions, *alike(what, known)][:3]))
    hint = f"did you mean {close}?" if close else hint or f"it explains {_KINDS}"
    return UsageError(f"nothing is known of {shown}", hint)


def _run(build: "BuildOptions", use_cache: bool, *, stack: bool) -> "Outcome":
    from escapelens.request import Request, Wanted
    from escapelens.run import run

    request = Request(build, Wanted(leaks=True, stack=stack), use_cache=use_cache)
    with output.ProgressLine() as line:
        return run(request, os.environ, Path.cwd(), line.update)


def _around(place: "Place", build: "BuildOptions") -> "BuildOptions":
    """The package around a file that is named, besides what else was."""
    from dataclasses import replace

    path = file_of(place, build.directory)
    is_test = path.name.endswith("_test.go")
    patterns = (str(path.parent), *build.patterns)
    return replace(build, patterns=patterns, tests=build.tests or is_test)


def _at_place(
    question: "Question", place: "Place", build: "BuildOptions", use_cache: bool
) -> "tuple[Outcome, Answer]":
    """What there is to say of a line, from an analysis of the package around its file."""
    path = file_of(place, build.directory)
    outcome = _run(build, use_cache, stack=True)
    from escapelens.question import File
    from escapelens.reporters.explanation import Answer

    file, report = File(outcome.report, path), outcome.report
    part = file.at(place.line, place.column)
    notes = []
    if place.column and not (part.sites or part.leaks or part.stack):
        part = file.at(place.line)
        if part.sites:
            notes.append(f"nothing begins at column {place.column}; this is the whole line")
    if not file.is_known() and not outcome.broken:
        notes.append(f"the compiler said nothing of {place.file}; do build constraints exclude it?")
    subject = f"line {place.line} of {place.file}"
    nearest = () if part.sites or part.findings else tuple(file.nearest(place.line))
    return outcome, Answer(
        subject, part, report, outcome.read, nearest, tuple(notes), question.meaning
    )


def _of_function(name: str, build: "BuildOptions", use_cache: bool) -> "tuple[Outcome, Answer]":
    """What there is to say of the functions that a name may mean."""
    outcome = _run(build, use_cache, stack=False)
    from escapelens.question import Functions, of_functions
    from escapelens.reporters.explanation import Answer

    functions = Functions(outcome.report)
    found = functions.named(name)
    if not found:
        hint = "functions are looked for in ./... or in the packages named behind it"
        raise _unknown(name, functions.alike(name), hint)
    part = of_functions(outcome.report, found)
    subject = ", ".join(f"{package}.{function}" for package, function in sorted(found))
    return outcome, Answer(subject, part, outcome.report, outcome.read)


def _write_cause(cause: "Cause", format: Format) -> None:
    from escapelens.reporters import pages

    if format is Format.JSON:
        _write_json(pages.record(cause))
    elif format is Format.MARKDOWN:
        _write(pages.markdown(cause))
    else:
        _draw(pages.markdown(cause, linked=False))


def _names_of_pools() -> list[str]:
    from escapelens.pools.findings import all_findings

    return ["sync-pool", *all_findings()]


def _is_of_pools(name: str) -> bool:
    # A name without a hyphen is none of these, and costs nothing.
    return "-" in name and name in _names_of_pools()


def _write_of_pools(name: str, format: Format) -> None:
    """The page about sync.Pool, or that of a finding."""
    from escapelens.pools.findings import all_findings
    from escapelens.reporters import pool_pages

    rule = all_findings().get(name)
    if format is Format.JSON:
        _write_json(pool_pages.record(rule) if rule is not None else pool_pages.pool_record())
        return
    linked = format is Format.MARKDOWN
    page = (
        pool_pages.markdown(rule) if rule is not None else pool_pages.pool_markdown(linked=linked)
    )
    if format is Format.MARKDOWN:
        _write(page)
    else:
        _draw(page)


def _draw(page: str) -> None:
    from rich.console import Console

    from escapelens.reporters.drawing import draw

    console = Console()
    for line in draw(page, console):
        console.print(line, soft_wrap=True, markup=False, highlight=False, emoji=False)


def _write_meaning(meaning: "Meaning", format: Format) -> None:
    if format is Format.JSON:
        form = {"form": meaning.form.name, "meaning": meaning.words}
        _write_json({"message": meaning.message, **form})
        return
    from escapelens.reporters.explanation import Explainer, meaning_markdown

    if format is Format.MARKDOWN:
        _write(meaning_markdown(meaning))
    else:
        from rich.console import Console

        Explainer(Console()).tell(meaning)


def _with_suggestions(answer: "Answer", build: "BuildOptions", use_cache: bool) -> "Answer":
    """The same with what would remove the sites, as far as it has so few."""
    from dataclasses import replace

    from msgspec.structs import replace as with_changes

    sites = answer.part.sites[:_SUGGESTED]
    found = output.suggester(build, use_cache=use_cache)(sites)
    part = with_changes(answer.part, sites=(*found, *answer.part.sites[_SUGGESTED:]))
    return replace(answer, part=part)


def _write_answer(answer: "Answer", format: Format) -> None:
    if format is Format.JSON:
        from escapelens.reporters import json

        for piece in json.render(answer.part):
            sys.stdout.buffer.write(piece)
        return
    from escapelens.reporters.explanation import Explainer, markdown

    if format is Format.MARKDOWN:
        _write(markdown(answer))
    else:
        from rich.console import Console

        Explainer(Console()).explain(answer)


def _write_json(record: object) -> None:
    import msgspec

    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")


def _write(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
