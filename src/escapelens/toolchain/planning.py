"""Decides what will be run: in which root, with which flags, for which packages.

cmd/go stores a package's diagnostics with the paths already shortened for the working directory of
the compile that filled the build cache, and replays them to every later one (Go 1.19 to 1.27). So
Go always runs in the root, with a flag that makes the cache entries of each root its own.
"""

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from escapelens.errors import NoToolchainError, UsageError
from escapelens.model import Go
from escapelens.toolchain.finding import (
    OLDEST_GO,
    Toolchain,
    ask_go,
    find_toolchain,
    is_supported,
    minor_version,
)

LISTED = (
    "ImportPath,Dir,Name,GoFiles,CgoFiles,Imports,ImportMap,Module,Export,BuildID,Error,"
    "DepsErrors,ForTest,DepOnly,Standard,EmbedPatterns,TestEmbedPatterns,XTestEmbedPatterns"
)
"""The fields of `go list` that are asked for; computing others, such as Stale, would cost time."""

_TARGET = ("GOOS", "GOARCH")
_OURS = frozenset({"C", "f", "gcflags", "json", "m", "n", "trimpath"})
"""Flags that would change where Go runs or what it prints."""
_NO_MODULE = ("", os.devnull)
"""What `go env GOMOD` says outside modules: nothing with GO111MODULE=off, else the null device."""


@dataclass(frozen=True)
class BuildOptions:
    """What the user asked to have compiled, in the user's words."""

    patterns: tuple[str, ...] = ()
    """Import paths, relative or absolute folders, `...` patterns, or Go files."""
    directory: Path | None = None
    """`-C`: where everything else is relative to."""
    go: str | None = None
    tags: str | None = None
    goos: str | None = None
    goarch: str | None = None
    race: bool = False
    mod: str | None = None
    overlay: Path | None = None
    tests: bool = False
    deps: bool = False
    """Dependencies are analysed too."""
    pgo: str = "off"
    """`off`, `auto` or the path of a profile."""
    machine_code: bool = False
    """The compiler prints the machine code too; it compiles all anew the first time."""
    build_flags: tuple[str, ...] = ()
    """Passed to the go command as they are."""


@dataclass(frozen=True)
class Plan:
    """Everything that one run of the go command depends on; all paths are absolute."""

    toolchain: Toolchain
    go: Go
    """The version that runs in the module, the target and the flags."""
    goroot: Path
    gocache: Path
    modcache: Path
    """Where modules are that were fetched, which never change."""
    goflags: str
    pgo: str
    """`off`, `auto` or a profile."""
    cwd: Path
    """Where the user stands, in the user's spelling."""
    root: Path
    """Where Go runs, and what relative paths in its output are relative to."""
    in_module: bool
    """Whether the root belongs to a module or workspace."""
    patterns: tuple[str, ...]
    only_files: tuple[Path, ...]
    """The Go files that were named; their packages are compiled."""
    flags: tuple[str, ...]
    """The build flags that precede the patterns, gcflags included."""
    tests: bool
    env: Mapping[str, str]
    notes: tuple[str, ...]
    """What a reader should know about these decisions."""
    lists_dependencies: bool = True
    """Packages that are only imported are listed too, which tells who owns their files."""

    @property
    def command(self) -> tuple[str, ...]:
        """The go command that compiles the packages and lists them, without linking anything.

        Unlike `go build` it does not stop at a package that cannot be loaded. `-deps` costs next to
        nothing, since the dependencies are loaded anyway.
        """
        deps = ("-deps",) if self.lists_dependencies else ()
        tests = ("-test",) if self.tests else ()
        go = str(self.toolchain.go)
        return (
            *(go, "list", "-e", "-export", *deps, *tests, f"-json={LISTED}"),
            *(*self.flags, "--", *self.patterns),
        )

    @property
    def paste_command(self) -> str:
        """A line for a POSIX shell that makes the compiler print the same diagnostics."""
        # `go build` compiles no tests, and `go test` not the package without them. `-o /dev/null`
        # keeps the binary of a single main package out of the user's folder.
        verb = ("list", "-e", "-export", "-test") if self.tests else ("build", "-o", "/dev/null")
        by_name = self.toolchain.found == "PATH" and self.toolchain.goroot is None
        go = "go" if by_name else str(self.toolchain.go)
        variables = [f"GOROOT={self.toolchain.goroot}"] if self.toolchain.goroot else []
        variables += [f"{name}={self.env[name]}" for name in _TARGET if name in self.env]
        words = (go, "-C", str(self.root), *verb, *self.flags, *self.patterns)
        rest = [">/dev/null"] if self.tests else []
        return " ".join([*map(_assignment, variables), *map(shlex.quote, words), *rest])


def plan_build(options: BuildOptions, environ: Mapping[str, str], cwd: Path) -> Plan:
    """Decide on the toolchain, the root and the command for what the user asked."""
    cwd = _stand(options, environ, cwd)
    _check(options)
    environ = dict(environ)
    for name, value in zip(_TARGET, (options.goos, options.goarch), strict=True):
        if value:
            environ[name] = value

    toolchain = find_toolchain(options.go, environ, cwd)
    facts = _facts(toolchain, environ, cwd)
    root = _root(facts, cwd)
    in_module = facts["GOMOD"] not in _NO_MODULE or _workspace(facts) is not None
    patterns, only_files = _patterns(options.patterns, cwd)
    if _means_everything(options.patterns) and root == cwd and facts["GOMOD"] in _NO_MODULE:
        patterns = _used_modules(toolchain, environ, facts, cwd) or patterns
    gcflags = compiler_flags(facts["GOVERSION"], root, machine_code=options.machine_code)
    return Plan(
        toolchain=toolchain,
        go=Go(
            version=facts["GOVERSION"],
            goos=facts["GOOS"],
            goarch=facts["GOARCH"],
            cgo_enabled=facts["CGO_ENABLED"] == "1",
            tags=_tags(options, facts["GOFLAGS"]),
            gcflags=gcflags,
        ),
        goroot=Path(facts["GOROOT"]),
        gocache=Path(facts["GOCACHE"]),
        modcache=Path(facts["GOMODCACHE"]),
        goflags=facts["GOFLAGS"],
        pgo=options.pgo,
        cwd=cwd,
        root=root,
        in_module=in_module,
        patterns=patterns,
        only_files=only_files,
        flags=_flags(options, cwd, root, gcflags),
        # A test file is in no package but the test variant of its own.
        tests=options.tests or any(file.name.endswith("_test.go") for file in only_files),
        env=toolchain.environment(environ, root),
        notes=_notes(toolchain, facts),
    )


def compiler_flags(version: str, root: Path, *, machine_code: bool = False) -> str:
    """The value of -gcflags. It is part of the key of the build cache: changing it recompiles all.

    The marks for heap lines that allocate nothing, -d=closure and -d=escapedebug, come for free;
    Go 1.24 and older do not know the second (cmd/compile/internal/base/debug.go). `-D` is inert:
    it sets the prefix of local imports, which no longer exist, and here tells roots apart.
    """
    debug = "escapedebug=1,closure=1" if minor_version(version) >= (1, 25) else "closure=1"
    folder = str(root)
    # cmd/internal/quoted.Split knows no escapes, so a word is quoted with the mark that it lacks. A
    # folder with both marks is encoded: all that matters is that its name is its own.
    if "'" in folder and '"' in folder:
        folder = quote(folder)
    mark = "'" if '"' in folder else '"'
    code = "-S " if machine_code else ""
    return f"-m=2 {code}-d={debug} {mark}-D={folder}{mark}"


def _stand(options: BuildOptions, environ: Mapping[str, str], cwd: Path) -> Path:
    """The absolute folder the user means, spelled as the shell spells it where that is the same."""
    shell = Path(environ.get("PWD", ""))
    if shell.is_absolute() and _same(shell, cwd):
        cwd = _normal(shell)
    if options.directory is None:
        return cwd
    directory = cwd / options.directory
    if not directory.is_dir() or not os.access(directory, os.R_OK | os.X_OK):
        raise UsageError(f"cannot enter {options.directory}", "-C takes a readable folder")
    return _normal(directory)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _normal(path: Path) -> Path:
    """The path without `..`, which behind a symlink may mean another folder than the text says."""
    plain = Path(os.path.normpath(path))
    return plain if not path.exists() or _same(plain, path) else path.resolve()


def _check(options: BuildOptions) -> None:
    """Refuse what the go command would misread."""
    for pattern in options.patterns:
        if pattern.startswith("-"):
            raise UsageError(
                f"a package pattern cannot begin with '-': {pattern}",
                "flags of the go command are passed with --build-flag",
            )
    for flag in options.build_flags:
        if not flag.startswith("-") or flag.strip("-") == "":
            raise UsageError(
                f"not a flag: {flag}", "write it as the go command takes it: --build-flag=-p=1"
            )
        if flag.lstrip("-").partition("=")[0] in _OURS:
            name = flag.partition("=")[0]
            raise UsageError(
                f"escapelens needs {name} for itself", "leave it out; GOFLAGS can hold other flags"
            )


def _facts(toolchain: Toolchain, environ: Mapping[str, str], cwd: Path) -> dict[str, str]:
    """What the go command says about the folder; a go.mod may make it switch to another version."""
    names = "GOVERSION GOROOT GOOS GOARCH CGO_ENABLED GOFLAGS GOWORK GOMOD GOCACHE GOMODCACHE"
    answer = ask_go(toolchain, ("env", "-json", *names.split()), environ, cwd)
    if answer.returncode != 0:
        # Mostly a version that go.mod asks for and that cannot be downloaded.
        raise NoToolchainError(
            answer.stderr.strip() or f"go env failed in {cwd}",
            "set GOTOOLCHAIN=local to use the installed Go, or name another one with --go",
        )
    facts: dict[str, str] = json.loads(answer.stdout)
    if not is_supported(facts["GOVERSION"]):
        oldest = ".".join(map(str, OLDEST_GO))
        raise NoToolchainError(
            f"{cwd} selects {facts['GOVERSION']}, which is too old",
            f"escapelens needs Go {oldest} or newer; see GOTOOLCHAIN and go.mod",
        )
    return facts


def _workspace(facts: Mapping[str, str]) -> Path | None:
    return Path(facts["GOWORK"]) if facts["GOWORK"] not in ("", "off") else None


def _root(facts: Mapping[str, str], cwd: Path) -> Path:
    """The folder of the go.work, else of the module, else the one where the user stands."""
    if workspace := _workspace(facts):
        return workspace.parent
    return Path(facts["GOMOD"]).parent if facts["GOMOD"] not in _NO_MODULE else cwd


def _patterns(patterns: tuple[str, ...], cwd: Path) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """The patterns as they mean the same from any folder, and the Go files among them."""
    found: list[str] = []
    files: list[Path] = []
    for pattern in patterns or ("./...",):
        if pattern.endswith(".go") and (cwd / pattern).is_file():
            file = _normal(cwd / pattern)
            files.append(file)
            found.append(str(file.parent))
        elif pattern.endswith(".go") and (_is_path(pattern) or "/" not in pattern):
            raise UsageError(f"cannot read {pattern}", "a Go file or a package was expected")
        elif _is_path(pattern):
            found.append(_absolute(pattern, cwd))
        else:
            found.append(pattern)
    return tuple(dict.fromkeys(found)), tuple(dict.fromkeys(files))


def _is_path(pattern: str) -> bool:
    """Whether Go takes the pattern for a path of the file system, not for an import path."""
    return Path(pattern).is_absolute() or pattern.replace(os.sep, "/").split("/")[0] in (".", "..")


def _absolute(pattern: str, cwd: Path) -> str:
    """`./x/...` seen from anywhere; only what precedes the dots is a path."""
    if pattern.endswith("..."):
        folder, _, last = pattern.replace(os.sep, "/").rpartition("/")
        return str(_normal(cwd / (folder or os.sep)) / last)
    return str(_normal(cwd / pattern))


def _means_everything(patterns: tuple[str, ...]) -> bool:
    return not patterns or patterns == ("./...",)


def _used_modules(
    toolchain: Toolchain, environ: Mapping[str, str], facts: Mapping[str, str], cwd: Path
) -> tuple[str, ...]:
    """Every module of the workspace: where no module is, `./...` means nothing to Go."""
    workspace = _workspace(facts)
    if workspace is None:
        return ()
    answer = ask_go(toolchain, ("work", "edit", "-json", str(workspace)), environ, cwd)
    if answer.returncode != 0:
        return ()  # the build will say what is wrong with the go.work
    used = json.loads(answer.stdout).get("Use") or ()
    return tuple(str(_normal(workspace.parent / use["DiskPath"]) / "...") for use in used)


def _flags(options: BuildOptions, cwd: Path, root: Path, gcflags: str) -> tuple[str, ...]:
    flags = [
        # GOFLAGS=-trimpath would print import paths in place of files.
        "-trimpath=false",
        # The commit in the build info would recompile each main package after every commit, and a
        # checkout that git distrusts would fail.
        "-buildvcs=false",
        f"-pgo={_profile(options.pgo, cwd)}",
        f"-gcflags={'all=' if options.deps else ''}{gcflags}",
    ]
    if options.tags is not None:
        flags.append(f"-tags={options.tags}")
    if options.race:
        flags.append("-race")
    if options.mod is not None:
        flags.append(f"-mod={options.mod}")
    if options.overlay is not None:
        flags.append(f"-overlay={_overlay(cwd / options.overlay, cwd, root)}")
    return (*flags, *options.build_flags)


def _profile(pgo: str, cwd: Path) -> str:
    if pgo in ("off", "auto"):
        return pgo
    profile = _normal(cwd / pgo)
    # Go 1.27 ignores a missing profile if the package is in the build cache.
    if not profile.is_file():
        raise UsageError(f"cannot read the profile {pgo}", "--pgo takes off, auto or a file")
    return str(profile)


def _overlay(overlay: Path, cwd: Path, root: Path) -> Path:
    """The absolute path of an overlay that means the same in the root as where the user stands."""
    hint = 'it looks like {"Replace": {"/path/of/x.go": "/path/of/its/replacement"}}'
    try:
        replace = json.loads(overlay.read_bytes())["Replace"].items()
        paths = [path for pair in replace for path in pair if path]
        relative = [path for path in paths if not Path(path).is_absolute()]
    except OSError as error:
        raise UsageError(f"cannot read the overlay {overlay}: {error.strerror}", hint) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"not an overlay: {overlay}", hint) from None
    if relative and cwd != root:
        raise UsageError(
            f"the overlay {overlay} has a relative path: {relative[0]}",
            f"Go runs in {root}, so write absolute paths",
        )
    return _normal(overlay)


def _tags(options: BuildOptions, goflags: str) -> tuple[str, ...]:
    """The build tags in force; those of the command line replace those of GOFLAGS."""
    text = options.tags
    if text is None:
        flags = [flag.lstrip("-").partition("=") for flag in goflags.split()]
        text = next((value for name, _, value in reversed(flags) if name == "tags"), "")
    return tuple(tag for tag in text.replace(",", " ").split() if tag)


def _notes(toolchain: Toolchain, facts: Mapping[str, str]) -> tuple[str, ...]:
    notes = []
    if facts["GOVERSION"] != toolchain.version:
        notes.append(f"the module makes {toolchain.version} switch to {facts['GOVERSION']}")
    if any(flag.lstrip("-") in ("trimpath", "trimpath=true") for flag in facts["GOFLAGS"].split()):
        notes.append("-trimpath in GOFLAGS is not used: it would hide where the files are")
    return tuple(notes)


def _assignment(variable: str) -> str:
    name, _, value = variable.partition("=")
    return f"{name}={shlex.quote(value)}"
