"""Lists the packages of the user's own modules, and which of them depend on which.

Nothing is compiled for it.
"""

import json
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from escapelens.toolchain.finding import ask_go
from escapelens.toolchain.planning import Plan

_LISTED = (
    "ImportPath,Dir,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,"
    "Imports,TestImports,XTestImports"
)


class _Listed(msgspec.Struct, rename="pascal", frozen=True):
    """The JSON of one package; cmd/go/internal/load.PackagePublic."""

    import_path: str = ""
    dir: str = ""
    go_files: tuple[str, ...] = ()
    cgo_files: tuple[str, ...] = ()
    ignored_go_files: tuple[str, ...] = ()
    test_go_files: tuple[str, ...] = ()
    x_test_go_files: tuple[str, ...] = msgspec.field(default=(), name="XTestGoFiles")
    imports: tuple[str, ...] = ()
    test_imports: tuple[str, ...] = ()
    x_test_imports: tuple[str, ...] = msgspec.field(default=(), name="XTestImports")


class Member(NamedTuple):
    """A package of one of the user's modules."""

    import_path: str
    dir: str
    files: tuple[Path, ...]
    """Those that are compiled, without tests."""
    test_files: tuple[Path, ...]
    ignored_files: tuple[Path, ...]
    """Those that build constraints exclude."""
    imports: frozenset[str]
    test_imports: frozenset[str]


class Members:
    """The packages of the user's modules."""

    def __init__(self, members: Iterable[Member]) -> None:
        self._members = {member.import_path: member for member in members}

    def get(self, import_path: str) -> Member | None:
        return self._members.get(import_path)

    def dependents(self, changed: Iterable[str]) -> tuple[str, ...]:
        """The changed packages, those that import them, and those whose tests do; in order."""
        reached = set(changed)
        importers: dict[str, list[str]] = {}
        for member in self._members.values():
            for path in member.imports:
                importers.setdefault(path, []).append(member.import_path)
        waiting = list(reached)
        while waiting:
            for importer in importers.get(waiting.pop(), ()):
                if importer not in reached:
                    reached.add(importer)
                    waiting.append(importer)
        tested = {one.import_path for one in self._members.values() if one.test_imports & reached}
        return tuple(sorted(reached | tested))


def list_members(plan: Plan) -> Members:
    """The packages of the module or workspace that a plan runs in; none outside of modules."""
    if not plan.in_module:
        return Members(())
    flags = [flag for flag in plan.flags if not flag.startswith("-gcflags=")]
    command = (str(plan.toolchain.go), "list", "-e", f"-json={_LISTED}", *flags, "--")
    done = subprocess.run(
        (*command, *_patterns(plan)),
        cwd=plan.root,
        env=plan.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    texts = done.stdout.decode(errors="replace").split("\n}\n")
    listed = [msgspec.json.decode(f"{text}\n}}", type=_Listed) for text in texts if text.strip()]
    return Members(_member(one) for one in listed if one.dir)


def _patterns(plan: Plan) -> Sequence[str]:
    """Everything in the module, or in all modules that the workspace uses."""
    workspace = ask_go(plan.toolchain, ("env", "GOWORK"), plan.env, plan.root).stdout.strip()
    if workspace in ("", "off"):
        return ("./...",)
    answer = ask_go(plan.toolchain, ("work", "edit", "-json", workspace), plan.env, plan.root)
    used = json.loads(answer.stdout).get("Use") or () if answer.returncode == 0 else ()
    folder = Path(workspace).parent
    return [f"{(folder / one['DiskPath']).resolve()}/..." for one in used] or ("./...",)


def _member(listed: _Listed) -> Member:
    folder = Path(listed.dir)

    def paths(*names: tuple[str, ...]) -> tuple[Path, ...]:
        return tuple(folder / name for group in names for name in group)

    return Member(
        listed.import_path,
        listed.dir,
        paths(listed.go_files, listed.cgo_files),
        paths(listed.test_go_files, listed.x_test_go_files),
        paths(listed.ignored_go_files),
        frozenset(listed.imports),
        frozenset((*listed.test_imports, *listed.x_test_imports)),
    )
