"""The scaffold of a cause: a file that loads, and that the contract refuses as it is."""

import importlib.util
from pathlib import Path

import pytest

from escapelens.causes import Cause
from tests.causes.scaffold import main
from tests.causes.test_contract import test_is_complete as check_is_complete


def load(file: Path, kind: str) -> Cause:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cause = getattr(module, kind)()
    assert isinstance(cause, Cause)
    return cause


def test_writes_a_cause_of_that_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stored-in-ring"], tmp_path) is None
    file = tmp_path / "stored_in_ring.py"
    assert capsys.readouterr().out == f"{file}\n"
    assert load(file, "StoredInRing").name == "stored-in-ring"


def test_the_blanks_fail_the_contract(tmp_path: Path) -> None:
    main(["new-cause"], tmp_path)
    cause = load(tmp_path / "new_cause.py", "NewCause")
    with pytest.raises(AssertionError, match="every text must be written"):
        check_is_complete(cause)


@pytest.mark.parametrize(
    "name", ["", "Map-Insert", "map_insert", "map--insert", "-map", "map-", "map insert", "../map"]
)
def test_refuses_what_is_no_name(name: str, tmp_path: Path) -> None:
    said = main([name], tmp_path)
    assert said == f"{name!r} is no name of a cause: kebab-case words, such as map-insert"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["map-insert", "base"])
def test_refuses_what_exists(name: str) -> None:
    said = main([name])
    assert said is not None
    assert said.endswith("exists already")


@pytest.mark.parametrize("arguments", [[], ["one", "two"]])
def test_wants_one_name(arguments: list[str], tmp_path: Path) -> None:
    assert main(arguments, tmp_path) == "usage: python -m tests.causes.scaffold NAME"
