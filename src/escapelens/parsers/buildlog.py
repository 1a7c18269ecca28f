"""Finds compiler output in logs: as it was printed, behind time stamps, or in JSON events."""

import json
import re
from collections.abc import Iterable, Iterator

_STAMP = re.compile(rb"^(?:\[[^\]\n]{1,40}\] |\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)? )")
_COLOUR = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")
_EVENT = b'{"'


def compiler_text(log: bytes) -> bytes:
    """The text of a log with colours, time stamps and `go build -json` events taken off."""
    log = _COLOUR.sub(b"", log.replace(b"\r\n", b"\n"))
    if _EVENT in log[:4096] or b"\n" + _EVENT in log:
        return b"".join(_outputs(log.splitlines(keepends=True)))
    return b"".join(map(_unstamped, log.splitlines(keepends=True)))


def _outputs(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The texts of build-output events, each package's together, and lines that are no events.

    Go 1.24 (cmd/go/internal/load/printer.go): one event holds a package's whole text, but events
    of several packages may alternate where errors are printed.
    """
    texts: dict[str, list[bytes]] = {}
    for line in lines:
        text = line.strip()
        event: object = None
        if text.startswith(_EVENT):
            try:
                event = json.loads(text)
            except ValueError:
                event = None
        if not isinstance(event, dict) or "Action" not in event:
            yield _unstamped(line)
        elif event["Action"] == "build-output" and isinstance(event.get("Output"), str):
            output = event["Output"].encode("utf-8", "replace")
            texts.setdefault(str(event.get("ImportPath")), []).append(output)
    for outputs in texts.values():
        yield from outputs


def _unstamped(line: bytes) -> bytes:
    return _STAMP.sub(b"", line)
