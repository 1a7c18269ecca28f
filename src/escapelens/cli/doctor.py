"""`escapelens doctor`: which Go is used, how it was found, and what would be run."""

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from escapelens.cli import options

if TYPE_CHECKING:
    from escapelens.toolchain import BuildOptions, Plan


def doctor(
    patterns: options.Patterns = None,
    directory: options.Directory = None,
    go: options.GoPath = None,
    tags: options.Tags = None,
    goos: options.Goos = None,
    goarch: options.Goarch = None,
    race: options.Race = False,
    mod: options.Mod = None,
    overlay: options.Overlay = None,
    tests: options.Tests = False,
    pgo: options.Pgo = "off",
    build_flags: options.BuildFlags = None,
) -> None:
    """Show which Go is used, how it was found, and what would be run."""
    asked = options.build_options(
        *(patterns, directory, go, tags, goos, goarch),
        *(race, mod, overlay, tests, pgo, build_flags),
    )
    typer.echo(diagnose(asked, os.environ, Path.cwd()))


def diagnose(asked: "BuildOptions", environ: Mapping[str, str], cwd: Path) -> str:
    """The page that `doctor` prints: one fact a line, names and values aligned."""
    from escapelens.cache.folder import cache_folder
    from escapelens.toolchain import plan_build

    plan = plan_build(asked, environ, cwd)
    facts = [*_facts(plan), ("analysis cache", str(cache_folder(environ)))]
    facts += [("runs", shlex.join(plan.command)), ("same by hand", plan.paste_command)]
    facts += [("note", note) for note in plan.notes]
    width = max(len(name) for name, _ in facts)
    return "\n".join(f"{name:<{width}}  {_shown(value)}" for name, value in facts)


def _facts(plan: "Plan") -> Iterator[tuple[str, str]]:
    from escapelens.toolchain import newer_than_tested

    go = plan.go
    newer = newer_than_tested(go.version)
    yield "go", str(plan.toolchain.go)
    yield "found by", plan.toolchain.found
    yield "version", f"{go.version} ({'newer than the tested ones' if newer else 'supported'})"
    yield "GOROOT", str(plan.goroot)
    yield "GOFLAGS", plan.goflags or "none"
    yield "target", f"{go.goos}/{go.goarch}, cgo {'on' if go.cgo_enabled else 'off'}"
    yield "build tags", ", ".join(go.tags) or "none"
    yield "profile", plan.pgo
    yield "compiler flags", go.gcflags
    yield "folder", str(plan.cwd)
    yield "root", f"{plan.root}{'' if plan.in_module else ' (in no module)'}"
    yield "packages", " ".join(plan.patterns)
    if plan.only_files:
        yield "only files", " ".join(map(str, plan.only_files))
    yield "build cache", str(plan.gocache)


def _shown(text: str) -> str:
    """The text with its control characters written out, so that none reaches the terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
