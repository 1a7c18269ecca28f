"""What holds a value and is on the heap itself: the site of a function in which a story goes on."""

import os
from collections.abc import Iterable

from msgspec.structs import replace

from escapelens import dialect
from escapelens.dispatch import seen_from_elsewhere
from escapelens.evidence import End, Evidence, Kept, Subject, is_open
from escapelens.examine.fields import Move
from escapelens.model import Kind
from escapelens.sites import Merged

_STORAGE = "{storage for "
_HIDDEN = Move(False, "")
"""A field of an inlined literal, whose text the compiler does not print."""
_INDEXED = (End.ELEMENT, End.MAP_ENTRY)
_STORES = (*_INDEXED, End.POINTER, End.GLOBAL)
_TOLD = (*_STORES, End.CALL, End.DYNAMIC_CALL, End.NO_BODY, End.REFLECTION)


class Holders:
    """The sites of a run, by where they stand and what the compiler calls them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], list[Merged]] = {}
        self._by_place: dict[tuple[str, int], list[Merged]] = {}
        """Those that tell inlined copies more than the copies' own words."""

    def know(self, found: Iterable[Merged]) -> None:
        """Takes the sites of a run."""
        for one in found:
            self._known.setdefault((one.path, one.declared), []).append(one)
            evidence: Evidence = one.evidence
            if evidence.end in _TOLD or _field(evidence):
                position = one.site.position
                self._by_place.setdefault((position.file, position.line), []).append(one)

    def in_origin(self, copy: Merged) -> Evidence:
        """The evidence of an inlined copy, with what is known of the end of its origin's."""
        evidence, origin = copy.evidence, copy.site.origin
        if origin is None or origin.position is None:
            return evidence
        here = evidence.end in _INDEXED and evidence.position == copy.site.position
        hidden = evidence.moves[:1] == (_HIDDEN,)
        if not here and not hidden and not is_open(evidence):
            return evidence
        for one in self._by_place.get((origin.position.file, origin.position.line), ()):
            same = one.site.position == origin.position and one.site.kind is copy.site.kind
            if not same or one.evidence.subject is not evidence.subject:
                continue
            if here and one.evidence.end in _STORES:
                evidence = replace(evidence, end=one.evidence.end)
            if hidden and (field := _field(one.evidence)):
                evidence = replace(evidence, moves=(Move(False, field), *evidence.moves[1:]))
            if is_open(evidence):
                evidence = _chosen_as(evidence, one, copy.site.package)
            break
        return evidence

    def of(self, path: str, function: str, kept: Kept) -> Merged | None:
        """The site in a function of the file at `path` that holds a value; the nearest one."""
        text = _bare(kept.storage.removeprefix(_STORAGE).removesuffix("}"), path)
        line = kept.position.line if kept.position else 0
        is_variable = not kept.storage.startswith(_STORAGE)
        equal = [
            one
            for one in self._known.get((path, function), ())
            if (one.site.kind is Kind.MOVED) is is_variable and _bare(one.normal, path) == text
        ]
        if text == "func literal":
            # What a literal captures stands within it. Of a loop's body only the `for` is told.
            before = [one for one in equal if _lines(one)[0] <= line]
            equal = [one for one in before if line <= _lines(one)[1]] or [
                one for one in before if one.evidence.subject is Subject.LOOP_BODY
            ]
        return min(equal, key=lambda one: abs(one.site.position.line - line), default=None)


def kept_of(holder: Merged) -> Kept:
    """What keeps a site."""
    evidence: Evidence = holder.evidence
    return Kept(
        evidence.end,
        evidence.is_error,
        evidence.callee,
        evidence.statement,
        evidence.position,
        evidence.holder,
        evidence.storage,
        evidence.moves,
    )


def _chosen_as(evidence: Evidence, origin: Merged, package: str) -> Evidence:
    """The evidence of an inlined call with what its origin knows, for files of `package`."""
    known: Evidence = origin.evidence
    callee, told = evidence.callee, known.callee
    if callee is None or told is None or told.text != callee.text:
        return evidence
    if origin.site.package != package:
        own = told.function != "" and told.package == ""
        told = replace(told, package=origin.site.package) if own else told
        told = seen_from_elsewhere(told, origin.site.package)
    return replace(evidence, end=known.end, callee=replace(told, within=callee.within))


def _field(evidence: Evidence) -> str:
    """The field of a struct literal that a value is stored in at once, if the source tells."""
    first = evidence.moves[0] if evidence.moves else _HIDDEN
    return "" if first.is_read or not first.name.isidentifier() else first.name


def _lines(one: Merged) -> tuple[int, int]:
    line = one.site.position.line
    return line, one.site.range.end.line if one.site.range else line


def _bare(text: str, path: str) -> str:
    """A printed text as instances and other packages' copies agree in it."""
    package = os.path.basename(os.path.dirname(path))  # noqa: PTH119, PTH120
    return dialect.generalise(text).replace(f"{package}.", "")
