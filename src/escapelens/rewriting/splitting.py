"""Goes through the parts of a string without a slice of them: `strings.SplitSeq`, `strings.Cut`."""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    Code,
    Refused,
    arguments,
    descendants,
    function_around,
    is_plain_statement,
    only,
    side,
    statement_around,
)
from escapelens.types.facts import Object

if TYPE_CHECKING:
    from tree_sitter import Node

_STRINGS = "strings"
_SEQUENCES = {"Split": "SplitSeq", "SplitAfter": "SplitAfterSeq"}
_SEQUENCES_SINCE = (1, 24)
_INLINED_SINCE = (1, 25)
"""Before, the literals that it is made of are on the heap."""
_ENDS = ("return_statement", "continue_statement", "break_statement")
_FOUND = {("==", 2): "found", ("!=", 2): "!found", ("<", 2): "!found", (">", 1): "found"}
_FOUND |= {(">=", 2): "found", ("==", 1): "!found", ("!=", 1): "found"}
"""What the number of parts tells of two at most."""


class Cut(NamedTuple):
    """The edits that cut a string in two."""

    parts: str
    """The variable that held the parts."""
    unguarded: list[int]
    """Lines that would have panicked where there is only one part."""
    edits: list[TextEdit]


def sequence(
    code: Code, call: "Node", go: tuple[int, int], language: tuple[int, int]
) -> tuple[str, list[TextEdit]]:
    """The function that yields the parts one by one, and the edits; raises Refused."""
    name = next((one for one in _SEQUENCES if code.calls(call, _STRINGS, one)), None)
    if name is None:
        raise Refused("it is no `strings.Split` or `strings.SplitAfter`")
    if min(go, language) < _SEQUENCES_SINCE:
        raise Refused("there is no `strings.SplitSeq` before Go 1.24")
    if go < _INLINED_SINCE:
        raise Refused("up to Go 1.24, `strings.SplitSeq` allocates more than the slice")
    clause = call.parent
    if clause is None or clause.type != "range_clause":
        raise Refused("the parts are used for more than to go through them")
    left = side(clause, "left")
    edits: list[TextEdit] = []
    if left:
        if code.text(left[0]) != "_":
            raise Refused("the loop counts the parts")
        end = left[1].start_byte if len(left) > 1 else call.start_byte
        if len(left) == 1:
            # `for _ = range` is `for range` as well.
            end = next(one.start_byte for one in clause.children if one.type == "range")
        edits.append(TextEdit(code.path, left[0].start_byte, end, ""))
    function = call.child_by_field_name("function")
    field = None if function is None else function.child_by_field_name("field")
    if field is None:
        raise Refused("the package has no name here")
    edits.append(TextEdit(code.path, field.start_byte, field.end_byte, _SEQUENCES[name]))
    return f"strings.{_SEQUENCES[name]}", edits


def cut(code: Code, call: "Node") -> Cut:
    """Takes `parts := strings.SplitN(s, sep, 2)` apart with `strings.Cut`; raises Refused."""
    given = arguments(call)
    if not code.calls(call, _STRINGS, "SplitN") or len(given) != 3:
        raise Refused("it is no `strings.SplitN`")
    if code.integer(given[2]) != 2:
        raise Refused("it may make more than two parts")
    separator = code.constant(given[1])
    if separator is None or separator in ('""', "``"):
        raise Refused("the separator may be empty")
    statement = statement_around(call)
    left = [] if statement is None else side(statement, "left")
    variable = only(left)
    is_declared = statement is not None and statement.type == "short_var_declaration"
    if statement is None or not is_declared or side(statement, "right") != [call]:
        raise Refused("the parts are not assigned to one variable of their own")
    known = None if variable is None else code.object_of(variable)
    if variable is None or known is None or not is_plain_statement(statement):
        raise Refused("the parts are not assigned to one variable of their own")
    names = {
        "before": code.fresh("before", "head"),
        "after": code.fresh("after", "tail"),
        "found": code.fresh("found", "isCut"),
    }
    used: set[str] = set()
    edits: list[TextEdit] = []
    second: list[Node] = []
    for use in code.uses(known):
        node, text = _use(code, known, use.offset)
        used.add(text.removeprefix("!"))
        if text == "after":
            second.append(node)
        plain = text.removeprefix("!")
        new = text.replace(plain, names[plain])
        edits.append(TextEdit(code.path, node.start_byte, node.end_byte, new))
    guard = _guard(code, statement, known)
    unguarded = [code.line(one) for one in second if not guard and not _is_inside(code, one, known)]
    listed = ", ".join(names[one] if one in used else "_" for one in names)
    operator = ":=" if used else "="
    text = f"{listed} {operator} strings.Cut({code.text(given[0])}, {code.text(given[1])})"
    text = text.replace("strings.", f"{code.text(call).partition('.')[0]}.", 1)
    edits.append(TextEdit(code.path, statement.start_byte, statement.end_byte, text))
    return Cut(known.name, sorted(set(unguarded)), edits)


def is_first_part(call: "Node") -> bool:
    """Whether one part is taken of those that a call makes."""
    outer = call.parent
    return outer is not None and outer.type == "index_expression" and outer.named_child(0) == call


def first_part(code: Code, call: "Node") -> tuple[str, list[TextEdit]]:
    """Takes what stands before a separator with `strings.Cut`; raises Refused.

    With the variable that it is assigned to.
    """
    given, part = arguments(call), call.parent
    assert part is not None
    index = part.child_by_field_name("index")
    is_split = code.calls(call, _STRINGS, "Split") and len(given) == 2
    most = code.integer(given[2]) if len(given) == 3 else None
    if code.calls(call, _STRINGS, "SplitN") and most is not None:
        is_split = most < 0 or most > 1
    if not is_split or index is None or code.integer(index) != 0:
        raise Refused("it is not the first part of several")
    separator = code.constant(given[1])
    if separator is None or separator in ('""', "``"):
        raise Refused("the separator may be empty")
    statement = statement_around(call)
    left = [] if statement is None else side(statement, "left")
    if statement is None or side(statement, "right") != [part] or len(left) != 1:
        raise Refused("the part is not assigned to a variable by itself")
    operator = ":=" if statement.type == "short_var_declaration" else "="
    own = statement.child_by_field_name("operator")
    if own is not None and code.text(own) != operator:
        raise Refused("the part is not assigned to a variable by itself")
    name = code.text(left[0])
    package = code.text(call).partition(".")[0]
    text = f"{package}.Cut({code.text(given[0])}, {code.text(given[1])})"
    line = f"{name}, _, _ {operator} {text}"
    return name, [TextEdit(code.path, statement.start_byte, statement.end_byte, line)]


def _use(code: Code, known: Object, offset: int) -> "tuple[Node, str]":
    """The node that stands for a use of the parts, and what it becomes: `before`, `!found`."""
    node = code.node_of(offset)
    outer = node.parent
    where = f"(line {code.line(node)})"
    if outer is not None and outer.type == "index_expression":
        index = outer.child_by_field_name("index")
        number = None if index is None else code.integer(index)
        holder = outer.parent
        is_read = code.declaration.role_at(offset) == "read" and not _is_written(outer)
        if outer.child_by_field_name("operand") == node and number in (0, 1) and is_read:
            is_address = holder is not None and code.text(holder).startswith("&")
            if not is_address:
                return outer, ("before", "after")[number or 0]
    call = None if outer is None else outer.parent
    test = None if call is None else call.parent
    if call is not None and test is not None and code.calls_builtin(call, "len"):
        right, operator = test.child_by_field_name("right"), test.child_by_field_name("operator")
        count = None if right is None else code.integer(right)
        if test.type == "binary_expression" and operator is not None and count is not None:
            text = _FOUND.get((code.text(operator), count))
            if text is not None and test.child_by_field_name("left") == call:
                return test, text
    raise Refused(f"`{known.name}` is used in another way {where}")


def _is_written(node: "Node") -> bool:
    outer = node.parent
    while outer is not None and outer.type in ("expression_list", "parenthesized_expression"):
        node, outer = outer, outer.parent
    if outer is None or outer.type in ("inc_statement", "dec_statement"):
        return True
    return outer.type == "assignment_statement" and outer.child_by_field_name("left") == node


def _guard(code: Code, statement: "Node", known: Object) -> bool:
    """Whether the next statement leaves where there is only one part."""
    following = statement.next_named_sibling
    while following is not None and following.type == "comment":
        following = following.next_named_sibling
    if following is None or following.type != "if_statement":
        return False
    condition = following.child_by_field_name("condition")
    body = following.child_by_field_name("consequence")
    listed = [] if body is None else list(descendants(body, "statement_list"))
    ends = bool(listed) and listed[0].named_children[-1].type in _ENDS
    return ends and condition is not None and _tells(code, condition, known) == "!found"


def _is_inside(code: Code, node: "Node", known: Object) -> bool:
    """Whether a node only runs where there are two parts."""
    function = function_around(node)
    inner, outer = node, node.parent
    while outer is not None and outer != function:
        if outer.type == "if_statement" and outer.child_by_field_name("consequence") == inner:
            condition = outer.child_by_field_name("condition")
            if condition is not None and _tells(code, condition, known) == "found":
                return True
        if outer.type == "binary_expression" and outer.child_by_field_name("right") == inner:
            operator, first = (
                outer.child_by_field_name("operator"),
                outer.child_by_field_name("left"),
            )
            is_and = operator is not None and code.text(operator) == "&&"
            if is_and and first is not None and _tells(code, first, known) == "found":
                return True
        inner, outer = outer, outer.parent
    return False


def _tells(code: Code, condition: "Node", known: Object) -> str:
    """What a condition asks of the parts: `found`, `!found`, or something else."""
    for name in descendants(condition, "identifier"):
        if code.object_of(name) is known:
            try:
                node, text = _use(code, known, name.start_byte)
            except Refused:
                return ""
            first = condition.child_by_field_name("left")
            if node == condition:
                return text
            if text == "found" and code.text(condition).count("||") == 0 and first == node:
                return text
            return ""
    return ""
