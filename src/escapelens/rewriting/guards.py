"""Asks a logger for its level before the arguments of a debug line are put in interfaces."""

from typing import TYPE_CHECKING

from escapelens.model import TextEdit
from escapelens.rewriting.code import Code, Refused, ancestors, arguments
from escapelens.rewriting.packages import import_edits, qualifier

if TYPE_CHECKING:
    from tree_sitter import Node

_SLOG = "log/slog"
_DEBUG = ("Debug", "DebugContext")


def is_debug_line(code: Code, site: "Node") -> bool:
    """Whether a value is handed to a call of slog that writes a debug line."""
    call = next((one for one in ancestors(site) if one.type == "call_expression"), None)
    function = None if call is None else call.child_by_field_name("function")
    known = None if function is None else code.object_of(function)
    return known is not None and known.package == _SLOG and known.name in _DEBUG


def guard(code: Code, site: "Node") -> tuple[str, list[TextEdit]]:
    """The call that is guarded, as it is written, and the edits; raises Refused."""
    call = next((one for one in ancestors(site) if one.type == "call_expression"), None)
    function = None if call is None else call.child_by_field_name("function")
    known = None if function is None else code.object_of(function)
    statement = None if call is None else call.parent
    if call is None or function is None or known is None or not is_debug_line(code, site):
        raise Refused("it is not handed to a debug line by itself")
    if statement is None or statement.type != "expression_statement":
        raise Refused("the call is no statement of its own")
    if statement.parent is None or statement.parent.type != "statement_list":
        raise Refused("it stands in the head of another statement")
    given = arguments(call)
    for one in given:
        if not code.cannot_fail(one):
            raise Refused(f"evaluating `{code.text(one)}` may do more than give a value")
    slog = qualifier(code, _SLOG)
    operand = function.child_by_field_name("operand")
    if operand is None:
        raise Refused("the logger is not known")
    logger = f"{slog}.Default()"
    if known.kind == "method":
        if not code.cannot_fail(operand):
            raise Refused(f"`{code.text(operand)}` does something each time it is evaluated")
        logger = code.text(operand)
    if known.name == "DebugContext":
        context, needed = code.text(given[0]), [_SLOG]
    else:
        context, needed = f"{qualifier(code, 'context')}.Background()", [_SLOG, "context"]
    indent = code.indent(statement)
    body = code.reindented(statement, "", "\t")
    head = f"if {logger}.Enabled({context}, {slog}.LevelDebug) {{"
    text = f"{head}\n{indent}\t{body}\n{indent}}}"
    return code.text(function), [
        TextEdit(code.path, statement.start_byte, statement.end_byte, text),
        *import_edits(code, (), add=needed),
    ]
