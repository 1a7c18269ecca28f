"""Code that compiles when it is rewritten and means something else: no rewrite claims to be safe.

A file of `traps/` tells what would go wrong, what is expected of a rewrite at the line that ends in
`// trap`, and the code:

- `refused`: the rewrite is not proposed, and there is a reason;
- `review`: it is proposed, and does not claim to be safe;
- `unproven`: it may be proposed; compiled, it is rejected.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from escapelens.model import Applicability
from escapelens.toolchain import list_members
from escapelens.verify import Standing, Verifier, standing
from tests.causes.proposals import Proposed, compiled, propose, propose_in
from tests.conftest import use_toolchain
from tests.toolchains import VERSIONS

FOLDER = Path(__file__).parent / "traps"
MARK = "// trap"
LAST = int(VERSIONS[-1].split(".")[1])
Module = Callable[[str], Path]


class Trap(NamedTuple):
    name: str
    expected: dict[str, str]
    """By the name of the rewrite."""
    code: str
    since: int
    until: int

    def is_in_range(self, minor: int) -> bool:
        return self.since <= minor <= self.until


def read(file: Path) -> Trap:
    head, _, code = file.read_text().partition("\n-- ")
    said = dict(re.findall(r"^([a-z-]+): (\S+)$", head, re.MULTILINE))
    since, until = said.pop("since", "1.21"), said.pop("until", "1.99")
    assert said, file
    assert set(said.values()) <= {"refused", "review", "unproven"}, file
    minors = (int(version.split(".")[1]) for version in (since, until))
    return Trap(file.stem, said, f"-- {code}", *minors)


TRAPS = [read(file) for file in sorted(FOLDER.glob("*.txt"))]


def archive(traps: list[Trap]) -> str:
    """All traps as packages of one module."""
    return "".join(re.sub(r"^-- ", f"-- {one.name}/", one.code, flags=re.M) for one in traps)


def at_mark(found: list[Proposed], trap: Trap) -> list[Proposed]:
    marked = []
    for one in found:
        file = Path(one.path)
        if trap.name in file.parts:
            line = file.read_text().splitlines()[one.site.position.line - 1]
            if line.endswith(MARK):
                marked.append(one)
    return marked


def test_there_are_enough() -> None:
    assert len(TRAPS) >= 40


@pytest.mark.parametrize("minor", [24, LAST])
def test_no_rewrite_claims_to_be_safe(
    minor: int, write_module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_toolchain(next(v for v in VERSIONS if v.startswith(f"1.{minor}.")), monkeypatch)
    traps = [trap for trap in TRAPS if trap.is_in_range(minor)]
    found = propose(write_module(archive(traps)))

    wrong: dict[tuple[str, str], object] = {}
    for trap in traps:
        sites = at_mark(found, trap)
        for rewrite, expected in trap.expected.items():
            made = [one.suggestion for site in sites for one in site.named(rewrite)]
            reasons = [one for site in sites for one in site.refused(rewrite)]
            is_right = bool(reasons) and not made if expected == "refused" else bool(made)
            is_safe = any(one.applicability is Applicability.SAFE for one in made)
            if not is_right or (is_safe and expected != "unproven"):
                causes = [site.site.cause for site in sites]
                wrong[trap.name, rewrite] = (expected, causes, made, reasons)
    assert wrong == {}, "\n".join(f"{key}: {value}" for key, value in wrong.items())


@pytest.mark.parametrize("minor", [24, LAST])
def test_what_gains_nothing_or_breaks_other_code_is_rejected_once_compiled(
    minor: int, write_module: Module, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_toolchain(next(v for v in VERSIONS if v.startswith(f"1.{minor}.")), monkeypatch)
    traps = [
        trap for trap in TRAPS if trap.is_in_range(minor) and "unproven" in trap.expected.values()
    ]
    basis = compiled(write_module(archive(traps)))
    found = propose_in(basis)
    verifier = Verifier(basis, list_members(basis.plan), tmp_path / "verify")

    for trap in traps:
        (site,) = at_mark(found, trap)
        for rewrite, expected in trap.expected.items():
            if expected != "unproven":
                continue
            (verified,) = verifier.verify(site.named(rewrite))
            verdict = verified.suggestion.verdict
            assert verdict is not None
            assert standing(verdict) is Standing.REJECTED, (trap.name, verdict)
            assert verdict.message, trap.name
