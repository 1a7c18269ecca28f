"""Makes an error once, as a package variable."""

import json
import re
from typing import TYPE_CHECKING

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    Code,
    Refused,
    arguments,
    declaration_around,
    descendants,
    function_around,
    side,
)
from escapelens.rewriting.packages import import_edits, qualifier
from escapelens.rewriting.placing import above

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_WORDS = 5
_PREFIX = re.compile(r"^(?:[\w./-]+: )+(?=\S)")
"""What a text begins with: the name of a package, or of what failed."""
_ASIDE = re.compile(r"\([^)]*\)|'[^']{1,4}'|%\S")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-.][A-Za-z0-9]+)*")
_LEFT_OUT = ("a", "an", "the")
_JOINING = ("and", "at", "by", "for", "from", "in", "is", "of", "on", "or", "to", "with")
"""Words that no name ends in."""
_NEGATED = (
    (re.compile(r"\b(?:do|does|did|has|have)(?:n't| not) have\b"), "no"),
    (re.compile(r"\bcan(?:'t|not)\b"), "cannot"),
    (re.compile(r"\b(\w+)n't\b"), r"\1 not"),
)
_ACRONYMS = (
    "api",
    "eof",
    "html",
    "http",
    "id",
    "io",
    "ip",
    "json",
    "tcp",
    "tls",
    "udp",
    "url",
    "xml",
)


def makes_error(code: Code, site: "Node") -> bool:
    """Whether the standard library makes an error at a site."""
    call = site if site.type == "call_expression" else site.parent
    return call is not None and (
        code.calls(call, "fmt", "Errorf") or code.calls(call, "errors", "New")
    )


def sentinel(code: Code, site: "Node") -> tuple[str, bool, list[TextEdit]]:
    """The variable for an error with a constant text, whether it exists, and the edits."""
    call = site if site.type == "call_expression" else site.parent
    if call is None:
        raise Refused("no error with a constant text is made")
    is_formatted = code.calls(call, "fmt", "Errorf")
    if not is_formatted and not code.calls(call, "errors", "New"):
        raise Refused("no error with a constant text is made")
    given = arguments(call)
    text = code.constant(given[0]) if len(given) == 1 else None
    if text is None or not text.startswith('"'):
        raise Refused("the text of the error is no short constant")
    if is_formatted and "%" in text:
        raise Refused("the text of the error has verbs")
    function = declaration_around(call)
    if function is None:
        raise Refused("it is made once already")
    errors = qualifier(code, "errors")
    value = f"{errors}.New({code.text(given[0])})"
    drop = ["fmt"] if is_formatted else []
    known = _known(code, value)
    name = known or _name(code, text)
    at = above(function)
    declared = [] if known else [TextEdit(code.path, at, at, f"var {name} = {value}\n\n")]
    return (
        name,
        bool(known),
        [
            *declared,
            TextEdit(code.path, call.start_byte, call.end_byte, name),
            *import_edits(code, [call], add=["errors"], drop=drop),
        ],
    )


def _known(code: Code, value: str) -> str:
    """A package variable of the file that holds such an error already, and is not exported."""
    for spec in descendants(code.source.root, "var_spec"):
        if spec.child_by_field_name("type") is not None or function_around(spec) is not None:
            continue
        names, values = side(spec, "name"), side(spec, "value")
        if len(names) == len(values) == 1 and code.text(values[0]) == value:
            name = code.text(names[0])
            if name.startswith("err") and code.has_no_local(name):
                return name
    return ""


def _name(code: Code, quoted: str) -> str:
    """A name like `errTooLarge` for the text "too large"."""
    try:
        text = json.loads(quoted)
    except ValueError:
        raise Refused("the text of the error is no plain text") from None
    text = _PREFIX.sub("", text)
    for pattern, instead in _NEGATED:
        text = pattern.sub(instead, text)
    found = [word.rpartition(".")[2] for word in _WORD.findall(_ASIDE.sub(" ", text))]
    words = [one for one in found if len(one) > 1 and one.lower() not in _LEFT_OUT][:_MAX_WORDS]
    while words and words[-1].lower() in _JOINING:
        words.pop()
    if not words:
        raise Refused("the text of the error has no words for a name")
    name = "err" + "".join(_capitalised(part) for word in words for part in word.split("-"))
    return code.fresh(name, f"{name}Error")


def _capitalised(word: str) -> str:
    return word.upper() if word.lower() in _ACRONYMS else word[0].upper() + word[1:]
