"""Makes a literal of constants once, as a package variable, instead of in each call.

Where the function only looks things up in it, nobody can tell. Where others get it, they all get
the same one, so that nobody may change it.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, review, safe
from escapelens.rewriting.code import (
    Code,
    Refused,
    ancestors,
    around,
    declaration_around,
    descendants,
    is_plain_statement,
    is_target,
    side,
    statement_around,
    whole_lines,
)
from escapelens.rewriting.placing import above
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.types.facts import Object, Type

if TYPE_CHECKING:
    from tree_sitter import Node

_BASIC = ("bool", "string", "int", "uint", "float", "complex")
_KINDS = ("slice", "map", "array", "struct")
_CHANGING = ("append", "clear", "copy", "delete")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_MAX_WORDS = 3
"""Words that still make a name."""
_FEW = 2
"""Elements; what holds fewer is hardly a table."""


class Table(NamedTuple):
    """A literal that becomes a package variable."""

    name: str
    handed_out: list[int]
    """Lines on which somebody else gets it."""
    edits: list[TextEdit]


def made_once(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrite of a literal whose elements are constants, if there is one at a site."""
    literal = _literal(case.node)
    if literal is not None and case.site.origin is None and case.code is not None:
        yield attempt("package-value", lambda: _made_once(case, literal))


def _made_once(case: RewriteCase, literal: "Node") -> Rewrite:
    table = package_value(code_of(case), literal)
    title = f"make it once, as the package variable `{table.name}`"
    if not table.handed_out:
        safety = "Its elements are constants, and the function only looks them up."
        return safe("package-value", title, safety, table.edits)
    lines = ", ".join(map(str, table.handed_out))
    return review(
        "package-value",
        title,
        f"All calls hand out the same one (line {lines}), so nobody may change it or append to it.",
        table.edits,
    )


def _literal(node: "Node") -> "Node | None":
    """The composite literal of a slice, map or array at a node."""
    if node.type != "composite_literal":
        return None
    typ = node.child_by_field_name("type")
    return node if typ is not None and typ.type in ("slice_type", "map_type") else None


def package_value(code: Code, literal: "Node") -> Table:
    """The edits that declare a literal above the function; raises Refused."""
    function = declaration_around(literal)
    declared = None if function is None else code.source.declared_at(function.start_byte)
    if function is None or declared is None:
        raise Refused("it is made once already")
    if declared.name == "init" or (code.source.package_name == "main" and declared.name == "main"):
        raise Refused("the function runs once")
    body = literal.child_by_field_name("body")
    known = code.type_of(literal)
    if body is None or known is None or len(body.named_children) < _FEW:
        raise Refused("it holds too little")
    _check_constant(code, literal)
    variable = _variable(code, literal)
    name = _name(code, declared.name, variable, body)
    at = above(function)
    made = TextEdit(code.path, at, at, f"var {name} = {_dedented(code, literal)}\n\n")
    if variable is None:
        if around(literal, "composite_literal") is not None:
            raise Refused("it is a part of another value")
        here = TextEdit(code.path, literal.start_byte, literal.end_byte, name)
        looks = _only_looks(code, literal, known)
        return Table(name, [] if looks else [code.line(literal)], [made, here])
    uses = code.uses(variable)
    handed_out: list[int] = []
    for use in uses:
        if use.role != "read":
            raise Refused(f"`{variable.name}` is changed (line {code.line(use)})")
        node = code.node_of(use)
        call = None if node.parent is None else node.parent.parent
        if is_target(node) or (call is not None and _changes(code, call)):
            raise Refused(f"`{variable.name}` is changed (line {code.line(use)})")
        if not _only_looks(code, node, known):
            handed_out.append(code.line(use))
    statement = statement_around(literal)
    assert statement is not None
    start, end = whole_lines(code, statement)
    size = len(variable.name.encode())
    edits = [made, TextEdit(code.path, start, end, "")]
    edits += [TextEdit(code.path, use.offset, use.offset + size, name) for use in uses]
    return Table(name, sorted(set(handed_out)), edits)


def _check_constant(code: Code, literal: "Node") -> None:
    """Raises Refused where an element is no constant, or a type has a name of the function's."""
    for one in descendants(literal, "identifier", "type_identifier"):
        used = code.object_of(one)
        if used is not None and used.kind != "field" and code.is_local(used):
            raise Refused(f"`{used.name}` has a meaning in the function only")
    rest = [literal]
    while rest:
        node = rest.pop()
        if node.type in ("composite_literal", "literal_value"):
            own = code.type_of(node) if node.type == "composite_literal" else None
            if own is not None and own.kind not in _KINDS:
                raise Refused(f"`{code.text(node)}` is no table of constants")
            body = node.child_by_field_name("body") if node.type == "composite_literal" else node
            rest += [] if body is None else body.named_children
        elif node.type == "keyed_element":
            key, value = node.named_children[0], node.named_children[-1]
            rest.append(value)
            if not _is_field_name(code, key):
                rest.append(key)
        elif node.type == "literal_element":
            rest += node.named_children
        elif node.type not in ("nil", "comment") and code.constant(node) is None:
            raise Refused(f"`{code.text(node)}` is no constant")


def _is_field_name(code: Code, key: "Node") -> bool:
    inner = key.named_children[0] if key.named_children else key
    known = code.object_of(inner) if inner.type in ("identifier", "field_identifier") else None
    return known is not None and known.kind == "field"


def _variable(code: Code, literal: "Node") -> Object | None:
    """The variable that a literal is declared with; None if it is handed over at once."""
    statement = statement_around(literal)
    if statement is None or statement.type != "short_var_declaration":
        return None
    left, right = side(statement, "left"), side(statement, "right")
    if right != [literal] or len(left) != 1 or not is_plain_statement(statement):
        return None
    known = code.object_of(left[0])
    if known is None or code.declaration.role_at(left[0].start_byte) != "declare":
        raise Refused("it is assigned to a variable that exists")
    return known


def _changes(code: Code, call: "Node") -> bool:
    return any(code.calls_builtin(call, one) for one in _CHANGING)


def _only_looks(code: Code, node: "Node", known: Type) -> bool:
    """Whether a use reads an element that is a plain value, or asks for the length."""
    element = code.elem(known)
    if element is None or not element.kind.startswith(_BASIC):
        return False
    outer = node.parent
    if outer is None:
        return False
    if outer.type == "argument_list" and outer.parent is not None:
        return code.calls_builtin(outer.parent, "len")
    if outer.type == "range_clause":
        return outer.child_by_field_name("right") == node
    if outer.type != "index_expression" or outer.child_by_field_name("operand") != node:
        return False
    return not any(
        one.type == "unary_expression" and code.text(one).startswith("&") for one in _near(outer)
    )


def _near(node: "Node") -> "Iterator[Node]":
    for outer in ancestors(node):
        if outer.type not in ("parenthesized_expression", "unary_expression"):
            return
        yield outer


def _name(code: Code, function: str, variable: Object | None, body: "Node") -> str:
    """A name such as `colorNames` for `names` in `Color`, `storeCommit` for "store", "commit"."""
    own = _camel(function.rpartition(".")[2])
    part = "values" if variable is None else variable.name
    names = [_camel(own, part), _camel(own, "table")]
    words = [code.text(node).strip('"`') for node in body.named_children]
    if variable is None and len(words) <= _MAX_WORDS and all(map(_WORD.fullmatch, words)):
        names.insert(0, _camel(*words))
    return code.fresh(*names)


def _camel(*words: str) -> str:
    first, *rest = words
    first = first.lower() if first.isupper() else first[:1].lower() + first[1:]
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def _dedented(code: Code, literal: "Node") -> str:
    """The text of a literal as it stands at the beginning of a line."""
    return code.reindented(literal, code.indent(literal), "")
