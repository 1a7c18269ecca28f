"""Takes the place of a call of fmt: one expression, an error, appends, or writes."""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    Code,
    Refused,
    ancestors,
    arguments,
    descendants,
    function_around,
    side,
    statement_around,
)
from escapelens.rewriting.conversions import check_no_adapter
from escapelens.rewriting.formats import (
    STRCONV,
    Part,
    appended,
    as_string,
    concatenated,
    needs_strconv,
    part_of_value,
    parts_of,
)
from escapelens.rewriting.packages import import_edits, qualifier
from escapelens.types.facts import Object

if TYPE_CHECKING:
    from tree_sitter import Node

_LONG = 80
"""More than this of what stood on several lines does not stand on one."""
_BUFFERS = ("*bytes.Buffer", "*strings.Builder")


class Call(NamedTuple):
    """A call that formats its arguments."""

    node: "Node"
    package: str
    name: str


def call_around(code: Code, node: "Node") -> Call:
    """The call of fmt that a value is an argument of; raises Refused."""
    for outer in ancestors(node):
        if outer.type != "call_expression":
            continue
        function = outer.child_by_field_name("function")
        known = None if function is None else code.object_of(function)
        if known is not None and known.kind == "func" and known.package == "fmt":
            return Call(outer, known.package, known.name)
        break
    raise Refused("no function of `fmt` is called with it")


def text_of_call(code: Code, call: Call) -> list[Part]:
    """What a call of `Sprint`, `Sprintf`, `Errorf`, `Fprint` or `Fprintf` writes."""
    leading = 1 if call.name.startswith(("F", "Append")) else 0
    if call.name.endswith("f"):
        return parts_of(code, call.node, leading)
    given = arguments(call.node)[leading:]
    if call.name not in ("Sprint", "Fprint", "Append") or len(given) != 1:
        raise Refused(f"`fmt.{call.name}` puts spaces between some of its values")
    return [part_of_value(code, given[0])]


def in_parentheses(node: "Node", text: str) -> str:
    """An expression with an operator, where what stands around it binds more tightly."""
    outer = node.parent
    tight = ("selector_expression", "index_expression", "slice_expression", "unary_expression")
    first = outer is not None and outer.start_byte == node.start_byte
    return f"({text})" if outer is not None and outer.type in tight and first else text


def _appended_to(code: Code, call: Call, parts: list[Part]) -> "Node | None":
    """The `=` of `s = fmt.Sprintf("%s…", s, …)`, which appends to a variable."""
    statement = call.node.parent
    if statement is not None and statement.type == "expression_list":
        statement = statement.parent
    if statement is None or statement.type != "assignment_statement" or len(parts) < 2:
        return None
    left, operator = side(statement, "left"), statement.child_by_field_name("operator")
    if side(statement, "right") != [call.node] or len(left) != 1 or left[0].type != "identifier":
        return None
    first, known = parts[0], code.type_of(left[0])
    is_same = first.form == "string" and first.text == code.text(left[0])
    plain = known is not None and known.kind == "string" and not known.named
    return operator if is_same and plain and values_are_stable(code, call) else None


def _laid_out(code: Code, call: Call, text: str) -> str:
    """The text of a call on several lines, if the call itself was and it is long."""
    if call.node.start_point.row == call.node.end_point.row or len(text) <= _LONG:
        return text
    lines: list[str] = []
    for piece in text.split(" + "):
        if lines and len(lines[-1]) + len(piece) <= _LONG:
            lines[-1] += f" + {piece}"
        else:
            lines.append(piece)
    return f" +\n{code.indent(call.node)}\t".join(lines)


def means_of(code: Code, call: Call) -> str:
    """What the text of a call can be written with: `+`, strconv, both, or nothing."""
    parts = text_of_call(code, call)
    said = ["`+`"] if len(parts) > 1 else []
    said += [STRCONV] if needs_strconv(parts) else []
    return " and ".join(said)


def concatenation(code: Code, call: Call) -> list[TextEdit]:
    """The text of `fmt.Sprint` or `fmt.Sprintf` as one expression; raises Refused."""
    if not call.name.startswith("Sprint"):
        raise Refused(f"`fmt.{call.name}` does not return its text")
    parts, strconv = _plain(code, call)
    appended_to = _appended_to(code, call, parts)
    if appended_to is not None:
        start, rest = appended_to.start_byte, concatenated(parts[1:], strconv)
        edit = TextEdit(code.path, start, call.node.end_byte, f"+= {_laid_out(code, call, rest)}")
        return [edit, *_imports(code, call, strconv)]
    text = _laid_out(code, call, concatenated(parts, strconv))
    text = in_parentheses(call.node, text) if len(parts) > 1 else text
    return [_replaced(code, call.node, text), *_imports(code, call, strconv)]


def plain_error(code: Code, call: Call) -> list[TextEdit]:
    """`errors.New` with the text of `fmt.Errorf`; raises Refused."""
    if call.name != "Errorf":
        raise Refused(f"`fmt.{call.name}` makes no error")
    parts, strconv = _plain(code, call)
    errors = qualifier(code, "errors")
    text = f"{errors}.New({_laid_out(code, call, concatenated(parts, strconv))})"
    return [_replaced(code, call.node, text), *_imports(code, call, strconv, "errors")]


def written(code: Code, call: Call) -> tuple[str, bool, list[TextEdit]]:
    """Writes the text of `fmt.Fprint` or `fmt.Fprintf` as a string; raises Refused.

    With the writer, and whether it is a buffer, which keeps bytes and strings alike.
    """
    if not call.name.startswith("Fprint"):
        raise Refused(f"`fmt.{call.name}` writes to nothing that it is given")
    parts, strconv = _plain(code, call)
    writer = arguments(call.node)[0]
    known = code.type_of(writer)
    text = code.text(writer)
    if known is not None and known.id in _BUFFERS and code.is_repeatable(_target(writer)):
        name = code.text(_target(writer))
        steps = [f"{name}.WriteString({as_string(part, strconv)})" for part in parts]
        outer = call.node.parent
        if len(steps) > 1:
            if outer is None or outer.type != "expression_statement":
                raise Refused("what it returns is used")
            if not all(map(code.cannot_fail, arguments(call.node)[1:])):
                raise Refused("evaluating a value may fail when a part is written already")
        lines = f"\n{code.indent(call.node)}".join(steps) if steps else ""
        if not lines:
            raise Refused("it writes nothing")
        return name, True, [_replaced(code, call.node, lines), *_imports(code, call, strconv)]
    if len(parts) > 1:
        raise Refused("several parts would be written one by one, or copied together first")
    check_no_adapter(code, call.node, "WriteString")
    if known is not None and known.has_method("WriteString") and known.kind != "interface":
        line = f"{text}.WriteString({concatenated(parts, strconv)})"
        return text, False, [_replaced(code, call.node, line), *_imports(code, call, strconv)]
    io = qualifier(code, "io")
    line = f"{io}.WriteString({text}, {concatenated(parts, strconv)})"
    edits = _imports(code, call, strconv, "io")
    return text, False, [_replaced(code, call.node, line), *edits]


def values_are_stable(code: Code, call: Call) -> bool:
    """Whether no value can change another one while it is evaluated.

    Calls follow each other as before; what a call may change is what it can reach.
    """
    leading = 1 if call.name.startswith("F") else 0
    values = arguments(call.node)[leading:]
    calling = [one for one in values if _runs_other_code(code, one)]
    still = [one for one in values if one not in calling]
    return not calling or len(values) <= 2 or all(_is_out_of_reach(code, one) for one in still)


def _runs_other_code(code: Code, value: "Node") -> bool:
    """Whether evaluating a value calls something, or waits for it."""
    if any(code.text(one).startswith("<-") for one in descendants(value, "unary_expression")):
        return True
    calls = descendants(value, "call_expression", "func_literal")
    return any(not (_converts(code, one) or code.is_repeatable(one)) for one in calls)


def _converts(code: Code, call: "Node") -> bool:
    """Whether what is written like a call only gives a value another type."""
    function = call.child_by_field_name("function")
    known = None if function is None else code.object_of(function)
    return known is not None and known.kind == "type"


def _is_out_of_reach(code: Code, value: "Node") -> bool:
    """Whether a value is made of constants and variables that only this function sees."""
    if code.constant(value) is not None:
        return True
    return code.cannot_fail(value) and all(
        (known := code.object_of(name)) is not None
        and (known.kind != "var" or _is_private(code, known))
        for name in descendants(value, "identifier")
    )


def _is_private(code: Code, variable: Object) -> bool:
    """Whether nothing but the statements of its own function can change a variable."""
    if variable.role == "global":
        return False
    home = function_around(code.node_of(variable.offset))
    return all(
        use.role not in ("address", "receiver") and function_around(code.node_of(use)) == home
        for use in code.uses(variable)
    )


def _target(writer: "Node") -> "Node":
    """The variable itself where its address is handed over."""
    operand = writer.child_by_field_name("operand")
    return operand if writer.type == "unary_expression" and operand is not None else writer


def _plain(code: Code, call: Call) -> tuple[list[Part], str]:
    """The parts of a text, and how the code speaks of strconv, if it must."""
    outer = call.node.parent
    if outer is not None and outer.type in ("defer_statement", "go_statement"):
        raise Refused("it is called later than it is written")
    parts = text_of_call(code, call)
    code.require_builtin("string", "int", "int64", "uint64", "bool")
    if any("\n" in part.text or "//" in part.text for part in parts if part.form != "literal"):
        raise Refused("a value is written on several lines")
    return parts, qualifier(code, STRCONV) if needs_strconv(parts) else ""


def _imports(code: Code, call: Call, strconv: str, *others: str) -> list[TextEdit]:
    needed = [*others, STRCONV] if strconv else others
    return import_edits(code, [call.node], add=needed, drop=["fmt"])


def _replaced(code: Code, node: "Node", text: str) -> TextEdit:
    return TextEdit(code.path, node.start_byte, node.end_byte, text)


def append_statements(code: Code, call: Call) -> tuple[str, list[TextEdit]]:
    """The edits that append each part of `fmt.Appendf` by itself; raises Refused."""
    if not call.name.startswith("Append"):
        raise Refused("nothing is appended")
    parts, strconv = _plain(code, call)
    into = arguments(call.node)[0]
    statement = statement_around(call.node)
    known = code.object_of(into) if into.type == "identifier" else None
    if statement is None or known is None or known.kind != "var" or known.role == "global":
        raise Refused("it appends to no local variable")
    name = known.name
    typ = code.type_of(into)
    if typ is None or typ.id not in ("[]byte", "[]uint8"):
        raise Refused(f"`{name}` is of a type of its own")
    for value in arguments(call.node)[1:]:
        if not code.cannot_fail(value):
            raise Refused(f"evaluating `{code.text(value)}` may do more than give a value")
        if _mentions(code, value, known):
            raise Refused(f"`{code.text(value)}` may tell how long `{name}` is by then")
    code.require_builtin("append")
    edits = _imports(code, call, strconv)
    steps = [appended(part, strconv, name) for part in parts]
    values = _whole(statement, call.node)
    is_return = statement.type == "return_statement"
    if not is_return and not _is_assignment(code, statement, name):
        raise Refused("its result goes elsewhere")
    if not values or not steps:
        raise Refused("its result goes elsewhere")
    lines = [f"{name} = {step}" for step in steps]
    if is_return:
        lines[-1] = f"return {steps[-1]}"
    text = f"\n{code.indent(statement)}".join(lines)
    return name, [TextEdit(code.path, statement.start_byte, statement.end_byte, text), *edits]


def _whole(statement: "Node", call: "Node") -> bool:
    """Whether the call is everything that a statement returns or assigns."""
    if statement.type == "return_statement":
        lists = [one for one in statement.named_children if one.type == "expression_list"]
        return len(lists) == 1 and lists[0].named_children == [call]
    return side(statement, "right") == [call]


def _is_assignment(code: Code, statement: "Node", name: str) -> bool:
    if statement.type != "assignment_statement":
        return False
    operator = statement.child_by_field_name("operator")
    left = side(statement, "left")
    plain = operator is not None and code.text(operator) == "="
    return plain and len(left) == 1 and code.text(left[0]) == name


def _mentions(code: Code, node: "Node", known: Object) -> bool:
    return any(code.object_of(one) is known for one in descendants(node, "identifier"))
