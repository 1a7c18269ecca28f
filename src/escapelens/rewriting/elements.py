"""Points to the element of a slice where a loop took the address of its copy."""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    Code,
    Refused,
    function_around,
    is_plain_statement,
    side,
    within,
)
from escapelens.rewriting.copies import variable_at

_KEYWORDS = frozenset(
    {"case", "chan", "const", "default", "func", "go", "import", "interface", "map", "package"}
    | {"range", "return", "select", "struct", "switch", "type", "var"}
)
"""Words that the name of a field may become in lower case."""


if TYPE_CHECKING:
    from tree_sitter import Node

    from escapelens.types.facts import Object


class Element(NamedTuple):
    """What is pointed to from now on."""

    text: str
    """`items[i]`."""
    variable: str
    """The loop variable, which held a copy."""
    edits: list[TextEdit]


def element_address(code: Code, site: "Node") -> Element:
    """Takes the address of the element in place of that of a loop variable; raises Refused."""
    variable = variable_at(code, site)
    name = variable.name
    clause = site.parent.parent if site.parent is not None else None
    loop = None if clause is None else clause.parent
    if clause is None or loop is None or clause.type != "range_clause":
        raise Refused(f"`{name}` is no variable of a `range`")
    left, ranged = side(clause, "left"), clause.child_by_field_name("right")
    if len(left) != 2 or left[1] != site or ranged is None:
        raise Refused(f"`{name}` is no element of what the loop ranges over")
    known = code.type_of(ranged)
    if known is None or known.kind != "slice":
        raise Refused(f"`{code.text(ranged)}` is no slice, whose elements have an address")
    uses = code.uses(variable)
    for use in uses:
        if use.role in ("write", "part"):
            raise Refused(f"`{name}` is changed, and its element is not (line {code.line(use)})")
        if use.role == "receiver":
            raise Refused(f"a method may change `{name}` (line {code.line(use)})")
    addressed = [use for use in uses if use.role == "address"]
    if not addressed:
        raise Refused(f"nothing takes the address of `{name}`")
    edits: list[TextEdit] = []
    index, items = left[0], code.text(ranged)
    number = code.text(index)
    if number == "_":
        number = code.fresh("i", "index", f"{name}Index")
    elif _is_written(code, index):
        raise Refused(f"`{number}` is assigned to")
    if not _is_same_throughout(code, ranged, loop):
        items = _named(code, ranged)
        if not is_plain_statement(loop):
            raise Refused("the loop has a label")
        hoisted = f"{items} := {code.text(ranged)}\n{code.indent(loop)}"
        edits.append(TextEdit(code.path, loop.start_byte, loop.start_byte, hoisted))
        edits.append(TextEdit(code.path, ranged.start_byte, ranged.end_byte, items))
    for one in (number, items):
        if _is_declared_again(code, one, loop):
            raise Refused(f"another `{one}` is declared in the loop")
    is_read = len(addressed) < len(uses)
    head = f"{number}, {name}" if is_read else number
    edits.append(TextEdit(code.path, index.start_byte, site.end_byte, head))
    text = f"{items}[{number}]"
    for use in addressed:
        end = use.offset + len(name.encode())
        edits.append(TextEdit(code.path, use.offset, end, text))
    return Element(text, name, edits)


def _is_declared_again(code: Code, name: str, loop: "Node") -> bool:
    """Whether the body of a loop gives a name another meaning."""
    body = loop.child_by_field_name("body")
    return body is not None and any(
        one.name == name
        and one.kind not in ("field", "method")
        and one.file == code.path
        and body.start_byte <= one.offset < body.end_byte
        for one in code.declaration.objects
    )


def _is_written(code: Code, index: "Node") -> bool:
    known = code.object_of(index)
    return known is None or any(use.role != "read" for use in code.uses(known))


def _is_same_throughout(code: Code, ranged: "Node", loop: "Node") -> bool:
    """Whether what a loop ranges over is a variable that stands for the same slice all the time."""
    known = code.object_of(ranged) if ranged.type == "identifier" else None
    if known is None or known.kind != "var" or known.role == "global":
        return False
    return not any(
        _may_replace(code, known, use.role, use.offset, loop) for use in code.uses(known)
    )


def _may_replace(code: Code, known: "Object", role: str, offset: int, loop: "Node") -> bool:
    if role in ("address", "receiver"):
        return True
    node = code.node_of(offset)
    home = function_around(code.node_of(known.offset))
    return role == "write" and (within(node, loop) or function_around(node) != home)


def _named(code: Code, ranged: "Node") -> str:
    """A name for the slice itself: that of the field or function that it comes from."""
    last = ranged.child_by_field_name("function") or ranged
    field = last.child_by_field_name("field")
    text = "" if field is None else code.text(field)
    name = f"{text[:1].lower()}{text[1:]}"
    taken = {one.name for one in code.declaration.objects if one.kind not in ("field", "method")}
    return name if name and name not in taken and name not in _KEYWORDS else code.fresh("elements")
