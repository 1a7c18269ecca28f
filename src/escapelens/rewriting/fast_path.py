"""Asks for one type that callers hand over before a method of an interface is called.

The compiler sees what a method of a known type does with its arguments, so on that path they stay
on the stack; on the other one everything is as before. The same statements run on both.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import Effect, Kind, TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, review
from escapelens.rewriting.code import (
    LOOPS,
    Code,
    Refused,
    arguments,
    around,
    declaration_around,
    descendants,
    function_around,
    statement_around,
    within,
)
from escapelens.rewriting.packages import import_edits
from escapelens.rewriting.parameters import Handed, receiver_of, written
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.types.facts import Name, Object

if TYPE_CHECKING:
    from tree_sitter import Node

_LETS_GO = (
    "*bytes.Buffer",
    "*bytes.Reader",
    "*strings.Builder",
    "*strings.Reader",
)
"""Types of the standard library whose methods keep nothing that they are given.

A file is none of them: it costs more to write to one than an allocation does.
"""
_MAX_LINES = 6
"""Of statements that are there twice afterwards."""
_PLAIN = ("bool", "string", "int", "uint", "float", "complex")
"""Kinds of results, by how they begin, that point to nothing."""


class _Path(NamedTuple):
    """The statements that the paths have in common, and how the first of them is left."""

    statements: "list[Node]"
    is_last: bool
    """The statements end the function, so that the other path may follow them."""
    needs_return: bool


def with_fast_path(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrite of what is handed to a method of an interface that is a parameter."""
    receiver = receiver_of(case)
    if receiver is not None and case.site.origin is None:
        yield attempt("fast-path", lambda: _fast_path(case, receiver))


def _fast_path(case: RewriteCase, receiver: "Node") -> Rewrite:
    code = code_of(case)
    handed, needed = _type_to_ask_for(case, code, receiver)
    name = code.text(receiver)
    call = around(receiver, "call_expression")
    assert call is not None
    is_variable = case.site.kind is Kind.MOVED
    if not is_variable and not within(case.node, call):
        raise Refused("it is not made in the call itself")
    path = _path(code, call)
    copied = _copied(code, case.node, path.statements) if is_variable else None
    make = _followed if path.is_last else _switched
    edits = make(code, path, name, handed, copied)
    twice = "the same lines are there twice"
    others = f"Others get a copy of `{code.text(case.node)}`, and {twice}."
    return review(
        "fast-path",
        f"ask first whether `{name}` is a `{handed}`, whose methods the compiler knows",
        others if copied is not None else f"{twice[:1].upper()}{twice[1:]}.",
        [*edits, *import_edits(code, (), add=needed)],
    )._replace(effect=Effect.REDUCED if copied is None else Effect.MOVED)


def _type_to_ask_for(case: RewriteCase, code: Code, receiver: "Node") -> tuple[str, list[str]]:
    """The type that most calls hand over, as it is written, with the packages it names."""
    parameter, users = code.object_of(receiver), code.declaration.users
    function = declaration_around(receiver)
    if parameter is None or users is None or function is None:
        raise Refused("its callers are not known")
    if any(use.role != "read" for use in code.uses(parameter)):
        raise Refused(f"`{parameter.name}` is assigned to, or its address taken")
    index = _index_of(code, function, parameter)
    counted: Counter[str] = Counter()
    known: dict[str, Handed] = {}
    for user in users:
        if user.file.endswith("_test.go"):
            continue
        try:
            caller, call, *_ = case.program.calling(user)
        except Refused:
            continue
        given = arguments(call)
        typ = caller.type_of(given[index]) if index < len(given) else None
        if typ is None or not typ.writable or not caller.is_visible(typ):
            continue
        if typ.id in _LETS_GO or _is_own(code, caller, typ.text, typ.kind):
            counted[typ.id] += 1
            known[typ.id] = Handed(typ, caller)
    if not counted:
        raise Refused("no caller hands over a type whose methods are known to keep nothing")
    most = max(counted, key=lambda one: (counted[one], one))
    return written(code, known[most])


def _is_own(code: Code, caller: Code, text: str, kind: str) -> bool:
    """Whether it is a type of the same package, whose methods the compiler looks into."""
    same = code.declaration.package == caller.declaration.package
    return same and kind != "interface" and "." not in text


def _index_of(code: Code, function: "Node", parameter: Object) -> int:
    listed = function.child_by_field_name("parameters")
    names = [
        name.start_byte
        for one in ([] if listed is None else listed.named_children)
        for name in one.children_by_field_name("name")
    ]
    if parameter.offset not in names:
        raise Refused("it is a parameter of a function literal")
    if function_around(code.node_of(parameter.offset)) != function:
        raise Refused("it is a parameter of a function literal")
    return names.index(parameter.offset)


def _path(code: Code, call: "Node") -> _Path:
    """The statement with a call, alone or with all that follow it up to the end."""
    statement, function = statement_around(call), function_around(call)
    if statement is None or function is None or statement.parent is None:
        raise Refused("it does not stand in a function")
    if function.type == "func_literal":
        raise Refused("it stands in a function literal")
    if any(one.type in ("defer_statement", "go_statement") for one in _between(call, statement)):
        raise Refused("the call is made later")
    listed = statement.parent
    following = [
        one
        for one in listed.named_children
        if one.start_byte >= statement.start_byte and one.type != "comment"
    ]
    if statement.type in ("expression_statement", "assignment_statement", "if_statement"):
        following = [statement] if following[-1].type != "return_statement" else following
    ends = following[-1].type == "return_statement"
    is_body = listed.parent is not None and listed.parent.parent == function
    no_result = function.child_by_field_name("result") is None
    reaches_end = following[-1] == [o for o in listed.named_children if o.type != "comment"][-1]
    needs_return = not ends and is_body and no_result and reaches_end
    is_last = ends or needs_return
    if not is_last and len(following) > 1:
        raise Refused("what follows the call does not end the function")
    if not is_last and statement.type in ("short_var_declaration", "var_declaration"):
        raise Refused("what follows the call does not end the function")
    if statement.type in ("for_statement", "labeled_statement", "expression_switch_statement"):
        raise Refused("the call stands in the head of another statement")
    lines = code.source.point(following[-1].end_byte)[0] - code.line(statement) + 1
    if lines > _MAX_LINES:
        raise Refused("too much follows the call to be there twice")
    return _Path(following, is_last, needs_return)


def _between(node: "Node", outer: "Node") -> "Iterator[Node]":
    inner: Node | None = node
    while inner is not None:
        yield inner
        if inner == outer:
            return
        inner = inner.parent


def _copied(code: Code, site: "Node", statements: "list[Node]") -> Object:
    """The array that the other path copies; raises Refused where that could be told."""
    known = code.object_of(site) if site.type == "identifier" else None
    typ = None if known is None else code.type(known.type)
    if known is None or typ is None or known.role != "local":
        raise Refused("it is no local variable")
    if typ.kind != "array":
        raise Refused(f"`{known.name}` is no array, and a copy might be told from it")
    start, end = statements[0].start_byte, statements[-1].end_byte
    if around(code.node_of(known.offset), *LOOPS) != around(statements[0], *LOOPS):
        raise Refused(f"`{known.name}` lives on from turn to turn of a loop")
    for use in code.uses(known):
        where = f"(line {code.line(use)})"
        if use.offset >= end:
            raise Refused(f"`{known.name}` is used afterwards {where}")
        if function_around(code.node_of(use)) != function_around(statements[0]):
            raise Refused(f"a function literal uses `{known.name}` {where}")
        if use.offset < start and not _is_over(code, use):
            raise Refused(f"something may point to `{known.name}` {where}")
    return known


def _is_over(code: Code, use: Name) -> bool:
    """Whether nothing that a use of an array makes points to it once its statement is done."""
    node = code.node_of(use)
    if around(node, "defer_statement", "go_statement") is not None:
        return False
    outer = node.parent
    if use.role != "address":
        return True
    call = None
    if outer is not None and outer.type == "slice_expression":
        listed = outer.parent
        call = listed.parent if listed is not None and listed.type == "argument_list" else None
    if call is None or call.type != "call_expression":
        return False
    statement = call.parent
    if statement is not None and statement.type == "expression_statement":
        return True
    result = code.type_of(call)
    return result is not None and result.kind.startswith(_PLAIN)


def _followed(
    code: Code, path: _Path, name: str, handed: str, copied: Object | None
) -> list[TextEdit]:
    """A branch in front of the statements, which end the function in it as well."""
    first = path.statements[0]
    indent = code.indent(first)
    deeper = f"{indent}\t"
    own = code.fresh("ok", "isKnown")
    text = f"if {name}, {own} := {name}.({handed}); {own} {{\n"
    text += f"{deeper}{_text(code, path.statements, indent, deeper)}\n"
    text += f"{deeper}return\n" if path.needs_return else ""
    text += f"{indent}}}\n{indent}"
    if copied is None:
        return [TextEdit(code.path, first.start_byte, first.start_byte, text)]
    made, renamed = _copy(code, path, copied)
    text += f"{made}\n{indent}"
    return [TextEdit(code.path, first.start_byte, first.start_byte, text), *renamed]


def _switched(
    code: Code, path: _Path, name: str, handed: str, copied: Object | None
) -> list[TextEdit]:
    """A type switch around the statement."""
    (statement,) = path.statements
    if next(descendants(statement, "break_statement"), None) is not None:
        raise Refused("a `break` would end something else")
    indent = code.indent(statement)
    deeper = f"{indent}\t"
    made, renamed = ("", []) if copied is None else _copy(code, path, copied)
    text = f"switch {name} := {name}.(type) {{\n{indent}case {handed}:\n"
    text += f"{deeper}{_text(code, [statement], indent, deeper)}\n{indent}default:\n"
    text += f"{deeper}{made}\n" if made else ""
    text += f"{deeper}{_text(code, [statement], indent, deeper, renamed)}\n{indent}}}"
    return [TextEdit(code.path, statement.start_byte, statement.end_byte, text)]


def _copy(code: Code, path: _Path, copied: Object) -> tuple[str, list[TextEdit]]:
    """The statement that copies an array, and the edits that name the copy instead."""
    name = code.fresh(f"{copied.name}Copy", f"{copied.name}OnHeap")
    size = len(copied.name.encode())
    start, end = path.statements[0].start_byte, path.statements[-1].end_byte
    return f"{name} := {copied.name}", [
        TextEdit(code.path, use.offset, use.offset + size, name)
        for use in code.uses(copied)
        if start <= use.offset < end
    ]


def _text(
    code: Code,
    statements: "list[Node]",
    old: str,
    new: str,
    renamed: "list[TextEdit] | None" = None,
) -> str:
    """Some statements as they stand further to the right, with other names."""
    pieces: list[str] = []
    at = statements[0].start_byte
    for one in statements:
        between = code.source.content[at : one.start_byte].decode("utf-8", "replace")
        pieces.append(between.replace(f"\n{old}", f"\n{new}"))
        pieces.append(code.reindented(one, old, new))
        at = one.end_byte
    text = "".join(pieces)
    if not renamed:
        return text
    # Within one line nothing moves, and names are not found in raw strings of several lines.
    if "\n" in text:
        raise Refused("the call stands on several lines")
    encoded, begin = text.encode(), statements[0].start_byte
    for edit in reversed(renamed):
        start, end = edit.start - begin, edit.end - begin
        encoded = encoded[:start] + edit.new_text.encode() + encoded[end:]
    return encoded.decode()
