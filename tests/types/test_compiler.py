"""The compiler as a witness: what it inlined at a call is what is called there."""

import os
import re
import subprocess
from collections import defaultdict
from pathlib import Path

from escapelens.toolchain import Build, BuildOptions, plan_build
from escapelens.types import Place, ask
from tests.toolchains import Toolchain, cache

SAMPLE = ("encoding/json", "go/types", "net/http", "slices", "text/template")
_INLINED = re.compile(r"^(\S+\.go):(\d+):(\d+): inlining call to (.+)$", re.MULTILINE)
_TYPE_ARGUMENTS = re.compile(r"\[.*\]")


def test_callees_are_those_that_the_compiler_inlines(toolchain: Toolchain) -> None:
    sources = toolchain.go.parent.parent / "src"
    plan = plan_build(BuildOptions(SAMPLE), {**os.environ, "PWD": str(sources)}, sources)
    with Build(plan) as build:
        text = b"".join(build.stderr()).decode(errors="replace")
    inlined: dict[Place, set[str]] = defaultdict(set)
    for file, line, column, name in _INLINED.findall(text):
        path = os.path.normpath(plan.root / file)
        inlined[Place(path, int(line), int(column))].add(_TYPE_ARGUMENTS.sub("", name))

    found = ask(plan, build.packages, cache() / "types", calls=inlined)

    assert found.notes == ()
    # The rest are loops over functions, method values and wrappers, which are no calls.
    assert len(found.calls) > 0.98 * len(inlined) > 3000
    for place, call in found.calls.items():
        # Interface calls are inlined where the compiler knows the type; function values, the value.
        assert call.kind in ("static", "interface", "value"), (place, call)
        if call.kind == "static":
            assert call.function is not None
            names = {name[-len(call.function) :] for name in inlined[place]}
            assert call.function in names, (place, call)


def test_the_program_is_tidy(toolchain: Toolchain) -> None:
    import escapelens.types

    folder = Path(escapelens.types.__file__).parent / "helper"
    files = [str(file) for file in sorted(folder.glob("*.go"))]

    listed = subprocess.run([toolchain.gofmt, "-l", *files], capture_output=True, check=True)
    subprocess.run([toolchain.go, "vet", "."], cwd=folder, capture_output=True, check=True)

    assert files
    assert listed.stdout == b""
