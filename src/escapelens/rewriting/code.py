"""A declaration as rewrites see it: its bytes, its syntax, and what the type checker knows."""

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.source import Source
from escapelens.types.facts import Declaration, Facts, Name, Object, Spot, Type
from escapelens.types.pools import Pools

if TYPE_CHECKING:
    from tree_sitter import Node

LOOPS = ("for_statement",)
_FUNCTIONS = ("func_literal", "function_declaration", "method_declaration")
_CALLS = ("call_expression", "type_conversion_expression")
_MAY_NOT_COMPARE = ("interface", "struct", "array", "parameter")
"""Kinds of which two values may hold what cannot be compared."""
_PURE = (
    "int_literal",
    "float_literal",
    "rune_literal",
    "interpreted_string_literal",
    "raw_string_literal",
    "true",
    "false",
    "nil",
    "iota",
)


class Refused(Exception):
    """A rewrite cannot be made here; its text says why, as a clause of its own."""


class Code:
    """A declaration in a file."""

    def __init__(self, source: Source, declaration: Declaration, facts: Facts) -> None:
        self.source = source
        self.declaration = declaration
        self.facts = facts

    @property
    def path(self) -> str:
        return self.declaration.file

    def text(self, node: "Node") -> str:
        return self.source.text(node)

    def line(self, node: "Node | Name") -> int:
        """The line that a node or a name begins on."""
        offset = node.offset if isinstance(node, Name) else node.start_byte
        return self.source.point(offset)[0]

    @property
    def known_calls(self) -> int:
        """How often the program without its tests uses the function; 0 where that is not known."""
        users = self.declaration.users or ()
        return sum(not user.file.endswith("_test.go") for user in users)

    def type_of(self, node: "Node") -> Type | None:
        """The type of an expression, or of what an identifier declares."""
        return self.declaration.type_at(node.start_byte, node.end_byte)

    def constant(self, node: "Node") -> str | None:
        """The exact value of a constant expression."""
        return self.declaration.value_at(node.start_byte, node.end_byte)

    def integer(self, node: "Node") -> int | None:
        """The value of a constant integer expression."""
        value = self.constant(node)
        return int(value) if value is not None and re.fullmatch(r"-?\d+", value) else None

    def object_of(self, node: "Node") -> Object | None:
        """What an identifier, or the selected name of `x.f`, stands for."""
        if node.type == "selector_expression":
            field = node.child_by_field_name("field")
            return None if field is None else self.object_of(field)
        return self.declaration.object_at(node.start_byte)

    def type(self, number: int) -> Type | None:
        return self.declaration.type(number)

    def elem(self, known: Type | None) -> Type | None:
        """The element type of a pointer, slice, array, map or channel."""
        return None if known is None else self.declaration.type(known.elem)

    def uses(self, wanted: Object) -> list[Name]:
        """All names of an object in the declaration, but the one that declares it."""
        return [name for name in self.declaration.uses(wanted) if name.role != "declare"]

    def node_of(self, name: "Name | int") -> "Node":
        """The identifier at a name's place."""
        offset = name.offset if isinstance(name, Name) else name
        node = self.source.root.descendant_for_byte_range(offset, offset + 1)
        assert node is not None
        return node

    def indent(self, node: "Node") -> str:
        """The white space that the line of a node begins with."""
        line = self.source.line(self.line(node)).decode("utf-8", "replace")
        return line[: len(line) - len(line.lstrip())]

    def reindented(self, node: "Node", old: str, new: str) -> str:
        """The text of a node whose lines begin with other white space; raw strings stay."""
        raw = list(descendants(node, "raw_string_literal"))
        text, pieces = self.source.content, []
        at = node.start_byte
        for one in (*raw, None):
            end = node.end_byte if one is None else one.start_byte
            part = text[at:end].decode("utf-8", "surrogateescape")
            pieces.append(part.replace(f"\n{old}", f"\n{new}"))
            if one is not None:
                pieces.append(self.text(one))
                at = one.end_byte
        return "".join(pieces)

    def is_visible(self, known: Type) -> bool:
        """Whether no local name hides one that the type's text is written with."""
        return self._leaves(set(re.findall(r"[^\W\d]\w*", known.text)))

    def require_builtin(self, *names: str) -> None:
        """Raises Refused where one of the language's own functions is hidden."""
        package = self.declaration.package
        hidden = any(self.facts.declares(package, name) for name in names)
        if hidden or not self._leaves(set(names)):
            raise Refused(f"`{'` or `'.join(names)}` means something else here")

    def has_no_local(self, name: str) -> bool:
        """Whether a name of the file or the package is not hidden by a local one."""
        return self._leaves({name})

    def _leaves(self, words: set[str]) -> bool:
        """Whether none of some names is one that the declaration declares."""
        return not any(
            one.name in words and one.kind not in ("field", "method", "label")
            for one in self.declaration.objects
            if self.is_local(one)
        )

    def is_local(self, known: Object) -> bool:
        """Whether something is declared inside of the declaration."""
        inside = self.declaration.start < known.offset < self.declaration.end
        return known.file == self.path and inside and known.offset != self._own_name

    @property
    def _own_name(self) -> int:
        function = self.declaration.function
        return self.declaration.objects[function].offset if function >= 0 else -1

    def is_fresh(self, name: str) -> bool:
        """Whether no name of the declaration is spelled like this."""
        start, end = self.declaration.start, self.declaration.end
        text = self.source.content[start:end]
        return re.search(rb"(?<![\w\x80-\xff])%s(?![\w\x80-\xff])" % name.encode(), text) is None

    def fresh(self, *names: str) -> str:
        """The first of some names that the declaration does not use; Refused if all are taken."""
        for name in names:
            if self._is_free(name):
                return name
        raise Refused(f"the names {' and '.join(f'`{name}`' for name in names)} are taken")

    def fresh_pair(self, *pairs: tuple[str, str]) -> tuple[str, str]:
        """The first of some pairs of names that the declaration does not use; else Refused."""
        for one, other in pairs:
            if self._is_free(one) and self._is_free(other):
                return one, other
        names = " and ".join(f"`{name}`" for pair in pairs for name in pair)
        raise Refused(f"the names {names} are taken")

    def _is_free(self, name: str) -> bool:
        package = self.declaration.package
        return self.is_fresh(name) and not self.facts.declares(package, name)

    def calls_builtin(self, node: "Node", name: str) -> bool:
        """Whether a node calls one of the language's own functions."""
        if node.type not in _CALLS:
            return False
        function = node.child_by_field_name("function")
        if function is None or self.text(function) != name:
            return False
        known = self.object_of(function)
        return known is not None and known.kind == "builtin"

    def called(self, call: "Node") -> Object | None:
        """What a call calls or converts to, where that is known."""
        function = call.child_by_field_name("function")
        return None if function is None else self.object_of(function)

    def is_string(self, known: Object) -> bool:
        """Whether an object is a type that strings have."""
        typ = self.type(known.type) if known.kind == "type" else None
        return typ is not None and typ.kind == "string"

    def calls(self, node: "Node", package: str, name: str) -> bool:
        """Whether a node calls a function of a package."""
        if node.type != "call_expression":
            return False
        function = node.child_by_field_name("function")
        known = None if function is None else self.object_of(function)
        return known is not None and (known.package, known.name, known.kind) == (
            package,
            name,
            "func",
        )

    def cannot_fail(self, node: "Node") -> bool:
        """Whether evaluating an expression has no effect and never panics."""
        if not self.is_repeatable(node):
            return False
        if not all(_never_panics(self, one) for one in descendants(node, "binary_expression")):
            return False
        return all(map(self.is_part, descendants(node, "selector_expression")))

    def is_part(self, node: "Node") -> bool:
        """Whether a selector selects a part of a variable, and goes through no pointer."""
        operand, field = (node.child_by_field_name(name) for name in ("operand", "field"))
        known = None if operand is None else self.type_of(operand)
        if field is None or known is None or known.kind != "struct":
            return False
        return not self.declaration.is_indirect(field.start_byte)

    def is_repeatable(self, node: "Node") -> bool:
        """Whether an expression may be evaluated twice in a row, or once more, without effect."""
        if self.constant(node) is not None or node.type in _PURE:
            return True
        match node.type:
            case "identifier":
                known = self.object_of(node)
                return known is not None and known.kind in ("var", "const", "nil")
            case "parenthesized_expression":
                return all(self.is_repeatable(child) for child in node.named_children)
            case "binary_expression":
                operator = node.child_by_field_name("operator")
                return operator is not None and all(map(self.is_repeatable, operands(node)))
            case "selector_expression":
                known = self.object_of(node)
                operand = node.child_by_field_name("operand")
                if known is None or operand is None:
                    return False
                if known.kind in ("const", "var"):
                    return True
                return known.kind == "field" and self.is_repeatable(operand)
            case "call_expression":
                if self.calls_builtin(node, "len") or self.calls_builtin(node, "cap"):
                    return all(map(self.is_repeatable, arguments(node)))
        return False


def _never_panics(code: Code, node: "Node") -> bool:
    """Whether an operation on any two values has a result."""
    operator = node.child_by_field_name("operator")
    text = "" if operator is None else code.text(operator)
    if code.constant(node) is not None:
        return True
    if text in ("/", "%", "<<", ">>"):
        right = node.child_by_field_name("right")
        divisor = None if right is None else code.integer(right)
        return divisor is not None and divisor > 0
    kinds = [known.kind if (known := code.type_of(one)) else "" for one in operands(node)]
    is_equality = text in ("==", "!=")
    return not (is_equality and any(one in _MAY_NOT_COMPARE or not one for one in kinds))


def operands(node: "Node") -> "Iterator[Node]":
    """Both sides of a binary expression."""
    for side in ("left", "right"):
        child = node.child_by_field_name(side)
        if child is not None:
            yield child


def arguments(node: "Node") -> "list[Node]":
    """The arguments of a call, types included."""
    listed = node.child_by_field_name("arguments")
    if listed is not None:
        return [child for child in listed.named_children if child.type != "comment"]
    operand = node.child_by_field_name("operand")
    return [] if operand is None else [operand]


def ancestors(node: "Node") -> "Iterator[Node]":
    """The nodes around a node, the innermost first."""
    outer = node.parent
    while outer is not None:
        yield outer
        outer = outer.parent


def around(node: "Node", *types: str) -> "Node | None":
    """The innermost node of some type around a node."""
    return next((outer for outer in ancestors(node) if outer.type in types), None)


def within(node: "Node", outer: "Node") -> bool:
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte


def function_around(node: "Node") -> "Node | None":
    """The function or function literal that a node runs in."""
    return around(node, *_FUNCTIONS)


def declaration_around(node: "Node") -> "Node | None":
    return around(node, "function_declaration", "method_declaration")


def statement_around(node: "Node") -> "Node | None":
    """The innermost statement of a list around a node, or itself."""
    inner: Node | None = node
    while inner is not None:
        if inner.parent is not None and inner.parent.type == "statement_list":
            return inner
        inner = inner.parent
    return None


def outermost_in(node: "Node", statements: "Node") -> "Node | None":
    """The statement of a list that a node belongs to."""
    inner: Node | None = node
    while inner is not None:
        if inner.parent is not None and inner.parent == statements:
            return inner
        inner = inner.parent
    return None


def descendants(node: "Node", *types: str) -> "Iterator[Node]":
    """The nodes of some types in a node, in source order, itself included."""
    stack = [node]
    while stack:
        inner = stack.pop()
        if inner.type in types:
            yield inner
        stack.extend(reversed(inner.named_children))


def statements_of(function: "Node") -> "Node | None":
    """The list of statements of a function; comments may stand in front of it and behind it."""
    body = function.child_by_field_name("body")
    listed = [] if body is None else body.named_children
    return next((one for one in listed if one.type == "statement_list"), None)


def only(nodes: "list[Node]") -> "Node | None":
    return nodes[0] if len(nodes) == 1 else None


def side(node: "Node", name: str) -> "list[Node]":
    """The expressions of one side of an assignment or declaration."""
    found: list[Node] = []
    for child in node.children_by_field_name(name):
        if child.type == "expression_list":
            found.extend(one for one in child.named_children if one.type != "comment")
        elif child.is_named:
            found.append(child)
    return found


def is_target(node: "Node") -> bool:
    """Whether a node stands in what a statement assigns to or counts."""
    for outer in ancestors(node):
        if outer.type in ("inc_statement", "dec_statement"):
            return True
        if outer.type in ("assignment_statement", "range_clause"):
            return any(within(node, one) for one in side(outer, "left"))
        if outer.type.endswith("_statement") or outer.type == "statement_list":
            return False
    return False


def is_plain_statement(node: "Node") -> bool:
    """Whether it stands in a list of statements, and not as the head of an `if` or `for`."""
    return node.parent is not None and node.parent.type == "statement_list"


def whole_lines(code: Code, statement: "Node") -> tuple[int, int]:
    """The lines of a statement, with a comment behind it; Refused if they hold anything else."""
    content = code.source.content
    end = content.find(b"\n", statement.end_byte) + 1
    start = content.rfind(b"\n", 0, statement.start_byte) + 1
    behind = content[statement.end_byte : end].strip()
    if content[start : statement.start_byte].strip() or (behind and not behind.startswith(b"//")):
        raise Refused("something else stands on its lines")
    return start, end


class Calling(NamedTuple):
    """A call of a function of the program."""

    code: Code
    """The declaration that it stands in."""
    call: "Node"
    where: str
    """Its line and file, in words."""
    file: str
    """The name of its file, with the folder where that is another than the function's."""


class Program:
    """All declarations that facts are known of, with their sources."""

    def __init__(
        self,
        facts: Facts,
        source_of: Callable[[str], Source | None],
        pools: Pools | None = None,
        *,
        api: bool = False,
    ) -> None:
        self.facts = facts
        self.may_change_api = api
        """Whether what other modules may call may become something else."""
        self.pools = pools or Pools()
        """What is observed of pools; nothing if that was not asked for."""
        self.source = source_of
        """The source of an absolute file."""
        self._codes: dict[tuple[str, int], Code] = {}

    def code(self, file: str, offset: int) -> Code | None:
        """The declaration around an offset of an absolute file."""
        declaration = self.facts.around(file, offset)
        if declaration is None:
            return None
        key = (file, declaration.start)
        if key not in self._codes:
            source = self.source(file)
            if source is None:
                return None
            self._codes[key] = Code(source, declaration, self.facts)
        return self._codes[key]

    def calling(self, use: Spot) -> Calling:
        """The call at a use of a function; raises Refused if that is not called there."""
        code = self.code(use.file, use.offset)
        if code is None:
            raise Refused("a caller is not known")
        callee = name = code.node_of(use.offset)
        if name.parent is not None and name.parent.type == "selector_expression":
            callee = name.parent
        call = callee.parent
        known = code.object_of(name)
        is_elsewhere = known is None or known.package != code.declaration.package
        file = "/".join(code.path.split("/")[-2 if is_elsewhere else -1 :])
        where = f"line {code.line(name)} of {file}"
        if call is None or call.child_by_field_name("function") != callee:
            raise Refused(f"{where} uses the function as a value")
        return Calling(code, call, where, file)
