"""Where in a program some edits are, as far as it decides what else they can change."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from escapelens.model import TextEdit
from escapelens.source import Function, Source

if TYPE_CHECKING:
    from tree_sitter import Node

_VARIABLE = re.compile(r"var (\w+) = [^\n]+\n\r?\n")
_QUALIFIER = re.compile(r"\b(\w+)\.")
_NAME = re.compile(r"\w+")
_DECLARATIONS = ("function_declaration", "method_declaration")


class Footprint(NamedTuple):
    """Edits that stay inside the body of one declared function.

    Imports are aside, and variables that are declared between functions.
    """

    path: str
    function: Function
    body: int
    """Where the body begins."""
    is_method: bool
    imports: frozenset[TextEdit]
    """Those edits that change the imports of the file."""
    adds: frozenset[str] = frozenset()
    """The package variables that edits declare."""
    names: frozenset[str] = frozenset()
    """The packages that edits may name in the code itself."""
    dropped: frozenset[str] = frozenset()
    """What is named in the imports that edits take away."""
    mentions: frozenset[str] = frozenset()
    """All names in what edits insert between or into functions."""

    def may_join(self, other: "Footprint") -> bool:
        """Whether edits of both compile in one program as they do alone, by what they name."""
        if self.adds & other.adds and _folder(self.path) == _folder(other.path):
            return False
        if self.path != other.path or self.imports == other.imports:
            return True
        apart = self.imports ^ other.imports
        are_lines = all(edit.start == edit.end or not edit.new_text for edit in apart)
        return are_lines and not self._is_touched(other) and not other._is_touched(self)

    def _is_touched(self, other: "Footprint") -> bool:
        """Whether these edits may need what only the other imports, or takes away."""
        lacking = "".join(edit.new_text for edit in other.imports - self.imports)
        return bool(self.names & {*_NAME.findall(lacking), *other.dropped})

    @property
    def brings(self) -> frozenset[str]:
        """Names that may stand for something new in the whole file, or in the package."""
        imported = " ".join(edit.new_text for edit in self.imports)
        return self.adds | frozenset(_NAME.findall(imported)) - {"import"}

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
    code = [edit for edit in edits if edit not in imports]
    added = {edit: match[1] for edit in code if (match := _adds_variable(source, edit))}
    inner = [edit for edit in code if edit not in added]
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
    return Footprint(
        *(path, declared, body.start_byte, is_method, frozenset(imports)),
        frozenset(added.values()),
        frozenset(name for edit in code for name in _QUALIFIER.findall(edit.new_text)),
        frozenset(name for edit in imports for name in _NAME.findall(_old(source, edit))),
        frozenset(name for edit in code for name in _NAME.findall(edit.new_text)),
    )


def _old(source: Source, edit: TextEdit) -> str:
    return source.content[edit.start : edit.end].decode("utf-8", "replace")


def _adds_variable(source: Source, edit: TextEdit) -> re.Match[str] | None:
    """The match of a variable that an edit declares above a function, and nothing else."""
    if edit.start != edit.end:
        return None
    function = source.declared_at(edit.start)
    is_above = function is None or function.start == edit.start
    return _VARIABLE.fullmatch(edit.new_text) if is_above else None


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


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
