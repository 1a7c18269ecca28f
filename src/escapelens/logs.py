"""One report of a log that the compiler wrote elsewhere."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from escapelens.analysis import Analysis
from escapelens.drafts import Paths, Sources
from escapelens.errors import UsageError
from escapelens.model import BuildError, Go, Package, Report
from escapelens.owning import Owner
from escapelens.parsers.buildlog import compiler_text
from escapelens.parsers.diagnostics import build_errors, has_diagnostics, has_position, split_blocks
from escapelens.request import Filter, Outcome, Wanted

_MODULE = re.compile(r"^module\s+(\S+)", re.MULTILINE)


def parse_log(log: bytes, root: Path, cwd: Path, wanted: Wanted, filter: Filter) -> Outcome:
    """Reports what a log of the compiler says; its paths are relative to `root`.

    Packages are those with a header in the log. Lines without a position that have no known form
    are taken for the log's own and only counted. Whether a source changed since then shows in what
    stands at the places; file times tell nothing, since a checkout renews them. Raises UsageError
    for a log in which the compiler says nothing.
    """
    root = Path(os.path.abspath(cwd / root))  # noqa: PTH100  (keeps symbolic links as spelled)
    paths = Paths(str(root), str(cwd), os.environ.get("GOROOT", ""))
    sources = Sources()
    analysis = Analysis(paths, wanted, sources)
    packages: dict[tuple[str, str | None], Package] = {}
    blocks = list(split_blocks([compiler_text(log)]))
    if not any(block.package or has_diagnostics(block.text) for block in blocks):
        raise UsageError(
            "the log holds no line of the compiler's -m output",
            "make one with `go build -gcflags=-m=2 ./... 2>build.log`",
        )
    for block in blocks:
        errors = build_errors(block.text)
        analysis.add(block, is_error=bool(errors))
        if block.package:
            key = (block.package, block.variant)
            found = tuple(BuildError(e.message, paths.position(e.place)) for e in errors)
            known = packages.get(key, Package(block.package, "", block.variant))
            packages[key] = replace(known, errors=(*known.errors, *found))
    report = analysis.report(
        root=str(cwd),
        go=Go("", "", "", False, (), ""),
        packages=tuple(packages.values()),
        owner_of=_owners_by_module({package for package, _ in packages}, analysis.package_name),
        keep=filter.keeps if filter.is_by_place else None,
        wanted=filter if filter.is_by_reason else None,
    )
    return Outcome(
        _without_others_lines(report), lambda file: sources.show(paths.real_of_shown(file))
    )


def _owners_by_module(compiled: set[str], name_of: Callable[[str], str]) -> Owner:
    """The Owner that a log allows: the module around a file, and the headers that were seen.

    `name_of` tells what the package clause of a file says.
    """
    modules: dict[Path, str] = {}

    def package_of(folder: Path) -> str:
        known = modules.get(folder)
        if known is None:
            try:
                match = _MODULE.search((folder / "go.mod").read_text(errors="replace"))
                known = match[1] if match else ""
            except OSError:
                above = package_of(folder.parent) if folder.parent != folder else ""
                known = f"{above}/{folder.name}" if above else ""
            modules[folder] = known
        return known

    def owner_of(path: str) -> tuple[str, bool]:
        package = package_of(Path(path).parent) if path else ""
        if package and path.endswith("_test.go") and name_of(path).endswith("_test"):
            package += "_test"
        names = {package, "command-line-arguments"}
        return package, not package or bool(names & compiled)

    return owner_of


def _without_others_lines(report: Report) -> Report:
    """The report of a log without the lines that others wrote into it; a note counts them."""
    ours = tuple(one for one in report.unrecognised if has_position(one.line))
    others = len(report.unrecognised) - len(ours)
    if not others:
        return report
    counts = replace(report.counts, unrecognised=len(ours))
    note = f"{others} other {'line' if others == 1 else 'lines'} in the log"
    return replace(report, unrecognised=ours, counts=counts, notes=(*report.notes, note))
