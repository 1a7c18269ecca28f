"""No rewrite copies a lock: `go vet` finds no copy in what any of them makes of its package."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.causes.proposals import Proposed, applied, propose
from tests.causes.test_rewrites import EXAMPLES, in_range
from tests.causes.test_traps import TRAPS, archive
from tests.toolchains import Toolchain

Module = Callable[[str], Path]


def rewritten(found: list[Proposed], into: Path) -> int:
    """Writes what each proposal makes of the package it changes; how many there are."""
    number = 0
    for one in (one for site in found for one in site.proposals if one.edits):
        files = applied(one)
        folders = {file.parent for file in files}
        if len(folders) > 1:
            continue
        (folder,) = folders
        target = into / f"made{number}"
        number += 1
        target.mkdir(parents=True)
        for file in folder.glob("*.go"):
            text = files.get(file, file.read_text())
            (target / file.name).write_text(text)
        if any(part.suffix == ".s" for part in folder.iterdir()):
            shutil.rmtree(target)
    return number


def copied_locks(toolchain: Toolchain, root: Path) -> list[str]:
    """What vet says of copies, of packages that may not build."""
    done = subprocess.run(
        [toolchain.go, "vet", "-copylocks", "./..."],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in done.stderr.splitlines() if "lock" in line and ".go:" in line]


def test_no_rewrite_copies_a_lock(newest: Toolchain, write_module: Module, tmp_path: Path) -> None:
    traps = [trap for trap in TRAPS if trap.is_in_range(newest.minor)]
    examples = "".join(
        f"-- example{number}/a.go --\n{case.example.before}\n"
        for number, case in enumerate(EXAMPLES)
        if in_range(case.example, newest) and not case.example.before.startswith("-- ")
    )
    root = write_module(archive(traps) + examples)
    made = tmp_path / "made"
    assert rewritten(propose(root), made) > 60
    (made / "go.mod").write_text((root / "go.mod").read_text())
    assert copied_locks(newest, made) == []


def test_a_copy_of_a_lock_would_be_seen(newest: Toolchain, write_module: Module) -> None:
    root = write_module(
        """
        -- a.go --
        package m

        import "sync"

        type box struct{ sync.Mutex }

        func take(b box) {}
        """
    )
    assert copied_locks(newest, root) != []
