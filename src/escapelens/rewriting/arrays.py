"""Gives a `make` of unknown size an array of fixed size on the stack, and larger ones the heap."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    Code,
    Refused,
    arguments,
    descendants,
    is_plain_statement,
    operands,
    side,
    statement_around,
)
from escapelens.types.facts import Type

if TYPE_CHECKING:
    from tree_sitter import Node

SPACE = 256
"""How many bytes the array takes at most; it is cleared at each call."""


class Array(NamedTuple):
    """An array that takes the place of a `make`, and the edits that do so."""

    variable: str
    length: int
    element: str
    edits: list[TextEdit]


def fixed_array(code: Code, make: "Node") -> Array:
    """An array for the usual sizes, with a `make` for larger ones; raises Refused."""
    size = _size(code, make)
    element = _element(code, make)
    length = SPACE // max(element.size, 1)
    if element.size > SPACE // 4:
        raise Refused(f"an element is {element.size} bytes large, and few fit on a stack")
    length = 1 << (length.bit_length() - 1)
    text = code.text(make)
    typ = code.text(arguments(make)[0])
    statement = statement_around(make)
    if statement is None:
        raise Refused("it does not stand in a function")
    if statement.type == "var_declaration":
        statement = _spec_of(statement)
    name = _target(code, statement, make)
    code.require_builtin("len", "make")
    array = code.fresh(f"{name}Array", "array", "space")
    indent = code.indent(statement)
    given = arguments(make)[1:]
    first, last = code.text(given[0]), code.text(given[-1])
    head = f"{name} = {text}"
    declares = statement.type != "assignment_statement"
    if declares and any(code.text(one) == name for one in _names(make)):
        raise Refused(f"another `{name}` tells its size")
    lines = [f"var {array} [{length}]{element.text}"]
    if declares:
        lines.append(f"var {name} {typ}")
    lines += [
        f"if {code.text(size)} <= len({array}) {{",
        f"\t{name} = {array}[:{first}:{last}]",
        "} else {",
        f"\t{head}",
        "}",
    ]
    whole = statement if statement.type != "var_spec" else statement.parent
    assert whole is not None
    edit = TextEdit(code.path, whole.start_byte, whole.end_byte, f"\n{indent}".join(lines))
    return Array(name, length, element.text, [edit])


def _names(node: "Node") -> "Iterator[Node]":
    return descendants(node, "identifier")


def _size(code: Code, make: "Node") -> "Node":
    """The argument that says how large the array behind the slice is."""
    given = arguments(make)
    if not code.calls_builtin(make, "make") or len(given) < 2:
        raise Refused("it is no `make` of a slice")
    for one in given[1:]:
        if not code.is_repeatable(one):
            raise Refused(f"`{code.text(one)}` does something each time it is evaluated")
    size = given[-1]
    known = code.type_of(size)
    if known is None or known.kind not in ("int", "untyped int") or known.named:
        raise Refused(f"`{code.text(size)}` is no `int`, like the length of an array")
    return size


def _element(code: Code, make: "Node") -> Type:
    known = code.type_of(make)
    element = code.elem(known)
    if known is None or element is None or known.kind != "slice":
        raise Refused("it is no `make` of a slice")
    if element.size < 0:
        raise Refused("the size of an element depends on type arguments")
    if not element.writable or not code.is_visible(element):
        raise Refused(f"the type `{element.text}` has no name here")
    return element


def _spec_of(declaration: "Node") -> "Node":
    specs = [child for child in declaration.named_children if child.type == "var_spec"]
    if len(specs) != 1 or declaration.child_count != 2:
        raise Refused("it is declared together with others")
    if specs[0].child_by_field_name("type") is not None:
        raise Refused("the variable is declared with a type of its own")
    return specs[0]


def _target(code: Code, statement: "Node", make: "Node") -> str:
    """The variable that gets the slice, in a statement that does nothing else."""
    if statement.type not in ("short_var_declaration", "assignment_statement", "var_spec"):
        raise Refused("its result is used at once")
    if statement.type != "var_spec" and not is_plain_statement(statement):
        raise Refused("it stands in the head of another statement")
    field = "name" if statement.type == "var_spec" else "left"
    left = side(statement, field)
    right = side(statement, "value" if field == "name" else "right")
    if len(left) != 1 or right != [make] or left[0].type != "identifier":
        raise Refused("its result is not assigned to one variable")
    name = code.text(left[0])
    operator = statement.child_by_field_name("operator")
    if name == "_" or (operator is not None and code.text(operator) != "="):
        raise Refused("its result is not assigned to one variable")
    return name


def constant_size(code: Code, make: "Node") -> tuple[str, list[TextEdit]]:
    """Declares the variable that a size consists of as a constant; raises Refused."""
    size = _size(code, make)
    known = code.object_of(size) if size.type == "identifier" else None
    if known is None or known.kind != "var" or known.role != "local":
        raise Refused(f"`{code.text(size)}` is no variable with one value")
    declared = code.node_of(known.offset)
    statement = statement_around(declared)
    if statement is None or statement.type != "short_var_declaration":
        raise Refused(f"`{known.name}` is not declared by itself")
    left, right = side(statement, "left"), side(statement, "right")
    if len(left) != 1 or len(right) != 1 or not is_plain_statement(statement):
        raise Refused(f"`{known.name}` is not declared by itself")
    if code.constant(right[0]) is None:
        raise Refused(f"the value of `{known.name}` is no constant")
    for use in code.uses(known):
        node = code.node_of(use)
        if use.role != "read":
            raise Refused(f"`{known.name}` may change (line {code.line(use)})")
        if node.parent is not None and node.parent.type in (
            "binary_expression",
            "unary_expression",
        ):
            other = [one for one in operands(node.parent) if one != node]
            operator = node.parent.child_by_field_name("operator")
            shifted = operator is not None and code.text(operator) in ("<<", ">>")
            if shifted or not other or any(code.constant(one) is not None for one in other):
                raise Refused(f"constants are calculated in another way (line {code.line(use)})")
    start, operator = statement.start_byte, statement.child(1)
    assert operator is not None
    return known.name, [
        TextEdit(code.path, start, start, "const "),
        TextEdit(code.path, operator.start_byte, operator.end_byte, "="),
    ]
