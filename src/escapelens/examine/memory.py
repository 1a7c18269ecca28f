"""What a value that counts as on the heap takes when its line runs: often nothing.

Rests on the marks that the compiler prints, and on what literals show by themselves.
"""

import re
from collections.abc import Callable, Iterable

from escapelens import dialect
from escapelens.drafts import Draft
from escapelens.evidence import Memory, Subject
from escapelens.model import Kind
from escapelens.nodes import is_constant
from escapelens.parsers import marks
from escapelens.parsers.diagnostics import Place

_EMPTY_LITERAL = re.compile(r"\[\][^{}]+\{\}")
_EMPTY_MAKE = re.compile(r"make\([^(){}]+, 0(?:, 0)?\)")
_POINTED_TO = re.compile(r"&(?:\w+\.)?\w+\{\}|new\((?:\w+\.)?\w+\)")
_UNFORMATTED = "&errors.errorString{"
"""What `fmt.Errorf` of Go 1.26 and newer makes of a text without verbs (fmt/errors.go)."""
_NO_BOX = ("&", "new(", "make(", "[]", "map[", "func literal", "append", "... argument")
"""How the text of what is no value in an interface begins."""


def memory_of(
    draft: Draft,
    subject: Subject,
    beside: Iterable[Draft],
    is_in_sight: Callable[[Place], bool],
    made_of: Callable[[str], str],
    formats: Callable[[], bool],
) -> Memory:
    """What a draft takes, given the drafts beside it at its place.

    `is_in_sight` tells whether it can be the variable of its name that is declared at a place,
    `made_of` what a type is made of, `formats` whether its place is a call of
    `fmt.Errorf` with something to format.
    """
    text = dialect.generalise(draft.text, keep=True)
    if subject is Subject.CONSTANT:
        return Memory.READ_ONLY
    if subject in (Subject.FUNC_LITERAL, Subject.WRAPPER):
        return Memory.STATIC if draft.marks and draft.marks.get(marks.STATIC) else Memory.HEAP
    if subject is Subject.SLICE:
        is_empty = _EMPTY_LITERAL.fullmatch(text) or _EMPTY_MAKE.fullmatch(text)
        return Memory.NO_ELEMENTS if is_empty else Memory.HEAP
    if draft.text.startswith(_UNFORMATTED) and formats():
        return Memory.NEVER
    if subject is Subject.POINTER and _POINTED_TO.fullmatch(text):
        name = text.removeprefix("&").removeprefix("new(").rstrip("{})")
        return Memory.NO_SIZE if made_of(f"{name}(") == "struct{}" else Memory.HEAP
    if subject is not Subject.BOX:
        return Memory.HEAP
    for place, reason in (draft.variables or {}).items():
        if is_in_sight(place):
            return Memory(reason)
    return _of_box(draft, beside) if draft.marks else Memory.HEAP


def _of_box(draft: Draft, beside: Iterable[Draft]) -> Memory:
    """What the marks at a place say of one value there.

    They are those of all values at the place, constants and such that do not leave the stack
    included; so there must be enough for all, and of a kind that the value can have.
    """
    assert draft.marks is not None
    constants, others = 0, max(draft.decisions, 1)
    for one in beside:
        if one.kind is Kind.MOVED or one.text.startswith(_NO_BOX):
            continue
        if is_constant(one.text):
            constants += one.decisions
        else:
            others += one.decisions
    for reason in (marks.NO_SIZE, marks.ONE_BYTE):
        if draft.marks.get(reason, 0) >= others:
            return Memory(reason)
    fixed = draft.marks.get(marks.READ_ONLY, 0)
    if draft.text.endswith("}") and fixed >= constants + others:
        return Memory.READ_ONLY
    is_alone = constants == 0 and not draft.inlined and fixed == others
    return Memory.READ_ONLY if is_alone else Memory.HEAP
