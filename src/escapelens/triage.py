"""What the source shows of how often a place runs, without a guess.

Everything here is read from the syntax around one node: the loops in its function, whether the
blocks it stands in end in an error or a panic, and the names of the function. Who calls that
function, and how often, no syntax tells; where the words below do not fit, a place is not cold.

A block is on the error path if it runs under a condition and its last statement returns, as the
last result, of type `error`,

- an error made there: `errors.New(…)`, `….Errorf(…)`, a composite literal or its address, or a
  sentinel such as `io.ErrUnexpectedEOF`;
- an expression that the block's condition says is not nil (`err != nil`, `errors.Is(err, …)`,
  `errors.As(err, …)`), unless the block assigns it anew, or a call with such an error as argument.

A block panics if its last statement is a call of `panic`, `runtime.Goexit`, `os.Exit` with a code
other than 0, or a function that is called `FailNow`, `Fatal` or `Panic`, also with `f`, `ln` or `w`
behind that, or as in `log.Fatal().Err(err).Msg("…")`. The body of a function is no such block,
since it runs on every call; of it only a final `panic(…)` counts.

A loop does not count for what runs once at most: a block of it ends in a `return` or a panic behind
that, with no `break`, `continue` or `goto` between.

Either way, a block is cold from behind its last statement that may leave it in another way: by
`break`, `continue`, `goto`, a `return` of anything but an error, or `os.Exit` with a code that may
be 0. What a loop in the block repeats is not cold either, nor is the body of a function literal,
which may run elsewhere.
"""

import re
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import Cold, Triage
from escapelens.source import Function, Source

if TYPE_CHECKING:
    from tree_sitter import Node

_DECLARATIONS = frozenset({"function_declaration", "method_declaration"})
_FUNCTIONS = _DECLARATIONS | {"func_literal"}
_CASES = frozenset({"expression_case", "type_case", "default_case", "communication_case"})
_BLOCKS = _CASES | {"block"}
_JUMPS = frozenset({"break_statement", "continue_statement", "goto_statement"})
_JUMP = re.compile(rb"\b(?:break|continue|goto)\b")
_WORD_OF_EXIT = re.compile(rb"\b(?:return|break|continue|goto|os\.Exit)\b")
_FATAL = re.compile(
    rb"panic|runtime\.Goexit|[\w.]+\.(?:FailNow|(?:Fatal|Panic)(?:f|ln|w)?)"
    rb"|[\w.]+\.(?:Fatal|Panic)\(\)\.(?:.+\.)?\s*(?:Msgf?|Send)",
    re.DOTALL,
)
_FAILING_EXIT = re.compile(rb"os\.Exit\([1-9][0-9]*\)")
_MAKES_ERROR = re.compile(rb"errors\.New|\w+\.Errorf")
_SENTINEL = re.compile(rb"(?:\w+\.)?Err[A-Z]\w*")
_EXAMINES_ERROR = (b"errors.Is", b"errors.As")
_NAMED_AS_ERROR = re.compile(rb"(?:.*\.)?(?:err[A-Z]\w*|(?:\w*[eE]rr|\w*[eE]rror)\d*(?:\(\))?)")
_TESTING_TYPE = re.compile(rb"\*testing\.[TBMF]|testing\.TB")


class _Ending(NamedTuple):
    """That a block ends coldly, and the offset from which on nothing else can come of it."""

    cold: Cold
    start: int


class Triager:
    """Triages the nodes of one file; `path` is the file's, of which only the name counts."""

    def __init__(self, source: Source, path: str) -> None:
        self._content = source.content
        self._is_main = source.package_name == "main"
        self._is_test = path.endswith("_test.go")
        self._may_hold_helpers = b"testing." in source.content
        # Offsets identify nodes for as long as the file is the same, unlike the ids of a tree.
        self._endings: dict[int, _Ending | None] = {}
        self._left_at: dict[int, int | None] = {}
        self._returning_error: dict[int, bool] = {}

    def triage(self, node: "Node", function: Function | None) -> Triage:
        """What is known of a node in `function`, which is None for one outside of all functions."""
        depth = 0
        blocks: list[Node] = []
        runs_once = in_variable = False
        around: list[Node] = []
        inner, outer = node, node.parent
        while outer is not None:
            kind = outer.type
            if kind in _FUNCTIONS:
                break
            if kind == "for_statement":
                is_repeated = inner.is_named and not runs_once
                depth += is_repeated and not any(self._leaves(block, node) for block in around)
                runs_once = False
            elif kind in ("for_clause", "range_clause"):
                runs_once = _runs_once(outer, inner, node)
            elif kind in _BLOCKS:
                around.append(outer)
                if not depth:
                    blocks.append(outer)
            elif kind == "var_declaration":
                in_variable = True
            inner, outer = outer, outer.parent
        if outer is None:
            cold = Cold.PACKAGE_INITIALISER if in_variable and function is None else None
            cold = Cold.TEST_FILE if self._is_test else cold
        else:
            cold = self._around(outer) or self._within(node, blocks, outer)
        return Triage(depth, cold, function is not None and self._is_exported(function))

    def _leaves(self, block: "Node", node: "Node") -> bool:
        """Whether a block ends the function behind a node in it, so that no loop repeats that."""
        key = block.start_byte
        if key not in self._left_at:
            last = next(iter(_statements(block)[-1:]), None)
            is_end = last is not None and (last.type == "return_statement" or self._is_fatal(last))
            self._left_at[key] = last.end_byte if last is not None and is_end else None
        end = self._left_at[key]
        return end is not None and not _JUMP.search(self._content, node.start_byte, end)

    def _is_exported(self, function: Function) -> bool:
        names = function.declared.replace("(*", "").replace(")", "").split(".")
        return not self._is_main and all(name[:1].isupper() for name in names)

    def _around(self, owner: "Node") -> Cold | None:
        """Why everything in a function is cold."""
        if self._is_test or (self._may_hold_helpers and self._is_helper(owner)):
            return Cold.TEST_FILE
        if owner.type == "function_declaration":
            name = owner.child_by_field_name("name")
            if name is not None and self._text(name) == b"init":
                return Cold.INIT
        return None

    def _is_helper(self, owner: "Node") -> bool:
        """Whether a function, or one around it, takes a value that only tests have."""
        node: Node | None = owner
        while node is not None:
            parameters = node.child_by_field_name("parameters") if node.type in _FUNCTIONS else None
            for parameter in [] if parameters is None else parameters.named_children:
                typ = parameter.child_by_field_name("type")
                if typ is not None and _TESTING_TYPE.fullmatch(self._text(typ)):
                    return True
            node = node.parent
        return False

    def _within(self, node: "Node", blocks: "list[Node]", owner: "Node") -> Cold | None:
        """Why a node in these blocks of a function, the innermost first, is cold."""
        start = node.start_byte
        for block in blocks:
            key = block.start_byte
            if key not in self._endings:
                self._endings[key] = self._ending(block, owner)
            ending = self._endings[key]
            if ending is not None and start >= ending.start:
                return ending.cold
        return None

    def _ending(self, block: "Node", owner: "Node") -> _Ending | None:
        """How a block of the function `owner` ends, if that is cold."""
        statements = _statements(block)
        if not statements:
            return None
        last = statements[-1]
        if block.parent == owner:
            is_panic = self._is_fatal(last) and self._content.startswith(b"panic", last.start_byte)
            return _Ending(Cold.PANICS, last.start_byte) if is_panic else None
        errors = self._known_errors(block) if self._returns_error(owner) else None
        if self._is_fatal(last):
            cold = Cold.PANICS
        elif _is_conditional(block) and self._is_error_return(last, errors):
            cold = Cold.ERROR_PATH
        else:
            return None
        start = statements[0].start_byte
        for statement in statements[:-1]:
            if self._may_leave(statement, errors):
                start = statement.end_byte
        return _Ending(cold, start)

    def _is_fatal(self, statement: "Node") -> bool:
        """Whether a statement is a call that does not return."""
        call = _first(statement) if statement.type == "expression_statement" else None
        if call is None or call.type != "call_expression":
            return False
        function = call.child_by_field_name("function")
        return (
            function is not None and _FATAL.fullmatch(self._text(function)) is not None
        ) or _FAILING_EXIT.fullmatch(self._text(call)) is not None

    def _is_error_return(self, statement: "Node", errors: set[bytes] | None) -> bool:
        """Whether a statement returns an error that is certain.

        `errors` are those known not to be nil; None if the function has no error as last result.
        """
        results = _first(statement) if statement.type == "return_statement" else None
        if errors is None or results is None or not results.named_child_count:
            return False
        result = results.named_children[-1]
        return (
            self._text(result) in errors
            or self._is_made_error(result)
            or any(
                self._text(argument) in errors and _NAMED_AS_ERROR.fullmatch(self._text(argument))
                for argument in _arguments(result)
            )
        )

    def _is_made_error(self, result: "Node") -> bool:
        if result.type == "unary_expression":
            operand = result.child_by_field_name("operand")
            return operand is not None and operand.type == "composite_literal"
        if result.type == "call_expression":
            function = result.child_by_field_name("function")
            return function is not None and bool(_MAKES_ERROR.fullmatch(self._text(function)))
        return result.type == "composite_literal" or bool(_SENTINEL.fullmatch(self._text(result)))

    def _may_leave(self, statement: "Node", errors: set[bytes] | None) -> bool:
        """Whether a statement holds a jump, a good exit, or a return of anything but an error."""
        if not _WORD_OF_EXIT.search(self._content, statement.start_byte, statement.end_byte):
            return False
        rest = [statement]
        while rest:
            node = rest.pop()
            kind = node.type
            if kind in _JUMPS:
                return True
            if kind == "return_statement" and not self._is_error_return(node, errors):
                return True
            if kind == "call_expression":
                call = self._text(node)
                if call.startswith(b"os.Exit(") and not _FAILING_EXIT.fullmatch(call):
                    return True
            if kind != "func_literal":
                rest += node.named_children
        return False

    def _known_errors(self, block: "Node") -> set[bytes]:
        """The expressions that are not nil in a block by the condition it runs under."""
        outer = block.parent
        condition: Node | None = None
        if outer is not None and outer.type == "if_statement":
            if outer.child_by_field_name("consequence") == block:
                condition = outer.child_by_field_name("condition")
        elif block.type == "expression_case" and outer is not None:
            values = block.child_by_field_name("value")
            tagged = outer.child_by_field_name("value") is not None
            if values is not None and values.named_child_count == 1 and not tagged:
                condition = _first(values)
        if condition is None:
            return set()
        text = self._text(block)
        return {name for name in self._not_nil(condition) if not _is_assigned(name, text)}

    def _not_nil(self, condition: "Node") -> set[bytes]:
        """The expressions that are not nil where a condition holds."""
        if condition.type == "parenthesized_expression":
            inside = _first(condition)
            return set() if inside is None else self._not_nil(inside)
        if condition.type == "call_expression":
            function = condition.child_by_field_name("function")
            examines = function is not None and self._text(function) in _EXAMINES_ERROR
            return {self._text(argument) for argument in _arguments(condition)[: int(examines)]}
        left = condition.child_by_field_name("left")
        right = condition.child_by_field_name("right")
        operator = condition.child_by_field_name("operator")
        if left is None or right is None or operator is None:
            return set()
        if operator.type == "&&":
            return self._not_nil(left) | self._not_nil(right)
        return {self._text(left)} if operator.type == "!=" and right.type == "nil" else set()

    def _returns_error(self, owner: "Node") -> bool:
        """Whether the last result of a function is of type `error`."""
        key = owner.start_byte
        if key not in self._returning_error:
            result = owner.child_by_field_name("result")
            if result is not None and result.type == "parameter_list":
                types = [part.child_by_field_name("type") for part in result.named_children]
                result = next((typ for typ in reversed(types) if typ is not None), None)
            self._returning_error[key] = result is not None and self._text(result) == b"error"
        return self._returning_error[key]

    def _text(self, node: "Node") -> bytes:
        return self._content[node.start_byte : node.end_byte]


def _runs_once(header: "Node", part: "Node", node: "Node") -> bool:
    """Whether a node in a part of a loop's header is evaluated before the loop and not in it.

    The variables that a header declares are new in each iteration (Go 1.22).
    """
    if header.type == "range_clause":
        return part == header.child_by_field_name("right")
    if part != header.child_by_field_name("initializer"):
        return False
    declared = part.child_by_field_name("left") if part.type == "short_var_declaration" else None
    return declared is None or node.start_byte >= declared.end_byte


def _is_conditional(block: "Node") -> bool:
    """Whether a block is a branch of an `if`, `switch` or `select`."""
    outer = block.parent
    return block.type in _CASES or (outer is not None and outer.type == "if_statement")


def _first(node: "Node") -> "Node | None":
    return node.named_child(0) if node.named_child_count else None


def _statements(block: "Node") -> "list[Node]":
    for part in block.named_children:
        if part.type == "statement_list":
            return [node for node in part.named_children if node.type != "comment"]
    return []


def _arguments(node: "Node") -> "list[Node]":
    """The arguments of a call; none of any other expression."""
    arguments = node.child_by_field_name("arguments") if node.type == "call_expression" else None
    return [] if arguments is None else arguments.named_children


def _is_assigned(name: bytes, text: bytes) -> bool:
    """Whether a name stands on the left of `=` or `:=` in a text."""
    assigned = rb"(?<![\w.])" + re.escape(name) + rb"\s*(?:,[\w\s.,]*)?:?=(?!=)"
    return re.search(assigned, text) is not None
