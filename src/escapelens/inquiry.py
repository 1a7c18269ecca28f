"""What one report asks of Go's type checker, in one run of it."""

from collections.abc import Callable, Collection, Mapping, Sequence

from escapelens.cache.folder import cache_folder
from escapelens.progress import Progress, silent
from escapelens.toolchain import ListedPackage, Plan
from escapelens.types import Answers, Place, Span, TypeName, ask


class Inquiry:
    """Asks once: with the calls and stores that are open or, where none are, without."""

    def __init__(
        self,
        plan: Plan,
        listed: Sequence[ListedPackage],
        overlay: Mapping[str, str],
        *,
        values: Collection[Span] = (),
        types: Collection[TypeName] = (),
        pools: bool = False,
    ) -> None:
        self._plan = plan
        self._listed = listed
        self._overlay = overlay
        self.values = set(values)
        """The expressions that are measured."""
        self.types = set(types)
        self._pools = pools
        self._answers: Answers | None = None

    def __call__(self, calls: Sequence[Place], stores: Sequence[Place]) -> Answers:
        """Asks about calls and stores, and about all else."""
        self._answers = ask(
            self._plan,
            self._listed,
            cache_folder(self._plan.env) / "types",
            calls=calls,
            stores=stores,
            values=sorted(self.values),
            types=sorted(self.types),
            pools=self._pools,
            implementers=bool(calls),
            overlay=self._overlay,
        )
        return self._answers

    @property
    def covers_module(self) -> bool:
        """Whether all packages of a module were asked for."""
        return covers_module(self._plan)

    @property
    def notes(self) -> tuple[str, ...]:
        """Why nothing could be asked, if so."""
        return self._answers.notes if self._answers is not None else ()

    def answered(self) -> Answers:
        """The answers, also where no call and no store was asked about."""
        return self._answers if self._answers is not None else self((), ())


Inquire = Callable[[bool, Collection[Span], Collection[TypeName]], Inquiry]
"""Begins an inquiry, which asks about pools if told so, and what expressions take."""


def covers_module(plan: Plan) -> bool:
    """Whether a plan asks for all packages of a module."""
    return plan.in_module and str(plan.root / "...") in plan.patterns


def inquiring(
    plan: Plan,
    listed: Sequence[ListedPackage],
    overlay: Mapping[str, str],
    progress: Progress = silent,
) -> Inquire:
    """How to ask about the packages of a build."""

    def inquire(pools: bool, values: Collection[Span], types: Collection[TypeName]) -> Inquiry:
        progress("asking the type checker")
        return Inquiry(plan, listed, overlay, values=values, types=types, pools=pools)

    return inquire
