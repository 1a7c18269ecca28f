"""What an event means for the packages that are watched."""

import json

import pytest

from escapelens.toolchain import ListedPackage
from escapelens.toolchain.listing import read_listing
from escapelens.watch.deciding import EVERYTHING, NOTHING, Dirty
from escapelens.watch.relevance import Change, Happened, Watched


def listed(path: str, folder: str, **more: object) -> ListedPackage:
    """A package as the go command lists it."""
    said = {"ImportPath": path, "Dir": folder, "Name": "x", "GoFiles": ["x.go"], **more}
    (package,) = read_listing(json.dumps(said, indent=1).encode() + b"\n")
    return package


@pytest.fixture
def watched() -> Watched:
    result = Watched(("/m",), frozenset({"/m/overlay.json"}))
    result.know(
        [
            listed("m/a", "/m/a"),
            listed("m/a_test [m/a.test]", "/m/a", ForTest="m/a"),
            listed("m/e", "/m/e", EmbedPatterns=["static"]),
            listed("m/testdata/t", "/m/testdata/t"),
        ]
    )
    return result


def only(*packages: str) -> Dirty:
    return Dirty(frozenset(packages))


@pytest.mark.parametrize(
    ("path", "dirty"),
    [
        ("/m/a/a.go", only("m/a")),
        ("/m/a/a_test.go", only("m/a")),
        ("/m/a/a.s", only("m/a")),
        ("/m/a/a.h", only("m/a")),
        ("/m/a/notes.txt", NOTHING),
        ("/m/a/.a.go.swp", NOTHING),
        ("/m/a/a.go~", NOTHING),
        ("/m/a/_a.go", NOTHING),
        ("/m/a/#a.go#", NOTHING),
        ("/m/e/notes.txt", only("m/e")),
        ("/m/e/static/deep/page.html", only("m/e")),
        ("/m/testdata/t/t.go", only("m/testdata/t")),
        ("/m/testdata/golden.go", NOTHING),
        ("/m/new/new.go", EVERYTHING),
        ("/m/new/.git/x.go", NOTHING),
        ("/m/.git/index", NOTHING),
        ("/m/.git/refs/go.mod", NOTHING),
        ("/m/node_modules/p/x.go", NOTHING),
        ("/m/go.mod", EVERYTHING),
        ("/m/go.work", EVERYTHING),
        ("/m/vendor/modules.txt", EVERYTHING),
        ("/m/sub/go.mod", EVERYTHING),
        ("/m/overlay.json", EVERYTHING),
    ],
)
def test_files(watched: Watched, path: str, dirty: Dirty) -> None:
    assert watched.judge(Change(path)) == dirty


@pytest.mark.parametrize(
    ("path", "dirty"),
    [
        ("/m/a", EVERYTHING),
        ("/m", EVERYTHING),
        ("/m/testdata", EVERYTHING),
        ("/m/new", EVERYTHING),
        ("/m/.idea", NOTHING),
        ("/m/node_modules/x", NOTHING),
    ],
)
def test_folders(watched: Watched, path: str, dirty: Dirty) -> None:
    assert watched.judge(Change(path, Happened.FOLDER)) == dirty
