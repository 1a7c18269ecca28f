"""Many records as JSON, a part at a time."""

from collections.abc import Iterator, Sequence

import msgspec

_AT_ONCE = 500

_encode = msgspec.json.Encoder().encode


def encoded(records: Sequence[msgspec.Struct]) -> Iterator[bytes]:
    """What stands between the brackets of an array: all of a large report would fill memory."""
    for start in range(0, len(records), _AT_ONCE):
        part = _encode(records[start : start + _AT_ONCE])[1:-1]
        yield b"," + part if start else part
