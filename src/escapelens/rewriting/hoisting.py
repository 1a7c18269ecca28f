"""Makes in front of a loop what is the same in each of its turns."""

from typing import TYPE_CHECKING

from escapelens.model import Effect, TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, safe
from escapelens.rewriting.code import (
    LOOPS,
    Code,
    Refused,
    ancestors,
    around,
    descendants,
    function_around,
    is_plain_statement,
    within,
)
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.types.facts import Object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node


def literal_made_once(case: RewriteCase) -> "Iterator[Attempt]":
    """The rewrite of a function literal that a loop makes anew in each turn."""
    if case.node.type == "func_literal" and around(case.node, *LOOPS) is not None:
        yield attempt("hoist", lambda: _made_once(case))


def _made_once(case: RewriteCase) -> Rewrite:
    name, edits = hoist(code_of(case), case.node, "callback", "visit", "function")
    return safe(
        "hoist",
        f"make the function literal once, as `{name}` in front of the loop",
        "It captures only variables that are declared in front of the loop.",
        edits,
    )._replace(effect=Effect.REDUCED)


def hoist(code: Code, expression: "Node", *names: str) -> tuple[str, list[TextEdit]]:
    """Gives a function literal or method value a name in front of all loops that allow it.

    With the name, the first of `names` that is free; raises Refused.
    """
    loop = _outermost_loop(code, expression)
    if loop is None:
        raise Refused("it is not made anew in each turn of a loop")
    if not is_plain_statement(loop):
        raise Refused("the loop has a label")
    if expression.type != "func_literal":
        _check_same(code, expression, loop)
    name = code.fresh(*names)
    indent, deeper = code.indent(loop), code.indent(expression)
    text = code.reindented(expression, deeper, indent if deeper.startswith(indent) else deeper)
    return name, [
        TextEdit(code.path, loop.start_byte, loop.start_byte, f"{name} := {text}\n{indent}"),
        TextEdit(code.path, expression.start_byte, expression.end_byte, name),
    ]


def _outermost_loop(code: Code, expression: "Node") -> "Node | None":
    """The outermost loop of the function in front of which every name means the same."""
    used = [
        known
        for one in descendants(expression, "identifier", "type_identifier")
        if (known := code.object_of(one)) is not None and code.is_local(known)
    ]
    found: Node | None = None
    for outer in ancestors(expression):
        if outer == function_around(expression):
            break
        if outer.type in LOOPS and within(expression, _repeated(outer)):
            if any(_is_inside(code, known, outer, expression) for known in used):
                break
            found = outer
        elif any(_is_inside(code, known, outer, expression) for known in used):
            break
    return found


def _repeated(loop: "Node") -> "Node":
    body = loop.child_by_field_name("body")
    return loop if body is None else body


def _is_inside(code: Code, known: Object, outer: "Node", expression: "Node") -> bool:
    """Whether something is declared in a node, but not within the expression itself."""
    declared = code.node_of(known.offset)
    return within(declared, outer) and not within(declared, expression)


def _check_same(code: Code, expression: "Node", loop: "Node") -> None:
    """A method value holds its receiver as it was when the value was made."""
    operand = expression.child_by_field_name("operand")
    known = None if operand is None else code.object_of(operand)
    if operand is None or operand.type != "identifier" or known is None or known.kind != "var":
        raise Refused("its receiver is evaluated in each turn")
    if known.role == "global":
        raise Refused(f"anything may assign to `{known.name}` in between")
    typ = code.type(known.type)
    method = code.object_of(expression)
    through = typ is not None and typ.kind in ("pointer", "interface")
    if method is None or typ is None or (through and not (method.pointer or method.interface)):
        raise Refused("the method value holds a copy of what the receiver points to")
    if typ.kind in ("pointer", "interface") and not _never_nil(code, known):
        raise Refused(f"`{known.name}` may be nil where the loop does not turn")
    for use in code.uses(known):
        if use.role in ("write", "part", "address", "receiver") and not method.pointer:
            raise Refused(f"`{known.name}` may change (line {code.line(use)})")
        if use.role in ("write", "address"):
            raise Refused(f"`{known.name}` may change (line {code.line(use)})")


def _never_nil(code: Code, known: Object) -> bool:
    """Whether a method value of a variable never panics: a pointer method takes any pointer."""
    typ = code.type(known.type)
    return typ is not None and typ.kind == "pointer"
