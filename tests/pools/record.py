"""Records what `escapelens pools` says of tests/pools/document: `python -m tests.pools.record`."""

import io
import json
import os
from pathlib import Path

from msgspec.structs import replace
from rich.console import Console

from escapelens.basis import compile_basis
from escapelens.pools.finding import find_pools
from escapelens.reporters.json import render
from escapelens.reporters.pools import PoolReporter
from escapelens.toolchain import BuildOptions, plan_build
from tests.toolchains import VERSIONS, Toolchain, cache, installed

FOLDER = Path(__file__).parent / "document"
TEXT, JSON = FOLDER / "pools.txt", FOLDER / "pools.json"


def said(toolchain: Toolchain) -> tuple[str, str]:
    """The text for a terminal of 80 columns, and the pools and findings as JSON."""
    environ = {**os.environ, **toolchain.environment, "PWD": str(FOLDER)}
    plan = plan_build(BuildOptions(("./...",), go=str(toolchain.go)), environ, FOLDER)
    basis = compile_basis(plan, None)
    found = find_pools(basis, cache() / "types")
    stream = io.StringIO()
    console = Console(
        file=stream, width=80, no_color=True, force_terminal=False, legacy_windows=False
    )
    reporter = PoolReporter(console)
    reporter.print(basis.report, found, lambda file: basis.source(basis.path_of(file)))
    document = json.loads(
        b"".join(render(replace(basis.report, pools=found.pools, findings=found.findings)))
    )
    kept = {name: document[name] for name in ("pools", "findings")}
    return stream.getvalue(), json.dumps(kept, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    newest = Toolchain(VERSIONS[-1], installed()[VERSIONS[-1]])
    text, document = said(newest)
    TEXT.write_text(text, encoding="utf-8")
    JSON.write_text(document, encoding="utf-8")
