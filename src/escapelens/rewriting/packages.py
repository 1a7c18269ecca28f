"""How edited code names other packages, and the imports that come and go with that."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from escapelens.model import TextEdit
from escapelens.rewriting.code import Code, Refused, descendants, within
from escapelens.rewriting.imports import change_imports, imports

if TYPE_CHECKING:
    from tree_sitter import Node


def qualifier(code: Code, path: str) -> str:
    """The name by which a declaration can speak of a package; raises Refused."""
    declaration = code.declaration
    imported = [name for name, known in declaration.imports.items() if known == path]
    name = imported[0] if imported else path.rpartition("/")[2]
    taken = not imported and (
        name in declaration.imports or code.facts.declares(declaration.package, name)
    )
    if taken or not code.has_no_local(name) or name in (".", "_"):
        raise Refused(f"`{name}` means something else here")
    return name


def import_edits(
    code: Code,
    replaced: "Iterable[Node]",
    *,
    add: Iterable[str] = (),
    drop: Iterable[str] = (),
) -> list[TextEdit]:
    """Imports what edited code needs, and no longer what only the replaced nodes used."""
    gone = list(replaced)
    missing = [path for path in add if path not in code.declaration.imports.values()]
    unused = [path for path in drop if path not in add and not _is_used(code, path, gone)]
    if not missing and not unused:
        return []
    return change_imports(code.path, code.source, add=missing, remove=unused)


def _is_used(code: Code, path: str, gone: "list[Node]") -> bool:
    """Whether a file uses a package outside of some nodes."""
    own = [one for one in imports(code.source) if one.path == path]
    if any(one.name in (".", "_") for one in own):
        return True
    names = [one.name or path.rpartition("/")[2] for one in own]
    for node in descendants(code.source.root, "selector_expression", "qualified_type"):
        operand = node.child(0)
        if operand is None or code.text(operand) not in names:
            continue
        if not any(within(node, one) for one in gone):
            return True
    return False
