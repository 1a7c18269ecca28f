"""What a cause is, and how its sentences speak.

A cause is a file of this folder with one class of its name: `ReturnedPointer` in
`returned_pointer.py` is `returned-pointer` everywhere else. Registry, pages and the JSON schema
follow from the files.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from msgspec.structs import replace

from escapelens import dialect
from escapelens.evidence import (
    Chain,
    End,
    Evidence,
    Memory,
    Pattern,
    Subject,
    Through,
    formats,
)
from escapelens.examine.fields import apart, is_field
from escapelens.examine.printed import split
from escapelens.model import Effect, Position

if TYPE_CHECKING:
    from escapelens.rewriting.rewrite import Refusal, Rewrite, RewriteCase

_MAX_QUOTED = 72
_ASSIGNED = re.compile(r'^(?:[\w.*, \[\]]|"[^"]*")+ :?= ')
_RETURNED = re.compile(r"^return\b")
_CLOSURE = re.compile(r"\.func\d")
"""In the name that the compiler makes up for a function literal."""
_NAMED = re.compile(r"[\w.]+")
"""A type that has a name, without type arguments."""
_NO_ORDER = "the compiler does not look at the order of statements"
NO_FIELDS = "the compiler does not tell the fields of a variable apart"
_TAKES = {
    Memory.READ_ONLY: "; it lies in read-only memory, and nothing is allocated for it",
    Memory.NO_SIZE: "; it has no size, and nothing is allocated for it",
    Memory.ONE_BYTE: "; it is one byte, of which Go keeps all values, and nothing is allocated",
    Memory.STATIC: "; it captures nothing, so it is made once, and nothing is allocated",
    Memory.NO_ELEMENTS: "; it has no elements, and nothing is allocated for it",
    Memory.NEVER: "; but it is only made where there is nothing to format, and here there is",
}


class Example(NamedTuple):
    """A Go file in which the cause exists, and the same without it."""

    before: str
    """Each line on which the cause claims a site, and no other, ends in `// heap`."""
    after: str = ""
    """The file without such a site, where the cause can be avoided."""
    since: int = 21
    """The first Go 1.x in which it is so."""
    until: int | None = None
    go: str = "1.21"
    """The language version of its module."""
    goarch: str = ""
    """The target, where it is so on one only."""
    rewrite: str = ""
    """The name of the rewrite that makes `after` out of `before`, byte for byte, if one does."""
    check: str = ""
    """A Go function `check() any`, whose result must be the same in both, with its imports."""
    effect: Effect = Effect.GONE
    """What compiling the rewritten file shows; marks in `after` are sites that stay."""


class NearMiss(NamedTuple):
    """A Go file that looks alike, in which the cause claims nothing."""

    source: str
    because: str
    """What is different."""
    since: int = 21
    until: int | None = None
    goarch: str = ""
    """The target, where it is so on one only."""


class Case(NamedTuple):
    """A site and everything a sentence about it may name."""

    evidence: Evidence
    file: str
    """Of the site, as the report names it."""
    inlined: str = ""
    """The function that an inlined copy came from, where that is known."""
    chain: Chain = Chain()
    interface: str = ""
    """The interface that the value is put in, as the file writes it, where that was asked."""

    @property
    def what(self) -> str:
        """What is on the heap, quoted; inlined code names the function it comes from.

        One of several results of a call is what the statement does with them.
        """
        text = quoted(self.evidence.what)
        where = self.inlined_function
        if where:
            return f"{text} of {where}, inlined here,"
        verb = _verb(self.evidence.what) if self.evidence.subject is Subject.BOX else ""
        return f"what {text} {verb}" if verb else text

    @property
    def inlined_function(self) -> str:
        """The function that inlined code comes from, quoted; empty for the site's own code."""
        inlined = self.evidence.inlined
        if not inlined:
            return ""
        if self.inlined and (inlined == "…" or _CLOSURE.search(self.inlined) is None):
            inlined = self.inlined
        return "a function" if inlined == "…" else f"`{dialect.function(dialect.plain(inlined))}`"

    @property
    def statement(self) -> str:
        """The statement that keeps it, quoted, and its line, or that of the inlining call."""
        there, callee = quoted(self.evidence.statement), self.evidence.callee
        if callee is not None and callee.within and callee.text == "panic":
            there = f"{there} in {quoted(f'{callee.within}(…)')}"
        return f"{self.elsewhere}{there}{self.line(self.evidence.position)}"

    @property
    def holder(self) -> str:
        """The variable that it is stored in, quoted, and the line where that is done."""
        there = f"{quoted(self.evidence.holder)}{self.line(self.evidence.position)}"
        return f"{self.elsewhere}{there}"

    @property
    def loop(self) -> str:
        """The loop of which a turn is outlived; that of an inlined body by the call of that."""
        evidence = self.evidence
        statement = evidence.statement
        is_call = statement.endswith(")") and not _ASSIGNED.match(statement)
        if evidence.inlined and evidence.callee is None and is_call:
            return f"a loop in {quoted(dialect.without_arguments(statement))}"
        return "the loop"

    @property
    def call(self) -> str:
        """The call that it is handed to, without the arguments, and its line.

        That of an inlined body is told for values of such, and where no function is known.
        """
        evidence, callee = self.evidence, self.evidence.callee
        if callee is None:
            call = quoted(dialect.without_arguments(evidence.statement))
        elif callee.within == "" and callee.text == "…":
            call = "the function that the loop ranges over"
        elif callee.text == "…":
            call = quoted(f"{callee.within}(…)")
        elif callee.within == "":
            call = quoted(f"{callee.text}(…)")
        elif self.is_told_by_the_source:
            call = quoted(f"{callee.within}(…)")
        else:
            call = f"{quoted(f'{callee.text}(…)')} in {quoted(f'{callee.within}(…)')}"
        return f"{self.elsewhere}{call}{self.line(evidence.position)}"

    @property
    def it(self) -> str:
        """The value where its way in the site's function ends: it, or what it is a field of."""
        return "what holds it" if is_field(self.evidence.moves) else "it"

    @property
    def is_told_by_the_source(self) -> bool:
        """Whether only the call in the source is told, not that in its inlined body.

        Of a call that formats it does in its own package only: `fmt.Printf` for `fmt.Fprintf`.
        """
        evidence, callee = self.evidence, self.evidence.callee
        if callee is None or not callee.function or not callee.within or evidence.inlined:
            return False
        packages = {one.partition(".")[0] for one in (callee.text, callee.within)}
        is_elsewhere = len(packages) > 1 and formats(callee)
        return evidence.end is not End.NO_BODY and not is_elsewhere

    @property
    def elsewhere(self) -> str:
        """The call of this file that leads to another file, in front of what keeps it there."""
        leading = self.evidence.leading
        if leading is None:
            return ""
        return f"in {quoted(f'{leading.text}(…)')}{self.line(leading.position)}, "

    def line(self, position: Position | None) -> str:
        """A position in brackets, by its line if it is in the site's file."""
        if position is None or position.file.startswith("<"):
            return ""  # generated functions are in no file
        if position.file == self.file:
            return f" (line {position.line})"
        return f" ({_brief_path(position.file)}:{position.line})"

    @property
    def capturing(self) -> str:
        """What captures it."""
        return (
            "the body of a loop over a function" if self.evidence.by_loop else "a function literal"
        )

    @property
    def literal(self) -> str:
        """How a function literal holds what it captures, and where."""
        how = " by reference" if self.evidence.through is Through.BY_REFERENCE else ""
        words = f"captured{how} by {self.capturing}{self.line(self.evidence.literal)}"
        if self.evidence.width:
            return f"{words}, since its {self.evidence.width} bytes are too many for a copy"
        change = self.evidence.change
        if change is None:
            return words
        does = "assigns to it" if change.is_assigned else "takes its address"
        return f"{words}, since line {change.line} {does}"

    @property
    def box(self) -> str:
        """The interface that holds a copy."""
        if not _NAMED.fullmatch(self.interface):
            return "an `any`" if self.interface == "interface{}" else "an interface"
        article = "an" if self.interface[0] in "aeiouAEIOU" else "a"
        return f"{article} `{self.interface}`"

    @property
    def is_on_the_heap(self) -> str:
        """The predicate of the sentence; what takes no memory only counts as on the heap."""
        allocates = self.evidence.memory is Memory.HEAP
        return "is on the heap" if allocates else "counts as on the heap"

    def because(self, reason: str) -> str:
        """The whole sentence."""
        return f"{self.what} {self.is_on_the_heap} because {reason}"

    def boxed_because(self, reason: str) -> str:
        """The whole sentence for what is copied into an interface, if it is."""
        if self.evidence.subject is not Subject.BOX:
            return self.because(reason)
        return f"a copy of {self.because(reason)}"

    @property
    def afterwards(self) -> str:
        """What a sentence ends in: what the compiler does not see, and what the value takes."""
        words = ""
        if self.evidence.never_follows:
            words = f"; {self._that_line} cannot run after this one, but {_NO_ORDER}"
        found = apart(self.evidence.moves)
        if found is not None and found.stored and not self._returns_all_of(found.read):
            words += (
                f"; that is `{found.read}` of the variable whose `{found.stored}` it is, "
                f"and {NO_FIELDS}"
            )
        if self.evidence.is_boxed and self.evidence.subject is not Subject.BOX:
            words = f"; so is its header, which the interface points to{words}"
        said = self.evidence.end is End.NO_SIZE
        return words if said else words + _TAKES.get(self.evidence.memory, "")

    def _returns_all_of(self, field: str) -> bool:
        """Whether a return hands the caller the variable itself beside one of its fields."""
        statement = self.evidence.statement
        if not statement.startswith("return "):
            return False
        operands = split(statement.removeprefix("return "))
        return any(f"{one}.{field}" in operands for one in operands)

    @property
    def _that_line(self) -> str:
        position = self.evidence.position
        return "that line" if position is None else f"line {position.line}"


def _verb(what: str) -> str:
    """What a statement does with the results of the call that makes one of the values."""
    if _ASSIGNED.match(what):
        return "assigns"
    return "returns" if _RETURNED.match(what) else ""


class RefusalExample(NamedTuple):
    """A Go file in which the cause claims a site that a rewrite must leave alone."""

    rewrite: str
    source: str
    """The line of the site ends in `// heap`."""
    reason: str
    """What the refusal says."""
    since: int = 21
    until: int | None = None


class Cause(ABC):
    """A named pattern behind sites: why the compiler put them on the heap."""

    summary: ClassVar[str]
    """One line: what the code does."""
    why: ClassVar[str]
    """What the compiler could not prove; Markdown."""
    safety: ClassVar[str]
    """What a rewrite may change."""
    leave_it: ClassVar[str]
    """When it is not worth it."""
    history: ClassVar[str] = ""
    """What changed between Go versions."""
    since: ClassVar[int] = 21
    until: ClassVar[int | None] = None
    machine_code: ClassVar[bool] = False
    """Its sites are found in the machine code only."""
    examples: ClassVar[tuple[Example, ...]] = ()
    near_misses: ClassVar[tuple[NearMiss, ...]] = ()
    asks_for_users: ClassVar[bool] = False
    """Its rewrites must know every place that uses the function of a site."""
    asks_for_callees: ClassVar[bool] = False
    """Its rewrites must know the function that a value is handed to, and all that use it."""
    asks_for_pools: ClassVar[bool] = False
    """Its rewrites must know everything that takes from a pool and puts back."""
    refusals: ClassVar[tuple[RefusalExample, ...]] = ()

    @property
    def name(self) -> str:
        """The name everywhere outside of the code: kebab-case words."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", type(self).__name__).lower()

    @abstractmethod
    def claims(self, pattern: Pattern) -> bool:
        """Whether a site is there because of this; true for exactly one cause of each site."""

    @abstractmethod
    def sentence(self, case: Case) -> str:
        """Why one site is on the heap, in the user's own words."""

    def rewrites(self, case: "RewriteCase") -> "Iterator[Rewrite | Refusal]":
        """What would remove a site that it claims, and why what one may expect would not."""
        return iter(())


def told(case: "RewriteCase") -> Case:
    """A site as sentences speak of it, but for the types behind an interface.

    A rewrite is looked for beside tests, whose types nobody else has.
    """
    origin = case.site.origin
    inlined = origin.function if origin is not None and origin.function else ""
    evidence = case.evidence
    if evidence.callee is not None:
        evidence = replace(evidence, callee=replace(evidence.callee, types=None))
    return Case(evidence, case.site.position.file, inlined)


def quoted(code: str) -> str:
    """Code in backticks, its first line, shortened in the middle; words for code stay words."""
    if dialect.is_words(code):
        return code
    return f"`{dialect.shorten(dialect.first_line(code), _MAX_QUOTED)}`"


def _brief_path(file: str) -> str:
    """A file's name as a sentence tells it: one of another module only with its folder."""
    return "/".join(file.split("/")[-2:]) if file.startswith("/") else file


def is_pooled(pattern: Pattern) -> bool:
    """Whether it is put in a `sync.Pool`."""
    return pattern.end is End.CALL and (
        pattern.package == "sync" and pattern.function == "(*Pool).Put"
    )
