"""The page of a cause, as Markdown and as a record."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from escapelens.causes import Cause, Example, NearMiss, all_causes
from escapelens.causes.base import RefusalExample
from escapelens.pools.findings import all_findings
from escapelens.reporters import pool_pages
from escapelens.reporters.pool_pages import FindingPage

OLDEST = 21
"""The minor version of the oldest Go that the causes speak of."""
_QUOTED_NAME = re.compile(r"(?<!\[)`([a-z]+(?:-[a-z]+)+)`")
_SECTION = re.compile(r"^-- (.+) --\n", re.MULTILINE)
_FENCES = {"go": "go", "s": "asm", "mod": "text"}
_MARKS = "Lines marked `// heap` hold what is on the heap because of this."


class ExamplePage(msgspec.Struct, frozen=True):
    """Go code in which a cause exists, and the same without it."""

    before: str
    """One file, or several behind `-- name --` lines; `// heap` ends each line with a site."""
    after: str
    """Empty where the cause cannot be avoided."""
    since: str
    """The first Go in which it is so, such as `1.21`, the oldest that is looked at."""
    until: str | None
    """The last Go in which it is so; null if it still is."""
    go: str
    """The language version, as the `go` line of go.mod says."""
    goarch: str
    """The target, where it is so on one only."""
    rewrite: str
    """The name of the rewrite that makes `after` out of `before`; empty if none does."""


class RefusalPage(msgspec.Struct, frozen=True):
    """Go code in which the cause exists, and a rewrite is not made."""

    rewrite: str
    source: str
    reason: str
    since: str
    until: str | None


class NearMissPage(msgspec.Struct, frozen=True):
    """Go code that looks alike, in which the cause does not exist."""

    source: str
    because: str
    since: str
    until: str | None
    goarch: str


class CausePage(msgspec.Struct, frozen=True):
    """Everything that is known of a cause; its texts are Markdown."""

    name: str
    summary: str
    why: str
    safety: str
    """What a rewrite may change."""
    leave_it: str
    """When it is not worth a rewrite."""
    history: str
    """What changed between Go versions; empty where nothing did."""
    since: str
    until: str | None
    examples: tuple[ExamplePage, ...]
    refusals: tuple[RefusalPage, ...]
    near_misses: tuple[NearMissPage, ...]
    finding: FindingPage | None = None
    """The page of the finding about pools that has the same name."""


class CauseLine(msgspec.Struct, frozen=True):
    """A cause in a list."""

    name: str
    summary: str


def record(cause: Cause) -> CausePage:
    """The page of a cause as a record, as `--format json` prints it."""
    rule = all_findings().get(cause.name)
    return CausePage(
        name=cause.name,
        summary=cause.summary,
        why=cause.why.strip(),
        safety=cause.safety.strip(),
        leave_it=cause.leave_it.strip(),
        history=cause.history.strip(),
        since=_version(cause.since),
        until=_version(cause.until) if cause.until else None,
        examples=tuple(map(_example, cause.examples)),
        refusals=tuple(map(_refusal, cause.refusals)),
        near_misses=tuple(map(_near_miss, cause.near_misses)),
        finding=pool_pages.record(rule) if rule is not None else None,
    )


def lines(causes: Iterable[Cause]) -> tuple[CauseLine, ...]:
    """The causes as `escapelens causes --format json` lists them."""
    return tuple(CauseLine(cause.name, cause.summary) for cause in causes)


def markdown(cause: Cause, *, linked: bool = True) -> str:
    """The page of a cause; other causes that it names are `linked` to their pages."""
    text = "\n\n".join(block.strip("\n") for block in _blocks(cause, linked=linked)) + "\n"
    return _QUOTED_NAME.sub(_link, text) if linked else text


def index(causes: Iterable[Cause]) -> str:
    """The page that lists the causes."""
    rows = (f"| [`{cause.name}`]({cause.name}.md) | {cause.summary} |" for cause in causes)
    head = (
        "# Causes",
        "",
        "Why values are on the heap: each site has one of these causes. `escapelens explain NAME`",
        "shows the same pages in a terminal.",
        "",
        "| cause | what the code does |",
        "|---|---|",
    )
    return "\n".join((*head, *rows)) + "\n"


def sentence(text: str) -> str:
    """Words with a capital letter and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def _blocks(cause: Cause, *, linked: bool) -> Iterator[str]:
    yield f"# {cause.name}"
    yield sentence(cause.summary)
    if span := _span(cause.since, cause.until):
        yield sentence(span)
    yield f"## Why it is on the heap\n\n{cause.why.strip()}"
    if cause.examples:
        yield f"## Examples\n\n{_MARKS}"
    for number, example in enumerate(cause.examples, 1):
        if len(cause.examples) > 1:
            yield f"### Example {number}"
        yield from _example_blocks(example, cause)
    yield f"## What a rewrite may change\n\n{cause.safety.strip()}"
    yield f"## When to leave it\n\n{cause.leave_it.strip()}"
    if cause.refusals:
        yield "## What is not rewritten"
    for refusal in cause.refusals:
        conditions = _conditions(refusal, cause, "")
        span = f" ({conditions})" if conditions else ""
        yield f"Not by `{refusal.rewrite}`, since {refusal.reason}{span}."
        yield from _code(refusal.source)
    if (rule := all_findings().get(cause.name)) is not None:
        yield pool_pages.beside_its_cause(rule, linked=linked)
    if cause.history.strip():
        yield f"## What changed between Go versions\n\n{cause.history.strip()}"
    if cause.near_misses:
        yield "## What looks alike"
    for miss in cause.near_misses:
        conditions = _conditions(miss, cause, miss.goarch)
        yield sentence(miss.because) + (f" ({sentence(conditions)})" if conditions else "")
        yield from _code(miss.source)


def _example_blocks(example: Example, cause: Cause) -> Iterator[str]:
    if conditions := _conditions(example, cause, example.goarch, example.go):
        yield sentence(conditions)
    if example.after:
        yield "Before:"
    yield from _code(example.before)
    if example.after:
        yield (
            f"After, as the rewrite `{example.rewrite}` makes it:" if example.rewrite else "After:"
        )
        yield from _code(example.after)


def _conditions(
    shown: Example | NearMiss | RefusalExample, cause: Cause, goarch: str, go: str = ""
) -> str:
    """When code behaves as shown, as far as the cause itself is not bound to the same."""
    is_special = (shown.since, shown.until) not in ((OLDEST, None), (cause.since, cause.until))
    span = _span(shown.since, shown.until) if is_special else ""
    language = f"with `go {go}` in go.mod" if go not in ("", f"1.{OLDEST}") else ""
    target = f"for GOARCH={goarch}" if goarch else ""
    return ", ".join(filter(None, (span, language, target)))


def _span(since: int, until: int | None) -> str:
    if since > OLDEST:
        last = f" and up to Go {_version(until)}" if until else ""
        return f"since Go {_version(since)}{last}"
    return f"up to Go {_version(until)}" if until else ""


def _version(minor: int) -> str:
    return f"1.{minor}"


def _code(source: str) -> Iterator[str]:
    """Each file of an archive in a fence of its language, behind its name if there are several."""
    sections = _SECTION.split(source)[1:] or ["a.go", source]
    files = list(zip(sections[::2], sections[1::2], strict=True))
    for name, text in files:
        if not text.strip():
            yield f"`{name}` is empty."
            continue
        if len(files) > 1:
            yield f"`{name}`:"
        language = _FENCES.get(name.rpartition(".")[2], "text")
        yield f"```{language}\n{text.rstrip()}\n```"


def _example(example: Example) -> ExamplePage:
    until = _version(example.until) if example.until else None
    since = _version(example.since)
    about = (example.go, example.goarch, example.rewrite)
    return ExamplePage(example.before, example.after, since, until, *about)


def _refusal(refusal: RefusalExample) -> RefusalPage:
    until = _version(refusal.until) if refusal.until else None
    since = _version(refusal.since)
    return RefusalPage(refusal.rewrite, refusal.source, refusal.reason, since, until)


def _near_miss(miss: NearMiss) -> NearMissPage:
    until = _version(miss.until) if miss.until else None
    return NearMissPage(miss.source, miss.because, _version(miss.since), until, miss.goarch)


def _link(match: re.Match[str]) -> str:
    name = match[1]
    return f"[`{name}`]({name}.md)" if name in all_causes() else match[0]
