"""Sorts a slice without an interface, or through a pointer that fits into one as it is."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, review, safe
from escapelens.rewriting.code import (
    Code,
    Refused,
    arguments,
    around,
    descendants,
    operands,
    statements_of,
    within,
)
from escapelens.rewriting.packages import import_edits, qualifier
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.types.facts import Object

if TYPE_CHECKING:
    from tree_sitter import Node

_SORT = "sort"
_FUNCTIONS = {"Slice": "SortFunc", "SliceStable": "SortStableFunc"}
_BY_METHODS = ("Sort", "Stable")
_COMPARING = ("bytes", "strings", "cmp")
_MAX_COPIED = 128
"""In bytes; the literal of `slices.SortFunc` gets copies of both elements."""
_HOLE = "\0"
_FLOATS = ("float32", "float64", "untyped float")
_ORDERED = ("int", "uint", "float", "string", "rune", "byte", "untyped")


class Sorted(NamedTuple):
    """The edits that sort a slice with `slices`."""

    function: str
    is_stable: bool
    is_float: bool
    calls: bool
    """A function tells the key, and may do more than that."""
    edits: list[TextEdit]


def sorted_otherwise(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrites of a slice that is put in an interface to be sorted."""
    if case.code is None or case.site.origin is not None:
        return
    call = around(case.node, "call_expression")
    if call is None or not arguments(call) or not within(case.node, arguments(call)[0]):
        return
    if any(case.code.calls(call, _SORT, name) for name in _FUNCTIONS):
        yield attempt("sort-func", lambda: _sort_func(case, call))
    elif any(case.code.calls(call, _SORT, name) for name in _BY_METHODS):
        yield attempt("sort-through-pointer", lambda: _sort_through_pointer(case, call))


def _sort_func(case: RewriteCase, call: "Node") -> Rewrite:
    if case.language < (1, 21):
        raise Refused("the module is for a Go that has no package `slices`")
    found = sort_func(code_of(case), call)
    title = f"sort with `{found.function}`, which takes the slice as it is"
    if found.is_float:
        return review("sort-func", title, "NaN counts as less than any other number.", found.edits)
    if not found.is_stable:
        return review("sort-func", title, "Equal elements may come in another order.", found.edits)
    if found.calls:
        safety = "The keys of two elements may be asked for the other way round."
        return review("sort-func", title, safety, found.edits)
    return safe("sort-func", title, "Elements keep their order by the same keys.", found.edits)


def _sort_through_pointer(case: RewriteCase, call: "Node") -> Rewrite:
    text, edits = through_pointer(code_of(case), call)
    return review(
        "sort-through-pointer",
        f"hand over the address of `{text}`, which exists already",
        f"The methods read `{text}` anew at each call; they must not assign to it.",
        edits,
    )


def sort_func(code: Code, call: "Node") -> Sorted:
    """`slices.SortFunc` for `sort.Slice` by one key; raises Refused."""
    given = arguments(call)
    function = call.child_by_field_name("function")
    known = None if function is None else code.object_of(function)
    if function is None or known is None or len(given) != 2:
        raise Refused("it is not sorted by a function literal")
    data, less = given
    typ, element = code.type_of(data), code.elem(code.type_of(data))
    if typ is None or typ.kind != "slice" or element is None:
        raise Refused(f"`{code.text(data)}` is no slice")
    if not element.writable or not code.is_visible(element):
        raise Refused(f"the type `{element.text}` has no name here")
    if not code.is_repeatable(data):
        raise Refused(f"`{code.text(data)}` does something each time it is evaluated")
    if element.size > _MAX_COPIED:
        raise Refused(f"an element is {element.size} bytes large, and copied to be compared")
    first, second = _indices(code, less)
    left, right, compare, descending = _compared(code, less)
    sides = [_keyed(code, one, data, by) for one, by in ((left, first), (right, second))]
    if None in sides:
        sides = [_keyed(code, one, data, by) for one, by in ((left, second), (right, first))]
        descending = not descending
    left_key, right_key = sides
    if left_key is None or right_key is None or left_key[0] != right_key[0]:
        raise Refused("it does not compare the same part of two elements")
    key = code.type_of(left)
    if key is None or (not compare and not key.kind.startswith(_ORDERED)):
        raise Refused("what it compares are no numbers or strings")
    a, b = code.fresh_pair(("a", "b"), ("x", "y"), ("one", "other"))
    slices, added = qualifier(code, "slices"), ["slices"]
    if not compare:
        compare = f"{qualifier(code, 'cmp')}.Compare"
        added.append("cmp")
    # A descending order compares the second with the first, as the literal did.
    one, other = (b, a) if descending else (a, b)
    keys = f"{left_key[0].replace(_HOLE, one)}, {left_key[0].replace(_HOLE, other)}"
    body = f"return {compare}({keys})"
    before, behind = " ", " "
    if less.start_point.row != less.end_point.row:
        indent = code.indent(less)
        before, behind = f"\n{indent}\t", f"\n{indent}"
    literal = f"func({a}, {b} {element.text}) int {{{before}{body}{behind}}}"
    name = f"{slices}.{_FUNCTIONS[known.name]}"
    return Sorted(
        name,
        known.name == "SliceStable",
        key.kind in _FLOATS,
        _calls(code, left),
        [
            TextEdit(code.path, function.start_byte, function.end_byte, name),
            TextEdit(code.path, less.start_byte, less.end_byte, literal),
            *import_edits(code, [call], add=added, drop=[_SORT]),
        ],
    )


def _indices(code: Code, less: "Node") -> tuple[Object, Object]:
    """The parameters of `func(i, j int) bool`."""
    parameters = less.child_by_field_name("parameters") if less.type == "func_literal" else None
    names = (
        []
        if parameters is None
        else [
            name
            for one in parameters.named_children
            for name in one.children_by_field_name("name")
            if name.is_named
        ]
    )
    found = [known for name in names if (known := code.object_of(name)) is not None]
    if len(found) != 2:
        raise Refused("it is not sorted by a function literal")
    return found[0], found[1]


def _compared(code: Code, less: "Node") -> "tuple[Node, Node, str, bool]":
    """Both sides of `return x < y`, the function that compares them, and whether it says `>`."""
    wrong = Refused("the literal does more than compare one key")
    places = statements_of(less)
    statements = [] if places is None else places.named_children
    if len(statements) != 1 or statements[0].type != "return_statement":
        raise wrong
    listed = statements[0].named_children
    values = listed[0].named_children if listed else []
    value = values[0] if len(values) == 1 else None
    operator = None if value is None else value.child_by_field_name("operator")
    if value is None or value.type != "binary_expression" or operator is None:
        raise wrong
    (left, right), sign = operands(value), code.text(operator)
    if any(code.calls(left, package, "Compare") for package in _COMPARING):
        is_below = (sign, code.integer(right)) in (("<", 0), ("==", -1))
        is_above = (sign, code.integer(right)) in ((">", 0), ("==", 1))
        function, given = left.child_by_field_name("function"), arguments(left)
        if function is None or not (is_below or is_above) or len(given) != 2:
            raise wrong
        return given[0], given[1], code.text(function), is_above
    if sign not in ("<", ">"):
        raise wrong
    return left, right, "", sign == ">"


def _keyed(code: Code, node: "Node", data: "Node", index: Object) -> tuple[str] | None:
    """The text of a key with a hole for its element; None if it is that of another index."""
    elements = [
        one
        for one in descendants(node, "index_expression")
        if (operand := one.child_by_field_name("operand")) is not None
        and code.text(operand) == code.text(data)
        and (at := one.child_by_field_name("index")) is not None
        and code.object_of(at) is index
    ]
    names = [one for one in descendants(node, "identifier") if code.object_of(one) is index]
    if len(elements) != 1 or len(names) != 1:
        return None
    start, end = node.start_byte, node.end_byte
    content = code.source.content
    head = content[start : elements[0].start_byte].decode("utf-8", "replace")
    tail = content[elements[0].end_byte : end].decode("utf-8", "replace")
    return (f"{head}{_HOLE}{tail}",)


def _calls(code: Code, node: "Node") -> bool:
    """Whether evaluating a key runs code of the program's own."""
    return any(not code.calls_builtin(one, "len") for one in descendants(node, "call_expression"))


def through_pointer(code: Code, call: "Node") -> tuple[str, list[TextEdit]]:
    """`sort.Sort(&x.f)` for `sort.Sort(x.f)`; raises Refused."""
    (data,) = arguments(call)
    text = code.text(data)
    typ = code.type_of(data)
    if typ is None or not typ.named or typ.kind != "slice":
        raise Refused(f"`{text}` is no slice with methods of its own")
    operand = data.child_by_field_name("operand")
    if data.type != "selector_expression" or operand is None:
        raise Refused(f"`{text}` is no part of memory that is on the heap already")
    known, holder = code.object_of(data), code.type_of(operand)
    if known is None or known.kind != "field" or holder is None or holder.kind != "pointer":
        raise Refused(f"`{text}` is no part of memory that is on the heap already")
    return text, [TextEdit(code.path, data.start_byte, data.start_byte, "&")]
