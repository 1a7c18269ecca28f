"""Every statement about sync.Pool is shown by a Go test, on every toolchain."""

import json
import subprocess
from pathlib import Path

import pytest

from escapelens.pools.proofs import EXAMPLE, HARNESS
from escapelens.pools.statements import SECTIONS
from tests.toolchains import Toolchain

STATEMENTS = [statement for section in SECTIONS for statement in section.statements]


def name_of(proof: str) -> str:
    (line,) = (line for line in proof.splitlines() if line.startswith("func Test"))
    return line.removeprefix("func ").partition("(")[0]


def test_every_proof_passes(toolchain: Toolchain, tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module example.com/m\n\ngo 1.21\n")
    proofs = "\n".join(statement.proof for statement in STATEMENTS)
    (tmp_path / "p_test.go").write_text(f"{HARNESS}\n{proofs}")
    done = subprocess.run(
        [toolchain.go, "test", "-json", "-count=1", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    passed = {event["Test"] for event in events if event["Action"] == "pass" and "Test" in event}
    said = "".join(event.get("Output", "") for event in events)

    assert passed == {name_of(statement.proof) for statement in STATEMENTS}, said + done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("source", [EXAMPLE, HARNESS], ids=["example", "harness"])
def test_is_formatted(source: str, newest: Toolchain) -> None:
    check_format(source, newest)


@pytest.mark.parametrize("proof", [s.proof for s in STATEMENTS], ids=name_of)
def test_proof_is_formatted(proof: str, newest: Toolchain) -> None:
    check_format(f"package p\n\n{proof}", newest)


def check_format(source: str, go: Toolchain) -> None:
    done = subprocess.run([go.gofmt], input=source, capture_output=True, text=True, check=True)
    assert done.stdout == source
