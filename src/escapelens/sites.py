"""Drafts and their sources in, one Site per place out.

A site is completed within its package block: node, function, expression, flows, origin. What needs
the whole run comes with `merge`: other packages' copies of the same place, the owning package, the
fingerprint, the order.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from msgspec.structs import replace

from escapelens import dialect
from escapelens.drafts import Draft, Drafts, Line, Paths, PlaceKey
from escapelens.evidence import Evidence
from escapelens.examine.examiner import Examiner
from escapelens.examine.flows import Siblings
from escapelens.examine.view import CALLS
from escapelens.model import (
    Certainty,
    Cold,
    Context,
    Decision,
    Flow,
    Kind,
    Leak,
    Origin,
    Point,
    Range,
    Site,
    Step,
    Triage,
)
from escapelens.nodes import (
    conversion_around,
    fitting_node,
    is_constant,
    is_spelled_as_written,
    node_in_loop,
    only_fitting_node,
)
from escapelens.origins import Origins, makers
from escapelens.parsers.diagnostics import (
    NOWHERE,
    Explanation,
    Hop,
    Hops,
    LeakHeader,
    Place,
    hops,
)
from escapelens.source import Source, without_space
from escapelens.triage import Triager

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_EXPRESSION = 160
"""Longer expressions are cut in the middle; their range tells where all of them stands."""

_RESULT = re.compile(r"(?:\(?[\w.\[\]]+\)?\()?(?:[~.][rR]0|(?:\w+\.)?#rv1)\)?")
"""What the compiler calls the first result of an inlined function, or a conversion of it."""

_LOOP_BODY = re.compile(r"-range\d")
"""In the name of the function that the body of a loop over a function becomes."""

_encode = msgspec.json.Encoder().encode
_decode_flows = msgspec.json.Decoder(tuple[Flow, ...]).decode


def flows_of(record: Site | Leak) -> tuple[Flow, ...]:
    """The flows of a site or leak, which are kept encoded."""
    return _decode_flows(record.flows)


class Completed(msgspec.Struct, array_like=True, frozen=True):
    """A site of one block, with what tells it from its equals in other blocks and runs."""

    site: Site
    """Without fingerprint, owning package and `foreign`, which need the whole run."""
    path: str
    """Absolute; empty if the site stands in no file."""
    normal: str
    """The text in which all copies of the expression agree."""
    declared: str
    """The declared function around it, receiver kept."""
    text_hash: str
    """16 hex digits of the node's text without white space."""
    inlined: tuple[str, ...]
    """The functions inlined at the place of an inlined copy, of which one can have made it."""
    evidence: Evidence
    """Why it is on the heap."""
    callers: tuple[str, ...] = ()
    """The others that are inlined there, of which some may call that one."""

    @property
    def decisions(self) -> int:
        return sum(decision.count for decision in self.site.decisions)

    def key(self, package: str) -> PlaceKey:
        """What all copies of the site share, whichever block printed them."""
        position = self.site.position
        owner = self.path or f"{package}\0{position.file}"
        return (owner, position.line, position.column or 0, self.site.kind, self.normal)


class _Explained:
    """What explanations say, each read once, since several stages ask."""

    def __init__(self) -> None:
        self._places: dict[bytes, Place] = {}
        self._known: dict[int, Hops] = {}
        """By identity."""

    def of(self, explanation: Explanation) -> Hops:
        found = self._known.get(id(explanation))
        if found is None:
            found = self._known[id(explanation)] = hops(explanation, self._places)
        return found

    def of_leak(self, header: LeakHeader) -> Hops:
        """What is said of a leak, which is asked for once."""
        return hops(header, self._places)

    def hops(self, explanation: Explanation) -> Sequence[Hop]:
        return self.of(explanation).hops


class Completer:
    """Completes the drafts of one file, whose syntax tree is built at most once."""

    def __init__(self, source: Source | None, paths: Paths, path: str = "") -> None:
        self._source = source
        self._paths = paths
        # Nothing here refers to the completer: garbage that refers to itself stays in memory.
        self._explained = _Explained()
        self._triager = Triager(source, path) if source is not None else None
        self._examiner = Examiner(source, path, paths, self._explained.hops)
        self.contradicted = False
        """Whether the source cannot be what the compiler read, so that its ranges are void."""

    def focus(self, drafts: Iterable[Draft]) -> None:
        """Prepares for these drafts, and no others, of the file."""
        source = self._source
        if source is not None:
            places = {place for draft in drafts for place in self._places_of(draft)}
            offsets = (source.offset(place.line, place.column or 1) for place in places)
            source.focus(offset for offset in offsets if offset is not None)

    def _triage(self, draft: Draft, node: "Node | None", *, own: bool) -> Triage | None:
        if node is None or self._triager is None or self._source is None:
            return None
        triage = self._triager.triage(node, self._source.function_at(node.start_byte))
        if triage.cold is None and not own and self._is_panicked_with(draft):
            return replace(triage, cold=Cold.PANICS)
        return triage

    def _is_panicked_with(self, draft: Draft) -> bool:
        """Whether an inlined body makes something only to hand it to `panic`."""
        if draft.kind is not Kind.ESCAPES or not draft.explanations:
            return False
        found = self._explained.hops(draft.explanations[0])
        stored = (hop.target for hop in found if hop.reason.startswith("assign"))
        is_panic = bool(found) and found[-1].expression.startswith("panic(")
        return is_panic and all(map(dialect.is_result, stored))

    def _places_of(self, draft: Draft) -> Iterator[Place]:
        """Where a draft stands, and where its flow passes through the same file."""
        yield draft.place
        for explanation in draft.explanations[:1]:
            for hop in self._explained.hops(explanation):
                if hop.place.file == draft.place.file:
                    yield hop.place

    def complete(self, draft: Draft, drafts: Drafts, siblings: Siblings) -> Completed:
        """The site a draft of the file stands for."""
        source, place = self._source, draft.place
        node, own = self._node(draft)
        function = draft.function.name if draft.function else ""
        if source is None and draft.path and draft.explanations:
            function = dialect.function_name(draft.explanations[0].function)
        if source is not None and place.column and draft.path.endswith(".go"):
            offset = source.offset(place.line, place.column)
            around = None if offset is None else source.function_at(offset)
            function = around.name if around else ""
        callers: tuple[str, ...] = ()
        if not own:
            draft.lines = {_inlined(line): count for line, count in draft.lines.items()}
            inlined, draft.inlined = draft.inlined, makers(draft.kind, draft.text, draft.inlined)
            callers = tuple(dict.fromkeys(one for one in inlined if one not in draft.inlined))
        expression = _expression(source, node if own else None, draft)
        site = Site(
            fingerprint="",
            package="",
            function=function,
            kind=draft.kind,
            expression=expression,
            position=self._paths.position(place),
            decisions=_decisions(draft.lines, drafts, self._paths),
            flows=self.flows(draft.explanations),
            range=_range(source, node) if source is not None and node is not None else None,
            origin=None if own else _origin(draft.inlined),
            triage=self._triage(draft, node, own=own),
            generated=not draft.path or (source is not None and source.generated),
        )
        return Completed(
            site,
            draft.path,
            draft.normal,
            draft.function.name if draft.function else "",
            _text_hash(source, node, draft, own),
            () if own else draft.inlined,
            self._examiner.examine(draft, expression, node, own=own, siblings=siblings),
            callers,
        )

    def flows(self, explanations: Iterable[Explanation | LeakHeader]) -> msgspec.Raw:
        """The encoded flows that explanations describe."""
        return msgspec.Raw(_encode([self._flow(explanation) for explanation in explanations]))

    def leak(self, header: LeakHeader, package: str) -> Leak:
        """The record of a parameter leak; before Go 1.25 its function is read from the source."""
        return Leak(
            package,
            dialect.function_name(header.function) or self.declared_at(header.place),
            header.parameter,
            header.to,
            header.derefs,
            self._paths.position(header.place),
            self.flows((header,)),
        )

    def is_wrapper(self, header: LeakHeader) -> bool:
        """Whether a leak is that of the pointer method made for a method with a value receiver."""
        printed = dialect.function_name(header.function)
        if not printed.startswith("(*"):
            return False
        return self.declared_at(header.place) == printed[2:].replace(")", "", 1)

    def declared_at(self, place: Place) -> str:
        """The declared function around a place; empty where the source does not tell."""
        source = self._source
        offset = source.offset(place.line, place.column or 1) if source else None
        if source is None or offset is None:
            return ""
        declared = source.declared_at(offset)
        return declared.name if declared else ""

    def _node(self, draft: Draft) -> "tuple[Node | None, bool]":
        """The node at a draft's place, and whether the decision is about that node itself."""
        source, place, kind = self._source, draft.place, draft.kind
        # What the compiler explains without a decision is a wrapper made at this very place.
        inlined = bool(draft.inlined and draft.lines)
        if source is None or not draft.path.endswith(".go"):
            return None, not inlined
        if not place.column:
            # Which of a line's calls was inlined does not show without a column.
            return only_fitting_node(source, place.line, kind, draft.text), True
        if inlined and any(map(_LOOP_BODY.search, draft.inlined)):
            loop = source.node_at(place.line, place.column)
            if loop is not None and loop.type == "for_statement":
                node = node_in_loop(source, loop, kind, draft.text)
                return node or loop, node is not None
        node = fitting_node(source, place.line, place.column, kind, draft.text)
        if node is not None and not (inlined and self._is_call_for_other(node, draft)):
            return node, True
        if inlined and not source.uses_cgo and self._is_result_of_call(draft):
            call = source.node_at(place.line, place.column)
            if call is not None and call.type == "call_expression":
                return conversion_around(source, call, draft.text), True
        own = not inlined
        if source.uses_cgo:
            # Behind a rewritten C call, columns count in the text that cgo made of the line.
            return None, own
        node = source.node_at(place.line, place.column)
        if own and source.root.has_error:
            # Go knows syntax that the grammar does not; what it cannot read contradicts nothing.
            return None, own
        if own and _contradicts(draft, node):
            self.contradicted = True
        if own and node is not None:
            node = conversion_around(source, node, draft.text)
        return node, own

    def _is_call_for_other(self, node: "Node", draft: Draft) -> bool:
        """Whether a call stands where something was printed that the callee's body makes.

        So it is with a variable, a constant, and variadic arguments that go on to another call.
        """
        if draft.text == "... argument":
            found = [self._explained.hops(one) for one in draft.explanations]
            first = [next((hop for hop in one if hop.reason != "spill"), None) for one in found]
            is_parameter = any(hop is not None and hop.reason == "assign-pair" for hop in first)
            return bool(found) and not (is_parameter and self._examiner.may_be_variadic(node))
        what = draft.kind is Kind.MOVED or is_constant(draft.text)
        return what and node.type in CALLS

    def _is_result_of_call(self, draft: Draft) -> bool:
        """Whether the caller makes something of the one result of a call that is inlined.

        The compiler prints a name of its own for the result, and the place of the call. What flows
        on from another place was put there by the caller, not by the inlined body.
        """
        if _RESULT.fullmatch(draft.text) is None or not draft.explanations:
            return False
        found = self._explained.hops(draft.explanations[0])
        following = next((hop for hop in found if hop.reason not in ("", "spill")), None)
        return following is not None and following.place not in (draft.place, NOWHERE)

    def _flow(self, explanation: Explanation | LeakHeader) -> Flow:
        if isinstance(explanation, Explanation):
            found = self._explained.of(explanation)
        else:
            found = self._explained.of_leak(explanation)
        position = self._paths.position
        steps = tuple(
            Step(
                hop.expression,
                hop.reason,
                dialect.note(hop.reason, hop.target),
                hop.target,
                hop.value,
                None if hop.place is NOWHERE else position(hop.place),
            )
            for hop in found.hops
        )
        return Flow(steps[-1].target if steps else "", steps, found.truncated)


def _inlined(line: Line) -> Line:
    return line._replace(context=Context.INLINED) if line.context is Context.OWN else line


def _contradicts(draft: Draft, node: "Node | None") -> bool:
    """Whether the node at a place of its own cannot be what the compiler read there.

    What the compiler rewrites before it prints, such as a call within the expression, may read
    differently in an unchanged file; a name, a literal or a built-in call may not.
    """
    if not draft.lines or any(line.context is not Context.OWN for line in draft.lines):
        return False
    return node is None or draft.kind is Kind.MOVED or is_spelled_as_written(draft.text)


def _expression(source: Source | None, node: "Node | None", draft: Draft) -> str:
    if node is not None and node.type == "for" and draft.text == "func literal":
        return "the body of this range-over-func loop"
    if source is None or node is None or not _is_spelled(source, node, draft):
        word = dialect.location if draft.kind is Kind.MOVED else dialect.plain
        return dialect.shorten(word(draft.text), MAX_EXPRESSION)
    if node.type == "func_literal":
        body = node.child_by_field_name("body")
        end = body.start_byte if body is not None else node.end_byte
        head = source.content[node.start_byte : end].decode("utf-8", "replace")
        return dialect.shorten(f"{head.rstrip()} {{…}}", MAX_EXPRESSION)
    if draft.kind is Kind.DEFERRED_CALL:
        return dialect.shorten(_without_bodies(source, node), MAX_EXPRESSION)
    return dialect.shorten(source.text(node), MAX_EXPRESSION)


def _without_bodies(source: Source, node: "Node") -> str:
    """The text of a node with `{…}` for what function literals hold that fills several lines."""
    if node.type == "block" and b"\n" in source.content[node.start_byte : node.end_byte]:
        return "{…}"
    text, done = "", node.start_byte
    for child in node.children:
        between = source.content[done : child.start_byte].decode("utf-8", "replace")
        text += between + _without_bodies(source, child)
        done = child.end_byte
    return text + source.content[done : node.end_byte].decode("utf-8", "replace")


def _is_spelled(source: Source, node: "Node", draft: Draft) -> bool:
    """Whether the node's text names what is on the heap; a keyword or a case's type does not."""
    if draft.kind is Kind.MOVED:
        # The value of Go 1.26's new(value) is first put in a variable without a name.
        is_new = node.type == "call_expression" and draft.text.startswith(".autotmp_")
        return is_new or source.text(node) == draft.text.rpartition(".")[2]
    return node.is_named


def _text_hash(source: Source | None, node: "Node | None", draft: Draft, own: bool) -> str:
    text = b"" if own and node is not None else draft.normal.encode()
    if source is not None and node is not None:
        # Copies inlined at one call share its node and are told apart by what was printed.
        text = source.content[node.start_byte : node.end_byte] + text
    return hashlib.blake2b(without_space(text), digest_size=8).hexdigest()


def _range(source: Source, node: "Node") -> Range:
    start, end = source.point(node.start_byte), source.point(node.end_byte)
    return Range(Point(*start), Point(*end))


def _origin(inlined: tuple[str, ...]) -> Origin:
    """One call inlined at a place leaves no doubt; several of one function leave which call."""
    names = set(inlined)
    if len(names) != 1:
        return Origin(Certainty.UNKNOWN)
    certainty = Certainty.EXACT if len(inlined) == 1 else Certainty.INFERRED
    return Origin(certainty, inlined[0])


def _decisions(lines: Mapping[Line, int], drafts: Drafts, paths: Paths) -> tuple[Decision, ...]:
    found = [
        Decision(
            drafts.package,
            paths.position(line.place),
            line.message,
            count,
            line.context,
            drafts.variant,
        )
        for line, count in lines.items()
    ]
    return tuple(found) if len(found) == 1 else tuple(sorted(found, key=_decision_order))


def _decision_order(decision: Decision) -> tuple[object, ...]:
    position = decision.position
    return (
        decision.context is not Context.OWN,
        decision.package,
        decision.variant or "",
        position.file,
        position.line,
        position.column or 0,
        decision.message,
    )


class Merged(NamedTuple):
    """A site of the whole run, and what is known of it beside."""

    site: Site
    path: str
    declared: str
    """The declared function it stands in."""
    evidence: Evidence
    normal: str
    """The text in which all copies of the expression agree."""
    inlined: tuple[str, ...] = ()
    """The functions inlined at the place of an inlined copy."""


class Placed(NamedTuple):
    """A site of the whole run, and what its copies agree in."""

    completed: Completed
    merged: Merged
    """Its origin still as one block tells it."""

    @property
    def order(self) -> tuple[object, ...]:
        """Compares sites by file and position."""
        return _site_order(self.completed)


def merge(
    parts: Iterable[Sequence[Completed]], owner_of: Callable[[str], tuple[str, bool]]
) -> list[Merged]:
    """Folds the sites of all blocks into one per place, in the order of files and positions.

    `owner_of` tells for a file the import path of its package, empty if it is not known, and
    whether that was asked for.
    """
    placed = place(parts, owner_of)
    origins = Origins()
    for one in placed:
        add_origin(one, origins)
    return [with_origin(one, origins) for one in placed]


def place(
    parts: Iterable[Sequence[Completed]], owner_of: Callable[[str], tuple[str, bool]]
) -> list[Placed]:
    """The same for all sites of some packages, where the origins in others are not known yet."""
    copies: dict[PlaceKey, list[Completed]] = {}
    for part in parts:
        for completed in part:
            site = completed.site
            key = completed.key(site.decisions[0].package if site.decisions else "")
            copies.setdefault(key, []).append(completed)
    places = [_folded(found) if len(found) > 1 else found[0] for found in copies.values()]
    ordered = sorted(places, key=_site_order)
    ordinals: Counter[tuple[str, ...]] = Counter()
    result = []
    for completed in ordered:
        site = completed.site
        package, asked = owner_of(completed.path)
        if not package and site.decisions:
            package = site.decisions[0].package
        identity = (package, completed.declared, site.kind.value, completed.text_hash)
        ordinal = ordinals[identity]
        ordinals[identity] += 1
        words = "\0".join((*identity, str(ordinal)))
        fingerprint = hashlib.blake2b(words.encode(), digest_size=8).hexdigest()
        site = replace(site, fingerprint=fingerprint, package=package, foreign=not asked)
        merged = Merged(
            *(site, completed.path, completed.declared, completed.evidence),
            *(completed.normal, completed.inlined),
        )
        result.append(Placed(completed, merged))
    return result


def add_origin(placed: Placed, origins: Origins) -> None:
    """Notes a site that inlined copies may come from or through."""
    completed, (site, *_) = placed
    origins.add(site, completed.declared, completed.normal, completed.callers)


def with_origin(placed: Placed, origins: Origins) -> Merged:
    """The site with what the whole run tells of its origin, if it is an inlined copy."""
    completed, merged = placed
    site = merged.site
    if site.origin is None:
        return merged
    told = origins.told(site, completed.normal, completed.inlined)
    evidence = merged.evidence
    if told.expression != site.expression:
        evidence = replace(evidence, what=told.expression)
    return merged._replace(site=told, evidence=evidence)


def _folded(copies: list[Completed]) -> Completed:
    """One site with the decisions of all copies; the most certain one tells the rest."""
    best = min(copies, key=_preference)
    counts: dict[Decision, int] = {}
    for copy in copies:
        for decision in copy.site.decisions:
            unit = replace(decision, count=1)
            counts[unit] = counts.get(unit, 0) + decision.count
    decisions = [replace(unit, count=count) for unit, count in counts.items()]
    decisions.sort(key=_decision_order)
    return replace(best, site=replace(best.site, decisions=tuple(decisions)))


def _preference(completed: Completed) -> tuple[object, ...]:
    """Orders copies of one place: from the package's own plain compilation before variants."""
    site = completed.site
    first = site.decisions[0] if site.decisions else None
    return (
        site.range is None,
        site.origin is not None,
        bool(first and first.variant),
        first.package if first else "",
        first.variant or "" if first else "",
        completed.declared,
        bytes(site.flows),
    )


def _site_order(completed: Completed) -> tuple[object, ...]:
    site = completed.site
    position = site.position
    return (
        not completed.path,
        position.file,
        position.line,
        position.column or 0,
        site.kind.value,
        completed.normal,
        site.decisions[0].package if site.decisions else "",
    )
