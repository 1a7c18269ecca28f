"""The page about `sync.Pool` and those of the findings, as Markdown and as records."""

from collections.abc import Iterable, Iterator

import msgspec

from escapelens.causes import all_causes
from escapelens.pools.findings import Rule, all_findings
from escapelens.pools.proofs import EXAMPLE
from escapelens.pools.statements import SECTIONS

NAME = "sync-pool"
_MARKS = "Lines marked `// found` are those where it is found."


class FindingExample(msgspec.Struct, frozen=True):
    """Go code in which something is found, and the same without it."""

    before: str
    after: str
    """Empty where none is shown."""


class FindingNearMiss(msgspec.Struct, frozen=True):
    """Go code that looks alike, in which nothing is found."""

    source: str
    because: str


class FindingPage(msgspec.Struct, frozen=True):
    """Everything that is known of a finding; its texts are Markdown."""

    name: str
    summary: str
    why: str
    safety: str
    leave_it: str
    examples: tuple[FindingExample, ...]
    near_misses: tuple[FindingNearMiss, ...]


class Proven(msgspec.Struct, frozen=True):
    """What is true of sync.Pool, and the Go test that shows it."""

    statement: str
    proof: str


class PoolPage(msgspec.Struct, frozen=True):
    """The page about sync.Pool."""

    name: str
    statements: tuple[Proven, ...]
    example: str
    findings: tuple[str, ...]


def record(rule: Rule) -> FindingPage:
    """The page of a finding as a record."""
    return FindingPage(
        rule.name,
        rule.summary,
        rule.why.strip(),
        rule.safety.strip(),
        rule.leave_it.strip(),
        tuple(FindingExample(one.before, one.after) for one in rule.examples),
        tuple(FindingNearMiss(one.source, one.because) for one in rule.near_misses),
    )


def pool_record() -> PoolPage:
    """The page about sync.Pool as a record, with the proofs that its Markdown leaves out."""
    statements = (one for section in SECTIONS for one in section.statements)
    proven = tuple(Proven(one.text, one.proof) for one in statements)
    return PoolPage(NAME, proven, EXAMPLE, tuple(all_findings()))


def markdown(rule: Rule) -> str:
    """The page of a finding."""
    return _page(_finding(rule))


def beside_its_cause(rule: Rule, *, linked: bool) -> str:
    """What the page of a cause says of the finding that has its name."""
    text = (
        "`escapelens pools` tells of such a site too, with its pool and all that takes from it\n"
        "and puts back."
    )
    if rule.rewrite:
        text += (
            f" Where all of that can be changed together, it suggests\n`{rule.rewrite}`, which "
            "`escapelens pools --prove` compiles."
        )
    if linked:
        text += f" The finding has [a page of its own](../pools/{rule.name}.md)."
    return f"## As a finding about pools\n\n{text}"


def pool_markdown(*, linked: bool = True) -> str:
    """The page about sync.Pool; findings are `linked` to their pages."""
    return _page(_pool(linked=linked))


def _page(blocks: Iterable[str]) -> str:
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _finding(rule: Rule) -> Iterator[str]:
    yield f"# {rule.name}"
    yield f"{rule.summary[:1].upper()}{rule.summary[1:]}."
    yield f"## What happens\n\n{rule.why.strip()}"
    if rule.name in all_causes():
        yield f"The site that it makes has [the cause of this name](../causes/{rule.name}.md)."
    yield f"## Examples\n\n{_MARKS}"
    for number, example in enumerate(rule.examples, 1):
        if len(rule.examples) > 1:
            yield f"### Example {number}"
        yield _code(example.before)
        if example.after:
            yield "Better:"
            yield _code(example.after)
    yield f"## What to do\n\n{rule.safety.strip()}"
    yield f"## When to leave it\n\n{rule.leave_it.strip()}"
    yield "## What looks alike"
    for miss in rule.near_misses:
        yield miss.because
        yield _code(miss.source)


def _pool(*, linked: bool) -> Iterator[str]:
    yield f"# {NAME}"
    yield (
        "What is true of `sync.Pool`. Each point is shown by a Go test that runs with every\n"
        "toolchain; `escapelens explain sync-pool --format json` has them."
    )
    for section in SECTIONS:
        points = "\n".join(f"- {one.text}" for one in section.statements)
        yield f"## {section.title}\n\n{points}"
    yield f"## A pool as it should be\n\n{_code(EXAMPLE)}"
    names = [f"[`{name}`]({name}.md)" if linked else f"`{name}`" for name in all_findings()]
    summaries = (rule.summary for rule in all_findings().values())
    points = "\n".join(f"- {name}: {what}" for name, what in zip(names, summaries, strict=True))
    yield f"## What `escapelens pools` finds\n\nThe gravest first:\n\n{points}"


def _code(source: str) -> str:
    return f"```go\n{source.rstrip()}\n```"
