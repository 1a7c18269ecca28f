"""What a watch tells, in the order in which it happens; field names are the keys of the JSON."""

from enum import Enum, auto

from msgspec import Struct

from escapelens.model import BuildError, Counts, Go, Position, Report, SiteReference, Suggestion


class CauseChange(Struct, frozen=True):
    """A site that is on the heap for another reason than before."""

    fingerprint: str
    was: str | None
    now: str | None


class FindingReference(Struct, frozen=True):
    """What is left to say of a finding about a pool."""

    fingerprint: str
    pool: str
    finding: str
    package: str
    function: str
    position: Position
    """In the text before the change."""


class Delta(Struct, frozen=True):
    """What a change did to the sites and findings, as far as a report tells it."""

    new: tuple[str, ...] = ()
    """Fingerprints of sites of the report."""
    gone: tuple[SiteReference, ...] = ()
    """As they were, in the text before the change."""
    changed: tuple[CauseChange, ...] = ()
    new_findings: tuple[str, ...] = ()
    """Fingerprints of findings of the report."""
    gone_findings: tuple[FindingReference, ...] = ()

    def __bool__(self) -> bool:
        sites = self.new or self.gone or self.changed
        return bool(sites or self.new_findings or self.gone_findings)


class BrokenPackage(Struct, frozen=True, omit_defaults=True):
    """A package that does not build, with what the compiler or the go command says."""

    import_path: str
    dir: str
    errors: tuple[BuildError, ...] = ()
    silenced_by: str | None = None
    """The broken package, imported by this one, that kept it from being compiled."""


class Ready(Struct, frozen=True):
    """The watch has begun; the first build follows."""

    generation: int
    root: str
    go: Go
    packages: tuple[str, ...]
    """The packages as they were asked for."""


class Building(Struct, frozen=True):
    """A build has begun."""

    generation: int
    packages: tuple[str, ...]
    """Import paths that changed; none stands for all."""


class Reported(Struct, frozen=True):
    """What is on the heap in some packages, in place of what was told of them before."""

    generation: int
    whole: bool
    """It stands in place of everything that was told before."""
    packages: tuple[str, ...]
    removed: tuple[str, ...]
    stale: bool
    """It is older than the sources, since a package does not build."""
    delta: Delta | None
    """What changed; nothing to compare with, the first time."""
    report: Report


class Failed(Struct, frozen=True):
    """A build that failed; what was told before stays, and is stale."""

    generation: int
    message: str
    hint: str
    fatal: bool
    """The watch ends with it."""
    packages: tuple[BrokenPackage, ...] = ()


class Idle(Struct, frozen=True):
    """All that a generation has to say is said."""

    generation: int
    milliseconds: int
    """Since the first event of the change."""
    counts: Counts
    stale: bool


class Cancelled(Struct, frozen=True):
    """The build of a generation was given up for a newer one."""

    generation: int


class Stage(Enum):
    """What a progress is about."""

    NOTE = auto()
    """Something that a reader should know from now on."""
    BEGUN = auto()
    DONE = auto()


class Progress(Struct, frozen=True):
    """Something to know, or something that takes long has begun or is done."""

    generation: int
    text: str
    stage: Stage = Stage.NOTE
    id: str | None = None
    suggestion: str | None = None


class Judged(Struct, frozen=True):
    """A suggestion was compiled; its verdict and edits are in it."""

    generation: int
    site: str
    suggestion: Suggestion
    files: tuple[tuple[str, str], ...] = ()
    """The files that its edits count in, with their SHA-256."""
    id: str | None = None


class Answer(Struct, frozen=True):
    """The last that is said to a command."""

    generation: int
    id: str
    ok: bool
    message: str = ""


Event = Ready | Building | Reported | Failed | Idle | Cancelled | Progress | Judged | Answer
