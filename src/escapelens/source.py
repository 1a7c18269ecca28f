"""Go source as bytes and syntax tree; all position arithmetic.

Lines and columns are 1-based and columns count bytes, as the compiler prints them. A position of
the compiler names the operator of an expression (the `(` of a call, the `.` of a selector);
`Source.node_at` gives back the whole expression. The syntax tree is built only when asked for.
"""

import hashlib
import os
import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Point, Query

_GENERATED = re.compile(rb"^// Code generated .* DO NOT EDIT\.\r?$", re.MULTILINE)
_GENERATED_WORDS = b"// Code generated "
_PACKAGE = re.compile(rb"package\s+(?P<name>[^\s;/]+)")
_IMPORTS_C = re.compile(rb"^(?:import)?[ \t]*\(?[ \t]*\"C\"", re.MULTILINE)
_DECLARATION = re.compile(
    rb"func[ \t]+(?:\((?P<receiver>[^()]*)\)[ \t]*)?"
    rb"(?P<name>[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)"
)
_NAME_FOLLOWS = re.compile(rb"func[ \t]+[A-Za-z_(\x80-\xff]")
_NEW_OF_VALUE = re.compile(rb"\bnew\((?!\s*(?:\[|<-|(?:map|struct|func|chan|interface)\b))")
_NOT_CODE = re.compile(
    rb"//[^\n]*|/\*.*?\*/|`[^`]*`|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", re.DOTALL
)
_LINE_BREAK = ord("\n")
_BRACKETS = ((b"{", b"}"), (b"(", b")"), (b"[", b"]"))
MAX_COLUMN = 254
"""The compiler prints no column above this one (cmd/internal/src, an 8-bit field)."""

_OPERATOR_PARENTS = {
    "(": ("argument_list", "parenthesized_expression", "type_conversion_expression"),
    "{": ("literal_value",),
    ".": ("selector_expression", "type_assertion_expression", "qualified_type"),
    "[": ("index_expression", "slice_expression", "type_instantiation_expression"),
    "func": ("func_literal", "function_declaration", "method_declaration"),
}
_CLOSING = frozenset({")", "]", "}", ",", ";", ":"})
"""Tokens that no position of the compiler names."""
_STATEMENT_KEYWORDS = {"go": "go_statement", "defer": "defer_statement", "for": "for_statement"}


class Function(NamedTuple):
    """A function's name as the compiler prints it and the bytes it spans, end exclusive."""

    name: str
    declared: str
    """The declaration it stands in, receiver kept; empty for a literal at top level."""
    start: int
    end: int
    name_at: int
    """Where the declared name begins; the start for a literal."""
    generic: bool = False
    """It, or its receiver, has type parameters; literals are never said to be generic."""


class Source:
    """One Go file as it was when it was read."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self._focus: list[tuple[int, int]] = []
        self._nodes: dict[tuple[int, int], Node | None] = {}
        """What positions were found to mean, as long as the tree is the same."""

    @classmethod
    def read(cls, path: str) -> "Source | None":
        """The file at `path`, or None if there is none that can be read."""
        try:
            # Twice as fast as the methods of Path, for thousands of files.
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123
                return cls(file.read())
        except (OSError, ValueError):
            return None

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def generated(self) -> bool:
        """Whether the file carries Go's mark for generated code, which stands before `package`."""
        if _GENERATED_WORDS not in self.content:
            return False
        mark = _GENERATED.search(self.content)
        if mark is None:
            return False
        clause = self._package_clause
        return clause is None or mark.start() < clause

    @cached_property
    def line_starts(self) -> "array[int]":
        """The offset of each line, of which a run holds half a million."""
        lengths = map(len, self.content.split(b"\n"))
        starts = array("L", accumulate(map((1).__add__, lengths), initial=0))
        starts.pop()
        return starts

    def offset(self, line: int, column: int) -> int | None:
        """The byte offset of a position, or None if the file has no such place."""
        starts = self.line_starts
        if not 1 <= line <= len(starts) or column < 1:
            return None
        offset = starts[line - 1] + column - 1
        end = starts[line] if line < len(starts) else len(self.content) + 1
        return offset if offset < end else None

    def point(self, offset: int) -> tuple[int, int]:
        """The line and byte column of an offset."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, line: int) -> bytes:
        """The text of a line without its line break; empty if there is no such line."""
        starts = self.line_starts
        if not 1 <= line <= len(starts):
            return b""
        end = starts[line] if line < len(starts) else len(self.content)
        return self.content[starts[line - 1] : end].rstrip(b"\r\n")

    @cached_property
    def outline(self) -> list[Function]:
        """The declared functions in source order, without a syntax tree wherever that is certain.

        In gofmt's style every declaration begins a line and nothing else does, but for the inside
        of raw strings and comments; a file in another style is parsed.
        """
        content = self.content
        if _hides_lines(content):
            content = _NOT_CODE.sub(_blank, content)
        starts = _declaration_starts(content)
        if starts is None:
            declarations = self._declarations
            self.drop_tree()
            return declarations
        found = [match for at in starts if (match := _DECLARATION.match(content, at))]
        result: list[Function] = []
        for index, match in enumerate(found):
            end = found[index + 1].start() if index + 1 < len(found) else len(content)
            line_end = content.find(b"\n", match.start(), end)
            stop = end if line_end < 0 else line_end
            head = content[match.start() : stop].rstrip()
            # A declaration without a body, or on one line, ends with its first line.
            if any(head.count(opening) > head.count(closing) for opening, closing in _BRACKETS):
                stop = _closing_brace(content, stop, end)
            receiver = match["receiver"]
            name = _method_name(receiver, match["name"])
            generic = content.startswith(b"[", match.end()) or b"[" in (receiver or b"")
            result.append(Function(name, name, match.start(), stop, match.start("name"), generic))
        return result

    @property
    def skeleton(self) -> bytes:
        """The file without what stands in the bodies of its functions."""
        kept: list[bytes] = []
        at = 0
        for function in self.outline:
            line_end = self.content.find(b"\n", function.start, function.end)
            if line_end >= 0 and self.content[line_end - 1 : line_end] == b"{":
                kept.append(self.content[at:line_end])
                at = function.end
        kept.append(self.content[at:])
        return b"".join(kept)

    @property
    def code(self) -> bytes:
        """The file without comments and without what is quoted."""
        return _NOT_CODE.sub(b" ", self.content)

    @cached_property
    def _outline_starts(self) -> list[int]:
        return [function.start for function in self.outline]

    @cached_property
    def package_name(self) -> str:
        """The name in the package clause; empty if the file has none."""
        clause = self._package_clause
        match = None if clause is None else _PACKAGE.match(self.content, clause)
        return match["name"].decode("utf-8", "replace") if match else ""

    @cached_property
    def uses_cgo(self) -> bool:
        """Whether the file imports C, so that cgo rewrites it before it is compiled."""
        return b'"C"' in self.content and _IMPORTS_C.search(self.content) is not None

    @property
    def _package_clause(self) -> int | None:
        """Where the first line that begins with `package` begins."""
        if self.content.startswith(b"package"):
            return 0
        at = self.content.find(b"\npackage")
        return None if at < 0 else at + 1

    def declared_at(self, offset: int) -> Function | None:
        """The declared function that spans an offset."""
        outline = self.outline
        index = bisect_right(self._outline_starts, offset) - 1
        if index >= 0 and offset < outline[index].end:
            return outline[index]
        return None

    def focus(self, offsets: Iterable[int]) -> None:
        """Limits the syntax tree to the declarations around these offsets, which saves time.

        `node_at` and `function_at` then answer for other places as for the outside of everything.
        """
        spans: dict[int, int] = {}
        outline = self.outline
        for offset in offsets:
            index = bisect_right(self._outline_starts, offset) - 1
            if index >= 0 and offset < outline[index].end:
                spans[outline[index].start] = outline[index].end
            else:
                # Between two functions stand other declarations, of which all are taken.
                start = outline[index].end if index >= 0 else 0
                last = index + 1 == len(outline)
                spans[start] = len(self.content) if last else outline[index + 1].start
        self.drop_tree()
        self._focus = []
        for start, end in sorted(spans.items()):
            # The line break behind a declaration ends it; without one, two that follow each other
            # are an error.
            line_end = self.content.find(b"\n", end, end + 2)
            stop = end if line_end < 0 or self.content[end:line_end].strip() else line_end + 1
            if self._focus and start < self._focus[-1][1]:
                self._focus[-1] = (self._focus[-1][0], stop)
            else:
                self._focus.append((start, stop))

    def widen(self) -> None:
        """Ends `focus`: the syntax tree is that of the whole file again."""
        if self._focus:
            self.drop_tree()
            self._focus = []

    @cached_property
    def root(self) -> "Node":
        from tree_sitter import Point, Range

        parser = _parser()
        parser.included_ranges = [
            Range(self._row_column(Point, start), self._row_column(Point, end), start, end)
            for start, end in self._focus or [(0, len(self.content))]
        ]
        root = parser.parse(self.content).root_node
        if root.has_error and _NEW_OF_VALUE.search(self.content):
            # Go 1.26 has new(value), of which tree-sitter-go knows nothing; under another name it
            # is a call like any other, of the same length.
            root = parser.parse(_NEW_OF_VALUE.sub(b"neu(", self.content)).root_node
        return root

    def _row_column(self, point: "type[Point]", offset: int) -> "Point":
        line, column = self.point(offset)
        return point(line - 1, column - 1)

    @cached_property
    def _function_nodes(self) -> "list[Node]":
        from tree_sitter import QueryCursor

        captures = QueryCursor(_functions_query()).captures(self.root)
        return sorted(captures.get("function", ()), key=lambda node: node.start_byte)

    @cached_property
    def _declarations(self) -> list[Function]:
        return [
            function
            for node in self._function_nodes
            if node.type != "func_literal" and (function := _declaration(node)) is not None
        ]

    @cached_property
    def functions(self) -> list[Function]:
        """Declared functions and function literals, in source order, named as the compiler does.

        Literals are numbered within the function around them: `F.func1`, then `F.func1.1` in it
        (cmd/compile/internal/ir/func.go, closureName). One at top level takes the name of the
        variable it initialises, since the compiler's own number counts over the whole package.
        """
        result: list[Function] = []
        open_functions: list[tuple[Function, bool]] = []
        numbers: dict[str, int] = {}
        for node in self._function_nodes:
            start = node.start_byte
            while open_functions and open_functions[-1][0].end <= start:
                open_functions.pop()
            if node.type == "func_literal":
                if open_functions:
                    outer, is_literal = open_functions[-1]
                    parent, declared = outer.name, outer.declared
                else:
                    parent, declared, is_literal = _variable_name(node), "", False
                numbers[parent] = number = numbers.get(parent, 0) + 1
                name = f"{parent}.{number}" if is_literal else f"{parent}.func{number}"
                function = Function(name, declared, start, node.end_byte, start)
                open_functions.append((function, True))
            else:
                declaration = _declaration(node)
                if declaration is None:
                    continue
                function = declaration
                open_functions.append((function, False))
            result.append(function)
        return result

    @cached_property
    def _function_starts(self) -> list[int]:
        return [function.start for function in self.functions]

    def function_at(self, offset: int) -> Function | None:
        """The innermost function around an offset; a literal's own `func` counts as outside."""
        declared = self.declared_at(offset)
        if declared is not None and not self._may_hold_literals(declared):
            return declared
        functions = self.functions
        for index in range(bisect_right(self._function_starts, offset) - 1, -1, -1):
            function = functions[index]
            is_declared = function.name == function.declared
            if function.start + (not is_declared) <= offset < function.end:
                return function
            if is_declared:
                break
        # The grammar does not know generic methods (Go 1.27); the outline does.
        return declared

    def _may_hold_literals(self, declared: Function) -> bool:
        """Whether a function literal may stand in a declared function."""
        return self.content.find(b"func", declared.name_at, declared.end) >= 0

    def node_at(self, line: int, column: int) -> "Node | None":
        """The expression or statement the compiler means by a position."""
        key = (line, column)
        if key not in self._nodes:
            self._nodes[key] = self._node_at(line, column)
        return self._nodes[key]

    def _node_at(self, line: int, column: int) -> "Node | None":
        offset = self.offset(line, column)
        if offset is None or offset >= len(self.content):
            return None
        leaf = self.root.descendant_for_byte_range(offset, offset + 1)
        if leaf is None or leaf.start_byte != offset or leaf.type in _CLOSING:
            return None
        return _expression_of(leaf)

    def drop_tree(self) -> None:
        """Forgets the syntax tree, which takes ten times the file's size."""
        for name in ("root", "_function_nodes", "functions", "_function_starts"):
            self.__dict__.pop(name, None)
        self._nodes.clear()

    def text(self, node: "Node") -> str:
        return self.content[node.start_byte : node.end_byte].decode("utf-8", "replace")


def without_space(text: bytes) -> bytes:
    """A node's text with all white space removed, as fingerprints use it."""
    return b"".join(text.split())


def _expression_of(leaf: "Node") -> "Node":
    """The node a position's token stands for: the operation around an operator, else itself."""
    parent = leaf.parent
    if parent is None or leaf.is_named:
        return leaf
    kind = leaf.type
    if kind in _STATEMENT_KEYWORDS:
        return parent
    if kind in _OPERATOR_PARENTS:
        if parent.type not in _OPERATOR_PARENTS[kind]:
            return parent
        grandparent = parent.parent
        if parent.type == "argument_list" and grandparent is not None:
            return grandparent
        if parent.type == "literal_value" and grandparent is not None:
            return grandparent if grandparent.type == "composite_literal" else parent
    return parent


def _declaration_starts(content: bytes) -> list[int] | None:
    """Where lines begin with `func`; None if a function may be declared within a line."""
    starts: list[int] = []
    for word in (b"func ", b"func\t"):
        at = content.find(word)
        while at >= 0:
            if at == 0 or content[at - 1] == _LINE_BREAK:
                starts.append(at)
            elif _NAME_FOLLOWS.match(content, at):
                before = content[content.rfind(b"\n", 0, at) + 1 : at].rstrip()
                if not before or before.endswith((b";", b"}")):
                    return None
            at = content.find(word, at + 5)
    return sorted(starts)


def _closing_brace(content: bytes, start: int, end: int) -> int:
    """Behind the brace that ends a body: alone on its line, unlike that of a type above it."""
    close = content.find(b"\n}", start, end)
    while close >= 0:
        line_end = content.find(b"\n", close + 2, end)
        rest = content[close + 2 : end if line_end < 0 else line_end].strip()
        if not rest or rest.startswith((b"//", b"/*")):
            return close + 2
        close = content.find(b"\n}", close + 2, end)
    return end


def _blank(match: re.Match[bytes]) -> bytes:
    """A raw string or comment without its lines, at the same length."""
    text = match[0]
    return text if b"\n" not in text else b" " * len(text)


def _hides_lines(content: bytes) -> bool:
    """Whether a line that begins with `func` may stand inside a raw string or a comment.

    Quotes are paired naively: were a pairing off by one, the code between two raw strings would
    count as the inside of one, and that holds declarations in almost every file.
    """
    if b"`" in content:
        parts = content.split(b"`")
        if len(parts) % 2 == 0 or any(map(_has_line_of_declaration, parts[1::2])):
            return True
    at = content.find(b"/*")
    while at >= 0:
        end = content.find(b"*/", at)
        if end < 0 or _has_line_of_declaration(content[at:end]):
            return True
        at = content.find(b"/*", end)
    return False


def _has_line_of_declaration(text: bytes) -> bool:
    return b"\nfunc" in text or b"\n}" in text


def _method_name(receiver: bytes | None, name: bytes) -> str:
    """`F`, `T.M` or `(*T).M`; type parameters of the receiver are dropped."""
    plain = name.decode("utf-8", "replace")
    if receiver is None:
        return plain
    spelled = receiver.decode("utf-8", "replace").split("[", 1)[0].strip()
    typ = spelled.replace("*", " * ").split()
    return f"(*{typ[-1]}).{plain}" if "*" in typ else f"{typ[-1]}.{plain}"


def _declaration(node: "Node") -> Function | None:
    name = node.child_by_field_name("name")
    if name is None or name.text is None:
        return None
    receiver = node.child_by_field_name("receiver")
    inner = receiver.text[1:-1] if receiver is not None and receiver.text else None
    spelled = _method_name(inner, name.text)
    generic = node.child_by_field_name("type_parameters") is not None or b"[" in (inner or b"")
    return Function(spelled, spelled, node.start_byte, node.end_byte, name.start_byte, generic)


def _variable_name(literal: "Node") -> str:
    """The package variable that a function literal at top level initialises."""
    node = literal.parent
    while node is not None:
        if node.type == "var_spec":
            name = node.child_by_field_name("name")
            if name is not None and name.text is not None:
                return name.text.decode("utf-8", "replace")
        node = node.parent
    return "glob."


@lru_cache(maxsize=1)
def _parser() -> "Parser":
    import tree_sitter_go
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_go.language()))


@lru_cache(maxsize=1)
def _functions_query() -> "Query":
    from tree_sitter import Query

    language = _parser().language
    assert language is not None
    return Query(
        language,
        "[(func_literal) (function_declaration) (method_declaration)] @function",
    )


def real_path(root: str, file: str, goroot: str) -> str:
    """The absolute path of a file as the compiler printed it, run in `root`."""
    if file.startswith("$GOROOT/"):
        file = goroot + file[len("$GOROOT") :]
    return os.path.normpath(os.path.join(root, file))  # noqa: PTH118
