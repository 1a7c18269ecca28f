"""Allocation profiles of programs that run, and what they say of the sites."""

import gzip
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from escapelens.errors import UsageError
from escapelens.model import Allocates
from escapelens.parsers.profile import Sample
from escapelens.profiled import with_profile
from escapelens.profiles import Named, Stacks, load
from escapelens.request import Request
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from tests.toolchains import Toolchain

Module = Callable[[str], Path]

LEAK = """\
-- leak.go --
package main

import (
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
)

type Session struct {
	id   int
	data [1024]byte
}

var cache = map[int]*Session{}

func open(id int) *Session { return &Session{id: id} }

func Serve(n int) string {
	text := ""
	for i := 0; i < n; i++ {
		cache[len(cache)] = open(i)
		text += strings.Repeat("x", 100)
	}
	return text
}

func write(name string) {
	runtime.GC()
	file, _ := os.Create(name)
	pprof.WriteHeapProfile(file)
	file.Close()
}

func main() {
	runtime.MemProfileRate = 1
	Serve(100)
	write("earlier.pb.gz")
	Serve(1000)
	write("later.pb.gz")
	if len(os.Args) > 1 {
		os.Stdout.WriteString("ready\\n")
		http.ListenAndServe(os.Args[1], nil)
	}
}
"""


def show(folder: Path, *arguments: str, fails: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "escapelens", "show", *arguments],
        cwd=folder,
        env={**os.environ, "PWD": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 2) == fails, done.stderr
    return done.stderr if fails else done.stdout


def report(folder: Path, *arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(show(folder, "--format", "json", *arguments))
    return document


def ranked(document: dict[str, Any]) -> list[tuple[str, int, float]]:
    """What the profile has of sites, the largest share first."""
    found = [
        (site["expression"], site["position"]["line"], site["cost"]["profile"]["share"])
        for site in document["sites"]
        if site["cost"].get("profile", {}).get("share")
    ]
    return sorted(found, key=lambda one: -one[2])


def build(toolchain: Toolchain, folder: Path, *flags: str) -> Path:
    binary = folder / "program"
    subprocess.run([toolchain.go, "build", *flags, "-o", binary, "."], cwd=folder, check=True)
    return binary


def test_growth_names_the_line_that_leaks_first(toolchain: Toolchain, write_module: Module) -> None:
    folder = write_module(LEAK)
    subprocess.run([build(toolchain, folder)], cwd=folder, check=True)

    arguments = ("--base", "earlier.pb.gz", "--sample-index", "inuse_space")
    document = report(folder, "--profile", "later.pb.gz", *arguments)

    first, *_ = ranked(document)
    assert first[:2] == ("&Session{…}", 24)
    assert first[2] > 0.8
    (grown,) = [site for site in document["sites"] if site["position"]["line"] == 24]
    assert grown["cost"]["profile"]["objects"] == 1000
    assert grown["cause"] == "map-insert"
    text = show(folder, "--profile", "later.pb.gz", *arguments)
    assert text.index("leak.go:24:") < text.index("leak.go:19:")
    assert ": 1,000 objects, " in text


def test_all_that_a_loop_allocates_is_accounted_for(
    toolchain: Toolchain, write_module: Module
) -> None:
    folder = write_module(LEAK)
    subprocess.run([build(toolchain, folder)], cwd=folder, check=True)

    document = report(folder, "--asm", "--profile", "later.pb.gz")

    lines = {line for _, line, _ in ranked(document)}
    assert {24, 25} <= lines
    # What strings.Repeat makes is the only other thing of size.
    rest = [line for line in document["profile"]["lines"] if line["function"].startswith("main.")]
    assert sum(line["share"] for line in rest) < 0.01
    assert document["profile"]["matched"] > 0.8


def test_a_binary_that_was_built_elsewhere(newest: Toolchain, write_module: Module) -> None:
    folder = write_module(LEAK)
    program = build(newest, folder, "-trimpath")
    subprocess.run([program], cwd=folder, check=True)

    document = report(folder, "--profile", "later.pb.gz")

    assert ranked(document)[0][:2] == ("&Session{…}", 24)


def test_files_that_lie_elsewhere_now(
    newest: Toolchain, write_module: Module, tmp_path_factory: pytest.TempPathFactory
) -> None:
    there, here = tmp_path_factory.mktemp("there"), write_module(LEAK)
    for name in ("go.mod", "leak.go"):
        (there / name).write_text((here / name).read_text())
    subprocess.run([build(newest, there)], cwd=here, check=True)

    mapped = report(here, "--profile", "later.pb.gz", "--source-map", f"{there}={here}")
    unmapped = report(here, "--profile", "later.pb.gz")

    assert ranked(mapped)[0][:2] == ("&Session{…}", 24)
    assert ranked(unmapped) == []
    assert "was not analysed" in unmapped["profile"]["lines"][0]["reason"]


def test_functions_that_moved_are_found_and_told(newest: Toolchain, write_module: Module) -> None:
    folder = write_module(LEAK)
    subprocess.run([build(newest, folder)], cwd=folder, check=True)
    source = folder / "leak.go"
    source.write_text(source.read_text().replace("func open", "// Opens.\nfunc open", 1))

    document = report(folder, "--profile", "later.pb.gz")

    assert ranked(document)[0][:2] == ("&Session{…}", 25)
    assert any("is of other sources: Serve" in note for note in document["notes"])

    source.write_text(source.read_text().replace("return &Session", "\n\n\treturn &Session"))
    document = report(folder, "--profile", "later.pb.gz")

    (inside,) = [one for one in document["profile"]["lines"] if one["function"] == "main.open"]
    assert inside["reason"].startswith("its file has changed since")

    source.write_text(source.read_text().replace("Serve", "Handle"))
    document = report(folder, "--profile", "later.pb.gz")

    assert any("Serve no longer there" in note for note in document["notes"])
    assert document["profile"]["lines"][0]["reason"] == "the function is no longer there"


@contextmanager
def server(program: Path, folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with subprocess.Popen([program, address], cwd=folder, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            for _ in range(100):
                with socket.socket() as tried:
                    if tried.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0:
                        break
            yield f"http://{address}"
        finally:
            process.kill()


def test_a_live_server(newest: Toolchain, write_module: Module) -> None:
    folder = write_module(LEAK)
    with server(build(newest, folder), folder) as address:
        document = report(folder, "--profile", f"{address}/debug/pprof/allocs")
        missing = show(folder, "--profile", f"{address}/nothing", fails=True)
        readable = show(folder, "--profile", f"{address}/debug/pprof/heap?debug=1", fails=True)
        bare = address.removeprefix("http://")
        no_scheme = show(folder, "--profile", f"{bare}/debug/pprof/heap", fails=True)

    assert ranked(document)[0][:2] == ("&Session{…}", 24)
    assert missing.startswith(f"error: {address}/nothing answers 404 Not Found\nhint: ")
    assert readable.endswith("hint: this is the readable form; leave out ?debug=1\n")
    assert no_scheme.endswith("hint: an address begins with http://\n")
    no_port = show(folder, "--profile", "http://127.0.0.1:none/debug", fails=True)
    assert no_port.startswith("error: cannot fetch http://127.0.0.1:none/debug: ")
    down = show(folder, "--profile", f"{address}/debug/pprof/allocs", fails=True)
    assert down.startswith(f"error: cannot fetch {address}/debug/pprof/allocs: Connection refused")


def test_what_is_no_allocation_profile(newest: Toolchain, write_module: Module) -> None:
    folder = write_module(
        """\
        -- p_test.go --
        package p

        import "testing"

        func BenchmarkP(b *testing.B) {
        	for i := 0; i < b.N; i++ {
        	}
        }
        """
    )
    subprocess.run(
        [
            newest.go,
            "test",
            "-bench=.",
            "-run=^$",
            "-cpuprofile=cpu.pb.gz",
            "-memprofile=mem.pb.gz",
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    whole = (folder / "mem.pb.gz").read_bytes()
    made = {
        "cut.pb.gz": whole[: len(whole) // 2],
        "cut.pb": gzip.decompress(whole)[:-100],
        "text": b"goroutine 1 [running]:\n",
        "empty": b"",
        "bomb.gz": gzip.compress(bytes((1 << 30) + 10)),
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)

    def said(name: str) -> str:
        with pytest.raises(UsageError) as error:
            load(Named((str(folder / name),)))
        return error.value.message.removeprefix(f"cannot read the profile {folder}/{name}: ")

    assert said("cpu.pb.gz").endswith("is a CPU profile; an allocation profile is needed")
    assert said("cut.pb.gz") == "it ends in the middle"
    assert said("cut.pb").startswith("it is no profile, or only part of one")
    assert said("text").startswith("it is no profile")
    assert said("empty") == "it is no profile, or an empty one"
    assert said("bomb.gz") == "it is larger than 1,024 MiB"
    assert said("missing") == "No such file or directory"
    assert len(load(Named((str(folder / "mem.pb.gz"),))).samples) > 0


def test_options_that_make_no_sense(write_module: Module) -> None:
    folder = write_module("-- p.go --\npackage p\n")

    assert "--base needs --profile" in show(folder, "--base", "x", fails=True)
    assert "not a pair: x" in show(folder, "--profile", "y", "--source-map", "x", fails=True)


OWN_TESTS = ("strconv", "encoding/json", "net/http", "go/parser", "text/template")


@pytest.mark.sweep
@pytest.mark.parametrize("toolchain", ["1.21.13", "1.24.11", "1.27.3"], indirect=True)
@pytest.mark.parametrize("package", OWN_TESTS)
def test_what_tests_allocate_belongs_to_sites(
    toolchain: Toolchain, package: str, tmp_path: Path
) -> None:
    assert_all_belongs_to_sites(toolchain, package, tmp_path)


def test_what_tests_of_one_package_allocate_belongs_to_sites(
    newest: Toolchain, tmp_path: Path
) -> None:
    assert_all_belongs_to_sites(newest, "strconv", tmp_path)


def assert_all_belongs_to_sites(toolchain: Toolchain, package: str, tmp_path: Path) -> None:
    """Runs the tests of a package of the standard library with a profile of all allocations."""
    sources = toolchain.go.parent.parent / "src"
    profile = tmp_path / "mem.pb.gz"
    # Not all of its tests pass outside of a complete Go tree; the profile is written all the same.
    subprocess.run(
        [
            *(toolchain.go, "test", "-short", "-vet=off", "-o", tmp_path / "test"),
            *("-memprofile", profile, "-memprofilerate=1", package),
        ],
        cwd=sources,
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        check=False,
    )
    environ = {**os.environ, "CGO_ENABLED": "0", "PWD": str(sources)}
    options = BuildOptions((package,), machine_code=True)
    outcome = run(Request(options), environ, sources)
    own = [
        (sample, amount)
        for sample, amount in load(Named((str(profile),))).samples
        if is_own(sample, sources / package)
    ]

    report = with_profile(outcome.report, Stacks(tuple(own)), "alloc_objects", outcome.read)

    assert report.profile is not None
    assert report.profile.objects > 100
    assert report.profile.matched >= 0.99, report.profile.lines[:5]
    wrong = [one for one in report.sites if one.cost and one.cost.allocates is Allocates.NO]
    shares = [one.cost.profile.share for one in wrong if one.cost and one.cost.profile]
    assert sum(shares) < 0.001


def is_own(sample: Sample, folder: Path) -> bool:
    """Whether the innermost frame that is not the runtime's is in a package's own sources."""
    for physical in sample.stack:
        for frame in physical:
            if not frame.function.startswith(("runtime.", "internal/runtime/")):
                file = Path(frame.file)
                return file.parent == folder and not file.name.endswith("_test.go")
    return False
