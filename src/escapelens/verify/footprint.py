"""Where in a program some edits are, as far as it decides what else they can change."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.source import Function, Source

if TYPE_CHECKING:
    from tree_sitter import Node

_DECLARATIONS = ("function_declaration", "method_declaration")


class Footprint(NamedTuple):
    """Edits that stay inside the body of one declared function, imports aside."""

    path: str
    function: Function
    body: int
    """Where the body begins."""
    is_method: bool
    imports: frozenset[TextEdit]
    """Those edits that change the imports of the file."""

    @property
    def key(self) -> tuple[str, str]:
        """The function by its file and name."""
        return self.path, self.function.declared


def footprint(path: str, source: Source | None, edits: Sequence[TextEdit]) -> Footprint | None:
    """The one function that all edits change; None where they change anything else.

    Such edits change no declaration, type or signature that another function could see.
    """
    if source is None or not edits or any(edit.file != path for edit in edits):
        return None
    imports = [edit for edit in edits if _is_import(source, edit)]
    inner = [edit for edit in edits if edit not in imports]
    if not inner:
        return None
    declared = source.declared_at(inner[0].start)
    if declared is None:
        return None
    node = next(
        (
            node
            for node in source.root.children
            if node.type in _DECLARATIONS and node.start_byte == declared.start
        ),
        None,
    )
    body = None if node is None else node.child_by_field_name("body")
    if node is None or body is None or node.has_error:
        return None
    if not all(body.start_byte < edit.start and edit.end < body.end_byte for edit in inner):
        return None
    is_method = node.type == "method_declaration"
    return Footprint(path, declared, body.start_byte, is_method, frozenset(imports))


def _is_import(source: Source, edit: TextEdit) -> bool:
    """Whether an edit changes nothing but import declarations."""
    head = [node for node in source.root.children if node.type in _HEAD]
    if not head:
        return False
    text = edit.new_text.strip()
    is_import = not text or text.startswith(("import", '"', "(", "_ ")) or '"' in text
    return is_import and head[0].start_byte < edit.start and edit.end <= _line_end(source, head[-1])


_HEAD = ("package_clause", "import_declaration")


def _line_end(source: Source, node: "Node") -> int:
    end = source.content.find(b"\n", node.end_byte)
    # An empty line behind the imports may go with them.
    return len(source.content) if end < 0 else end + 2
