"""Makes a string of bytes where it is needed, since many uses of one need no copy.

To look a string up in a map, to compare it and to switch on it copies nothing where the conversion
stands there itself: `m[string(b)]`. What is left needs the string, and makes it only there.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import Effect, TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, review, safe
from escapelens.rewriting.code import (
    LOOPS,
    Code,
    Refused,
    ancestors,
    arguments,
    around,
    descendants,
    function_around,
    is_plain_statement,
    is_target,
    operands,
    outermost_in,
    side,
    statement_around,
    whole_lines,
    within,
)
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.rewriting.unconverted import converted
from escapelens.types.facts import Object

if TYPE_CHECKING:
    from tree_sitter import Node

_COMPARING = ("==", "!=", "<", "<=", ">", ">=")
_TEXT = ("string", "untyped string")
_CALLS_NOTHING = ("len", "cap", "make", "new", "delete", "panic", "min", "max", "print", "println")
_ONLY_READ = ("strings", "strconv", "unicode", "unicode/utf8", "math")
"""Packages whose functions change no bytes, unless they are handed a function that does."""
_CHANGING = (
    "assignment_statement",
    "call_expression",
    "dec_statement",
    "go_statement",
    "inc_statement",
    "range_clause",
    "select_statement",
    "send_statement",
    "short_var_declaration",
    "unary_expression",
)
"""What may change bytes, or wait until somebody else has."""
_FEW = 2
"""How often an expression can be read in place of a name."""
_HOLDS_BYTES = ("array", "struct", "parameter")
"""Kinds of variables that may have bytes in them which a slice shares."""
_JUMPS = ("break_statement", "continue_statement", "goto_statement", "labeled_statement")


class AtUse(NamedTuple):
    """The edits that convert bytes where they are used, and what could tell that."""

    text: str
    bytes: str
    is_gone: bool
    """Nothing needs the string itself."""
    risk: int
    """A line in between that may change the bytes; 0 where there is none."""
    is_cut: bool
    """The bytes are no variable, but cut out of one or found behind a pointer."""
    edits: list[TextEdit]


class _Uses(NamedTuple):
    """How a string is used."""

    free: "list[Node]"
    """Where it may be a conversion that copies nothing."""
    copied: "list[Node]"


def converted_at_use(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrite of a string that is made of bytes and kept in a variable of its own."""
    statement = statement_around(case.node)
    if case.code is None or case.site.origin is not None or statement is None:
        return
    is_declared = statement.type == "short_var_declaration" and is_plain_statement(statement)
    if is_declared and side(statement, "right") == [case.node]:
        yield attempt("convert-at-use", lambda: _converted_at_use(case))


def _converted_at_use(case: RewriteCase) -> Rewrite:
    found = convert_at_use(code_of(case), case.node)
    text, bytes_ = f"`{found.text}`", f"`{found.bytes}`"
    where = "looked up or compared" if found.is_gone else "needed itself"
    title = f"make a string of {bytes_} only where it is {where}"
    effect = Effect.GONE if found.is_gone else Effect.REDUCED
    if found.is_cut:
        safety = f"{bytes_} is evaluated at each of these places, and would panic only there."
        return review("convert-at-use", title, safety, found.edits)._replace(effect=effect)
    if not found.risk:
        safety = f"Nothing changes {bytes_} while {text} is used, and to compare copies nothing."
        return safe("convert-at-use", title, safety, found.edits)._replace(effect=effect)
    safety = f"{text} would show it if line {found.risk} changed {bytes_}."
    return review("convert-at-use", title, safety, found.edits)._replace(effect=effect)


def convert_at_use(code: Code, conversion: "Node") -> AtUse:
    """Converts where the string is used, at most once with a copy; raises Refused."""
    operand, statement = converted(code, conversion), statement_around(conversion)
    assert statement is not None
    named = _named(code, operand)
    typ = code.type_of(conversion)
    if typ is None or typ.named:
        raise Refused("the string has a type of its own")
    code.require_builtin("string", "len")
    names = side(statement, "left")
    text = code.object_of(names[0]) if len(names) == 1 else None
    if text is None or code.declaration.role_at(names[0].start_byte) != "declare":
        raise Refused("it is assigned to a variable that exists")
    for one in named:
        _check_name(code, one)
    function = function_around(statement)
    if function is not None and next(descendants(function, "goto_statement"), None) is not None:
        raise Refused("a `goto` may lead back")
    uses = _uses(code, text, statement)
    if not uses.free:
        raise Refused(f"no use of `{text.name}` would do without a copy")
    first = _needing(code, uses.copied, statement) if uses.copied else None
    end = _end_of(code, first)
    early = [one for one in (*uses.free, *uses.copied) if not _sees(one, first, end)]
    if any(one in uses.copied for one in early):
        raise Refused(f"`{text.name}` is needed in several places")
    moved = [*early, first] if first is not None else early
    is_part = operand.type == "selector_expression" and code.is_part(operand)
    is_cut = operand.type != "identifier" and not is_part
    if is_cut and len(early) > _FEW:
        raise Refused(f"`{code.text(operand)}` would be there too often")
    _check_unchanged(code, named, statement, moved)
    risk = _first_change(code, statement, moved, named)
    if is_cut and risk:
        raise Refused(f"`{code.text(operand)}` may change (line {risk})")
    edits = _edits(code, statement, conversion, operand, early, first)
    return AtUse(text.name, code.text(operand), first is None, risk, is_cut, edits)


def _named(code: Code, operand: "Node") -> list[Object]:
    """The variables and fields that bytes are made of; raises Refused where they may do more."""
    parts = [operand]
    if operand.type == "slice_expression":
        names = ("operand", "start", "end", "capacity")
        parts = [one for name in names if (one := operand.child_by_field_name(name)) is not None]
    if not all(map(code.is_repeatable, parts)):
        raise Refused(f"`{code.text(operand)}` is no variable of the function")
    found = [code.object_of(one) for one in descendants(operand, "identifier", "field_identifier")]
    named = [one for one in found if one is not None and one.kind in ("var", "field")]
    if not named or any(one.role == "global" for one in named):
        raise Refused(f"`{code.text(operand)}` is no variable of the function")
    return named


def _check_unchanged(
    code: Code, named: list[Object], statement: "Node", moved: "list[Node]"
) -> None:
    """Raises Refused where what bytes are made of is assigned to before they are used."""
    for known in named:
        for use in code.uses(known):
            is_between = use.offset > statement.end_byte and any(
                use.offset < one.start_byte for one in moved
            )
            is_known = known.kind == "var"
            if use.role in ("address", "receiver") and is_known:
                raise Refused(f"the address of `{known.name}` is taken (line {code.line(use)})")
            if use.role in ("write", "part") and is_between:
                raise Refused(f"`{known.name}` is changed (line {code.line(use)})")


def _check_name(code: Code, known: Object) -> None:
    """Raises Refused where the name of a variable may mean something else at another place."""
    others = [one for one in code.declaration.objects if one.name == known.name]
    is_hidden = any(
        one is not known and code.is_local(one) and one.kind not in ("field", "method")
        for one in others
    )
    if is_hidden and known.kind == "var":
        raise Refused(f"another `{known.name}` is declared")


def _uses(code: Code, text: Object, statement: "Node") -> _Uses:
    free: list[Node] = []
    copied: list[Node] = []
    function = function_around(statement)
    for use in code.uses(text):
        node, where = code.node_of(use), f"(line {code.line(use)})"
        if use.role != "read":
            raise Refused(f"`{text.name}` is assigned to, or its address taken {where}")
        if function_around(node) != function:
            raise Refused(f"a function literal uses `{text.name}` {where}")
        (free if _is_free(code, node) else copied).append(node)
    return _Uses(free, copied)


def _is_free(code: Code, node: "Node") -> bool:
    """Whether a conversion at the place of a string copies nothing."""
    outer = node.parent
    if outer is None:
        return False
    if outer.type == "index_expression":
        operand = outer.child_by_field_name("operand")
        if operand == node:
            return not is_target(outer)
        known = None if operand is None else code.type_of(operand)
        key = None if known is None else code.type(known.key)
        is_map = known is not None and known.kind == "map"
        return is_map and key is not None and key.id == "string" and not is_target(outer)
    if outer.type == "binary_expression":
        operator = outer.child_by_field_name("operator")
        types = [code.type_of(one) for one in operands(outer)]
        is_text = all(one is not None and one.kind in _TEXT for one in types)
        return is_text and operator is not None and code.text(operator) in _COMPARING
    if outer.type == "expression_switch_statement":
        return outer.child_by_field_name("value") == node and _has_constant_cases(code, outer)
    call = outer.parent if outer.type == "argument_list" else None
    return call is not None and code.calls_builtin(call, "len")


def _has_constant_cases(code: Code, switch: "Node") -> bool:
    values = [
        value
        for case in switch.named_children
        if case.type == "expression_case"
        for value in side(case, "value")
    ]
    return all(code.constant(one) is not None for one in values)


def _needing(code: Code, copied: "list[Node]", statement: "Node") -> "Node":
    """The statement in front of which the string is made for those that need it."""
    places = statement_around(copied[0])
    for outer in ancestors(copied[0]):
        if outer.type == "statement_list" and all(within(one, outer) for one in copied):
            places = outermost_in(copied[0], outer)
            break
    if places is None or places.parent is None:
        raise Refused("it is not needed in a statement")
    if around(places, *LOOPS) != around(statement, *LOOPS):
        raise Refused("a loop would make it in each turn")
    if places.type in LOOPS:
        raise Refused("a loop needs it in each turn")
    listed = statement.parent
    assert listed is not None
    between = [
        one
        for one in descendants(listed, "return_statement", "continue_statement", "break_statement")
        if statement.end_byte <= one.start_byte < places.start_byte
    ]
    if places.parent == listed and not between:
        raise Refused(f"line {code.line(places)} needs it each time")
    return places


def _end_of(code: Code, first: "Node | None") -> int:
    """Where a string that is declared in front of a statement can no longer be named."""
    return 0 if first is None or first.parent is None else first.parent.end_byte


def _sees(use: "Node", first: "Node | None", end: int) -> bool:
    return first is not None and first.start_byte <= use.start_byte < end


def _first_change(code: Code, statement: "Node", moved: "list[Node]", named: list[Object]) -> int:
    """The first line behind the conversion that may change the bytes before they are used."""
    listed = statement.parent
    assert listed is not None
    lines: list[int] = []
    for one in descendants(listed, *_CHANGING):
        if one.start_byte < statement.end_byte or not _may_change(code, one, named):
            continue
        if any(_follows(use, one, statement) for use in moved):
            lines.append(code.line(one))
    return min(lines, default=0)


def _may_change(code: Code, node: "Node", named: list[Object]) -> bool:
    match node.type:
        case "assignment_statement" | "short_var_declaration":
            return any(_writes_bytes(code, one, named) for one in side(node, "left"))
        case "inc_statement" | "dec_statement":
            return _writes_bytes(code, node.named_children[0], named)
        case "call_expression":
            return not _keeps_bytes(code, node)
        case "unary_expression":
            return code.text(node).startswith("<-")
        case "range_clause":
            right = node.child_by_field_name("right")
            known = None if right is None else code.type_of(right)
            writes = any(_writes_bytes(code, one, named) for one in side(node, "left"))
            return writes or known is None or known.kind in ("chan", "func")
    return True


def _writes_bytes(code: Code, target: "Node", named: list[Object]) -> bool:
    """Whether what is assigned to may be one of some bytes; raises Refused where it surely is."""
    if target.type == "unary_expression":
        return True
    operand = target.child_by_field_name("operand")
    if target.type == "index_expression" and operand is not None:
        known = code.object_of(operand)
        if known is not None and known in named:
            raise Refused(f"`{known.name}` is changed (line {code.line(target)})")
        holder = code.type_of(operand)
        if holder is None or holder.kind in ("slice", "pointer", "array"):
            return True
    role = code.declaration.role_at(target.start_byte) if target.type == "identifier" else ""
    if role == "declare" or code.text(target) == "_":
        return False
    typ = code.type_of(target)
    return typ is None or typ.kind in _HOLDS_BYTES


def _keeps_bytes(code: Code, call: "Node") -> bool:
    """Whether a call surely changes no bytes."""
    if any(code.calls_builtin(call, name) for name in _CALLS_NOTHING):
        return True
    known = code.called(call)
    if known is None:
        return False
    types = [code.type_of(one) for one in arguments(call)]
    calls_back = any(one is None or one.kind == "func" for one in types)
    is_read = known.kind == "func" and known.package in _ONLY_READ and not calls_back
    is_error = known.package == "errors" and known.name == "New"
    return known.kind == "type" or is_read or is_error


def _follows(use: "Node", change: "Node", statement: "Node") -> bool:
    """Whether what is used may be evaluated after a change."""
    for loop in ancestors(change):
        if loop.type in LOOPS and within(use, loop) and not within(statement, loop):
            return True
    if use.start_byte < change.end_byte:
        return False
    for outer in ancestors(change):
        if within(use, outer):
            return True
        if outer.type == "statement_list" and _returns(outer):
            return False
    return True


def _returns(listed: "Node") -> bool:
    """Whether nothing in the function runs behind some statements."""
    last = [one for one in listed.named_children if one.type != "comment"][-1:]
    is_last = bool(last) and last[0].type == "return_statement"
    return is_last and next(descendants(listed, *_JUMPS), None) is None


def _edits(
    code: Code,
    statement: "Node",
    conversion: "Node",
    operand: "Node",
    early: "list[Node]",
    first: "Node | None",
) -> list[TextEdit]:
    start, end = whole_lines(code, statement)
    edits = [TextEdit(code.path, start, end, "")]
    if first is not None:
        text = f"{code.text(statement)}\n{code.indent(first)}"
        edits.append(TextEdit(code.path, first.start_byte, first.start_byte, text))
    for one in early:
        edits.append(
            TextEdit(code.path, one.start_byte, one.end_byte, _at(code, one, conversion, operand))
        )
    return sorted(edits, key=lambda edit: edit.start)


def _at(code: Code, use: "Node", conversion: "Node", operand: "Node") -> str:
    """What stands in the place of the string: its bytes, where they tell the same."""
    outer = use.parent
    assert outer is not None
    is_measured = outer.type == "argument_list"
    is_indexed = outer.type == "index_expression" and outer.child_by_field_name("operand") == use
    is_plain = operand.type in ("identifier", "selector_expression")
    bytes_do = is_measured or (is_indexed and is_plain)
    return code.text(operand if bytes_do else conversion)
