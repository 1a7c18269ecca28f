"""Proposals made by hand, to be tried on real modules with a real compiler."""

import os
from pathlib import Path

from escapelens.basis import Basis, compile_basis
from escapelens.model import Applicability, Suggestion, TextEdit, Verdict
from escapelens.sites import Merged
from escapelens.suggesting import Proposal, as_shown
from escapelens.toolchain import BuildOptions, Members, list_members, plan_build
from escapelens.verify import Verifier


class Bench:
    """A module, what the compiler says of it, and a verifier."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root = root
        plan = plan_build(BuildOptions(patterns=("./...",), tests=True), os.environ, root)
        self.basis: Basis = compile_basis(plan, None)
        self.members: Members = list_members(plan)
        self.verifier = Verifier(self.basis, self.members, scratch / "trials")

    def site(self, expression: str, file: str = "m.go") -> Merged:
        """The only site with this expression in a file, inlined copies aside."""
        found = [
            one
            for one in self.basis.found
            if one.site.expression == expression
            and one.path == str(self.root / file)
            and one.site.origin is None
        ]
        assert len(found) == 1, [
            (one.site.expression, one.site.position) for one in self.basis.found
        ]
        return found[0]

    def propose(
        self,
        site: Merged,
        *replacements: tuple[str, str],
        file: str = "m.go",
        name: str = "try",
        repair: bool = False,
    ) -> Proposal:
        """A rewrite that replaces snippets, each of which a file has once; `file!old` names one."""
        edits = tuple(self.edit(file, old, new) for old, new in replacements)
        fingerprint = site.site.fingerprint
        suggestion = Suggestion(
            f"{fingerprint}/{name}",
            site.site.cause or "",
            name,
            "try it",
            Applicability.REVIEW,
            "",
            edits=as_shown(self.basis, edits),
        )
        return Proposal(site, suggestion, edits, repair)

    def edit(self, file: str, old: str, new: str) -> TextEdit:
        path = self.root / file
        content = path.read_bytes()
        assert content.count(old.encode()) == 1, (file, old)
        start = content.index(old.encode())
        return TextEdit(str(path), start, start + len(old.encode()), new)

    def verdicts(self, *proposals: Proposal) -> list[Verdict]:
        """The verdicts in the order of the proposals."""
        found = {one.id: one.suggestion.verdict for one in self.verifier.verify(proposals)}
        verdicts = [found[one.id] for one in proposals]
        assert all(verdict is not None for verdict in verdicts)
        return [verdict for verdict in verdicts if verdict is not None]
