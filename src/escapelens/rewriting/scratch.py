"""Keeps a small buffer in the receiver of a method, so that all its calls use the same memory.

That is the same only if nobody has the buffer when the method returns. So each use of it is looked
at: elements may be read and written, and slices handed to what promises not to keep them.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.evidence import Subject
from escapelens.model import TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, review
from escapelens.rewriting.code import (
    Code,
    Program,
    Refused,
    ancestors,
    arguments,
    descendants,
    function_around,
    is_plain_statement,
    side,
    statement_around,
)
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.types.facts import Name, Object

if TYPE_CHECKING:
    from tree_sitter import Node

SPACE = 1024
"""How many bytes each value of the receiver's type may grow by."""
_NUMBERS = ("int", "uint", "float", "complex", "bool", "byte", "rune")
_KEEPS_NOTHING = {
    "bytes": ("Equal", "Compare", "HasPrefix", "HasSuffix", "Contains", "Index", "IndexByte"),
    "encoding/binary": (),
    "encoding/hex": ("Encode", "Decode"),
    "io": ("ReadFull", "ReadAtLeast"),
    "unicode/utf8": (),
}
"""Functions of the standard library that keep no slice they are given; none stands for all."""
_READ_AND_WRITE = ("Read", "Write", "ReadAt", "WriteAt")
"""Methods that must not keep it, as the interfaces of io say."""
_BUILTINS = ("len", "cap", "copy", "clear")
_SLICE = "slice_expression"


class _Buffer(NamedTuple):
    variable: Object
    statement: "Node"
    """Which declares it, and nothing else."""
    array: str
    """Its type as an array, as the file writes it."""
    is_array: bool
    size: int


def kept_in_receiver(case: RewriteCase) -> Iterator[Attempt]:
    """The rewrite of a buffer of known size that a method needs for the time of one call."""
    method = function_around(case.node) if case.site.origin is None else None
    if method is not None and method.type == "method_declaration" and _is_buffer(case):
        yield attempt("scratch-field", lambda: _kept(case, method))


def _is_buffer(case: RewriteCase) -> bool:
    """Whether an array or the result of a `make` stands at a site, as far as syntax tells."""
    match case.evidence.subject:
        case Subject.VARIABLE:
            spec = case.node.parent
            typ = None if spec is None else spec.child_by_field_name("type")
            return typ is not None and typ.type == "array_type"
        case Subject.SLICE:
            function = case.node.child_by_field_name("function")
            return function is not None and function.text == b"make"
        case _:
            return False


def _kept(case: RewriteCase, method: "Node") -> Rewrite:
    code = code_of(case)
    buffer = _buffer(code, case.node)
    field, edits = scratch_field(case.program, code, buffer, method)
    return review(
        "scratch-field",
        f"keep `{buffer.variable.name}` in the receiver, as `{field}`",
        "All calls with one receiver use the same buffer, so two goroutines must not make them at "
        f"once. Each value of the receiver's type grows by {buffer.size} bytes.",
        edits,
    )


def scratch_field(
    program: Program, code: Code, buffer: _Buffer, method: "Node"
) -> tuple[str, list[TextEdit]]:
    """The field that holds a buffer from now on, and the edits; raises Refused."""
    if buffer.size > SPACE:
        raise Refused(f"each value of the receiver's type would grow by {buffer.size} bytes")
    for use in code.uses(buffer.variable):
        _check(code, buffer, method, use)
    receiver, owner = _receiver(code, method)
    own = method.child_by_field_name("name")
    if own is None or any(
        code.text(one) == code.text(own)
        for one in descendants(method, "field_identifier")
        if one != own
    ):
        raise Refused("the method may call itself, while the buffer is in use")
    file, fields = _struct(program, owner)
    if file != code.path and "." in buffer.array:
        raise Refused("the type of its elements belongs to another package")
    field = _field(program, code, owner, (file, fields), buffer.variable.name)
    name, statement = buffer.variable.name, buffer.statement
    indent = code.indent(statement)
    if buffer.is_array:
        text = f"{name} := &{receiver}.{field}\n{indent}*{name} = {buffer.array}{{}}"
    else:
        code.require_builtin("clear")
        text = f"{name} := {receiver}.{field}[:]\n{indent}clear({name})"
    closing = fields.end_byte - 1
    source = program.source(file)
    assert source is not None
    at = source.content.rfind(b"\n", 0, closing) + 1
    if source.content[at:closing].strip() or not fields.named_children:
        raise Refused("the fields of the receiver's type stand on one line")
    space = source.content[at:closing].decode("utf-8", "replace")
    return field, [
        TextEdit(code.path, statement.start_byte, statement.end_byte, text),
        TextEdit(file, at, at, f"\n{space}\t{field} {buffer.array}\n"),
    ]


def _buffer(code: Code, site: "Node") -> _Buffer:
    """What `var b [n]T` or `b := make([]T, n)` declares at a site."""
    statement = statement_around(site)
    if statement is None:
        raise Refused("it does not stand in a function")
    parts: list[Node | None]
    if statement.type == "var_declaration":
        specs = [one for one in statement.named_children if one.type == "var_spec"]
        typ = specs[0].child_by_field_name("type") if len(specs) == 1 else None
        names = side(specs[0], "name") if specs else []
        if typ is None or typ.type != "array_type" or len(names) != 1:
            raise Refused("it is no array that is declared by itself")
        if specs[0].child_by_field_name("value") is not None or statement.child_count != 2:
            raise Refused("it is declared together with others, or with a value")
        parts = [typ.child_by_field_name("length"), typ.child_by_field_name("element")]
        name = names[0]
    else:
        left, right = side(statement, "left"), side(statement, "right")
        if statement.type != "short_var_declaration" or right != [site] or len(left) != 1:
            raise Refused("it is not assigned to a variable of its own")
        if not code.calls_builtin(site, "make") or len(arguments(site)) != 2:
            raise Refused("it is no `make` with one size")
        typ, size = arguments(site)
        parts = [size, typ.child_by_field_name("element")]
        name = left[0]
    known, length, element = code.object_of(name), *parts
    if known is None or length is None or element is None or not is_plain_statement(statement):
        raise Refused("it is no buffer that is declared by itself")
    own = code.type(known.type)
    elem, count = code.elem(own), code.integer(length)
    if own is None or elem is None or own.named or count is None:
        raise Refused("its size is no constant")
    for one in descendants(statement, "identifier", "type_identifier"):
        used = code.object_of(one)
        if used is not None and used is not known and code.is_local(used):
            raise Refused(f"`{used.name}` has a meaning in the function only")
    if count * elem.size <= 0:
        raise Refused("it holds nothing")
    if not elem.kind.startswith(_NUMBERS):
        raise Refused("what its elements point to would be kept with them")
    array = f"[{code.text(length)}]{code.text(element)}"
    return _Buffer(known, statement, array, own.kind == "array", count * elem.size)


def _check(code: Code, buffer: _Buffer, method: "Node", use: Name) -> None:
    """Raises Refused where somebody may have the buffer once the method has returned."""
    node, name = code.node_of(use), buffer.variable.name
    where = f"(line {code.line(use)})"
    if function_around(node) != method:
        raise Refused(f"a function literal uses `{name}` {where}")
    if any(one.type in ("go_statement", "defer_statement") for one in ancestors(node)):
        raise Refused(f"`{name}` is used later {where}")
    outer = node.parent
    if outer is not None and outer.type == "index_expression" and outer.named_child(0) == node:
        if any(one.type == "unary_expression" and code.text(one)[0] == "&" for one in _near(outer)):
            raise Refused(f"the address of an element is taken {where}")
        return
    if outer is not None and outer.type == "range_clause":
        return
    value = node
    while value.parent is not None and value.parent.type == _SLICE:
        if value.parent.child_by_field_name("operand") != value:
            raise Refused(f"`{name}` is used in another way {where}")
        value = value.parent
    call = value.parent.parent if value.parent is not None else None
    listed = value.parent is not None and value.parent.type == "argument_list"
    is_copy = value == node and buffer.is_array and call is not None and not _measures(code, call)
    if call is None or not listed or is_copy:
        raise Refused(f"`{name}` is used in another way {where}")
    if not _lets_go(code, call):
        function = call.child_by_field_name("function")
        told = "a call" if function is None else f"`{code.text(function)}`"
        raise Refused(f"{told} may keep `{name}` {where}")


def _near(node: "Node") -> "Iterator[Node]":
    for outer in ancestors(node):
        if outer.type not in ("parenthesized_expression", "unary_expression"):
            return
        yield outer


def _measures(code: Code, call: "Node") -> bool:
    return code.calls_builtin(call, "len") or code.calls_builtin(call, "cap")


def _lets_go(code: Code, call: "Node") -> bool:
    """Whether what is called keeps no slice that it is given."""
    if any(code.calls_builtin(call, name) for name in _BUILTINS):
        return True
    known = code.called(call)
    if known is None:
        return False
    if known.kind == "type":
        return code.is_string(known)
    if known.kind == "method" and known.name in _READ_AND_WRITE:
        return True
    names = _KEEPS_NOTHING.get(known.package)
    is_std = known.kind in ("func", "method") and names is not None
    return is_std and (not names or known.name in names)


def _receiver(code: Code, method: "Node") -> tuple[str, Object]:
    """The name of a method's receiver, and the type that it points to."""
    listed = method.child_by_field_name("receiver")
    one = None if listed is None or not listed.named_children else listed.named_children[0]
    name = None if one is None else one.child_by_field_name("name")
    typ = None if one is None else one.child_by_field_name("type")
    if name is None or typ is None or code.text(name) == "_":
        raise Refused("the receiver has no name")
    pointed = typ.named_children[0] if typ.type == "pointer_type" else None
    if pointed is None or pointed.type != "type_identifier":
        raise Refused("the receiver is no pointer to a type without parameters")
    known, owner = code.object_of(name), code.object_of(pointed)
    if known is None or owner is None or owner.offset < 0:
        raise Refused("the receiver is not known")
    for use in code.uses(known):
        if use.role in ("write", "address"):
            raise Refused(f"`{known.name}` may change (line {code.line(use)})")
    if not code.has_no_local(known.name) and any(
        one.name == known.name and one is not known and code.is_local(one)
        for one in code.declaration.objects
    ):
        raise Refused(f"another `{known.name}` is declared")
    return known.name, owner


def _struct(program: Program, owner: Object) -> "tuple[str, Node]":
    """The file and the list of fields of a type that is declared as a struct."""
    source = program.source(owner.file)
    node = None
    if source is not None:
        node = source.root.descendant_for_byte_range(owner.offset, owner.offset + 1)
    spec = None if node is None else node.parent
    typ = None if spec is None else spec.child_by_field_name("type")
    if spec is None or spec.type != "type_spec" or typ is None or typ.type != "struct_type":
        raise Refused(f"`{owner.name}` is not declared as a struct")
    return owner.file, typ.named_children[0]


def _field(
    program: Program, code: Code, owner: Object, where: "tuple[str, Node]", name: str
) -> str:
    """A name that neither a field nor a method of the type has."""
    file, fields = where
    source = program.source(file)
    assert source is not None
    taken = {source.text(one) for one in descendants(fields, "field_identifier")}
    taken |= {source.text(one) for one in descendants(fields, "type_identifier")}
    typ = code.type(owner.type)
    methods = () if typ is None else (*(typ.methods or ()), *(typ.pointer_methods or ()))
    for one in ("scratch", f"{name}Scratch"):
        if one not in taken and one not in methods:
            return one
    raise Refused(f"`{owner.name}` has a `scratch` already")
