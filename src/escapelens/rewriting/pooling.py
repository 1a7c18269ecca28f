"""The advice to take from a `sync.Pool` what is made over and over, with code to begin with."""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.causes.base import quoted
from escapelens.model import Applicability
from escapelens.rewriting.code import Code, Refused, arguments
from escapelens.rewriting.rewrite import Rewrite, RewriteCase
from escapelens.types.facts import Type

if TYPE_CHECKING:
    from tree_sitter import Node

CAUSES = ("dynamic-call-argument", "too-large-for-stack", "variable-size-make")
"""Values of these are on the heap though their function may be all that uses them."""
_KEPT = 64 << 10
"""Bytes up to which a buffer is put back."""
_SAFETY = (
    "What is taken belongs to one caller until it is put back: neither it nor memory of it may be "
    "used or kept after that."
)


class _Pooled(NamedTuple):
    """What a pool would hold pointers to."""

    type: str
    reset: tuple[str, ...]
    """The lines that make it as it was when it was new, with the name `value`."""
    fits: str = ""
    """The condition to put it back, where it can grow."""
    is_sized: bool = False
    """It is a slice of a length that is told each time."""


def pool_idea(case: RewriteCase, *, is_hot: bool) -> Rewrite | None:
    """A pool for the value of a site that is made in a loop, or that a profile shows to cost.

    None where a pool does not fit, as for what its function gives to somebody who keeps it.
    """
    site, code = case.site, case.code
    triage = site.triage
    in_loop = triage is not None and triage.loop_depth > 0 and triage.cold is None
    if site.cause not in CAUSES or code is None or not (in_loop or is_hot):
        return None
    try:
        pooled = _pooled(code, case.node, case.language)
        return pooled and _idea(case, code, pooled, in_loop=in_loop)
    except Refused:
        return None


def _idea(case: RewriteCase, code: Code, pooled: _Pooled, *, in_loop: bool) -> Rewrite:
    where = "in a loop" if in_loop else "often, as the profile shows"
    what = quoted(code.text(case.node))
    return Rewrite(
        "pool",
        f"take {what} from a `sync.Pool`",
        Applicability.IDEA,
        _SAFETY,
        advice=f"It is made {where}. If each is only used until the next one is made, and nobody "
        "keeps it, it can come from a pool: what is done with it becomes the function that is "
        "given to this one.",
        code=_code(code, pooled, "any" if case.language >= (1, 18) else "interface{}"),
    )


def _code(code: Code, pooled: _Pooled, anything: str) -> str:
    pool = code.fresh("pool", "valuePool", "pooledValues")
    function = code.fresh("withPooled", "withPooledValue")
    put = [f"defer {pool}.Put(value)"]
    if pooled.fits:
        put = ["defer func() {", f"\tif {pooled.fits} {{", f"\t\t{pool}.Put(value)", "\t}", "}()"]
    given = "*value" if pooled.is_sized else "value"
    body = [f"value := {pool}.Get().(*{pooled.type})", *put, *pooled.reset, f"use({given})"]
    parameters = f"use func(value *{pooled.type})"
    if pooled.is_sized:
        parameters = f"n int, use func(value {pooled.type})"
    lines = [
        f"var {pool} = sync.Pool{{New: func() {anything} {{ return new({pooled.type}) }}}}",
        "",
        f"// {function} calls use with a value that is zero and nobody else's until it returns.",
        f"func {function}({parameters}) {{",
        *(f"\t{line}" for line in body),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _pooled(code: Code, node: "Node", language: tuple[int, int]) -> _Pooled | None:
    """What is made at a node, if a pool of it makes sense."""
    known = code.type_of(node)
    if known is not None and known.kind == "pointer" and node.type != "identifier":
        known = code.elem(known)
    if known is None or not _can_be_written(code, known):
        return None
    if known.id == "bytes.Buffer":
        return _Pooled(known.text, ("value.Reset()",), f"value.Cap() <= {_KEPT >> 10}<<10")
    if known.kind == "slice":
        return _slice(code, node, known, language)
    if known.kind in ("struct", "array"):
        return _Pooled(known.text, (f"*value = {known.text}{{}}",))
    return None


def _slice(code: Code, node: "Node", known: Type, language: tuple[int, int]) -> _Pooled | None:
    element = code.elem(known)
    if element is None or not _can_be_written(code, element):
        return None
    fits = f"cap(*value) <= {_KEPT // max(element.size, 1) or 1}"
    if not _has_length(code, node):
        return _Pooled(known.text, ("*value = (*value)[:0]",), fits)
    clear = ["clear(*value)"]
    if language < (1, 21):
        clear = [f"var zero {element.text}", "for i := range *value {", "\t(*value)[i] = zero", "}"]
    make = (
        "if cap(*value) < n {",
        f"\t*value = make({known.text}, n)",
        "}",
        "*value = (*value)[:n]",
    )
    return _Pooled(known.text, (*make, *clear), fits, is_sized=True)


def _has_length(code: Code, node: "Node") -> bool:
    """Whether it is a `make` of a slice that is not empty."""
    if node.type != "call_expression" or code.text(node.children[0]) != "make":
        return False
    given = arguments(node)
    return len(given) > 1 and code.integer(given[1]) != 0


def _can_be_written(code: Code, known: Type) -> bool:
    """Whether the type can be named at the top level of the file."""
    return known.writable and known.size >= 0 and code.is_visible(known)
