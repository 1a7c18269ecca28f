"""The report as one JSON document, as JSON lines, and as the schema of both."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec

from escapelens import __version__
from escapelens.encoding import encoded
from escapelens.model import (
    Benchmark,
    Counts,
    Coverage,
    Finding,
    Flow,
    Go,
    Leak,
    Package,
    Pool,
    Profiled,
    Report,
    Site,
    SourceFile,
    Stay,
    Suggestion,
    Unrecognised,
)
from escapelens.watch import events
from escapelens.watch.events import BrokenPackage, Delta

SCHEMA_VERSION = "1"
"""Raised when a key is renamed or changes its meaning; new keys do not raise it."""


class Tool(msgspec.Struct, frozen=True):
    """Which program wrote the document."""

    name: str = "escapelens"
    version: str = __version__


class Document(msgspec.Struct, frozen=True):
    """A whole report."""

    schema_version: str
    tool: Tool
    go: Go
    root: str
    coverage: Coverage
    files: tuple[SourceFile, ...]
    packages: tuple[Package, ...]
    sites: tuple[Site, ...]
    leaks: tuple[Leak, ...]
    stack: tuple[Stay, ...]
    unrecognised: tuple[Unrecognised, ...]
    counts: Counts
    notes: tuple[str, ...]
    profile: Profiled | None
    pools: tuple[Pool, ...] | msgspec.UnsetType = msgspec.UNSET
    """Only where there are some, as are findings."""
    findings: tuple[Finding, ...] | msgspec.UnsetType = msgspec.UNSET
    benchmarks: tuple[Benchmark, ...] | msgspec.UnsetType = msgspec.UNSET


class Head(msgspec.Struct, frozen=True, tag="report", tag_field="record"):
    """The first of the JSON lines."""

    schema_version: str
    tool: Tool
    go: Go
    root: str
    coverage: Coverage
    notes: tuple[str, ...]


_encoder = msgspec.json.Encoder()


def render(
    report: Report,
    sites: Iterable[bytes | memoryview] | None = None,
) -> Iterator[bytes | memoryview]:
    """The report as one line of JSON, in pieces; `sites` are its sites where they are encoded."""
    document = Document(
        SCHEMA_VERSION,
        Tool(),
        report.go,
        report.root,
        report.coverage,
        report.files,
        report.packages,
        (),
        report.leaks,
        report.stack,
        report.unrecognised,
        report.counts,
        report.notes,
        report.profile,
        report.pools or msgspec.UNSET,
        report.findings or msgspec.UNSET,
        report.benchmarks or msgspec.UNSET,
    )
    # No string can hold these bytes, since quotes within strings are escaped.
    head, key, tail = _encoder.encode(document).partition(b'"sites":[')
    yield head + key
    yield from encoded(report.sites) if sites is None else sites
    yield tail + b"\n"


def render_lines(report: Report) -> Iterator[bytes]:
    """The report as JSON lines: each an object whose `record` names what it is."""
    head = Head(SCHEMA_VERSION, Tool(), report.go, report.root, report.coverage, report.notes)
    yield _encoder.encode(head) + b"\n"
    groups: tuple[tuple[str, tuple[msgspec.Struct, ...]], ...] = (
        ("file", report.files),
        ("package", report.packages),
        ("site", report.sites),
        ("leak", report.leaks),
        ("stack", report.stack),
        ("unrecognised", report.unrecognised),
        ("counts", (report.counts,)),
        ("pool", report.pools),
        ("finding", report.findings),
        ("benchmark", report.benchmarks),
        ("profile", () if report.profile is None else (report.profile,)),
    )
    for name, records in groups:
        start = f'{{"record":"{name}",'.encode()
        for record in records:
            yield start + _encoder.encode(record)[1:] + b"\n"


class ReadyEvent(msgspec.Struct, frozen=True, tag="ready", tag_field="event"):
    """A watch begins."""

    generation: int
    schema_version: str
    root: str
    tool: Tool
    go: Go
    packages: tuple[str, ...]


class BuildingEvent(msgspec.Struct, frozen=True, tag="building", tag_field="event"):
    """A build begins; without packages, of all."""

    generation: int
    schema_version: str
    packages: tuple[str, ...]


class ReportEvent(msgspec.Struct, frozen=True, omit_defaults=True, tag="report", tag_field="event"):
    """What is on the heap in some packages; `whole` stands in place of everything before."""

    generation: int
    schema_version: str
    whole: bool
    packages: tuple[str, ...]
    removed: tuple[str, ...]
    stale: bool
    report: msgspec.Raw
    delta: Delta | None = None


class ErrorEvent(msgspec.Struct, frozen=True, tag="error", tag_field="event"):
    """A build failed; what was told before stays, and is stale."""

    generation: int
    schema_version: str
    message: str
    hint: str
    fatal: bool
    packages: tuple[BrokenPackage, ...]


class IdleCounts(msgspec.Struct, frozen=True):
    """How much is on the heap in all packages."""

    sites: int
    functions: int
    files: int
    packages: int


class IdleEvent(msgspec.Struct, frozen=True, tag="idle", tag_field="event"):
    """All of a generation was said."""

    generation: int
    schema_version: str
    milliseconds: int
    counts: IdleCounts
    stale: bool


class CancelledEvent(msgspec.Struct, frozen=True, tag="cancelled", tag_field="event"):
    """The build of a generation was given up for a newer one."""

    generation: int
    schema_version: str


class ProgressEvent(
    msgspec.Struct, frozen=True, omit_defaults=True, tag="progress", tag_field="event"
):
    """What a reader should know, or how far something that takes long has come."""

    generation: int
    schema_version: str
    text: str
    id: str | None = None
    suggestion: str | None = None


class DigestedFile(msgspec.Struct, frozen=True):
    """A file that edits count in, as it was read."""

    file: str
    sha256: str


class VerdictEvent(
    msgspec.Struct, frozen=True, omit_defaults=True, tag="verdict", tag_field="event"
):
    """A suggestion was compiled."""

    generation: int
    schema_version: str
    site: str
    suggestion: Suggestion
    files: tuple[DigestedFile, ...]
    id: str | None = None


class AnswerEvent(msgspec.Struct, frozen=True, omit_defaults=True, tag="answer", tag_field="event"):
    """The last that is said to a command."""

    generation: int
    schema_version: str
    id: str
    ok: bool
    message: str = ""


WatchEvent = (
    ReadyEvent
    | BuildingEvent
    | ReportEvent
    | ErrorEvent
    | IdleEvent
    | CancelledEvent
    | ProgressEvent
    | VerdictEvent
    | AnswerEvent
)


class WatchCommand(msgspec.Struct, frozen=True):
    """A line that a program writes to a watch with --stdio."""

    id: str
    command: str
    suggestion: str | None = None
    site: str | None = None
    profile: str | None = None
    """A file or an address."""
    base: str | None = None
    """The profile that is subtracted from it."""
    sample_index: Literal["alloc_space", "alloc_objects", "inuse_space", "inuse_objects"] = (
        "alloc_space"
    )
    source_map: dict[str, str] = {}
    """For beginnings of file names of the profile what stands there now."""


def read_report(document: bytes) -> Document | None:
    """The report in a document that another run of ours rendered; None if it is none."""
    try:
        return msgspec.json.decode(document, type=Document)
    except msgspec.MsgspecError:
        return None


def render_event(event: events.Event) -> bytes:
    """An event of a watch as one line of JSON."""
    return _encoder.encode(_event(event)) + b"\n"


def read_command(line: bytes) -> WatchCommand | None:
    """The command in a line; None if it is none."""
    try:
        return msgspec.json.decode(line, type=WatchCommand)
    except msgspec.MsgspecError:
        return None


def _event(event: events.Event) -> WatchEvent:
    start = (event.generation, SCHEMA_VERSION)
    match event:
        case events.Ready():
            return ReadyEvent(*start, event.root, Tool(), event.go, event.packages)
        case events.Building():
            return BuildingEvent(*start, event.packages)
        case events.Reported():
            report = msgspec.Raw(b"".join(render(event.report)).strip())
            return ReportEvent(
                *start,
                event.whole,
                event.packages,
                event.removed,
                event.stale,
                report,
                event.delta,
            )
        case events.Failed():
            return ErrorEvent(*start, event.message, event.hint, event.fatal, event.packages)
        case events.Idle():
            all_of_them = event.counts
            counts = IdleCounts(
                all_of_them.sites, all_of_them.functions, all_of_them.files, all_of_them.packages
            )
            return IdleEvent(*start, event.milliseconds, counts, event.stale)
        case events.Cancelled():
            return CancelledEvent(*start)
        case events.Progress():
            return ProgressEvent(*start, event.text, event.id, event.suggestion)
        case events.Judged():
            files = tuple(DigestedFile(*file) for file in event.files)
            return VerdictEvent(*start, event.site, event.suggestion, files, event.id)
        case events.Answer():
            return AnswerEvent(*start, event.id, event.ok, event.message)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a document; `$defs` holds the page of a cause too."""
    from escapelens.causes import all_causes
    from escapelens.pools.findings import all_findings
    from escapelens.reporters.pages import CausePage
    from escapelens.reporters.pool_pages import FindingPage, PoolPage

    (document, *_), components = msgspec.json.schema_components(
        [Document, CausePage, FindingPage, PoolPage, WatchEvent, WatchCommand],
        ref_template="#/$defs/{name}",
    )
    (flow,), flow_components = msgspec.json.schema_components([Flow], ref_template="#/$defs/{name}")
    definitions = {**components, **flow_components}
    # Flows are kept encoded, so their type does not show in the records that hold them.
    for name in ("Site", "Leak"):
        definitions[name]["properties"]["flows"] = {"type": "array", "items": flow}
    definitions["ReportEvent"]["properties"]["report"] = document
    names = {"enum": list(all_causes())}
    cause = {"anyOf": [names, {"type": "null"}], "default": None}
    definitions["Site"]["properties"]["cause"] = cause
    definitions["Finding"]["properties"]["finding"] = {"enum": list(all_findings())}
    definitions["CausePage"]["properties"]["name"] = names
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "escapelens report",
        **document,
        "$defs": dict(sorted(definitions.items())),
    }


def render_schema() -> bytes:
    """The schema as indented JSON."""
    return msgspec.json.format(_encoder.encode(schema()), indent=2) + b"\n"
