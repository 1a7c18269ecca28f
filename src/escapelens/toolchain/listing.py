"""Reads what `go list -e -export -deps -json` says about the packages of a run.

Owns whose fault a package is that was not compiled; knows nothing of what the compiler prints.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from escapelens.model import BuildError, Package, Position


class PackageError(msgspec.Struct, rename="pascal", frozen=True):
    """An error as `go list` gives it."""

    err: str
    pos: str = ""
    import_stack: tuple[str, ...] | None = None


class _Module(msgspec.Struct, rename="pascal", frozen=True):
    """The module of a package."""

    dir: str = ""
    go_version: str = ""


class _Listed(msgspec.Struct, rename="pascal", frozen=True):
    """The JSON of one package; cmd/go/internal/load.PackagePublic."""

    import_path: str = ""
    dir: str = ""
    name: str = ""
    go_files: tuple[str, ...] = ()
    cgo_files: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    import_map: Mapping[str, str] = {}
    module: _Module | None = None
    export: str = ""
    error: PackageError | None = None
    deps_errors: tuple[PackageError, ...] = ()
    for_test: str = ""
    dep_only: bool = False
    standard: bool = False
    embed_patterns: tuple[str, ...] = ()
    test_embed_patterns: tuple[str, ...] = ()
    x_test_embed_patterns: tuple[str, ...] = msgspec.field(default=(), name="XTestEmbedPatterns")


@dataclass(frozen=True)
class ListedPackage:
    """One compilation of a package, or the reason why there was none."""

    import_path: str
    variant: str | None
    """The test binary or PGO main package it was compiled for; in brackets in its header."""
    name: str
    dir: str
    """Absolute; empty for what is no package, such as an import path that names nothing."""
    files: tuple[Path, ...]
    """Its Go files, those with cgo included; the test files too where it is a test variant."""
    imports: tuple[str, ...]
    """The `id` of each package that it imports."""
    import_map: Mapping[str, str]
    """The `id` of what is imported by another name: of vendored packages and test variants."""
    export: str
    """The file with its export data; empty if it was not compiled."""
    go_version: str
    """The version that its go.mod asks for, such as `1.22`; the standard library has none."""
    error: PackageError | None
    deps_errors: tuple[PackageError, ...]
    dep_only: bool
    """It was not asked for, only imported."""
    standard: bool
    module_dir: str
    """The folder of its module; empty outside of modules and where the module is not at hand."""
    embeds: bool
    """It, or one of its tests, embeds files."""
    compiled: bool
    """Its export data exists, or it has nothing but test files."""

    @property
    def id(self) -> str:
        """What tells it from the others of the listing: the import path, and the variant if any."""
        return f"{self.import_path} [{self.variant}]" if self.variant else self.import_path

    @property
    def block(self) -> str:
        """What the compiler printed for a package that it then rejected, without the header.

        A late error ("stack frame too large") comes after all diagnostics, and `go list` gives them
        here instead of on stderr.
        """
        if self.error is None or not self.error.err.startswith("# "):
            return ""
        return self.error.err.partition("\n")[2]

    @property
    def is_test_main(self) -> bool:
        """Whether it is the main package that cmd/go generates for a test binary."""
        return self.name == "main" and self.import_path.endswith(".test") and self.variant is None


def read_listing(stdout: bytes) -> tuple[ListedPackage, ...]:
    """The packages in the order of the output of `go list -json`."""
    # Each package is an indented object, so a brace at the start of a line ends one.
    objects = (f"{text}\n}}" for text in stdout.decode(errors="replace").split("\n}\n") if text)
    return tuple(_package(msgspec.json.decode(text, type=_Listed)) for text in objects)


def explain_packages(
    listed: Sequence[ListedPackage],
    root: Path,
    unrecognised: Callable[[bytes], list[str]],
) -> tuple[Package, ...]:
    """The packages asked for and the broken ones they import, with absolute folders and positions.

    `unrecognised` tells which lines of a block are no diagnostics: those are its errors.
    """
    errors: dict[tuple[str, str | None], list[BuildError]] = {}
    culprits: dict[PackageError, str] = {}
    by_path = {package.import_path: package for package in listed if package.variant is None}
    for package in listed:
        if package.error is None:
            continue
        owner = package
        if package.dep_only and not package.dir:
            # It does not exist, which is an error of the package that imports it. A test variant,
            # which nothing imports, is not found here, and has the error among its `deps_errors`.
            stack = package.error.import_stack or ("",)
            if stack[-1] not in by_path:
                continue
            owner = by_path[stack[-1]]
        errors.setdefault((owner.import_path, owner.variant), []).extend(
            _errors(package, root, unrecognised)
        )
        culprits.setdefault(package.error, owner.import_path)
    result: dict[tuple[str, str | None], Package] = {}
    for package in listed:
        key = (package.import_path, package.variant)
        if package.is_test_main or (package.dep_only and (key not in errors or not package.dir)):
            continue
        own = tuple(dict.fromkeys(errors.get(key, ())))
        silencers = (culprits.get(error) for error in package.deps_errors)
        silenced_by = next((path for path in silencers if path and path != key[0]), None)
        if not package.compiled and not own and silenced_by is None:
            own = tuple(_split(error, root) for error in package.deps_errors) or (
                BuildError("not compiled, and the go command does not say why"),
            )
        result[key] = Package(
            import_path=package.import_path,
            dir=package.dir,
            variant=package.variant,
            errors=own,
            silenced_by=None if own or package.compiled else silenced_by,
        )
    return tuple(result.values())


def _package(listed: _Listed) -> ListedPackage:
    # `p [p.test]`, as in the header of its block.
    import_path, _, variant = listed.import_path.removesuffix("]").partition(" [")
    names = (*listed.go_files, *listed.cgo_files)
    return ListedPackage(
        import_path=import_path,
        variant=variant or None,
        name=listed.name,
        dir=listed.dir,
        files=tuple(Path(listed.dir, name) for name in names),
        imports=listed.imports,
        import_map=listed.import_map,
        export=listed.export,
        go_version=listed.module.go_version if listed.module else "",
        error=listed.error,
        deps_errors=listed.deps_errors,
        dep_only=listed.dep_only,
        standard=listed.standard,
        module_dir=listed.module.dir if listed.module else "",
        embeds=bool(
            listed.embed_patterns or listed.test_embed_patterns or listed.x_test_embed_patterns
        ),
        # The compiler itself declares what is in unsafe.
        compiled=bool(listed.export)
        or listed.import_path == "unsafe"
        or not (names or listed.error),
    )


def _errors(
    package: ListedPackage, root: Path, unrecognised: Callable[[bytes], list[str]]
) -> Iterator[BuildError]:
    assert package.error is not None
    if not package.block:
        yield _split(package.error, root)
        return
    lines = unrecognised(package.block.encode()) or package.block.splitlines()
    for message in _joined(lines):
        yield _positioned(message, root)


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Messages whose further lines are indented, as the compiler prints them."""
    message = ""
    for line in lines:
        if message and line.startswith(("\t", " ")):
            message += f"\n{line}"
            continue
        if message:
            yield message
        message = line
    if message:
        yield message


def _split(error: PackageError, root: Path) -> BuildError:
    """An error of loading, in the words in which cmd/go prints it (load.PackageError.Error)."""
    stack = error.import_stack or ()
    if error.pos:
        return _positioned(f"{error.pos}: {error.err}", root)
    if len(stack) > 1:
        imports = "\n\timports ".join(stack)
        return BuildError(f"package {imports}: {error.err}")
    return _positioned(error.err, root)


_POSITION = re.compile(r"(?P<file>[^\n]+?):(?P<line>\d+)(?::(?P<column>\d+))?: ", re.ASCII)


def _positioned(message: str, root: Path) -> BuildError:
    """Splits `file:line:column: message` where the message has that form."""
    match = _POSITION.match(message)
    if match is None:
        return BuildError(message)
    file = os.path.normpath(root / match["file"])
    column = int(match["column"]) if match["column"] else None
    return BuildError(message[match.end() :], Position(file, int(match["line"]), column))
