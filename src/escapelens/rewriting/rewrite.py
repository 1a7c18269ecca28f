"""What a rewrite is, what it may look at, and how it is refused."""

from typing import TYPE_CHECKING, NamedTuple

from escapelens.evidence import Evidence
from escapelens.model import Applicability, Effect, Site, TextEdit
from escapelens.rewriting.code import Code, Program
from escapelens.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


WHEN_FAILING = "only when it fails"


class Rewrite(NamedTuple):
    """An edit that would remove a site, or advice where no edit can be made."""

    name: str
    """Kebab-case words, unique within its cause: `by-value`."""
    title: str
    """A verb phrase with the names of the source: "return `User` by value"."""
    applicability: Applicability
    safety: str
    """What it may change here."""
    edits: tuple[TextEdit, ...] = ()
    """In absolute files."""
    advice: str = ""
    """What to do, where there are no edits."""
    code: str = ""
    """Go code to begin with."""
    repair: bool = False
    """It changes a signature, so callers may be mended by what the compiler says of them."""
    calls: int = 0
    """How many known calls make the value instead; it gains nothing if all put it on the heap."""
    gains: str = ""
    """How seldom it gains anything, where that is known: "only when it fails"."""
    effect: Effect = Effect.GONE
    """`REDUCED` where the site stays and is reached less often, as a benchmark may show."""


class Refusal(NamedTuple):
    """Why a rewrite that one may expect cannot be made at a site."""

    rewrite: str
    """The name it would have."""
    reason: str
    """A clause of its own: "a `User` holds a lock, which must not be copied"."""


class RewriteCase(NamedTuple):
    """A site, and everything that a rewrite of it may look at."""

    site: Site
    evidence: Evidence
    path: str
    """The absolute file that the site stands in."""
    source: Source
    node: "Node"
    """The syntax node on the heap."""
    program: Program
    """What Go's type checker knows of the declarations around the sites, and their sources."""
    go: tuple[int, int]
    """The version that compiles, such as (1, 27)."""
    language: tuple[int, int]
    """The version that the module asks for, which decides what the language means."""

    @property
    def code(self) -> Code | None:
        """The declaration around the site; None where the type checker does not know it."""
        return self.program.code(self.path, self.node.start_byte)
