"""Begins the file of a new cause: `python -m tests.causes.scaffold NAME`.

Its blanks fail the contract in test_contract.py until they are filled.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import escapelens.causes

FOLDER = Path(escapelens.causes.__file__).parent

_NAME = re.compile(r"[a-z]+(?:-[a-z]+)*")
_TEMPLATE = '''\
"""What the code does, in one line."""

from escapelens.causes.base import Case, Cause, Example, NearMiss
from escapelens.evidence import Pattern


class {kind}(Cause):
    summary = ""
    why = """\\
"""
    safety = """\\
"""
    leave_it = """\\
"""
    examples = (
        Example(
            before="""package p
""",
            after="""package p
""",
        ),
    )
    near_misses = (
        NearMiss(
            """package p
""",
            "",
        ),
        NearMiss(
            """package p
""",
            "",
        ),
    )

    def claims(self, pattern: Pattern) -> bool:
        return False

    def sentence(self, case: Case) -> str:
        return case.because("")
'''


def scaffold(name: str, folder: Path = FOLDER) -> Path:
    """Writes the file of a cause; ValueError for a name that no new cause can have."""
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no name of a cause: kebab-case words, such as map-insert")
    words = name.split("-")
    file = folder / f"{'_'.join(words)}.py"
    if file.exists():
        raise ValueError(f"{file} exists already")
    file.write_text(_TEMPLATE.format(kind="".join(word.capitalize() for word in words)))
    return file


def main(arguments: Sequence[str], folder: Path = FOLDER) -> str | None:
    """What is wrong with the arguments, if anything; else the file is there."""
    if len(arguments) != 1:
        return "usage: python -m tests.causes.scaffold NAME"
    try:
        print(scaffold(arguments[0], folder))
    except ValueError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
