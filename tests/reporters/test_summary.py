"""The totals at the end of a report, and what it says of all that is not shown."""

from typing import Any

from escapelens.model import (
    BuildError,
    Counts,
    Coverage,
    Go,
    Package,
    Position,
    Report,
    SourceFile,
    Unrecognised,
)
from escapelens.reporters.summary import summary_lines

COUNTS = Counts(
    ignored=0,
    by_cause={},
    sites=1240,
    decisions=1300,
    functions=300,
    files=20,
    packages=2,
    hidden=0,
    unrecognised=0,
    by_kind={"deferred-call": 1, "escapes": 1230, "moved": 9},
    by_package={"example.com/a": 9, "example.com/b": 1231},
)
NOTHING = Counts(0, 0, 0, 0, 0, 0, 0, 0, {}, {}, {})


def report(counts: Counts = NOTHING, **fields: Any) -> Report:
    known: dict[str, Any] = {
        "files": (),
        "packages": (Package("example.com/a", "/a"), Package("example.com/b", "/b")),
        "sites": (),
        "leaks": (),
        "stack": (),
        "unrecognised": (),
    }
    go = Go("go1.27.3", "linux", "amd64", True, (), "-m=2")
    return Report(root="/", coverage=Coverage.DECISIONS, go=go, counts=counts, **(known | fields))


def test_totals_and_packages_by_number_of_sites() -> None:
    assert summary_lines(report(COUNTS)) == [
        "1,240 sites on the heap: 1,230 values, 9 variables, 1 hidden closure of go or defer",
        "in 300 functions, 20 files, 2 packages",
        "  1,231  example.com/b",
        "      9  example.com/a",
    ]


def test_an_empty_result_is_good_news() -> None:
    assert summary_lines(report()) == ["Nothing in 2 packages escapes to the heap."]


def test_packages_that_were_not_analysed_and_why() -> None:
    broken = Package(
        "example.com/bad",
        "/bad",
        errors=(BuildError("undefined: x\n\thave y", Position("bad.go", 3, 5)),),
    )
    silenced = Package("example.com/uses", "/uses", silenced_by="example.com/bad")
    assert summary_lines(report(packages=(broken, silenced))) == [
        "No package could be analysed.",
        "1 package did not compile:",
        "  example.com/bad",
        "    bad.go:3:5: undefined: x",
        "      have y",
        "1 package not compiled because of an import:",
        "  example.com/uses imports example.com/bad",
    ]


def test_hidden_changed_and_unknown_are_told() -> None:
    lines = summary_lines(
        report(
            Counts(0, 4, 0, 0, 0, 4, 0, 1, {}, {}, {}),
            files=(SourceFile("a.go", "0", generated=False, changed=True),),
            unrecognised=(Unrecognised("example.com/a", "what\x1b[0m"),),
            notes=("default.pgo was not used",),
        )
    )
    assert lines[1:] == [
        "not counted: 4 in other packages' code or in no source file (--all shows them)",
        "1 file changed since the build, not annotated:",
        "  a.go",
        "1 line of the compiler not understood:",
        r"  example.com/a: what\x1b[0m",
        "note: default.pgo was not used",
    ]


def test_long_lists_are_counted() -> None:
    lines = summary_lines(report(unrecognised=tuple(Unrecognised("p", str(n)) for n in range(13))))
    assert lines[-1] == "  and 3 more"


def test_a_filter_that_matches_nothing_is_no_good_news() -> None:
    note = "no site matches; without the filter there are 9"
    assert summary_lines(report(notes=(note,))) == [f"note: {note}"]


def test_hidden_sites_that_are_shown_need_no_hint() -> None:
    hidden = report(Counts(0, 4, 0, 0, 0, 4, 0, 0, {}, {}, {}))
    assert summary_lines(hidden)[1].endswith(" (--all shows them)")
    assert summary_lines(hidden, show_hidden=True)[1].endswith("in no source file")
