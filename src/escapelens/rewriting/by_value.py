"""Returns a value instead of its address, and mends the callers.

The caller keeps the value in a variable of its own, so `u.Name` and `u.Save()` read as before and
everything else that was `u` becomes `&u`: one value, one address, as long as nobody assigns a new
one. That the function keeps no second pointer to the value is for the compiler to show: the value
is on the heap as long as it does.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from escapelens.model import TextEdit
from escapelens.rewriting.code import (
    Code,
    Program,
    Refused,
    arguments,
    around,
    descendants,
    function_around,
    operands,
    side,
    within,
)
from escapelens.types.facts import Name, Object, Spot, Type

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_SIZE = 128
"""In bytes; a larger value costs more to copy than it saves."""


def return_by_value(program: Program, code: Code, site: "Node") -> list[TextEdit]:
    """The edits for the value that a site puts on the heap; raises Refused."""
    function = function_around(site)
    if function is None or function.type == "func_literal":
        raise Refused("a function literal returns it")
    results = _results(function)
    index, pointee = _result_of(code, function, site, results)
    _check_type(code, pointee)
    declared = code.declaration
    if is_api(code, function) and not program.may_change_api:
        raise Refused("the function is exported, and its type is part of an API (--api allows it)")
    if declared.function < 0 or declared.users is None:
        raise Refused("its callers are not known")
    pointer = results[index]
    star = pointer.child(0)
    if pointer.type != "pointer_type" or star is None:
        raise Refused(f"the result is written `{code.text(pointer)}`, not as a pointer")
    edits = [_edit(code, star.start_byte, star.end_byte, "")]
    for statement in _returns(function):
        edits += _returned(code, function, statement, index, len(results))
    for user in declared.users:
        edits += _mended(program, user, index)
    return edits


def is_api(code: Code, function: "Node") -> bool:
    """Whether other modules may call a function."""
    package = code.declaration.package
    if code.source.package_name == "main" or "internal" in package.split("/"):
        return False
    declared = code.source.declared_at(function.start_byte)
    names = "" if declared is None else declared.name.replace("(*", "").replace(")", "")
    return all(name[:1].isupper() for name in names.split("."))


def value_type(code: Code, site: "Node") -> str:
    """The type that is returned by value, as written."""
    function = function_around(site)
    assert function is not None
    results = _results(function)
    index, _ = _result_of(code, function, site, results)
    return code.text(results[index]).removeprefix("*")


def _results(function: "Node") -> "list[Node]":
    """The types of a function's results, which must have no names."""
    result = function.child_by_field_name("result")
    if result is None:
        raise Refused("the function has no result")
    if result.type != "parameter_list":
        return [result]
    types: list[Node] = []
    for parameter in result.named_children:
        if parameter.type == "comment":
            continue
        if parameter.child_by_field_name("name") is not None:
            raise Refused("its result has a name, and may be changed after the `return`")
        known = parameter.child_by_field_name("type")
        if known is None:
            raise Refused("its results are not understood")
        types.append(known)
    return types


def _result_of(
    code: Code, function: "Node", site: "Node", results: "list[Node]"
) -> tuple[int, Type]:
    """Which result it is, and the type that the result points to."""
    found: list[tuple[int, Type]] = []
    for index, node in enumerate(results):
        known = code.type_of(node)
        pointee = code.elem(known)
        if known is None or pointee is None or known.kind != "pointer":
            continue
        for statement in _returns(function):
            values = _values(statement)
            if len(values) == len(results) and _is_of(code, values[index], site):
                found.append((index, pointee))
                break
    if len(found) != 1:
        raise Refused("no `return` hands out its address by itself")
    return found[0]


def _is_of(code: Code, value: "Node", site: "Node") -> bool:
    """Whether a returned expression is the address of what stands at a site."""
    if within(site, value):
        return True
    if value.type == "unary_expression":
        operand = value.child_by_field_name("operand")
        if operand is None or operand.type != "identifier":
            return False
        known = code.object_of(operand)
        return known is not None and known.offset == site.start_byte
    known = code.object_of(value) if value.type == "identifier" else None
    return known is not None and any(within(site, made) for made in _assigned(code, known) or ())


def _check_type(code: Code, pointee: Type) -> None:
    if pointee.size < 0:
        raise Refused("the size of its type depends on type arguments")
    if pointee.lock:
        raise Refused(f"a `{pointee.text}` holds a lock or the like, and must not be copied")
    if pointee.size > MAX_SIZE:
        raise Refused(f"a `{pointee.text}` is {pointee.size} bytes large, too many to copy")


def _returns(function: "Node") -> "list[Node]":
    """The `return` statements of a function, without those of the literals in it."""
    return [
        statement
        for statement in descendants(function, "return_statement")
        if function_around(statement) == function
    ]


def _values(statement: "Node") -> "list[Node]":
    """What a `return` returns."""
    values: list[Node] = []
    for child in statement.named_children:
        if child.type == "expression_list":
            values += [one for one in child.named_children if one.type != "comment"]
        elif child.type != "comment":
            values.append(child)
    return values


def _returned(
    code: Code, function: "Node", statement: "Node", index: int, count: int
) -> list[TextEdit]:
    """Makes one `return` return the value."""
    values = _values(statement)
    line = code.line(statement)
    if len(values) != count:
        raise Refused(f"line {line} returns what another function returns")
    value = values[index]
    text = code.text(value)
    if value.type == "nil" or text == "nil":
        raise Refused(f"`nil` is returned on line {line}")
    if value.type == "unary_expression" and text.startswith("&"):
        operand = value.child_by_field_name("operand")
        assert operand is not None
        if operand.type == "identifier":
            _check_alone(code, function, operand)
        elif operand.type != "composite_literal":
            raise Refused(f"`{text}` (line {line}) is part of something that others see")
        return [_edit(code, value.start_byte, operand.start_byte, "")]
    if code.calls_builtin(value, "new") and len(arguments(value)) == 1:
        return [_edit(code, value.start_byte, value.start_byte, "*")]
    if value.type == "identifier":
        _check_alone(code, function, value)
        known = code.object_of(value)
        made = None if known is None else _assigned(code, known)
        if not made or not all(_is_new(code, one) for one in made):
            raise Refused(f"`{text}` (line {line}) may be `nil`, or point to what others see")
        return [_edit(code, value.start_byte, value.start_byte, "*")]
    raise Refused(f"line {line} returns `{text}`, which may be `nil` or seen by others")


def _check_alone(code: Code, function: "Node", name: "Node") -> None:
    """Nothing may change the variable after the `return` has copied it."""
    known = code.object_of(name)
    if known is None or known.role not in ("local", "parameter"):
        raise Refused(f"`{code.text(name)}` is no variable of the function's own")
    for use in code.uses(known):
        node = code.node_of(use)
        if function_around(node) != function:
            raise Refused(f"a function literal uses `{known.name}` (line {code.line(node)})")
        if around(node, "defer_statement") is not None:
            raise Refused(f"a `defer` uses `{known.name}` (line {code.line(node)})")


def _assigned(code: Code, known: Object) -> "list[Node] | None":
    """Everything that is ever assigned to a variable; None where that is not plain."""
    values: list[Node] = []
    for name in code.declaration.uses(known):
        if name.role in ("address", "part"):
            return None
        if name.role not in ("declare", "write"):
            continue
        node = code.node_of(name)
        statement = around(
            node, "short_var_declaration", "assignment_statement", "var_spec", "block"
        )
        if statement is None or statement.type == "block":
            return None
        field = "name" if statement.type == "var_spec" else "left"
        left = side(statement, field)
        right = side(statement, "value" if field == "name" else "right")
        if len(left) != len(right) or node not in left:
            return None
        values.append(right[left.index(node)])
    return values


def _is_new(code: Code, value: "Node") -> bool:
    """Whether an expression is the address of a value that was just made."""
    if code.calls_builtin(value, "new"):
        return True
    operand = value.child_by_field_name("operand")
    return (
        value.type == "unary_expression"
        and operand is not None
        and operand.type == "composite_literal"
        and code.text(value).startswith("&")
    )


def _mended(program: Program, user: Spot, index: int) -> list[TextEdit]:
    """Makes one caller take the value."""
    code, call, where, file = program.calling(user)
    outer = call.parent
    if outer is None or outer.type == "expression_statement":
        return []
    if outer.type == "selector_expression":
        selected = code.object_of(outer)
        if selected is None or (selected.kind == "method" and selected.pointer):
            raise Refused(f"{where} calls a method that needs an address")
        return []
    if outer.type == "unary_expression" and code.text(outer).startswith("*"):
        return [_edit(code, outer.start_byte, call.start_byte, "")]
    statement = outer.parent if outer.type == "expression_list" else outer
    if statement is None or statement.type not in ("short_var_declaration", "var_spec"):
        is_stored = statement is not None and statement.type == "assignment_statement"
        raise Refused(f"{where} {'stores' if is_stored else 'hands on'} the pointer at once")
    if statement.type == "var_spec" and statement.child_by_field_name("type") is not None:
        raise Refused(f"{where} names the type of the pointer")
    right = side(statement, "right" if statement.type == "short_var_declaration" else "value")
    left = side(statement, "left" if statement.type == "short_var_declaration" else "name")
    target = left[index] if len(right) == 1 else left[right.index(call)]
    if code.text(target) == "_":
        return []
    if statement.parent is not None and statement.parent.type == "for_clause":
        raise Refused(f"{where} keeps the pointer from turn to turn of a loop")
    if code.declaration.role_at(target.start_byte) != "declare":
        raise Refused(f"{where} assigns the pointer to a variable that exists")
    variable = code.object_of(target)
    if variable is None or variable.role == "global":
        raise Refused(f"{where} keeps the pointer in a package variable")
    return [edit for use in code.uses(variable) for edit in _used(code, use, variable, file)]


def _used(code: Code, use: Name, variable: Object, file: str) -> Iterable[TextEdit]:
    """What is done to one use of the variable that held the pointer, and now holds the value."""
    node = code.node_of(use)
    where = f"line {code.line(node)} of {file}"
    if use.role in ("write", "part"):
        raise Refused(f"{where} assigns to `{variable.name}`")
    if use.role == "address":
        raise Refused(f"{where} takes the address of `{variable.name}`")
    outer = node.parent
    assert outer is not None
    if outer.type == "selector_expression" and outer.child_by_field_name("operand") == node:
        return
    if outer.type == "unary_expression" and code.text(outer).startswith("*"):
        yield _edit(code, outer.start_byte, node.start_byte, "")
        return
    if outer.type == "binary_expression":
        other = next(one for one in operands(outer) if one != node)
        against = "`nil`" if code.text(other) == "nil" else "another pointer"
        raise Refused(f"{where} compares `{variable.name}` with {against}")
    case = outer.parent if outer.type == "expression_list" else None
    if case is not None and case.type == "expression_case":
        raise Refused(f"{where} compares `{variable.name}` with another pointer")
    yield _edit(code, node.start_byte, node.start_byte, "&")


def _edit(code: Code, start: int, end: int, text: str) -> TextEdit:
    return TextEdit(code.path, start, end, text)
