"""Hands a text to what formats it, in place of memory that then need not be on the heap."""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    Code,
    Refused,
    ancestors,
    arguments,
    descendants,
    function_around,
    side,
    statement_around,
    within,
)
from escapelens.rewriting.unconverted import format_index, in_time, risk_of, verbs_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from escapelens.types.facts import Object, Type

_AS_STRING = "sqxX"
"""Verbs that write a string of bytes as they write the bytes."""
_BYTES = ("[]byte", "[]uint8")


class Text(NamedTuple):
    """The text that is handed over instead."""

    text: str
    call: str
    """The function that formats it."""
    is_bytes: bool
    """It is a string of bytes; else what a method `String` returns."""
    risk: str
    """What may tell the difference; empty where nothing can."""
    edits: list[TextEdit]


def text_instead(code: Code, site: "Node", call: "Node | None") -> Text:
    """The text of the argument through which a call keeps what is at a site; raises Refused."""
    while call is not None and call.type != "call_expression":
        call = call.parent
    index = None if call is None else format_index(code, call)
    if call is None or index is None:
        raise Refused("it is not handed to a function with a format")
    if not _is_branch_of_its_own(code, site, call):
        raise Refused("the call is reached each time")
    in_time(call)
    variable, given = _variable(code, site), arguments(call)
    values = given[index + 1 :]
    if not values or values[-1].type == "variadic_argument":
        raise Refused("its arguments are a slice")
    verbs = verbs_of(code.constant(given[index]), len(values))
    found = [one for one in values if any(_is(code, name, variable) for name in _names(one))]
    if len(found) != 1:
        raise Refused(f"it is not one value alone that is made of `{variable.name}`")
    value = found[0]
    turn = values.index(value)
    known = code.type_of(value)
    function = code.text(call.child(0) or call)
    if known is not None and known.id in _BYTES:
        if verbs[turn] not in _AS_STRING:
            raise Refused(f"`%{verbs[turn]}` writes a string in another way")
        code.require_builtin("string")
        text = f"string({code.text(value)})"
        risk = risk_of(code, values[:turn], values[turn + 1 :])
    else:
        text, risk = _string_of(code, value, known, verbs[turn]), ""
    is_bytes = text.startswith("string(")
    edit = TextEdit(code.path, value.start_byte, value.end_byte, text)
    return Text(text, function, is_bytes, risk, [edit])


def _string_of(code: Code, value: "Node", known: "Type | None", verb: str) -> str:
    """The call of `String` that fmt would make of an address; raises Refused."""
    operand = value.child_by_field_name("operand")
    is_address = value.type == "unary_expression" and code.text(value).startswith("&")
    if not is_address or operand is None or operand.type != "identifier":
        raise Refused(f"`{code.text(value)}` is neither bytes nor the address of a variable")
    if known is None or verb not in "sv" or not known.has_method("String"):
        raise Refused(f"`%{verb}` calls no `String` of `{code.text(value)}`")
    if known.has_method("Error") or known.has_method("Format"):
        raise Refused(f"`%{verb}` calls no `String` of `{code.text(value)}`")
    return f"{code.text(operand)}.String()"


def _variable(code: Code, site: "Node") -> "Object":
    """The variable that is at a site, or that holds what is made there."""
    known = code.object_of(site) if site.type == "identifier" else None
    if known is None:
        statement = statement_around(site)
        left = [] if statement is None else side(statement, "left")
        right = [] if statement is None else side(statement, "right")
        if right != [site] or len(left) != 1:
            raise Refused("it is held by no variable of its own")
        known = code.object_of(left[0])
    if known is None or known.kind != "var" or known.role == "global":
        raise Refused("it is held by no variable of its own")
    return known


def _names(node: "Node") -> "list[Node]":
    return list(descendants(node, "identifier"))


def _is(code: Code, name: "Node", variable: "Object") -> bool:
    return code.object_of(name) is variable


def _is_branch_of_its_own(code: Code, site: "Node", call: "Node") -> bool:
    """Whether a call stands in a branch that is not taken whenever the site is reached."""
    home = function_around(site)
    if function_around(call) != home:
        return False
    for outer in ancestors(call):
        if outer == home or within(site, outer):
            return False
        parent = outer.parent
        is_branch = outer.type == "block" and parent is not None and parent.type == "if_statement"
        if is_branch or outer.type in ("expression_case", "type_case", "communication_case"):
            return True
    return False
