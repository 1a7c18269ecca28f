"""Whether a value is still worked on where its address was stored: a copy would miss it."""

from typing import TYPE_CHECKING

from escapelens.rewriting.code import ancestors, descendants, function_around, side, within
from escapelens.rewriting.rewrite import RewriteCase

if TYPE_CHECKING:
    from tree_sitter import Node

_ASSIGNING = ("short_var_declaration", "assignment_statement", "var_spec")
_NAMED = ("left", "name")
_VALUES = ("right", "value")


def worked_on_later(case: RewriteCase) -> str:
    """The variable that is more than read after the site's value was stored; empty if none is.

    Only names are compared: a variable of the same name further in counts too.
    """
    stored = case.evidence.position
    function = function_around(case.node)
    if function is None or stored is None or stored.file != case.site.position.file:
        return ""
    name = _name(case.node)
    if name is None:
        return ""
    variable = case.source.text(name)
    for use in descendants(function, "identifier"):
        if use.start_point[0] + 1 > stored.line and case.source.text(use) == variable:
            if _declares(use):
                return ""
            if not _only_reads(use):
                return variable
    return ""


def _name(node: "Node") -> "Node | None":
    """The variable that a value is, or is assigned to."""
    if node.type == "identifier":
        return node
    for outer in ancestors(node):
        if outer.type in _ASSIGNING:
            names = [one for field in _NAMED for one in side(outer, field)]
            values = [one for field in _VALUES for one in side(outer, field)]
            pairs = zip(names, values, strict=False) if len(names) == len(values) else ()
            found = next((name for name, value in pairs if within(node, value)), None)
            return found if found is not None and found.type == "identifier" else None
        if outer.type not in ("expression_list", "parenthesized_expression"):
            return None
    return None


def _declares(use: "Node") -> bool:
    """Whether the name gets another value there."""
    listed = use.parent
    outer = listed.parent if listed is not None and listed.type == "expression_list" else None
    if outer is None or outer.type not in _ASSIGNING:
        return False
    return any(use == name for name in side(outer, "left"))


def _only_reads(use: "Node") -> bool:
    """Whether a field is read there, and neither changed nor lent."""
    field = use.parent
    if field is None or field.type != "selector_expression":
        return False
    while (outer := field.parent) is not None and outer.type in (
        "selector_expression",
        "index_expression",
    ):
        if outer.child_by_field_name("operand") != field:
            return True
        field = outer
    if outer is None:
        return False
    if outer.type == "call_expression":
        return outer.child_by_field_name("function") != field
    if outer.type == "unary_expression":
        return not (outer.children and outer.children[0].type == "&")
    if outer.type in ("inc_statement", "dec_statement"):
        return False
    assigned = outer.parent if outer.type == "expression_list" else None
    if assigned is None or assigned.type != "assignment_statement":
        return True
    return all(field != one for one in side(assigned, "left"))
