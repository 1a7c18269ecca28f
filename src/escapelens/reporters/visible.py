"""Text of sources, paths and messages, made harmless: what a terminal would obey is spelled out."""

import re

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, marks that reorder or hide text, and bytes of a path that are no UTF-8."""

_PLAIN = str.maketrans("━─│…×·←→", "^-|~x-<>")


def visible(text: str) -> str:
    r"""The text with an escape such as `\x1b` for each character that acts or hides."""
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub(_spelled, text)


def encodable(text: str, encoding: str) -> str:
    """The text at the same length, for a terminal or pipe that knows no Unicode."""
    known = text.encode(encoding, "replace").decode(encoding)
    if known == text:
        return text
    return text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    if code <= 0xFF:
        return {0x09: r"\t", 0x0A: r"\n", 0x0D: r"\r"}.get(code, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
