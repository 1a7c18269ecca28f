"""Asks the Go program in `helper/`, built once per toolchain and kept in a cache folder."""

import hashlib
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from escapelens.toolchain import ListedPackage, Plan
from escapelens.toolchain.program import ProgramError, build_program, run_program
from escapelens.types.answers import Answers, Call, Place, Span, Target, TypeName, Value
from escapelens.types.facts import Declaration, Facts, Spot
from escapelens.types.pools import Pools

_SOURCE = Path(__file__).parent / "helper"


class _Package(msgspec.Struct):
    """A package as helper/protocol.go has it."""

    id: str
    files: list[str]
    imports: tuple[str, ...]
    import_map: Mapping[str, str]
    export: str
    go_version: str
    near: bool
    analysed: bool


class _Request(msgspec.Struct):
    goarch: str
    overlay: Mapping[str, str]
    packages: list[_Package]
    calls: list[Place]
    stores: list[Place]
    declarations: list[Spot]
    values: list[Span]
    types: list[TypeName]
    pools: bool


class _Reply(msgspec.Struct):
    calls: list[Call | None]
    stores: list[tuple[Target, ...] | None]
    declarations: list[Declaration]
    declared: dict[str, tuple[str, ...]]
    values: list[Value | None]
    types: list[Value | None]
    pools: Pools | None


def ask(
    plan: Plan,
    packages: Sequence[ListedPackage],
    folder: Path,
    *,
    calls: Iterable[Place] = (),
    stores: Iterable[Place] = (),
    declarations: Iterable[Spot] = (),
    implementers: bool = True,
    values: Iterable[Span] = (),
    types: Iterable[TypeName] = (),
    pools: bool = False,
    overlay: Mapping[str, str] | None = None,
) -> Answers:
    """What Go's type checker says about places, declarations and pools in the listed packages.

    The program is kept in `folder`. Without `implementers` it need not look at packages of which
    nothing is asked, but knows no types behind an interface. Where it cannot be built or run there
    are no answers, and a note says why.
    """
    asked_for = {package.import_path for package in packages if not package.dep_only}
    modules = {package.module_dir for package in packages if not package.dep_only}
    request = _Request(
        goarch=plan.go.goarch,
        overlay=overlay or {},
        packages=[
            _described(
                package,
                package.import_path in asked_for,
                near=package.module_dir != "" and package.module_dir in modules,
                implementers=implementers,
            )
            for package in packages
            if _is_checkable(package)
        ],
        calls=list(dict.fromkeys(calls)),
        stores=list(dict.fromkeys(stores)),
        declarations=list(dict.fromkeys(declarations)),
        values=list(dict.fromkeys(values)),
        types=list(dict.fromkeys(types)),
        pools=pools,
    )
    places = request.calls or request.stores or request.declarations or request.values
    if not (places or request.types or pools):
        return Answers()
    try:
        # Without the setting, Go before 1.27 has no types for generic aliases.
        environ = {**plan.env, "GODEBUG": "gotypesalias=1"}
        program = _program(plan, folder, _flags_of_standard_library(plan, packages))
        answer = run_program(program, msgspec.json.encode(request), environ)
        reply = msgspec.json.decode(answer, type=_Reply)
    except (ProgramError, msgspec.MsgspecError) as error:
        return Answers(notes=(f"the Go type checker could not be asked: {error}",))
    calls_found = zip(request.calls, reply.calls, strict=True)
    stores_found = zip(request.stores, reply.stores, strict=True)
    values_found = zip(request.values, reply.values, strict=True)
    types_found = zip(request.types, reply.types, strict=True)
    return Answers(
        {place: call for place, call in calls_found if call is not None},
        {place: targets for place, targets in stores_found if targets is not None},
        {span: value for span, value in values_found if value is not None},
        {name: value for name, value in types_found if value is not None},
        Facts(reply.declarations, reply.declared),
        reply.pools,
    )


def _is_checkable(package: ListedPackage) -> bool:
    return bool(package.dir) and not package.is_test_main


def _described(package: ListedPackage, asked: bool, *, near: bool, implementers: bool) -> _Package:
    return _Package(
        id=package.id,
        files=[str(file) for file in package.files],
        imports=package.imports,
        import_map=package.import_map,
        export=package.export,
        go_version=package.go_version,
        near=asked or near,
        analysed=asked and implementers,
    )


def _flags_of_standard_library(plan: Plan, packages: Iterable[ListedPackage]) -> str:
    """What all of it was compiled with in the plan's run; empty if it was compiled without."""
    asked_for = any(one.import_path == "go/types" and not one.dep_only for one in packages)
    return plan.go.gcflags if asked_for else ""


def _program(plan: Plan, folder: Path, gcflags: str) -> Path:
    """The program for the plan's Go, whose export data no other version may be able to read."""
    digest = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
    for file in sorted(_SOURCE.iterdir()):
        digest.update(file.read_bytes())
    version = plan.go.version.replace(" ", "-")
    suffix = ".exe" if sys.platform == "win32" else ""
    binary = folder / f"types-{version}-{digest.hexdigest()[:16]}{suffix}"
    if not binary.is_file():
        build_program(plan, _SOURCE, binary, gcflags)
    return binary
