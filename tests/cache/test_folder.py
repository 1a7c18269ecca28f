"""The user's cache folder and its bound."""

import os
import time
from pathlib import Path

import pytest

from escapelens.cache import folder as cachefolder
from escapelens.cache.folder import CacheFolder, cache_folder


def store(cache: CacheFolder, name: str) -> Path:
    assert cache.write(name, (b"x" * 500, b"y" * 500))
    return cache.path(name)


def test_folder_is_cut_back_to_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = CacheFolder(tmp_path)
    paths = [store(cache, f"{room}/{number}") for room in ("ab", "reports") for number in range(5)]
    for age, path in enumerate(paths):
        os.utime(path, (time.time() - age * 60, time.time() - age * 60))
    monkeypatch.setattr(cachefolder, "MAX_BYTES", 4000)

    cache.prune()

    assert [path.exists() for path in paths] == [True] * 4 + [False] * 6


def test_folder_is_looked_through_once_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = CacheFolder(tmp_path)
    path = store(cache, "ab/c")
    cache.prune()
    monkeypatch.setattr(cachefolder, "MAX_BYTES", 0)
    cache.prune()
    assert path.exists()

    os.utime(tmp_path / "pruned", (0, 0))
    cache.prune()

    assert not path.exists()


def test_used_files_stay_young(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path)
    path = store(cache, "ab/c")
    os.utime(path, (0, 0))

    cache.touch(path)

    assert path.stat().st_mtime > time.time() - 60


def test_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> "object":
        yield b"begun"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CacheFolder(tmp_path).write("ab/c", broken())  # type: ignore[arg-type]

    assert list((tmp_path / "ab").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has another folder")
def test_folder_is_the_users() -> None:
    assert cache_folder({"ESCAPELENS_CACHE": "/c"}) == Path("/c")
    assert cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/escapelens/analysis")
    assert cache_folder({}) == Path.home() / ".cache" / "escapelens" / "analysis"
