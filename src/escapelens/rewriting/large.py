"""Declares as a variable what is too large to be made on the stack in another way."""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    Code,
    Refused,
    arguments,
    descendants,
    function_around,
    is_plain_statement,
    side,
    statement_around,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_MADE = 64 << 10
"""Up to so many bytes `make`, `new` and `&T{…}` are on the stack (cmd/compile, ir)."""
_DECLARED = 128 << 10
_DECLARED_BEFORE_24 = 10 << 20


class Large(NamedTuple):
    """A variable of its own for a large value."""

    variable: str
    size: int
    """In bytes."""
    edits: list[TextEdit]


def declared_large(code: Code, site: "Node", go: tuple[int, int]) -> Large:
    """The variable that holds what stands at a site; raises Refused."""
    statement = statement_around(site)
    left = [] if statement is None else side(statement, "left")
    if (
        statement is None
        or statement.type != "short_var_declaration"
        or not is_plain_statement(statement)
        or side(statement, "right") != [site]
        or len(left) != 1
        or code.declaration.role_at(left[0].start_byte) != "declare"
    ):
        raise Refused("it is not assigned to a new variable by itself")
    if _may_call_itself(code, site):
        raise Refused("the function may call itself, and each call would take as much of the stack")
    name = code.text(left[0])
    held, value, size = (
        _array(code, site, name) if _is_make(code, site) else _value(code, site, name)
    )
    most = _DECLARED if go >= (1, 24) else _DECLARED_BEFORE_24
    if not _MADE < size <= most:
        raise Refused(f"it takes {size} bytes, and a variable on the stack {most} at most")
    text = f"{held}\n{code.indent(statement)}{name} := {value}"
    edit = TextEdit(code.path, statement.start_byte, statement.end_byte, text)
    return Large(held.split()[1] if held.startswith("var ") else held.split()[0], size, [edit])


def _is_make(code: Code, site: "Node") -> bool:
    return code.calls_builtin(site, "make")


def _array(code: Code, site: "Node", name: str) -> tuple[str, str, int]:
    """An array in place of a `make`, the slice of it, and its size."""
    typ, *sizes = arguments(site)
    element = typ.child_by_field_name("element") if typ.type == "slice_type" else None
    elem = None if element is None else code.type_of(element)
    count = code.integer(sizes[-1]) if sizes else None
    if element is None or elem is None or count is None or elem.size < 0:
        raise Refused("it is no slice of a constant size")
    array = code.fresh(f"{name}Array", "array")
    held = f"var {array} [{code.text(sizes[-1])}]{code.text(element)}"
    upto = "" if len(sizes) == 1 else code.text(sizes[0])
    if len(sizes) > 1 and code.integer(sizes[0]) is None:
        raise Refused("its length is no constant")
    return held, f"{array}[:{upto}]", count * elem.size


def _value(code: Code, site: "Node", name: str) -> tuple[str, str, int]:
    """A variable in place of `new(T)` or `&T{…}`, its address, and its size."""
    elem = code.elem(code.type_of(site))
    if elem is None or elem.size < 0:
        raise Refused("its size is not known")
    variable = code.fresh(f"{name}Value", "value")
    if code.calls_builtin(site, "new"):
        (typ,) = arguments(site)
        if code.type_of(typ) is None or typ.type.endswith("literal"):
            raise Refused("it is no `new` of a type")
        return f"var {variable} {code.text(typ)}", f"&{variable}", elem.size
    operand = site.child_by_field_name("operand")
    if site.type != "unary_expression" or operand is None or operand.type != "composite_literal":
        raise Refused("it is no literal whose address is taken")
    body = operand.child_by_field_name("body")
    typ_node = operand.child_by_field_name("type")
    if typ_node is not None and body is not None and not body.named_children:
        return f"var {variable} {code.text(typ_node)}", f"&{variable}", elem.size
    return f"{variable} := {code.text(operand)}", f"&{variable}", elem.size


def _may_call_itself(code: Code, site: "Node") -> bool:
    function = function_around(site)
    own = None if function is None else function.child_by_field_name("name")
    if function is None or own is None:
        return True
    names = descendants(function, "identifier", "field_identifier")
    return any(code.text(one) == code.text(own) for one in names if one != own)
