"""Reads a pprof profile (github.com/google/pprof/proto/profile.proto), packed or not.

Only what allocation profiles hold is described below; other fields are skipped by protobuf itself.
"""

import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

_MAX_BYTES = 1 << 30
"""Of an unpacked profile; a real one has a few megabytes."""
_GZIP = b"\x1f\x8b"
_PACKAGE = "escapelens.profile"
_INT, _UINT, _STRING, _MESSAGE = 3, 4, 9, 11
_FIELDS = {
    "Profile": (
        ("sample_type", 1, "ValueType", True),
        ("sample", 2, "Sample", True),
        ("location", 4, "Location", True),
        ("function", 5, "Function", True),
        ("string_table", 6, _STRING, True),
    ),
    "ValueType": (("type", 1, _INT, False), ("unit", 2, _INT, False)),
    "Sample": (
        ("location_id", 1, _UINT, True),
        ("value", 2, _INT, True),
        ("label", 3, "Label", True),
    ),
    "Label": (("key", 1, _INT, False), ("num", 3, _INT, False)),
    "Location": (("id", 1, _UINT, False), ("line", 4, "Line", True)),
    "Line": (("function_id", 1, _UINT, False), ("line", 2, _INT, False)),
    "Function": (
        ("id", 1, _UINT, False),
        ("name", 2, _INT, False),
        ("filename", 4, _INT, False),
        ("start_line", 5, _INT, False),
    ),
}


class ProfileError(Exception):
    """What was given is no profile that can be read; its text says why."""


class Frame(NamedTuple):
    """One function of a stack, an inlined one too, and the line in it that runs."""

    function: str
    """With its import path: `example.com/m/lib.(*T).M`."""
    file: str
    """As the build named it: absolute, or below its import path with -trimpath."""
    line: int
    start_line: int
    """Where the function began when it was built; 0 where that is not told."""


Physical = tuple[Frame, ...]
"""What one address stands for: the innermost inlined function first."""


class Sample(NamedTuple):
    """What was allocated by one stack."""

    stack: tuple[Physical, ...]
    """The innermost call first."""
    values: tuple[int, ...]
    """One for each type of the profile."""
    block: int
    """The bytes of one object; 0 where that is not told."""


class Profile(NamedTuple):
    """A profile as it was written."""

    types: tuple[str, ...]
    """What is counted: `alloc_objects`, `alloc_space`, `inuse_objects`, `inuse_space`."""
    samples: tuple[Sample, ...]


def read_profile(content: bytes) -> Profile:
    """The profile that the bytes hold; raises ProfileError."""
    message = _message()
    try:
        message.ParseFromString(_unpacked(content))
    except ProfileError:
        raise
    except Exception as error:
        raise ProfileError("it is no profile, or only part of one") from error
    if not message.sample_type or not message.string_table:
        raise ProfileError("it is no profile, or an empty one")
    try:
        return _records(message)
    except (IndexError, KeyError) as error:
        raise ProfileError("it is damaged: something in it names what is not there") from error


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(_GZIP):
        return content
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacker.decompress(content, _MAX_BYTES)
    except zlib.error as error:
        raise ProfileError("its compression is damaged") from error
    if unpacker.unconsumed_tail:
        raise ProfileError(f"it is larger than {_MAX_BYTES >> 20:,} MiB")
    if not unpacker.eof:
        raise ProfileError("it ends in the middle")
    return unpacked


def _records(message: Any) -> Profile:
    text = message.string_table
    functions = {one.id: one for one in message.function}
    locations: dict[int, Physical] = {}
    for location in message.location:
        frames = []
        for line in location.line:
            function = functions[line.function_id]
            frames.append(
                Frame(text[function.name], text[function.filename], line.line, function.start_line)
            )
        locations[location.id] = tuple(frames)
    return Profile(
        tuple(text[one.type] for one in message.sample_type),
        tuple(_samples(message, locations)),
    )


def _samples(message: Any, locations: dict[int, Physical]) -> Iterator[Sample]:
    text = message.string_table
    for sample in message.sample:
        block = next((one.num for one in sample.label if text[one.key] == "bytes"), 0)
        stack = tuple(locations[one] for one in sample.location_id)
        yield Sample(stack, tuple(sample.value), block)


def _message() -> Any:
    """An empty message of the profile's format, which is described here and not generated."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(
        name="profile.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _FIELDS.items():
        record = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            is_message = isinstance(kind, str)
            record.field.add(
                name=field,
                number=number,
                label=3 if repeated else 1,
                type=_MESSAGE if is_message else kind,
                type_name=f".{_PACKAGE}.{kind}" if is_message else None,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName(f"{_PACKAGE}.Profile")
    return message_factory.GetMessageClass(found)()
