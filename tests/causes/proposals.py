"""What the causes propose for the sites of a real module."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from escapelens.basis import Basis, compile_basis
from escapelens.edits import apply, by_file
from escapelens.model import Site
from escapelens.rewriting.rewrite import Refusal
from escapelens.suggesting import Proposal, suggest
from escapelens.toolchain import BuildOptions, plan_build
from tests.toolchains import cache


class Proposed(NamedTuple):
    """A site, what would remove it, and what would not."""

    site: Site
    path: str
    proposals: tuple[Proposal, ...]
    refusals: tuple[Refusal, ...]

    def named(self, rewrite: str) -> list[Proposal]:
        return [one for one in self.proposals if one.suggestion.rewrite == rewrite]

    def refused(self, rewrite: str) -> list[str]:
        return [one.reason for one in self.refusals if one.rewrite == rewrite]


def compiled(root: Path, *, machine_code: bool = False) -> Basis:
    """A module with its tests; it must build."""
    options = BuildOptions(patterns=("./...",), tests=True, machine_code=machine_code)
    plan = plan_build(options, os.environ, root)
    basis = compile_basis(plan, None)
    errors = [error.message for package in basis.report.packages for error in package.errors]
    assert errors == [], errors
    return basis


def propose(root: Path, *, machine_code: bool = False) -> list[Proposed]:
    """What the causes propose for each site of a module."""
    return propose_in(compiled(root, machine_code=machine_code))


def propose_in(basis: Basis) -> list[Proposed]:
    """What the causes propose for each site of a compiled module."""
    suggested = suggest(basis, basis.found, cache() / "types")
    assert suggested.notes == ()
    return [
        Proposed(
            one.site,
            one.path,
            suggested.proposals.get(one.site.fingerprint, ()),
            suggested.refusals.get(one.site.fingerprint, ()),
        )
        for one in basis.found
    ]


def applied(proposal: Proposal) -> Mapping[Path, str]:
    """The files that a proposal changes, as they are then."""
    return {
        Path(file): apply(Path(file).read_bytes(), edits).decode()
        for file, edits in by_file(proposal.edits).items()
    }


def only_file(proposals: Sequence[Proposal]) -> set[str]:
    """The text of the one file that each proposal changes."""
    return {text for one in proposals for text in applied(one).values()}
