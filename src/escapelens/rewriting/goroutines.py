"""Advice on a goroutine by what its literal does: how often it starts, and for how long it runs."""

from typing import TYPE_CHECKING

from escapelens.rewriting.attempts import idea
from escapelens.rewriting.code import (
    LOOPS,
    Code,
    around,
    descendants,
    function_around,
    statements_of,
    within,
)
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMED = 3
"""How many captured variables are named."""


def on_goroutine(case: RewriteCase) -> Rewrite:
    """What to do about the literal that a `go` statement runs."""
    literal, source = case.node, case.source
    holds = _held(case.code, literal)
    needs = f"It needs memory for what it captures{f' ({holds})' if holds else ''}"
    line = source.point(literal.start_byte)[0]
    goes_on = _goes_on(source, literal)
    if goes_on:
        return idea(
            "leave-it",
            f"leave the literal of line {line}, which runs for long",
            f"{needs} once, and then goes on in the loop of line {goes_on}.",
        )
    loop = around(literal, *LOOPS)
    if loop is not None and function_around(loop) == function_around(literal):
        head = source.line(source.point(loop.start_byte)[0]).decode("utf-8", "replace")
        head = head.strip().removesuffix("{").strip()
        return idea(
            "start-once",
            f"start a few goroutines in front of `{head}`, if there are many turns",
            f"{needs} in each turn; as arguments they would need the same. A few goroutines that "
            "are started once and take their work from a channel need none per turn.",
            "What runs at a time is bounded then, and somebody must close the channel.",
        )
    declared = source.declared_at(literal.start_byte)
    each = f"each call of `{declared.name}`" if declared is not None else "each start"
    return idea(
        "leave-it",
        f"leave the literal of line {line} unless it is started very often",
        f"{needs} with {each}; as arguments of a declared function they would need the same. "
        "Starting a goroutine costs more than that.",
    )


def _held(code: Code | None, literal: "Node") -> str:
    """The variables that a literal captures, as it names them."""
    names: dict[str, None] = {}
    for node in descendants(literal, "identifier"):
        known = None if code is None else code.object_of(node)
        if code is None or known is None or known.kind != "var" or known.role == "global":
            continue
        if code.is_local(known) and not within(code.node_of(known.offset), literal):
            names[f"`{known.name}`"] = None
    told = list(names)[:_NAMED]
    return ", ".join(told) + (" and more" if len(names) > _NAMED else "")


def _goes_on(source: Source, literal: "Node") -> int:
    """The line of a loop in a literal that has no end of its own; 0 if there is none."""
    statements = statements_of(literal)
    for one in [] if statements is None else statements.named_children:
        if one.type != "for_statement":
            continue
        heads = [child for child in one.named_children if child.type not in ("block", "comment")]
        if not heads:
            return source.point(one.start_byte)[0]
    return 0
