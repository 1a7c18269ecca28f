"""Hands a function literal a copy of a variable, so that the variable itself may stay where it is.

A copy means the same as long as nobody assigns to either of the two while the literal is in use.
"""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    LOOPS,
    Code,
    Refused,
    ancestors,
    around,
    descendants,
    function_around,
    is_plain_statement,
    outermost_in,
    side,
    statement_around,
    statements_of,
    whole_lines,
    within,
)
from escapelens.types.facts import Name, Object

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_CAPTURED = 128
"""In bytes; a literal holds the address of a larger variable (cmd/compile, escape.flowClosure)."""
_WRITES = ("write", "part")
_ADDRESSES = ("address", "receiver")


class Copy(NamedTuple):
    """The edits that copy a variable, and the lines that may tell the copy from it."""

    variable: str
    edits: list[TextEdit]
    written: list[int]
    """Lines that may assign to the variable while the literal is in use."""
    addressed: list[int]
    """Lines that take its address, through which anything may be assigned."""
    is_cold: bool
    """The copy is made in a branch that ends the function."""

    @property
    def is_exact(self) -> bool:
        """Whether nobody can tell the copy from the variable."""
        return not self.written and not self.addressed


def variable_at(code: Code, site: "Node") -> Object:
    """The variable that is declared at a site."""
    known = code.object_of(site)
    if known is None or known.kind != "var" or known.role == "global":
        raise Refused("no variable is declared there")
    return known


def copy_before_literal(code: Code, variable: Object, use: "Node") -> Copy:
    """Copies a variable before the literal that uses it; raises Refused."""
    literal = _literal_that_captures(code, variable, use)
    known = code.type(variable.type)
    if known is None or not 0 <= known.size <= MAX_CAPTURED:
        raise Refused(f"a literal holds the address of a variable above {MAX_CAPTURED} bytes")
    if known.lock:
        raise Refused(f"a `{known.text}` holds a lock or the like, and must not be copied")
    inside = [name for name in code.uses(variable) if within(code.node_of(name), literal)]
    for name in inside:
        if name.role != "read":
            raise Refused(
                f"the literal assigns to `{variable.name}` itself (line {code.line(name)})"
                if name.role in _WRITES
                else f"the literal takes the address of `{variable.name}`"
            )
    statement = statement_around(literal)
    if statement is None:
        raise Refused("the literal does not stand in a list of statements")
    statement = _not_labelled(statement)
    edits = _copying(code, variable, statement, inside)
    written, addressed, is_cold = _seen_apart(code, variable, literal, statement)
    return Copy(variable.name, edits, written, addressed, is_cold)


def _literal_that_captures(code: Code, variable: Object, use: "Node") -> "Node":
    """The outermost literal around a use that stands in the variable's own function."""
    home = function_around(code.node_of(variable.offset))
    literal = None
    for outer in ancestors(use):
        if home is not None and outer == home:
            break
        if outer.type == "func_literal":
            literal = outer
    if literal is None:
        raise Refused(f"no literal captures `{variable.name}`")
    return literal


def _not_labelled(statement: "Node") -> "Node":
    if statement.parent is not None and statement.parent.type == "labeled_statement":
        raise Refused("the statement has a label")
    return statement


def _copying(code: Code, variable: Object, statement: "Node", inside: list[Name]) -> list[TextEdit]:
    """Declares the copy before a statement, and uses it in the literal."""
    indent = code.indent(statement)
    places = statement.parent
    others = [
        name
        for name in code.uses(variable)
        if name not in inside
        and places is not None
        and statement.start_byte <= name.offset < places.end_byte
    ]
    at = statement.start_byte
    name = variable.name
    if others or _same_scope(code, variable, statement):
        name = code.fresh(f"{variable.name}Copy", "copied")
        renamed = [_rename(code, use, variable.name, name) for use in inside]
    else:
        renamed = []
    return [TextEdit(code.path, at, at, f"{name} := {variable.name}\n{indent}"), *renamed]


def _rename(code: Code, use: Name, old: str, new: str) -> TextEdit:
    return TextEdit(code.path, use.offset, use.offset + len(old.encode()), new)


def _same_scope(code: Code, variable: Object, statement: "Node") -> bool:
    """Whether a declaration before the statement would declare the variable a second time."""
    declared = code.node_of(variable.offset)
    own = statement_around(declared)
    places = statement.parent
    function = function_around(declared)
    if own is None or function is None or not within(own, function):
        # A parameter belongs to the outermost block of its function.
        body = None if function is None else function.child_by_field_name("body")
        return places is not None and body is not None and places.parent == body
    return own.parent == places


def _seen_apart(
    code: Code, variable: Object, literal: "Node", statement: "Node"
) -> tuple[list[int], list[int], bool]:
    """The lines that may change the variable once it was copied, and whether the copy is cold."""
    home = function_around(code.node_of(variable.offset))
    branch = ending_branch(statement, home)
    loop = _loop_between(code, variable, statement) if branch is None else None
    written: list[int] = []
    addressed: list[int] = []
    for name in code.uses(variable):
        if name.role == "read":
            continue
        node = code.node_of(name)
        if name.role in _ADDRESSES:
            addressed.append(code.line(name))
            continue
        apart = function_around(node) != home or around(node, "defer_statement") is not None
        later = name.offset >= statement.start_byte
        if branch is not None:
            later = later and within(node, branch)
        if apart or later or (loop is not None and within(node, loop)):
            written.append(code.line(name))
    if variable.role == "result":
        written += [code.line(one) for one in _returns_of(home)]
    return sorted(set(written)), sorted(set(addressed)), branch is not None


def _returns_of(function: "Node | None") -> "list[Node]":
    if function is None:
        return []
    return [
        one for one in descendants(function, "return_statement") if function_around(one) == function
    ]


def ending_branch(statement: "Node", home: "Node | None") -> "Node | None":
    """The block of an `if` or `case` around a statement that ends by leaving the function."""
    for outer in ancestors(statement):
        if outer == home or outer.type == "func_literal":
            return None
        if outer.type in LOOPS:
            return None
        if outer.type != "statement_list" or outer.parent is None or outer.parent.parent == home:
            continue
        statements = [one for one in outer.named_children if one.type != "comment"]
        if statements and _ends(statements[-1]) and not _jumps(outer):
            return outer
    return None


def _ends(statement: "Node") -> bool:
    """Whether a statement leaves the function."""
    if statement.type == "return_statement":
        return True
    call = statement.named_children[0] if statement.named_children else None
    function = None if call is None else call.child_by_field_name("function")
    return (
        statement.type == "expression_statement"
        and function is not None
        and function.text == b"panic"
    )


def _jumps(statements: "Node") -> bool:
    jumps = ("break_statement", "continue_statement", "goto_statement", "labeled_statement")
    return next(descendants(statements, *jumps), None) is not None


def _loop_between(code: Code, variable: Object, statement: "Node") -> "Node | None":
    """The outermost loop around a statement that does not declare the variable anew each turn."""
    declared = code.node_of(variable.offset)
    found = None
    for outer in ancestors(statement):
        if outer.type == "func_literal" or within(declared, outer):
            break
        if outer.type in LOOPS:
            found = outer
    return found


def move_behind_last_write(code: Code, variable: Object, use: "Node") -> list[TextEdit]:
    """Makes the literal after the variable has its last value; raises Refused."""
    literal = _literal_that_captures(code, variable, use)
    made = statement_around(literal)
    if (
        made is None
        or made.type != "short_var_declaration"
        or side(made, "right") != [literal]
        or not is_plain_statement(made)
    ):
        raise Refused("the literal is used where it is made")
    (name,) = side(made, "left")
    holder = code.object_of(name)
    places = made.parent
    if holder is None or places is None or code.declaration.role_at(name.start_byte) != "declare":
        raise Refused("the literal is assigned to a variable that exists")
    home = function_around(made)
    last: Node | None = None
    for one in code.uses(variable):
        node = code.node_of(one)
        if one.role in _ADDRESSES:
            raise Refused(f"the address of `{variable.name}` is taken (line {code.line(one)})")
        if one.role not in _WRITES:
            continue
        if function_around(node) != home:
            raise Refused(f"a literal assigns to `{variable.name}` (line {code.line(one)})")
        if one.offset < made.start_byte:
            continue
        statement = outermost_in(node, places)
        if statement is None:
            raise Refused(f"`{variable.name}` is assigned to outside of the block of the literal")
        last = statement
    if last is None or variable.role == "result":
        raise Refused(f"nothing is assigned to `{variable.name}` behind the literal")
    if any(
        outer.type in LOOPS and not within(code.node_of(variable.offset), outer)
        for outer in ancestors(made)
    ):
        raise Refused("both stand in a loop")
    for one in code.uses(holder):
        if one.offset < last.end_byte:
            raise Refused(f"`{holder.name}` is used before that (line {code.line(one)})")
    if _jumps(places):
        raise Refused("a jump may lead past the new place")
    words = {code.text(one) for one in descendants(literal, "identifier", "type_identifier")}
    for known in code.declaration.objects:
        between = code.is_local(known) and made.end_byte <= known.offset < last.end_byte
        if between and known.name in words:
            raise Refused(f"another `{known.name}` is declared in between")
    start, end = whole_lines(code, made)
    text = code.source.content[start:end].decode("utf-8", "replace")
    _, behind = whole_lines(code, last)
    return [TextEdit(code.path, start, end, ""), TextEdit(code.path, behind, behind, text)]


def declare_in_literal(
    code: Code, variable: Object, use: "Node"
) -> tuple[list[TextEdit], int | None]:
    """Declares the variable in the only literal that uses it; raises Refused.

    With the line of a call in the literal that may lead back into it while it uses the variable.
    """
    literal = _literal_that_captures(code, variable, use)
    declared = code.node_of(variable.offset)
    statement = statement_around(declared)
    if variable.role != "local" or statement is None or statement.type != "var_declaration":
        raise Refused(f"`{variable.name}` is not declared by a `var` of its own")
    specs = [one for one in statement.named_children if one.type == "var_spec"]
    typ = specs[0].child_by_field_name("type") if len(specs) == 1 else None
    if typ is None or specs[0].child_by_field_name("value") is not None:
        raise Refused(f"`{variable.name}` is declared with a value")
    if len(side(specs[0], "name")) != 1:
        raise Refused(f"`{variable.name}` is declared together with others")
    known = code.type(variable.type)
    if known is None or not code.is_visible(known):
        raise Refused("the literal has another meaning for its type")
    uses = code.uses(variable)
    if any(not within(code.node_of(one), literal) for one in uses):
        raise Refused(f"`{variable.name}` is used outside of the literal, too")
    for one in uses:
        if one.role in _ADDRESSES or function_around(code.node_of(one)) != literal:
            raise Refused(f"`{variable.name}` may be seen by a later call (line {code.line(one)})")
    places = statements_of(literal)
    first = None if places is None else outermost_in(code.node_of(uses[0]), places)
    if places is None or first is None or first.type != "assignment_statement":
        raise Refused(f"the literal may see the `{variable.name}` of an earlier call")
    written = side(first, "left")
    if not any(one.start_byte == uses[0].offset for one in written) or uses[0].role != "write":
        raise Refused(f"the literal may see the `{variable.name}` of an earlier call")
    operator = first.child_by_field_name("operator")
    if operator is not None and code.text(operator) != "=":
        raise Refused(f"the literal may see the `{variable.name}` of an earlier call")
    if any(within(code.node_of(one), right) for one in uses for right in side(first, "right")):
        raise Refused(f"the literal may see the `{variable.name}` of an earlier call")
    start, end = whole_lines(code, statement)
    opening = places.start_byte
    indent = code.indent(first)
    text = code.source.content[start:end].decode("utf-8", "replace").strip()
    edits = [
        TextEdit(code.path, start, end, ""),
        TextEdit(code.path, opening, opening, f"{text}\n{indent}"),
    ]
    return edits, _may_reenter(code, literal)


def _may_reenter(code: Code, literal: "Node") -> int | None:
    """The line of a call in a literal that may run the same literal once more; None if none can."""
    outer = literal.parent
    if outer is not None and outer.type == "call_expression":
        return None  # It is run where it is made, and nobody else can have it.
    for call in descendants(literal, "call_expression"):
        function = call.child_by_field_name("function")
        known = None if function is None else code.object_of(function)
        if known is None or known.kind not in ("builtin", "type"):
            return code.line(call)
    return None
