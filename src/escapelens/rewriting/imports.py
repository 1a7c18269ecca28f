"""Edits of import declarations, which leave a formatted file formatted."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node


class Import(NamedTuple):
    """One package that a file imports."""

    path: str
    name: str
    """The name it is given; empty where it is that of the package."""
    start: int
    end: int
    declaration: int
    """Which of the import declarations of the file it stands in."""


def imports(source: Source) -> list[Import]:
    """What a file imports, in source order."""
    return [
        one
        for index, declaration in enumerate(_declarations(source))
        for one in _specs(source, declaration, index)
    ]


def add_import(file: str, source: Source, path: str) -> list[TextEdit]:
    """Imports a package under its own name; no edits where the file does so already."""
    return change_imports(file, source, add=(path,))


def remove_import(file: str, source: Source, path: str) -> list[TextEdit]:
    """Imports a package no more; whether the file still uses it is for the caller to know."""
    return change_imports(file, source, remove=(path,))


def imports_end(source: Source) -> int:
    """Behind the imports of a file, and the empty lines that follow them."""
    declarations = _declarations(source)
    end = declarations[-1].end_byte if declarations else 0
    while declarations and source.content[end : end + 1] == b"\n":
        end += 1
    return end


def no_longer_used(before: Source, after: Source) -> list[str]:
    """The packages that a file named and, with other text, imports for nothing."""
    was, now = _qualifiers(before), _qualifiers(after)
    return [
        one.path
        for one in imports(after)
        if (name := one.name or one.path.rpartition("/")[2]) in was and name not in now
    ]


def _qualifiers(source: Source) -> set[str]:
    """What stands in front of a point in a file: packages, and variables."""
    found: set[str] = set()
    rest = [source.root]
    while rest:
        node = rest.pop()
        if node.type in ("selector_expression", "qualified_type"):
            operand = node.child(0)
            if operand is not None and operand.type in ("identifier", "package_identifier"):
                found.add(source.text(operand))
        rest += node.named_children
    return found


def change_imports(
    file: str, source: Source, *, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> list[TextEdit]:
    """Adds and removes imports of one file together, since both may touch the same lines."""
    found = imports(source)
    present = {one.path for one in found if not one.name}
    added = sorted(set(add) - present)
    removed = [one for one in found if one.path in set(remove)]
    declarations = _declarations(source)
    group = next((i for i, one in enumerate(declarations) if _is_group(one)), None)
    edits: list[TextEdit] = []
    if added and group is None:
        single = next((one for one in found if one.path != "C"), None)
        if single is None:
            edits.append(_first(file, source, declarations, added))
        else:
            kept = [] if single in removed else [single]
            removed = [one for one in removed if one is not single]
            edits.append(_beside(file, source, single, kept, added))
    for index, declaration in enumerate(declarations):
        specs = [one for one in found if one.declaration == index]
        going = [one for one in removed if one.declaration == index]
        if index == group:
            edits += _changed_group(file, source, declaration, specs, added, going)
        elif going and len(going) == len(specs):
            edits.append(_without_lines(file, source, declaration.start_byte, declaration.end_byte))
        else:
            edits += [_without_lines(file, source, one.start, one.end) for one in going]
    return edits


def _declarations(source: Source) -> "list[Node]":
    return [node for node in source.root.children if node.type == "import_declaration"]


def _is_group(declaration: "Node") -> bool:
    return any(child.type == "import_spec_list" for child in declaration.children)


def _specs(source: Source, declaration: "Node", index: int) -> Iterator[Import]:
    stack = list(reversed(declaration.named_children))
    while stack:
        node = stack.pop()
        if node.type == "import_spec_list":
            stack += reversed(node.named_children)
        elif node.type == "import_spec":
            path, name = node.child_by_field_name("path"), node.child_by_field_name("name")
            assert path is not None
            spelled = "" if name is None else source.text(name)
            text = source.text(path).strip('"`')
            yield Import(text, spelled, node.start_byte, node.end_byte, index)


def _changed_group(
    file: str,
    source: Source,
    group: "Node",
    specs: list[Import],
    added: list[str],
    going: list[Import],
) -> Iterator[TextEdit]:
    """New lines among those of the standard library, which gofmt keeps sorted; without others."""
    if going and len(going) == len(specs) and not added:
        yield _without_lines(file, source, group.start_byte, group.end_byte)
        return
    runs = _runs(source, specs)
    block = next((run for run in runs if all(map(_is_standard, run))), []) if added else []
    for path in added:
        after = next((one for one in block if one.path > path), None)
        if after is not None:
            at = _line_start(source, after.start)
        elif block:
            at = _line_end(source, block[-1].end)
        else:
            at = _line_end(source, source.content.index(b"(", group.start_byte))
        is_run = not block and len(going) < len(specs) and path == added[-1]
        yield TextEdit(file, at, at, f'\t"{path}"\n' + ("\n" if is_run else ""))
    is_first = not added or bool(block)
    for run in runs:
        if run is not block and all(one in going for one in run):
            yield _without_run(file, source, run, is_first=is_first)
        else:
            is_first = False
            yield from (_without_lines(file, source, o.start, o.end) for o in run if o in going)


def _runs(source: Source, specs: list[Import]) -> list[list[Import]]:
    """The lines of a group, cut where an empty one stands between them."""
    runs: list[list[Import]] = []
    for one in specs:
        if runs and source.point(one.start)[0] <= source.point(runs[-1][-1].end)[0] + 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _without_run(file: str, source: Source, run: list[Import], *, is_first: bool) -> TextEdit:
    """Removes all lines of a run, and the empty line that parts it from another one."""
    content = source.content
    first, last = _line_start(source, run[0].start), _line_end(source, run[-1].end)
    if is_first and content[last : last + 1] == b"\n":
        last += 1
    elif not is_first and content[first - 2 : first] == b"\n\n":
        first -= 1
    return TextEdit(file, first, last, "")


def _is_standard(one: Import) -> bool:
    return "." not in one.path.partition("/")[0] and one.path != "C"


def _first(file: str, source: Source, declarations: "list[Node]", added: list[str]) -> TextEdit:
    """The first import declaration of a file, or the first behind that of C."""
    clause = next(node for node in source.root.children if node.type == "package_clause")
    end = declarations[-1].end_byte if declarations else clause.end_byte
    return TextEdit(file, end, end, f"\n\nimport {_group(added)}")


def _beside(
    file: str, source: Source, single: Import, kept: list[Import], added: list[str]
) -> TextEdit:
    """A declaration of one import becomes one of several, or of another."""
    texts = {one.path: source.content[one.start : one.end].decode() for one in kept}
    texts |= {path: f'"{path}"' for path in added}
    if len(texts) == 1:
        (text,) = texts.values()
        return TextEdit(file, single.start, single.end, text)
    standard = sorted(path for path in texts if "." not in path.partition("/")[0])
    others = sorted(texts.keys() - set(standard))
    blocks = ["".join(f"\t{texts[path]}\n" for path in one) for one in (standard, others) if one]
    body = "\n".join(blocks)
    return TextEdit(file, single.start, single.end, f"(\n{body})")


def _group(paths: list[str]) -> str:
    if len(paths) == 1:
        return f'"{paths[0]}"'
    return "(\n" + "".join(f'\t"{path}"\n' for path in paths) + ")"


def _without_lines(file: str, source: Source, start: int, end: int) -> TextEdit:
    """Removes whole lines, and the empty one behind them if one stands before them too."""
    first, last = _line_start(source, start), _line_end(source, end)
    content = source.content
    if content[first - 2 : first] == b"\n\n" and content[last : last + 1] == b"\n":
        last += 1
    return TextEdit(file, first, last, "")


def _line_start(source: Source, offset: int) -> int:
    return source.content.rfind(b"\n", 0, offset) + 1


def _line_end(source: Source, offset: int) -> int:
    """Behind the line break that follows an offset."""
    end = source.content.find(b"\n", offset)
    return len(source.content) if end < 0 else end + 1
