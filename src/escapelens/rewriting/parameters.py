"""Gives a parameter the one type that all callers hand over, in place of an interface.

The compiler then knows the methods that are called, and sees what they do with their arguments.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, node_at, review
from escapelens.rewriting.by_value import is_api
from escapelens.rewriting.code import (
    Code,
    Program,
    Refused,
    arguments,
    declaration_around,
    within,
)
from escapelens.rewriting.packages import import_edits, qualifier
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.types.facts import Name, Object, Spot, Type

if TYPE_CHECKING:
    from tree_sitter import Node

_QUALIFIED = re.compile(r"(\w+)\.\w")


class Handed(NamedTuple):
    """What a caller hands over."""

    type: Type
    code: Code


def with_own_type(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrite of what is handed to a method of an interface that is a parameter."""
    receiver = receiver_of(case)
    if receiver is not None and case.site.origin is None:
        yield attempt("concrete-parameter", lambda: _concrete(case, receiver))


def receiver_of(case: RewriteCase) -> "Node | None":
    """The parameter of which a method is called with the value of a site."""
    call = node_at(case, case.evidence.position)
    while call is not None and call.type != "call_expression":
        call = call.parent
    function = None if call is None else call.child_by_field_name("function")
    operand = None if function is None else function.child_by_field_name("operand")
    if case.code is None or operand is None or operand.type != "identifier":
        return None
    known = case.code.object_of(operand)
    typ = None if known is None else case.code.type(known.type)
    if known is None or known.role != "parameter" or typ is None or typ.kind != "interface":
        return None
    return operand


def _concrete(case: RewriteCase, receiver: "Node") -> Rewrite:
    code = code_of(case)
    parameter = code.object_of(receiver)
    assert parameter is not None
    return taken_as_concrete(case.program, code, parameter)


def taken_as_concrete(program: Program, code: Code, parameter: Object) -> Rewrite:
    """Gives a parameter the type that all callers hand over; raises Refused."""
    text, function, edits = concrete_parameter(program, code, parameter)
    safety = f"Nothing else can be handed to `{function}` any more, a test's stand-in neither."
    if _is_of_method(code, parameter):
        safety += f" An interface with a method `{function}` is no longer satisfied by it."
    safety += told_of_api(code, code.node_of(parameter.offset))
    return review(
        "concrete-parameter",
        f"take a `{text}` as `{parameter.name}`, as all callers of `{function}` hand over",
        safety,
        edits,
    )


def told_of_api(code: Code, node: "Node") -> str:
    """A sentence more about the function around a node, where other modules may call it."""
    function = declaration_around(node)
    if function is None or not is_api(code, function):
        return ""
    return " Other modules, which were not analysed, may call it, too."


def _is_of_method(code: Code, parameter: Object) -> bool:
    function = declaration_around(code.node_of(parameter.offset))
    return function is not None and function.type == "method_declaration"


def concrete_parameter(
    program: Program, code: Code, parameter: Object
) -> tuple[str, str, list[TextEdit]]:
    """The type that a parameter gets, the function, and the edits; raises Refused."""
    function, typ, index = changeable(program, code, parameter)
    handed = _handed(program, code, parameter, index, function)
    text, needed = written(code, handed)
    name = name_of(code, function)
    left = [path for path in _packages(code, code.text(typ)) if path not in needed]
    return (
        text,
        name,
        [
            TextEdit(code.path, typ.start_byte, typ.end_byte, text),
            *import_edits(code, [typ], add=needed, drop=left),
        ],
    )


def changeable(program: Program, code: Code, parameter: Object) -> "tuple[Node, Node, int]":
    """The function of a parameter that may get another type, that type, and which argument it is.

    Raises Refused where a value of another type would mean something else.
    """
    declared = code.node_of(parameter.offset)
    function = declaration_around(declared)
    typ, index = _declared(code, declared, function)
    assert function is not None
    name = name_of(code, function)
    if name in ("main", "init"):
        raise Refused("nothing calls the function")
    if function.child_by_field_name("type_parameters") is not None:
        raise Refused("the function is generic")
    if is_api(code, function) and not program.may_change_api:
        raise Refused("the function is exported, and its type is part of an API (--api allows it)")
    for use in code.uses(parameter):
        _check_use(code, use, parameter)
    return function, typ, index


def name_of(code: Code, function: "Node") -> str:
    """The name that a function or method is declared with."""
    name = function.child_by_field_name("name")
    assert name is not None
    return code.text(name)


def _declared(code: Code, name: "Node", function: "Node | None") -> "tuple[Node, int]":
    """The type of a parameter as it is written, and which argument it takes."""
    own = name.parent
    listed = None if function is None else function.child_by_field_name("parameters")
    if own is None or listed is None or own.parent != listed:
        raise Refused("it is a parameter of a function literal")
    typ = own.child_by_field_name("type")
    if own.type != "parameter_declaration" or typ is None:
        raise Refused("it is the last of a variable number of parameters")
    if len(own.children_by_field_name("name")) != 1:
        raise Refused(f"`{code.text(name)}` is declared together with others")
    before = [
        one
        for one in listed.named_children
        if one.type != "comment" and one.start_byte < own.start_byte
    ]
    return typ, sum(len(one.children_by_field_name("name")) for one in before)


def _check_use(code: Code, use: Name, parameter: Object) -> None:
    """Raises Refused where a value of another type would mean something else."""
    node, name = code.node_of(use), parameter.name
    where = f"(line {code.line(use)})"
    if use.role != "read":
        raise Refused(f"`{name}` is assigned to, or its address taken {where}")
    outer = node.parent
    if outer is not None and outer.type == "selector_expression":
        called = outer.parent
        if called is not None and called.child_by_field_name("function") == outer:
            return
        raise Refused(f"a method of `{name}` is used as a value {where}")
    call = None if outer is None or outer.type != "argument_list" else outer.parent
    if call is not None and _takes_interface(code, call, node):
        return
    raise Refused(f"`{name}` is used in another way than by its methods {where}")


def _takes_interface(code: Code, call: "Node", argument: "Node") -> bool:
    """Whether a call puts an argument in an interface, whatever its type."""
    function = call.child_by_field_name("function")
    signature = None if function is None else code.type_of(function)
    if signature is None or signature.kind != "func" or signature.parameters is None:
        return False
    if call.child_by_field_name("type_arguments") is not None:
        return False
    index = arguments(call).index(argument)
    last = len(signature.parameters) - 1
    taken = code.type(signature.parameters[min(index, last)]) if last >= 0 else None
    if signature.variadic and index >= last:
        taken = code.elem(taken)
    return taken is not None and taken.kind == "interface"


def _handed(
    program: Program, code: Code, parameter: Object, index: int, function: "Node"
) -> Handed:
    """What all callers hand over; raises Refused where that is not of one type."""
    found = handed_over(program, code, parameter, index, function)
    if len(found) > 1:
        types = [f"`{one.type.text}`" for one in found]
        raise Refused(f"callers hand over {', '.join(types[:-1])} and {types[-1]}")
    return found[0]


def handed_over(
    program: Program, code: Code, parameter: Object, index: int, function: "Node"
) -> "list[Handed]":
    """What callers hand over, each type once; raises Refused where that is not certain."""
    users = code.declaration.users
    if code.declaration.function < 0 or users is None:
        raise Refused("its callers are not known")
    found: dict[str, Handed] = {}
    for user in users:
        one = _handed_by(program, user, code, parameter, index, function)
        if one is not None:
            found.setdefault(one.type.id, one)
    if not found:
        raise Refused("nothing calls the function")
    return list(found.values())


def _handed_by(
    program: Program,
    user: Spot,
    own: Code,
    parameter: Object,
    index: int,
    function: "Node",
) -> Handed | None:
    """What one caller hands over; None if it is the parameter itself."""
    code, call, where, _ = program.calling(user)
    given = arguments(call)
    if index >= len(given) or any(one.type == "variadic_argument" for one in given[: index + 1]):
        raise Refused(f"{where} hands over what another function returns")
    value = given[index]
    if code.path == own.path and within(call, function) and code.object_of(value) is parameter:
        return None
    known = code.type_of(value)
    if code.declaration.package != own.declaration.package:
        raise Refused(f"{where} is another package")
    if known is None or known.kind in ("interface", "parameter", "untyped nil") or known.size < 0:
        raise Refused(f"{where} hands over an interface")
    if not known.writable or not code.is_visible(known):
        raise Refused(f"the type that {where} hands over has no name")
    return Handed(known, code)


def written(code: Code, handed: Handed) -> tuple[str, list[str]]:
    """How a function writes the type that a caller hands over, with the packages it names."""
    text = handed.type.text
    if not code.is_visible(handed.type):
        raise Refused(f"`{text}` means something else in the function")
    needed: list[str] = []
    for name in dict.fromkeys(_QUALIFIED.findall(text)):
        path = handed.code.declaration.imports.get(name)
        if path is None or qualifier(code, path) != name:
            raise Refused(f"`{name}` means something else in the file of the function")
        needed.append(path)
    return text, needed


def _packages(code: Code, text: str) -> list[str]:
    """The packages that a type names."""
    names = dict.fromkeys(_QUALIFIED.findall(text))
    found = (code.declaration.imports.get(name) for name in names)
    return [path for path in found if path is not None]
