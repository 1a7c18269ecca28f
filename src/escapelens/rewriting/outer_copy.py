"""Copies the value of one turn of a loop to a variable outside, which the pointer then points to.

That is the same only if nobody but the pointer itself has the address: it may be compared with nil,
and the value behind it read. A second pointer would see the next value in the same place.
"""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    LOOPS,
    Code,
    Refused,
    around,
    descendants,
    function_around,
    is_plain_statement,
    is_target,
    side,
    statement_around,
    whole_lines,
    within,
)
from escapelens.types.facts import Name, Object

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_COPIED = 256
"""In bytes; copying more in a turn may cost as much as the allocation."""


class OuterCopy(NamedTuple):
    """The edits that keep a copy outside of the loop."""

    holder: str
    copy: str
    edits: list[TextEdit]


def copy_to_outer(code: Code, site: "Node") -> OuterCopy:
    """Keeps the value of a site in a variable beside the pointer to it; raises Refused."""
    home = function_around(site)
    if home is None or next(descendants(home, "goto_statement"), None) is not None:
        raise Refused("a `goto` leads through the function")
    if site.type == "unary_expression":
        taking, variable = site, None
    else:
        variable = _variable(code, site)
        taking = _only_address(code, variable)
    statement = statement_around(taking)
    holder = _holder(code, statement, taking)
    assert statement is not None
    declared, pointed = _declaration(code, holder)
    known = code.elem(code.type(holder.type))
    if known is None or not 0 < known.size <= _MAX_COPIED:
        raise Refused(f"a copy in each turn of more than {_MAX_COPIED} bytes costs too much")
    if known.lock:
        raise Refused(f"a `{known.text}` holds a lock or the like, and must not be copied")
    value = taking.child_by_field_name("operand")
    if value is None or (variable is None and value.type != "composite_literal"):
        raise Refused("it is no literal with a value")
    if variable is not None:
        _check_settled(code, variable, statement)
    for use in code.uses(holder):
        _check(code, holder, use, home, may_change=variable is None)
    copy = code.fresh(f"{holder.name}Value", f"{holder.name}Copy")
    indent, deeper = code.indent(declared), code.indent(statement)
    _, at = whole_lines(code, declared)
    taken = statement.start_byte
    if variable is None:
        assigned = [
            TextEdit(code.path, taken, value.start_byte, f"{copy} = "),
            TextEdit(
                code.path, value.end_byte, value.end_byte, f"\n{deeper}{holder.name} = &{copy}"
            ),
        ]
    else:
        line = f"{copy} = {variable.name}\n{deeper}{holder.name} = &{copy}"
        assigned = [TextEdit(code.path, taken, statement.end_byte, line)]
    made = TextEdit(code.path, at, at, f"{indent}var {copy} {pointed}\n")
    return OuterCopy(holder.name, copy, [made, *assigned])


def _variable(code: Code, site: "Node") -> Object:
    known = code.object_of(site)
    if known is None or known.kind != "var" or known.role != "local":
        raise Refused("it is no variable that is declared in the loop")
    statement = statement_around(site)
    if (
        statement is None
        or not within(site, statement)
        or statement.type
        not in (
            "short_var_declaration",
            "var_declaration",
        )
    ):
        raise Refused(f"`{known.name}` is declared by the loop itself")
    return known


def _only_address(code: Code, variable: Object) -> "Node":
    """The one expression that takes the address of a variable."""
    home = function_around(code.node_of(variable.offset))
    found: Node | None = None
    for use in code.uses(variable):
        node = code.node_of(use)
        if function_around(node) != home:
            raise Refused(f"a function literal uses `{variable.name}` (line {code.line(use)})")
        if use.role == "receiver":
            raise Refused(f"a method gets its address, too (line {code.line(use)})")
        if use.role != "address":
            continue
        outer = node.parent
        if found is not None or outer is None or outer.type != "unary_expression":
            raise Refused(f"the address is taken in another way (line {code.line(use)})")
        found = outer
    if found is None:
        raise Refused(f"nothing takes the address of `{variable.name}`")
    return found


def _holder(code: Code, statement: "Node | None", taking: "Node") -> Object:
    """The variable in `holder = &value`."""
    if statement is None or statement.type != "assignment_statement":
        raise Refused("its address is not assigned to one variable")
    left, right = side(statement, "left"), side(statement, "right")
    operator = statement.child_by_field_name("operator")
    plain = operator is not None and code.text(operator) == "=" and is_plain_statement(statement)
    if not plain or right != [taking] or len(left) != 1 or left[0].type != "identifier":
        raise Refused("its address is not assigned to one variable")
    known = code.object_of(left[0])
    if known is None or known.kind != "var" or known.role != "local":
        raise Refused(f"`{code.text(left[0])}` is no variable of this function")
    return known


def _declaration(code: Code, holder: Object) -> "tuple[Node, str]":
    """The statement `var holder *T`, and `T` as it is written."""
    declared = code.node_of(holder.offset)
    statement = statement_around(declared)
    if statement is None or statement.type != "var_declaration" or statement.child_count != 2:
        raise Refused(f"`{holder.name}` is not declared by a `var` of its own")
    specs = [one for one in statement.named_children if one.type == "var_spec"]
    typ = specs[0].child_by_field_name("type") if len(specs) == 1 else None
    if typ is None or typ.type != "pointer_type" or len(side(specs[0], "name")) != 1:
        raise Refused(f"`{holder.name}` is not declared by a `var` of its own")
    if not is_plain_statement(statement):
        raise Refused(f"`{holder.name}` is not declared by a `var` of its own")
    return statement, code.text(typ.named_children[0])


def _check_settled(code: Code, variable: Object, statement: "Node") -> None:
    """Raises Refused where the variable may change once its address was taken."""
    declared = code.node_of(variable.offset)
    loop = around(statement, *LOOPS)
    again = loop is not None and not within(declared, loop)
    for use in code.uses(variable):
        if use.role in ("write", "part") and (again or use.offset >= statement.start_byte):
            raise Refused(f"`{variable.name}` may change afterwards (line {code.line(use)})")


def _check(code: Code, holder: Object, use: Name, home: "Node", *, may_change: bool) -> None:
    """Raises Refused where a use of the pointer lets somebody else have the address."""
    node, name = code.node_of(use), holder.name
    where = f"(line {code.line(use)})"
    if function_around(node) != home:
        raise Refused(f"a function literal uses `{name}` {where}")
    outer = node.parent
    if use.role == "write":
        return
    if use.role == "read" and outer is not None and _is_compared_with_nil(code, outer):
        return
    if use.role in ("address", "receiver") or outer is None:
        raise Refused(f"the address of `{name}` is taken {where}")
    is_read = outer.type == "unary_expression" and code.text(outer).startswith("*")
    is_part = outer.type == "selector_expression" and outer.child_by_field_name("operand") == node
    if not is_read and not is_part:
        raise Refused(f"`{name}` itself goes elsewhere {where}")
    _check_value(code, outer, f"`{name}` {where}", may_change=may_change)


def _check_value(code: Code, value: "Node", what: str, *, may_change: bool) -> None:
    """Raises Refused unless a part of the value is only read, or changed where that is the same."""
    while True:
        if value.type == "selector_expression":
            known = code.object_of(value)
            if known is not None and known.kind == "method":
                outer = value.parent
                if known.pointer or known.interface or outer is None:
                    raise Refused(f"a method gets the address in {what}")
                if outer.type != "call_expression":
                    raise Refused(f"a method is bound to {what}")
                return
            if known is None or known.kind != "field":
                raise Refused(f"it is not known what is read of {what}")
        outer = value.parent
        if outer is None:
            return
        inner = outer.child_by_field_name("operand")
        goes_on = outer.type in ("selector_expression", "index_expression") and inner == value
        if not goes_on and outer.type != "parenthesized_expression":
            break
        value = outer
    if outer.type == "unary_expression" and code.text(outer).startswith("&"):
        raise Refused(f"the address of a part is taken of {what}")
    if outer.type == "slice_expression" and outer.child_by_field_name("operand") == value:
        raise Refused(f"a part is sliced of {what}")
    if not may_change and is_target(value):
        raise Refused(f"the value is changed through {what}")


def _is_compared_with_nil(code: Code, outer: "Node") -> bool:
    operator = outer.child_by_field_name("operator")
    if outer.type != "binary_expression" or operator is None:
        return False
    sides = [outer.child_by_field_name("left"), outer.child_by_field_name("right")]
    is_nil = any(one is not None and one.type == "nil" for one in sides)
    return is_nil and code.text(operator) in ("==", "!=")
