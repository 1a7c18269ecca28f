"""Lets rewrites fit the place: where a line rarely runs, or takes no memory, it is to leave it."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from escapelens.evidence import Memory, Subject
from escapelens.model import Applicability, Cold
from escapelens.rewriting.attempts import Attempt, idea
from escapelens.rewriting.code import ancestors
from escapelens.rewriting.rewrite import WHEN_FAILING, Refusal, Rewrite, RewriteCase

if TYPE_CHECKING:
    from tree_sitter import Node

_SELDOM = {
    Cold.ERROR_PATH: WHEN_FAILING,
    Cold.PANICS: WHEN_FAILING,
    Cold.INIT: "once, when the program starts",
    Cold.PACKAGE_INITIALISER: "once, when the program starts",
    Cold.TEST_FILE: "only in tests",
}
"""How often an edit of a line that rarely runs gains anything."""
_COLD = {
    Cold.ERROR_PATH: "This line only runs where the function returns an error.",
    Cold.PANICS: "This line only runs on the way to a panic or to the end of the program.",
    Cold.INIT: "`init` runs once.",
    Cold.PACKAGE_INITIALISER: "A package variable gets its value once, when the program starts.",
    Cold.TEST_FILE: "It runs in tests only.",
}
_TAKES = {
    Memory.READ_ONLY: "It lies in read-only memory, and nothing is allocated for it.",
    Memory.NO_SIZE: "It has no size, and nothing is allocated for it.",
    Memory.ONE_BYTE: "It is one byte, of which Go keeps all values, and nothing is allocated.",
    Memory.STATIC: "It captures nothing, so it is made once, and nothing is allocated.",
    Memory.NO_ELEMENTS: "It has no elements, and nothing is allocated for it.",
    Memory.NEVER: "It is only made where there is nothing to format, and here there is.",
}
_MADE = (Subject.VARIABLE, Subject.POINTER, Subject.SLICE, Subject.MAP, Subject.CHANNEL)
_OTHER_PACKAGE = re.compile(r"`\w+\.[\w.()*]+`")
_ERROR = re.compile(r"&?(errors\.errorString|fmt\.wrapErrors?|fmt\.fmtError)\{")
_POOL = "sync.Pool"


def fitting(
    case: RewriteCase, what: str, inlined: str, attempts: Iterable[Attempt]
) -> Iterator[Attempt]:
    """The attempts, but with other advice where that of the cause does not fit the place.

    `what` is the site in quotes, and `inlined` the function that it was copied from, if any.
    """
    why, gains = _nothing_gained(case)
    if why:
        yield idea("leave-it", f"leave {what}", why)
    instead = _instead(case, what, inlined)
    is_told = bool(why)
    for one in attempts:
        if isinstance(one, Refusal):
            yield one
        elif one.applicability is not Applicability.IDEA:
            yield _gaining(one, gains) if case.evidence.memory not in _TAKES else _in_vain(one)
        elif not is_told:
            is_told = instead is not None
            yield instead or one


def _in_vain(edit: Rewrite) -> Refusal:
    return Refusal(edit.name, "nothing is allocated there")


def _gaining(edit: Rewrite, gains: str) -> Rewrite:
    """An edit that also says how seldom it gains anything, if it does."""
    gains = gains or edit.gains
    if not gains:
        return edit
    return edit._replace(title=f"{edit.title}{title_suffix(gains)}", gains=gains)


def title_suffix(gains: str) -> str:
    """What the title of an edit ends in that seldom gains anything."""
    return f" (gains {gains})"


def _nothing_gained(case: RewriteCase) -> tuple[str, str]:
    """Why a site is best left whatever its cause, and when an edit would gain anything."""
    takes = _TAKES.get(case.evidence.memory)
    if takes is not None:
        return takes, ""
    if _makes_for_pool(case):
        why = "It is what the pool hands out when it is empty, and that is what the pool is for."
        return why, "only when the pool is empty"
    triage = case.site.triage
    if triage is None or triage.cold is None:
        return "", ""
    return _COLD[triage.cold], _SELDOM[triage.cold]


def _instead(case: RewriteCase, what: str, inlined: str) -> Rewrite | None:
    if _ERROR.match(case.evidence.what):
        why = "It is an error, and what an error tells is worth an allocation."
        return idea("leave-it", f"leave {what}", why)
    if case.evidence.subject in _MADE and _OTHER_PACKAGE.fullmatch(inlined):
        return idea(
            "reuse-result",
            f"use what {inlined} makes for many calls, or leave it",
            f"{inlined} makes it, and this line only calls that. Where it is needed often, keep "
            "one in a field or a `sync.Pool`, if there is a way to set it back.",
            "What is used again must not be in use elsewhere.",
        )
    return None


def _makes_for_pool(case: RewriteCase) -> bool:
    """Whether a site stands in the function `New` of a pool, or is that function."""
    for node in (case.node, *ancestors(case.node)):
        if node.type == "func_literal":
            return _is_new(case, node)
    return False


def _is_new(case: RewriteCase, literal: "Node") -> bool:
    """Whether a function literal is the `New` of a pool: `sync.Pool{New: …}`, `p.New = …`."""
    text = case.source.text
    outer = literal.parent
    if outer is None or outer.parent is None:
        return False
    if outer.type == "literal_element":
        key, body = outer.parent.named_child(0), outer.parent.parent
        made = None if body is None else body.parent
        typ = None if made is None else made.child_by_field_name("type")
        is_named = key is not None and text(key) == "New"
        return is_named and typ is not None and text(typ) == _POOL
    left = outer.parent.child_by_field_name("left")
    target = None if left is None else left.named_child(0)
    operand = None if target is None else target.child_by_field_name("operand")
    if case.code is None or target is None or operand is None:
        return False
    known = case.code.type_of(operand)
    is_pool = known is not None and known.id.removeprefix("*") == _POOL
    return is_pool and text(target).endswith(".New")
