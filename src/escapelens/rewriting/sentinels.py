"""Makes an error once, as a package variable."""

import json
import re
from typing import TYPE_CHECKING

from escapelens.model import TextEdit
from escapelens.rewriting.code import Code, Refused, arguments, declaration_around
from escapelens.rewriting.packages import import_edits, qualifier
from escapelens.rewriting.placing import above

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_WORDS = 5


def makes_error(code: Code, site: "Node") -> bool:
    """Whether the standard library makes an error at a site."""
    call = site if site.type == "call_expression" else site.parent
    return call is not None and (
        code.calls(call, "fmt", "Errorf") or code.calls(call, "errors", "New")
    )


def sentinel(code: Code, site: "Node") -> tuple[str, list[TextEdit]]:
    """The name of the variable for an error with a constant text, and the edits."""
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
    name = _name(code, text)
    at = above(function)
    value = f"{errors}.New({code.text(given[0])})"
    drop = ["fmt"] if is_formatted else []
    return name, [
        TextEdit(code.path, at, at, f"var {name} = {value}\n\n"),
        TextEdit(code.path, call.start_byte, call.end_byte, name),
        *import_edits(code, [call], add=["errors"], drop=drop),
    ]


def _name(code: Code, quoted: str) -> str:
    """A name like `errTooLarge` for the text "too large"."""
    try:
        text = json.loads(quoted)
    except ValueError:
        raise Refused("the text of the error is no plain text") from None
    words = re.findall(r"[A-Za-z][A-Za-z0-9]*", text.rpartition(": ")[2] or text)[:_MAX_WORDS]
    if not words:
        raise Refused("the text of the error has no words for a name")
    name = "err" + "".join(word[0].upper() + word[1:] for word in words)
    return code.fresh(name, f"{name}Error")
