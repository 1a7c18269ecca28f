"""The report as one JSON document, as JSON lines, and as the schema of both."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from escapelens import __version__
from escapelens.encoding import encoded
from escapelens.model import (
    Counts,
    Coverage,
    Flow,
    Go,
    Leak,
    Package,
    Report,
    Site,
    SourceFile,
    Stay,
    Unrecognised,
)

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
    report: Report, sites: Iterable[bytes | memoryview] | None = None
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
    )
    for name, records in groups:
        start = f'{{"record":"{name}",'.encode()
        for record in records:
            yield start + _encoder.encode(record)[1:] + b"\n"


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a document; `$defs` holds the page of a cause too."""
    from escapelens.causes import all_causes
    from escapelens.reporters.pages import CausePage

    (document, _), components = msgspec.json.schema_components(
        [Document, CausePage], ref_template="#/$defs/{name}"
    )
    (flow,), flow_components = msgspec.json.schema_components([Flow], ref_template="#/$defs/{name}")
    definitions = {**components, **flow_components}
    # Flows are kept encoded, so their type does not show in the records that hold them.
    for name in ("Site", "Leak"):
        definitions[name]["properties"]["flows"] = {"type": "array", "items": flow}
    names = {"enum": list(all_causes())}
    cause = {"anyOf": [names, {"type": "null"}], "default": None}
    definitions["Site"]["properties"]["cause"] = cause
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
