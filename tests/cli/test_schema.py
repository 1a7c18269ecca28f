"""`escapelens schema` prints a schema that real documents are held against."""

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest

from escapelens.causes import all_causes
from escapelens.reporters.json import SCHEMA_VERSION


@pytest.fixture(scope="module")
def printed() -> dict[str, Any]:
    result = subprocess.run(
        [sys.executable, "-m", "escapelens", "schema"], capture_output=True, check=True
    )
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_schema_is_valid(printed: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(printed)


def test_every_record_is_described(printed: dict[str, Any]) -> None:
    names = {"Site", "Decision", "Flow", "Step", "Leak", "Position", "Counts", "Package", "Origin"}

    assert names <= printed["$defs"].keys()
    assert printed["$defs"]["Site"]["properties"]["flows"] == {
        "type": "array",
        "items": {"$ref": "#/$defs/Flow"},
    }


def test_schema_refuses_what_is_no_report(printed: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(printed)

    assert not validator.is_valid({})
    assert not validator.is_valid({"schema_version": SCHEMA_VERSION, "sites": []})
    assert not validator.is_valid([])


def test_causes_are_those_of_the_registry(printed: dict[str, Any]) -> None:
    cause, null = printed["$defs"]["Site"]["properties"]["cause"]["anyOf"]

    assert cause == {"enum": list(all_causes())}
    assert null == {"type": "null"}
    assert printed["$defs"]["CausePage"]["properties"]["name"] == cause
