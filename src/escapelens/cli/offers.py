"""What `fix` tells of the rewrites that it tried, and what it asks."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
from msgspec.structs import replace
from rich.console import Console

from escapelens.applying import diff_of
from escapelens.basis import compile_basis
from escapelens.fixing import Workshop, alike, edited_files, suggestions_of, together
from escapelens.model import Suggestion
from escapelens.question import File, Place
from escapelens.reporters import json
from escapelens.reporters.fixes import FixReporter, standing_words
from escapelens.reporters.summary import profile_lines
from escapelens.reporters.visible import visible
from escapelens.reporters.wording import number
from escapelens.sites import Merged
from escapelens.suggesting import Proposal

_FEW = 10
"""So much advice is printed unasked."""


class Offers:
    """What was tried for some packages or places, as the user is told of it."""

    def __init__(
        self, workshop: Workshop, places: Sequence[tuple[Path, Place]], *, rejected: bool
    ) -> None:
        self._workshop = workshop
        self._places = places
        self._tells_rejected = rejected
        self._reporter = FixReporter(Console(), workshop.shown.by_fingerprint)

    def write_text(self, *, asks: bool) -> None:
        """All that is offered with its proof, and what else was asked for.

        Where it `asks` about each rewrite, they are shown then.
        """
        workshop, reporter = self._workshop, self._reporter
        for group in [] if asks else alike(workshop.best):
            self._show(group)
        ideas = self._ideas()
        is_much = len(ideas) > _FEW and not self._places
        if not is_much:
            for site, suggestion in ideas:
                reporter.advice(site, suggestion)
        for site in workshop.chosen:
            self._explain(site)
        for line in self._without_sites():
            reporter.tell(line)
        if not workshop.chosen:
            if not self._places:
                found = workshop.shown.report.counts.sites
                reporter.tell(
                    f"{number(found, 'heap site')}, but none that was asked for"
                    if found
                    else "nothing is on the heap there"
                )
            return
        sites = number(len(workshop.chosen), "site")
        reporter.tell(f"{standing_words(alike(workshop.best))}, of {sites}", "bold")
        if workshop.rejected and not (self._tells_rejected or self._places):
            reporter.tell(f"{len(workshop.rejected)} rejected; --rejected tells why")
        if workshop.untried:
            reporter.tell(f"rewrites of {number(workshop.untried, 'more site')} with --max")
        if workshop.seldom:
            sites = number(workshop.seldom, "more site")
            reporter.tell(
                f"rewrites of {sites} gain only where it fails, and were not tried; name a line as "
                "FILE:LINE, or try all with --unsafe"
            )
        if is_much:
            reporter.tell(f"{len(ideas)} pieces of advice; name a line as FILE:LINE to read them")
        # What no site accounts for, `show` tells.
        for line in list(profile_lines(workshop.shown.report.profile))[:1]:
            reporter.tell(line)
        for note in (*workshop.shown.report.notes, *workshop.suggested.notes):
            reporter.tell(f"note: {note}")

    def write_json(self) -> None:
        """The document of `show`, with the suggestions of the sites that were asked for."""
        workshop, report = self._workshop, self._workshop.shown.report
        chosen = {one.site.fingerprint for one in workshop.chosen}
        sites = tuple(
            replace(site, suggestions=tuple(self._suggestions(site.fingerprint)))
            if site.fingerprint in chosen
            else site
            for site in report.sites
        )
        notes = (*report.notes, *workshop.suggested.notes, *self._without_sites())
        files = edited_files(workshop, sites)
        for piece in json.render(replace(report, files=files, sites=sites, notes=notes)):
            sys.stdout.buffer.write(piece)

    def ask(self, offered: Sequence[Proposal]) -> list[Proposal]:
        """Those of the offered rewrites that the user says yes to, as far as they fit together."""
        taken: list[Proposal] = []
        for group in alike(offered):
            if len(together([*taken, *group])) < len(taken) + len(group):
                continue
            self._show(group)
            answer = typer.prompt("Apply? [y]es, [n]o, [q]uit", default="n", show_default=False)
            if answer.lower().startswith("q"):
                break
            if answer.lower().startswith("y"):
                taken += group
        return taken

    def tell_written(
        self, written: Sequence[str], offered: Sequence[Proposal], *, asked: bool
    ) -> None:
        """What was written, and what the compiler says of it now."""
        if not written:
            self._reporter.tell("nothing was written")
            best = [one for one in self._workshop.best if not asked]
            if best and self._places:
                self._reporter.tell(
                    "--write writes what is proven; --bench RE proves by measuring, and --unsafe "
                    "writes without that"
                )
            elif best:
                self._reporter.tell(
                    "--write writes what is safe, proven and on no rare path; FILE:LINE names what "
                    "else is proven, --bench RE proves by measuring, --unsafe writes without both"
                )
            return
        shown = self._workshop.shown
        after = compile_basis(shown.plan, None).report.counts.sites
        typer.echo(
            f"{number(len(alike(offered)), 'rewrite')} written to "
            f"{', '.join(map(visible, written))}: {shown.report.counts.sites} → {after} sites"
        )

    def tell_patch(self, patch: Path, offered: Sequence[Proposal]) -> None:
        """How much of what was shown is in the patch."""
        best = alike(self._workshop.best)
        told = f"{visible(str(patch))} has {len(alike(offered))} of {number(len(best), 'rewrite')}"
        is_all = len(alike(offered)) == len(best)
        typer.echo(told if is_all else f"{told}; --unsafe puts in all that fit together")

    def tell_how(self, offered: Sequence[Proposal], *, api: bool) -> None:
        """How what was shown is applied; `api` if it may change what other modules call."""
        best = alike(self._workshop.best)
        if offered:
            applied = f"--write applies {len(alike(offered))} of {len(best)}"
            is_all = len(alike(offered)) == len(best)
            typer.echo(applied if is_all else f"{applied}, --unsafe --write all that fit together")
        elif best and self._places:
            typer.echo("--write --unsafe applies it")
        elif best:
            fix = "fix --api" if api else "fix"
            typer.echo(
                f"`{fix} --write FILE:LINE` applies what is proven there, --unsafe all of it"
            )

    def _show(self, group: Sequence[Proposal]) -> None:
        first = group[0]
        diff, measured = diff_of(self._workshop, [first]), self._workshop.benchmarks.get(first.id)
        self._reporter.rewrite(group, diff, measured)

    def _suggestions(self, fingerprint: str) -> list[Suggestion]:
        return suggestions_of(self._workshop, fingerprint, rejected=self._tells_rejected)

    def _ideas(self) -> list[tuple[Merged, Suggestion]]:
        """The advice on sites that no rewrite is offered for."""
        better = {one.site.site.fingerprint for one in self._workshop.best}
        return [
            (one.site, one.suggestion)
            for merged in self._workshop.chosen
            for one in self._workshop.suggested.proposals.get(merged.site.fingerprint, ())
            if not one.edits
            and merged.site.fingerprint not in better
            # Whoever names a line wants to know that nothing is to be done.
            and (self._places or one.suggestion.rewrite != "leave-it")
        ]

    def _explain(self, site: Merged) -> None:
        """Why nothing is offered for a site: always of a place, else where it was asked for."""
        workshop, fingerprint = self._workshop, site.site.fingerprint
        tried = workshop.tried.get(fingerprint)
        is_open = bool(self._places) and (tried is None or tried.best is None)
        if not (self._tells_rejected or is_open):
            return
        rejected = () if tried is None else tried.rejected
        for one in rejected:
            self._reporter.rejected(one)
        refusals = workshop.suggested.refusals.get(fingerprint, ())
        for refusal in refusals:
            self._reporter.refused(site, refusal)
        is_answered = fingerprint in workshop.suggested.proposals or refusals
        if is_open and not is_answered:
            self._reporter.unanswered(site)

    def _without_sites(self) -> Iterator[str]:
        """A line for each place at which no site was asked for."""
        chosen = {one.site.fingerprint for one in self._workshop.chosen}
        for path, place in self._places:
            file = File(self._workshop.shown.report, path)
            there = file.at(place.line, place.column).sites
            if not any(site.fingerprint in chosen for site in there):
                yield _nothing(file, place, is_filtered=bool(there))


def _nothing(file: File, place: Place, *, is_filtered: bool) -> str:
    """Why no site of a place was asked for, with the nearest that there are."""
    line = f"line {place.line} of {place.file}"
    if is_filtered:
        return f"no site at {line} is one that was asked for"
    columns = sorted({site.position.column or 0 for site in file.at(place.line).sites})
    if columns:
        begin = ", ".join(map(str, columns))
        return f"nothing is on the heap at column {place.column} of {line}, but at column {begin}"
    near = [str(site.position.line) for site in file.nearest(place.line)]
    if near:
        return f"nothing is on the heap at {line}; the nearest lines are {', '.join(near)}"
    return f"nothing is on the heap at {line}, nor elsewhere in that file"
