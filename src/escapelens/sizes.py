"""How many bytes the allocator takes for an object (runtime/sizeclasses.go, Go 1.21 to 1.27)."""

from bisect import bisect_left

CLASSES = (
    *(0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320),
    *(352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792),
    *(2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472),
    *(9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264),
    *(28672, 32768),
)
"""The sizes of small objects by the number of their class."""
_PAGE = 8192
_BLOCK = 16
"""Smaller objects without pointers share such a block (runtime/malloc.go, the tiny allocator)."""
_HEADER = 8
"""What Go 1.22 and newer puts before larger objects with pointers."""
WORDS = {"386": 4, "arm": 4, "mips": 4, "mipsle": 4}
"""The bytes of a word where they are not 8."""


def rounded(size: int, minor: int, goarch: str, *, pointers: bool) -> int:
    """The bytes taken for an object of a size, by a minor version of Go."""
    if 0 < size < _BLOCK and not pointers:
        return _BLOCK // (_BLOCK // size)
    word = WORDS.get(goarch, 8)
    # Of up to so many words the pointers are told beside the objects (runtime/mbitmap.go).
    if minor >= 22 and pointers and size > word * word * 8:
        size += _HEADER
    if size <= CLASSES[-1]:
        return CLASSES[bisect_left(CLASSES, size)]
    return -(-size // _PAGE) * _PAGE


def of_channel(room: int, minor: int, goarch: str, *, pointers: bool) -> int | None:
    """The bytes of a channel whose elements take `room` (runtime/chan.go, makechan).

    None for two objects: elements with pointers have a memory of their own.
    """
    if WORDS.get(goarch, 8) != 8 or (pointers and room):
        return None
    # As make(chan byte, n) takes it, by versions: go1.22.10 and go1.23.9 were measured once, the
    # tests measure the others.
    head = 96 if minor < 23 else 104 if minor < 25 else 112
    return rounded(head + room, minor, goarch, pointers=False)
