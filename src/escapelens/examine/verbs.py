"""The verb of a format that a value is written with."""

import re
from typing import TYPE_CHECKING

from escapelens.examine.view import called, last_name
from escapelens.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_VERB = re.compile(r"%[-+# 0]*\d*(?:\.\d*)?[%a-zA-Z]")
_COUNTED = re.compile(r"%[-+# 0\d.]*[*\[]")
"""A width or an argument that a format names by its number shifts what the others stand for."""
_LITERALS = ("interpreted_string_literal", "raw_string_literal")
_BEHIND_ANOTHER = ("Fprint", "Append")
"""`Fprintf` and `Appendf` take the format behind what they write to."""


def verb_for(source: Source, call: "Node", value: "Node") -> str:
    """The verb that a call's format has for a value among its arguments; empty if unclear."""
    listed = call.child_by_field_name("arguments")
    name = last_name(called(source, call))
    if listed is None or not name.endswith("f"):
        return ""
    given = [one for one in listed.named_children if one.type != "comment"]
    at = next((i for i, one in enumerate(given) if _holds(one, value)), 0)
    first = int(name.startswith(_BEHIND_ANOTHER))
    template = _text(source, given[first]) if first < at else ""
    if _COUNTED.search(template):
        return ""
    verbs = [verb for verb in _VERB.findall(template) if verb[-1] != "%"]
    index = at - first - 1
    return verbs[index] if 0 <= index < len(verbs) else ""


def _holds(argument: "Node", value: "Node") -> bool:
    return argument.start_byte <= value.start_byte and value.end_byte <= argument.end_byte


def _text(source: Source, node: "Node") -> str:
    """What string literals, or a sum of such, stand for; empty for anything else."""
    if node.type in _LITERALS:
        return source.text(node)[1:-1]
    if node.type != "binary_expression":
        return ""
    parts = [_text(source, one) for one in node.named_children]
    return "".join(parts) if all(parts) else ""
