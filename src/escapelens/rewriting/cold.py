"""Copies a variable in the branch that needs its address, if the function ends there."""

from typing import TYPE_CHECKING

from escapelens.model import Kind, TextEdit
from escapelens.rewriting.attempts import Attempt, attempt, code_of, safe
from escapelens.rewriting.code import Code, Refused, ancestors, around, function_around, within
from escapelens.rewriting.copies import ending_branch, variable_at
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.types.facts import Object

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node


def copied_in_branch(case: RewriteCase) -> "Iterator[Attempt]":
    """The rewrite of a variable that only a branch that ends the function needs on the heap."""
    if case.site.kind is Kind.MOVED and case.site.origin is None:
        yield attempt("copy-in-branch", lambda: _copied(case))


def _copied(case: RewriteCase) -> Rewrite:
    variable, edits = copy_in_branch(code_of(case), case.node)
    return safe(
        "copy-in-branch",
        f"copy `{variable.name}` in the branch that needs its address",
        f"The function ends in that branch, so nothing sees `{variable.name}` afterwards.",
        edits,
    )


def copy_in_branch(code: Code, site: "Node") -> tuple[Object, list[TextEdit]]:
    """Copies the variable where its address is taken; raises Refused."""
    variable = variable_at(code, site)
    name = variable.name
    if variable.role == "result":
        raise Refused(f"`{name}` is a result, which is seen behind the `return`")
    known = code.type(variable.type)
    if known is None or known.lock:
        raise Refused(f"`{name}` must not be copied")
    home = function_around(code.node_of(variable.offset))
    uses = code.uses(variable)
    taken = [
        use
        for use in uses
        if use.role in ("address", "receiver") or function_around(code.node_of(use)) != home
    ]
    if not taken:
        raise Refused(f"nothing takes the address of `{name}`")
    branch = ending_branch(_in_function(code.node_of(taken[0]), home), home)
    if branch is None:
        raise Refused(f"the address of `{name}` is taken where the function goes on")
    if within(code.node_of(variable.offset), branch):
        raise Refused(f"`{name}` is declared in that branch already")
    for use in taken:
        if not within(code.node_of(use), branch):
            raise Refused(f"line {code.line(use)} takes the address of `{name}`, too")
    inside = [use for use in uses if within(code.node_of(use), branch)]
    for use in uses:
        node = code.node_of(use)
        if use not in inside and around(node, "defer_statement") is not None:
            raise Refused(f"a `defer` uses `{name}` (line {code.line(use)})")
    first = branch.named_children[0]
    indent = code.indent(first)
    at = first.start_byte
    return variable, [TextEdit(code.path, at, at, f"{name} := {name}\n{indent}")]


def _in_function(node: "Node", home: "Node | None") -> "Node":
    """The outermost literal of a function around a node, or the node itself."""
    found = node
    for outer in ancestors(node):
        if home is not None and outer == home:
            break
        if outer.type == "func_literal":
            found = outer
    return found
