"""The judged places of the standard library, and what is said of them now.

`python -m tests.judging` writes the sentences of today into the samples. Read the diff: a sentence
that has changed is judged anew, by its `verdict` and `remark`.
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from escapelens.model import Report, Site
from escapelens.request import Request, Wanted
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.toolchains import VERSIONS, Toolchain, installed

FOLDER = Path(__file__).with_name("judged")
SAMPLES = sorted(FOLDER.glob("std-*.json"))
"""Random samples of 200 sites with what was said of them, `right`, `wrong` or `awkward`.

`mended` says what was untrue, or awkward, when a site was first read and is not any more, and
`first` which of the two it was; `reader` says who read it.
"""
MODULES = FOLDER / "modules-1.27.3.json"
"""The same of 60 sites in modules that are not at hand."""

_LAYOUT = re.compile(r"\s+|,(?=\s*[\])}])")
_COMPARED = 60

Record = dict[str, Any]
Key = tuple[str, int, int, str, str]


def judged(sample: Path) -> list[Record]:
    """The judgements of a sample."""
    return cast("list[Record]", json.loads(sample.read_bytes())["judged"])


def key(record: Record) -> Key:
    """What tells a judged place from others."""
    column = record["column"] or 0
    return record["file"], record["line"], column, record["kind"], _bare(record["expression"])


def _bare(expression: str) -> str:
    """The beginning of an expression, however it is put on one line."""
    return _LAYOUT.sub("", expression)[:_COMPARED]


def sites(report: Report, folder: Path) -> dict[Key, list[Site]]:
    """The sites of a report on the sources in a folder, by what tells judged places apart."""
    found: defaultdict[Key, list[Site]] = defaultdict(list)
    for site in report.sites:
        at = site.position
        file = os.path.relpath(Path(report.root, at.file), folder)
        where = (file, at.line, at.column or 0, site.kind.value, _bare(site.expression))
        found[where].append(site)
    return found


def renewed(records: Iterable[Record], now: dict[Key, list[Site]]) -> list[Record]:
    """The judgements with the sentences of today, where the place is still told."""
    return [_renewed(record, now.get(key(record), [])) for record in records]


def _renewed(record: Record, found: list[Site]) -> Record:
    same = [site for site in found if site.sentence == record["sentence"]] or found
    told = {"expression": same[0].expression, "sentence": same[0].sentence} if same else {}
    return record | told


def written(document: dict[str, Any]) -> str:
    """A sample as its file has it: one judgement a line."""
    head = [f"{json.dumps(name)}:{json.dumps(document[name])}" for name in list(document)[:-1]]
    lines = [
        json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in document["judged"]
    ]
    return "{" + ",".join(head) + ',"judged":[\n' + ",\n".join(lines) + "\n]}\n"


def main() -> None:
    version = VERSIONS[-1]
    toolchain = Toolchain(version, installed()[version])
    folder = toolchain.go.parent.parent / "src"
    environ = {**os.environ, **toolchain.environment, "PWD": str(folder), "CGO_ENABLED": "1"}
    report = run(Request(BuildOptions(("std",)), Wanted(), use_cache=False), environ, folder).report
    now = sites(report, folder)
    for sample in SAMPLES:
        document = json.loads(sample.read_bytes())
        document["judged"] = renewed(document["judged"], now)
        sample.write_text(written(document))


if __name__ == "__main__":
    main()
