"""Types behind an interface that come and go in other packages, against a run from nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from escapelens.reporters.json import render
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.test_dispatch import MODULE
from tests.toolchains import Toolchain
from tests.watch.driving import Driven, watching


def dispatched(sites: list[dict[str, Any]]) -> dict[str, tuple[str, list[str]]]:
    """Sentence and types of the sites that an interface call keeps, by expression."""
    return {
        site["expression"]: (site["sentence"], site["dispatch"]["types"])
        for site in sites
        if "dispatch" in site
    }


def check(told: Driven, root: Path) -> list[str]:
    """The types behind `s.Put`, which are those of a run from nothing."""
    request = Request(BuildOptions(), use_cache=False)
    report = run(request, {**os.environ, "PWD": str(root)}, root).report
    found = dispatched(json.loads(b"".join(render(report)))["sites"])
    assert dispatched(told.sites) == found
    return found["make([]byte, 8)"][1]


def test_a_type_of_a_package_that_is_not_imported_changes_what_is_told(
    newest: Toolchain, write_module: Callable[[str], Path]
) -> None:
    root = write_module(f"{MODULE}-- remote/remote.go --\npackage remote\n")
    file = root / "remote/remote.go"
    with watching(root) as told:
        told.settled()
        assert check(told, root) == ["*disk", "*store.Memory", "store.null"]

        method = "func (Remote) Put(key []byte) error { return nil }"
        file.write_text(f"package remote\n\ntype Remote struct{{}}\n\n{method}\n")
        told.settled()
        assert check(told, root) == ["*disk", "*store.Memory", "remote.Remote", "store.null"]

        file.write_text(file.read_text().replace("[]byte", "[]rune"))
        told.settled()
        assert check(told, root) == ["*disk", "*store.Memory", "store.null"]
