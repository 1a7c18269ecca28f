"""Takes what callers hand over as it is, where a function only calls its methods.

A parameter of an interface type makes each caller put its value in an interface. Where all of them
hand over one type, the parameter may have that; where there are several, it may have a type
parameter. The methods of that are still chosen when the program runs, so what they are given stays
where it was; but the value itself needs no interface any more.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from escapelens.evidence import End, Subject
from escapelens.model import TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, review
from escapelens.rewriting.code import Code, Refused, arguments
from escapelens.rewriting.parameters import (
    changeable,
    handed_over,
    name_of,
    taken_as_concrete,
    told_of_api,
)
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.types.facts import Object

if TYPE_CHECKING:
    from tree_sitter import Node

_GENERICS = (1, 18)
_NAMES = ("T", "V", "E")


def taken_as_it_is(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrites of a value that is boxed for a function which only calls its methods."""
    is_boxed = case.evidence.subject is Subject.BOX and case.evidence.end is End.CALL
    if not is_boxed or case.code is None or case.site.origin is not None:
        return
    found = _parameter(case, case.code)
    if found is None:
        return
    code, parameter = found
    kinds = _kinds_handed(case, code, parameter)
    if kinds == 1:
        yield attempt("concrete-parameter", lambda: _concrete(case, code, parameter))
    else:
        yield attempt("type-parameter", lambda: _generic(case, code, parameter))


def _parameter(case: RewriteCase, caller: Code) -> tuple[Code, Object] | None:
    """The parameter that a value is handed to as an interface, with its function."""
    listed = case.node.parent
    call = None if listed is None or listed.type != "argument_list" else listed.parent
    if call is None or call.type != "call_expression":
        return None
    called, given = caller.called(call), arguments(call)
    if called is None or called.kind not in ("func", "method") or called.offset < 0:
        return None
    code = case.program.code(called.file, called.offset)
    if code is None or code.declaration.users is None:
        return None
    function = code.node_of(called.offset).parent
    taken = None if function is None else function.child_by_field_name("parameters")
    if taken is None or case.node not in given:
        return None
    names = [
        name
        for one in taken.named_children
        if one.type == "parameter_declaration"
        for name in one.children_by_field_name("name")
    ]
    index = given.index(case.node)
    known = code.object_of(names[index]) if index < len(names) else None
    typ = None if known is None else code.type(known.type)
    return (code, known) if known is not None and typ is not None else None


def _kinds_handed(case: RewriteCase, code: Code, parameter: Object) -> int:
    """How many types callers hand over; 0 where that is not certain."""
    try:
        function, _, index = changeable(case.program, code, parameter)
        return len(handed_over(case.program, code, parameter, index, function))
    except Refused:
        return 0


def _concrete(case: RewriteCase, code: Code, parameter: Object) -> Rewrite:
    _check_calls_only(code, parameter)
    return taken_as_concrete(case.program, code, parameter)


def _generic(case: RewriteCase, code: Code, parameter: Object) -> Rewrite:
    function, edits = type_parameter(case, code, parameter)
    return review(
        "type-parameter",
        f"let `{function}` take `{parameter.name}` as a type parameter",
        f"`{function}` must then be called with a type that is known, and is compiled once for "
        f"each shape of such types.{told_of_api(code, code.node_of(parameter.offset))}",
        edits,
    )


def type_parameter(case: RewriteCase, code: Code, parameter: Object) -> tuple[str, list[TextEdit]]:
    """The function whose parameter gets a type parameter, and the edits; raises Refused."""
    code_of(case)
    if case.language < _GENERICS:
        raise Refused("the module asks for a Go without type parameters")
    function, typ, index = changeable(case.program, code, parameter)
    name = function.child_by_field_name("name")
    if name is None or function.type == "method_declaration":
        raise Refused("a method has no type parameters of its own")
    _check_calls_only(code, parameter)
    for user in code.declaration.users or ():
        calling = case.program.calling(user)
        given = arguments(calling.call)
        if index >= len(given) or any(one.type == "variadic_argument" for one in given[:index]):
            raise Refused(f"{calling.where} hands over what another function returns")
        handed = calling.code.type_of(given[index])
        if handed is None or handed.kind == "untyped nil":
            raise Refused(f"{calling.where} hands over `nil`, which tells no type")
    constraint = code.text(typ)
    own = code.fresh(*_NAMES)
    return name_of(code, function), [
        TextEdit(code.path, name.end_byte, name.end_byte, f"[{own} {constraint}]"),
        TextEdit(code.path, typ.start_byte, typ.end_byte, own),
    ]


def _check_calls_only(code: Code, parameter: Object) -> None:
    """Raises Refused where the value would be put in an interface all the same, only later."""
    if not code.uses(parameter):
        raise Refused(f"`{parameter.name}` is not used")
    for use in code.uses(parameter):
        node = code.node_of(use)
        outer: Node | None = node.parent
        if outer is None or outer.type != "selector_expression":
            where = f"(line {code.line(use)})"
            raise Refused(f"`{parameter.name}` is handed on as an interface {where}")
