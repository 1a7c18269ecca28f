"""The examples of all findings as Go packages, and what one toolchain and escapelens make of them."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from escapelens.basis import compile_basis
from escapelens.model import Finding
from escapelens.pools.finding import find_pools
from escapelens.pools.findings import Rule, all_findings
from escapelens.toolchain import BuildOptions, plan_build
from tests.toolchains import cache

MARK = "// found"


class Snippet(NamedTuple):
    """One Go file of a finding."""

    name: str
    rule: Rule
    source: str
    is_before: bool

    @property
    def wanted(self) -> set[int]:
        """The lines on which this is found, and no other."""
        lines = enumerate(self.source.splitlines(), 1)
        return {number for number, line in lines if line.rstrip().endswith(MARK)}


def snippets() -> Iterator[Snippet]:
    """All examples and near misses, in a fixed order."""
    for rule in all_findings().values():
        for index, example in enumerate(rule.examples):
            yield Snippet(f"before{index}", rule, example.before, True)
            if example.after:
                yield Snippet(f"after{index}", rule, example.after, False)
        for index, miss in enumerate(rule.near_misses):
            yield Snippet(f"miss{index}", rule, miss.source, False)


def found_in(
    folder: Path, sources: Mapping[tuple[str, str], str] = MappingProxyType({})
) -> tuple[dict[tuple[str, str], list[Finding]], list[str]]:
    """The findings in each snippet, by the names of finding and snippet, and the build's errors.

    What is in `sources` stands in place of a snippet's own text.
    """
    found: dict[tuple[str, str], list[Finding]] = {}
    for snippet in snippets():
        package = folder / snippet.rule.name.replace("-", "") / snippet.name
        package.mkdir(parents=True)
        key = (snippet.rule.name, snippet.name)
        (package / "a.go").write_text(sources.get(key, snippet.source))
        found[key] = []
    (folder / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    plan = plan_build(BuildOptions(patterns=("./...",)), os.environ, folder)
    basis = compile_basis(plan, None)
    names = {snippet.rule.name.replace("-", ""): snippet.rule.name for snippet in snippets()}
    for finding in find_pools(basis, cache() / "types", tries=True).findings:
        rule, snippet_name, _ = Path(finding.position.file).parts
        found[names[rule], snippet_name].append(finding)
    errors = [error.message for package in basis.report.packages for error in package.errors]
    return found, errors
