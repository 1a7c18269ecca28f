"""How a cause words its rewrites: what is made, what is refused, what only a programmer can do."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from escapelens.evidence import Subject
from escapelens.model import Applicability, Position, TextEdit
from escapelens.rewriting.code import Code, Refused
from escapelens.rewriting.later import worked_on_later
from escapelens.rewriting.rewrite import Refusal, Rewrite, RewriteCase
from escapelens.sites import flows_of

if TYPE_CHECKING:
    from tree_sitter import Node

Attempt = Rewrite | Refusal

OF_A_VALUE = (Subject.VARIABLE, Subject.PARAMETER, Subject.LOOP_VARIABLE, Subject.POINTER)
"""What has a value of its own type that may stand in place of its address."""


def attempt(name: str, make: Callable[[], Rewrite]) -> Attempt:
    """What `make` makes, or the refusal of the rewrite called `name`."""
    try:
        return make()
    except Refused as refused:
        return Refusal(name, str(refused))


def idea(name: str, title: str, advice: str, safety: str = "") -> Rewrite:
    """A rewrite that only the programmer can make."""
    # What is inlined is told with an aside, whose comma is not doubled and does not end a title.
    title = title.replace(",,", ",").removesuffix(",")
    return Rewrite(name, title, Applicability.IDEA, safety, advice=advice)


def instead(case: RewriteCase, what: str, value: Rewrite) -> Rewrite:
    """The advice to keep a value instead of its address, or what is true of memory of its own.

    `what` is the site in quotes.
    """
    subject = case.evidence.subject
    if subject in OF_A_VALUE:
        if is_in_interface(case):
            return its_own_type(what)
        variable = worked_on_later(case)
        return value if not variable else _used_later(what, variable)
    if subject is Subject.FUNC_LITERAL:
        return idea(
            "capture-less",
            f"let {what} capture nothing, or leave it",
            "What a function literal captures is kept with it. One that captures nothing, since it "
            "gets all that it needs as parameters, is made once and for all.",
            "Its parameters, and with them its type, change.",
        )
    return idea(
        "leave-it",
        f"leave {what}",
        "It is kept, so it needs memory of its own for as long. Where very many small ones are "
        "kept, cut them from one large array.",
        "One that is still used then keeps the memory of all of them.",
    )


def loop_itself(line: str) -> Rewrite:
    """The advice for a loop over a function, with its line in brackets."""
    return idea(
        "loop-itself",
        "range over a slice, or call a method `Next`, in place of the function; or leave it",
        "The loop keeps its body, its state and what these capture in memory for the whole loop, "
        f"not for each turn{line}. A function that fills a slice, or `Next() bool`, needs none of "
        "it.",
    )


def is_in_interface(case: RewriteCase) -> bool:
    """Whether the address of a value is put in an interface before it is kept."""
    steps = (step for flow in flows_of(case.site)[:1] for step in flow.steps)
    return any(step.reason == "interface-converted" for step in steps)


def its_own_type(what: str) -> Rewrite:
    """The advice for a value that is kept as an interface; `what` is the site in quotes."""
    return idea(
        "leave-it",
        f"leave {what}, unless its own type can stand in place of the interface",
        "An interface holds an address, also of a value that is put in it. Where only values of "
        "one type are kept, memory of that type holds them themselves.",
        "What takes the interface must take that type.",
    )


def _used_later(what: str, variable: str) -> Rewrite:
    return idea(
        "leave-it",
        f"leave {what}",
        f"`{variable}` is still used after its address is stored, and a stored copy would not "
        "show what happens to it then. Where that can happen before, a value does as well.",
    )


def safe(name: str, title: str, safety: str, edits: Iterable[TextEdit]) -> Rewrite:
    """A rewrite that keeps the meaning by construction."""
    return Rewrite(name, title, Applicability.SAFE, safety, tuple(edits))


def review(name: str, title: str, safety: str, edits: Iterable[TextEdit]) -> Rewrite:
    """A rewrite whose meaning or API may differ."""
    return Rewrite(name, title, Applicability.REVIEW, safety, tuple(edits))


def code_of(case: RewriteCase) -> Code:
    """The declaration around a site; raises Refused where the type checker does not know it."""
    if case.code is None:
        raise Refused("the type checker does not know this code")
    return case.code


def node_at(case: RewriteCase, position: Position | None) -> "Node | None":
    """The expression at a position, if it stands in the site's declaration."""
    code = case.code
    if code is None or position is None or position.column is None:
        return None
    if position.file != case.site.position.file:
        return None
    node = code.source.node_at(position.line, position.column)
    declaration = code.declaration
    inside = node is not None and declaration.start <= node.start_byte < declaration.end
    return node if inside else None
