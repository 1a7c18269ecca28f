"""From packages to rewrites with verdicts: what is compiled, which sites count, what is tried."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec.structs import replace

from escapelens.basis import Basis, compile_basis, variation
from escapelens.cache.folder import CacheFolder, cache_folder
from escapelens.edits import conflict
from escapelens.model import (
    Allocates,
    OutcomeOfTests,
    Site,
    SourceFile,
    Suggestion,
    TextEdit,
    Verdict,
)
from escapelens.progress import Progress, silent
from escapelens.sites import Merged
from escapelens.suggesting import Proposal, Suggested, suggest
from escapelens.toolchain import Members, Plan, list_members
from escapelens.verify import Standing, Verifier, standing
from escapelens.verify.measuring import Benchmarks, measure, newly_failing_tests
from escapelens.verify.tidying import tidied
from escapelens.verify.trial import Trial
from escapelens.verify.verifying import changed_packages

_DECLARED = re.compile(r"^(?:var|const|type|func) (\w+)", re.MULTILINE)


def _as_it_is(basis: Basis) -> Basis:
    return basis


@dataclass(frozen=True)
class Wishes:
    """What is to be tried, and how thoroughly."""

    choose: Callable[[Basis], Sequence[Merged]]
    """The sites that count, those first that are tried first."""
    most: int
    """Of how many sites rewrites are tried."""
    tests: bool = False
    """Affected tests are run."""
    bench: str | None = None
    """The benchmarks that are run, as a regular expression."""
    bench_time: str = ""
    use_cache: bool = True
    api: bool = False
    """What other modules may call may be changed."""
    seldom: bool = True
    """What gains something only where the program fails is tried, too."""
    measure: Callable[[Basis], Basis] = _as_it_is
    """Gives the sites what a profile says of them."""


@dataclass
class Workshop:
    """Packages as they are, with everything that depends on them, and what may be changed."""

    shown: Basis
    """The packages that were asked for, as `show` sees them."""
    before: Basis
    """Those that may be changed and all that depend on them, with their tests."""
    members: Members
    chosen: tuple[Merged, ...]
    suggested: Suggested
    tried: dict[str, "Tried"] = field(default_factory=dict)
    """What came of the rewrites of a site, by its fingerprint."""
    untried: int = 0
    """Sites with rewrites that were not tried."""
    seldom: int = 0
    """Sites whose rewrites were not tried since they seldom gain anything."""
    benchmarks: dict[str, Benchmarks] = field(default_factory=dict)
    """By the id of a suggestion."""

    @property
    def best(self) -> list[Proposal]:
        """The rewrites that are offered, one a site; last those that seldom gain anything."""
        found = [one.best for one in self.tried.values() if one.best is not None]
        return sorted(found, key=_is_last)

    @property
    def rejected(self) -> list[Proposal]:
        return [one for tried in self.tried.values() for one in tried.rejected]


class Tried(NamedTuple):
    """What came of the rewrites of one site."""

    best: Proposal | None
    """The first that is proven, else the first that is not rejected."""
    rejected: tuple[Proposal, ...]


def work(
    plan: Plan,
    environ: Mapping[str, str],
    wishes: Wishes,
    scratch: Path,
    progress: Progress = silent,
) -> Workshop:
    """Compiles what a plan says, and then it with the rewrites that its sites' causes propose.

    Rewritten files lie in `scratch`. Raises an EscapelensError where nothing could be compiled.
    """
    workshop = prepare(
        *(plan, environ, wishes.choose, wishes.measure),
        use_cache=wishes.use_cache,
        api=wishes.api,
        progress=progress,
    )
    proposals = workshop.suggested.proposals
    order = [
        one.site.fingerprint
        for one in workshop.chosen
        if _edits(proposals.get(one.site.fingerprint, ()))
    ]
    last = [one for one in order if all(map(_is_last, _edits(proposals[one])))]
    order = [one for one in order if one not in last]
    workshop.seldom = 0 if wishes.seldom else len(last)
    order += last if wishes.seldom else []
    workshop.untried = max(0, len(order) - wishes.most)
    verifier = Verifier(
        workshop.before,
        workshop.members,
        scratch / "trials",
        _cache(environ, use_cache=wishes.use_cache),
        with_test_files=plan.tests,
        progress=progress,
    )
    workshop.tried = _try_all(verifier, proposals, order[: wishes.most])
    if wishes.tests:
        _run_tests(workshop, verifier, scratch / "tests")
    if wishes.bench is not None:
        _run_benchmarks(workshop, verifier, wishes, scratch)
    return workshop


def prepare(
    plan: Plan,
    environ: Mapping[str, str],
    choose: Callable[[Basis], Sequence[Merged]],
    measure: Callable[[Basis], Basis] = _as_it_is,
    *,
    use_cache: bool = True,
    api: bool = False,
    progress: Progress = silent,
) -> Workshop:
    """Compiles what a plan says and what depends on it, and asks the causes what they propose."""
    cache = _cache(environ, use_cache=use_cache)
    types = cache_folder(environ) / "types"
    shown = measure(
        compile_basis(plan, cache, with_test_files=plan.tests, programs=types, progress=progress)
    )
    members = list_members(plan)
    chosen = tuple(choose(shown))
    changed = changed_packages(shown, {one.path for one in chosen})
    if not changed:
        return Workshop(shown, shown, members, chosen, Suggested({}, {}, ()))
    before = _around(plan, members, changed, cache, progress)
    suggested = suggest(before, _again(before, chosen), types, api=api)
    files = {edit.file for one in _all(suggested) for edit in one.edits}
    more = changed_packages(before, files)
    if not more <= changed:
        before = _around(plan, members, changed | more, cache, progress)
        suggested = suggest(before, _again(before, chosen), types, api=api)
    suggested = _of_members(suggested, before, members)
    with TemporaryDirectory(prefix="escapelens-") as folder:
        proposals = tidied(before, suggested.proposals, Path(folder))
    return Workshop(shown, before, members, chosen, suggested._replace(proposals=proposals))


def glance(
    plan: Plan, environ: Mapping[str, str], sites: Sequence[Site], *, use_cache: bool = True
) -> list[Site]:
    """Sites with what their causes propose, from a look at their own packages only."""
    # Of packages that are not named, the go command would have to compile others without our flags.
    cache = _cache(environ, use_cache=use_cache)
    packages = {decision.package for site in sites for decision in site.decisions}
    basis = compile_basis(plan, cache, with_test_files=plan.tests, only=packages)
    known = basis.by_fingerprint
    found = [known[site.fingerprint] for site in sites if site.fingerprint in known]
    hot = {
        site.fingerprint
        for site in sites
        if site.cost is not None and site.cost.profile is not None and site.cost.profile.bytes > 0
    }
    suggested = suggest(basis, found, cache_folder(environ) / "types", hot)
    return [
        replace(site, suggestions=suggested.of(site.fingerprint))
        if _is_for_the_user(site)
        else site
        for site in sites
    ]


def _is_for_the_user(site: Site) -> bool:
    """Whether something is allocated, in code that is not only inlined there."""
    allocates = site.cost is None or site.cost.allocates is not Allocates.NO
    return allocates and site.origin is None


def alike(proposals: Iterable[Proposal]) -> list[list[Proposal]]:
    """The rewrites, those of several sites that make the very same edits together."""
    found: dict[tuple[TextEdit, ...], list[Proposal]] = {}
    for one in proposals:
        found.setdefault(one.edits, []).append(one)
    return list(found.values())


def together(chosen: Iterable[Proposal]) -> list[Proposal]:
    """The rewrites that can be applied at once: of those that conflict the first."""
    taken: list[Proposal] = []
    for one in chosen:
        if not any(_excludes(one, other) for other in taken):
            taken.append(one)
    return taken


def _excludes(one: Proposal, other: Proposal) -> bool:
    """Whether of two rewrites each can be applied, but not both."""
    if one.edits == other.edits:
        return False
    if conflict(one.edits, other.edits):
        return True
    return bool(_declares(one) & _declares(other))


def _declares(one: Proposal) -> set[tuple[Path, str]]:
    """The names that a rewrite adds to packages, with the folders of these.

    What is added to the body of a function never ends in a whole line.
    """
    return {
        (Path(edit.file).parent, name)
        for edit in one.edits
        if edit.new_text.endswith("\n")
        for name in _DECLARED.findall(edit.new_text)
    }


def _edits(proposals: Iterable[Proposal]) -> list[Proposal]:
    """Those that are more than advice."""
    return [one for one in proposals if one.edits]


def _is_last(one: Proposal) -> bool:
    """Whether a rewrite seldom gains anything, as far as no profile says otherwise."""
    cost = one.site.site.cost
    return one.is_seldom and (cost is None or cost.profile is None)


def _cache(environ: Mapping[str, str], *, use_cache: bool) -> CacheFolder | None:
    return CacheFolder(cache_folder(environ)) if use_cache else None


def _around(
    plan: Plan,
    members: Members,
    changed: Iterable[str],
    cache: CacheFolder | None,
    progress: Progress,
) -> Basis:
    """The packages that may change and those that depend on them, with tests."""
    everything = variation(plan, members.dependents(changed), tests=True)
    return compile_basis(everything, cache, with_test_files=plan.tests, progress=progress)


def _again(basis: Basis, chosen: Iterable[Merged]) -> list[Merged]:
    """The same sites in another basis."""
    known = basis.by_fingerprint
    return [known[one.site.fingerprint] for one in chosen if one.site.fingerprint in known]


def _all(suggested: Suggested) -> Iterator[Proposal]:
    return (one for of_site in suggested.proposals.values() for one in of_site)


def _of_members(suggested: Suggested, basis: Basis, members: Members) -> Suggested:
    """Only what changes nothing but packages of the user's own modules."""
    if not basis.plan.in_module:
        return suggested

    def is_own(one: Proposal) -> bool:
        changed = changed_packages(basis, (edit.file for edit in one.edits))
        return all(members.get(path) is not None for path in changed)

    kept = {
        fingerprint: tuple(filter(is_own, of_site))
        for fingerprint, of_site in suggested.proposals.items()
    }
    return suggested._replace(proposals={one: found for one, found in kept.items() if found})


def _try_all(
    verifier: Verifier, proposals: Mapping[str, tuple[Proposal, ...]], order: Sequence[str]
) -> dict[str, Tried]:
    """Tries the rewrites of sites, each site's best first, until one of it is proven."""
    waiting = {one: _edits(proposals[one]) for one in order}
    best: dict[str, Proposal] = {}
    rejected: dict[str, list[Proposal]] = {}

    def enter(one: Proposal) -> None:
        fingerprint = one.site.site.fingerprint
        match standing(_verdict(one)):
            case Standing.REJECTED:
                rejected.setdefault(fingerprint, []).append(one)
            case Standing.UNMEASURED:
                best.setdefault(fingerprint, one)
            case Standing.PROVEN:
                best[fingerprint] = one
                waiting[fingerprint] = []

    everything = [one for of_site in waiting.values() for one in of_site]
    whole = verifier.programs(everything) == 1
    while any(waiting.values()):
        turn = [of_site.pop(0) for of_site in waiting.values() if of_site]
        for one in verifier.verify(turn, whole=whole):
            enter(one)
    for one in confirmed(verifier, list(best.values())):
        best.pop(one.site.site.fingerprint)
        enter(one)
    return {one: Tried(best.get(one), tuple(rejected.get(one, ()))) for one in order}


def confirmed(verifier: Verifier, offered: Sequence[Proposal]) -> Iterator[Proposal]:
    """Those of the offered rewrites that were tried without the whole, compiled with it."""
    while offered:
        chosen = together(offered)
        yield from verifier.confirm(chosen)
        offered = [one for one in offered if one not in chosen]


def _verdict(one: Proposal) -> Verdict:
    verdict = one.suggestion.verdict
    assert verdict is not None
    return verdict


def _run_tests(workshop: Workshop, verifier: Verifier, folder: Path) -> None:
    """Runs the tests that the offered rewrites may affect: with all at once, or else with each."""
    best = workshop.best
    if len(together(best)) == len(best) > 1 and not _failing(workshop, verifier, best, folder):
        for one in best:
            _judge_tests(workshop, one, "")
        return
    for number, one in enumerate(best):
        _judge_tests(workshop, one, _failing(workshop, verifier, [one], folder / str(number)))


def _failing(
    workshop: Workshop, verifier: Verifier, chosen: Sequence[Proposal], folder: Path
) -> str:
    """What the tests say that fail with some rewrites and pass without."""
    trial = Trial(workshop.before, [edit for one in chosen for edit in one.edits], folder / "all")
    packages = verifier.packages_of(chosen)
    return newly_failing_tests(workshop.before, workshop.members, packages, trial.overlay)


def _judge_tests(workshop: Workshop, one: Proposal, words: str) -> None:
    """Enters what came of the tests; a rewrite that breaks one is not offered."""
    fingerprint = one.site.site.fingerprint
    tried = workshop.tried[fingerprint]
    outcome = OutcomeOfTests.FAILED if words else OutcomeOfTests.PASSED
    message = words or _verdict(one).message
    judged = _with_verdict(one, replace(_verdict(one), tests=outcome, message=message))
    if words:
        workshop.tried[fingerprint] = Tried(None, (*tried.rejected, judged))
    else:
        workshop.tried[fingerprint] = tried._replace(best=judged)


def _run_benchmarks(workshop: Workshop, verifier: Verifier, wishes: Wishes, scratch: Path) -> None:
    """Measures each offered rewrite by itself."""
    for number, group in enumerate(alike(workshop.best)):
        folder = scratch / f"bench-{number}"
        trial = Trial(workshop.before, group[0].edits, folder)
        (found,) = measure(
            workshop.before,
            workshop.members,
            verifier.packages_of(group),
            [trial.overlay],
            wishes.bench or ".",
            folder,
            time=wishes.bench_time,
        )
        for one in group:
            workshop.benchmarks[one.id] = found
            _judge_measured(workshop, one, replace(_verdict(one), allocations=found.allocations))


def _judge_measured(workshop: Workshop, one: Proposal, verdict: Verdict) -> None:
    """Enters what was measured; a rewrite that saves nothing is not offered."""
    judged = _with_verdict(one, verdict)
    fingerprint = one.site.site.fingerprint
    tried = workshop.tried[fingerprint]
    if standing(verdict) is Standing.REJECTED:
        workshop.tried[fingerprint] = Tried(None, (*tried.rejected, judged))
    else:
        workshop.tried[fingerprint] = tried._replace(best=judged)


def _with_verdict(one: Proposal, verdict: Verdict) -> Proposal:
    return one._replace(suggestion=replace(one.suggestion, verdict=verdict))


def suggestions_of(workshop: Workshop, fingerprint: str, *, rejected: bool) -> list[Suggestion]:
    """The suggestions for a site, as far as they were tried with their verdicts, best first."""
    tried = workshop.tried.get(fingerprint)
    proposals = workshop.suggested.proposals.get(fingerprint, ())
    if tried is None:
        return [one.suggestion for one in proposals]
    best = tried.best
    found = [
        best.suggestion if best is not None and one.edits else one.suggestion
        for one in proposals
        if not one.edits or (best is not None and one.id == best.id)
    ]
    return found + ([one.suggestion for one in tried.rejected] if rejected else [])


def edited_files(workshop: Workshop, sites: Iterable[Site]) -> tuple[SourceFile, ...]:
    """The files of the report and those that suggestions edit, as their edits count in them."""
    files = {file.file: file for file in workshop.shown.report.files}
    edits = (edit for site in sites for one in site.suggestions for edit in one.edits)
    for name in dict.fromkeys(edit.file for edit in edits):
        source = workshop.before.source(workshop.before.path_of(name))
        if name not in files and source is not None:
            files[name] = SourceFile(name, source.sha256, source.generated, changed=False)
    return tuple(files[name] for name in sorted(files))
