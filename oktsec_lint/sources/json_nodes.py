"""Any document as the tree that the concealment walks: what is written, and where."""

from __future__ import annotations

from collections.abc import Collection

from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.model import pointer_to

from .document import Document, Node, Span
from .json_tree import JsonNode
from .yaml_nodes import Entry, MappingNode, ScalarNode, SequenceNode, YamlNode

_MAX_DEPTH = 64
"""No client nests its settings deeper; what walks the tree recurses."""


def as_yaml(document: Document, wanted: Collection[str]) -> tuple[YamlNode, tuple[Span, ...]]:
    """The root as a node with text, and where the values stand that were left out. Raises SourceError for what nests
    too deep.

    Clients keep much besides their servers, whole histories: of JSON only what leads to, or stands below, a `wanted`
    pointer becomes nodes.
    """
    root = document.root
    if isinstance(root, MappingNode | SequenceNode | ScalarNode):
        return root, ()
    tree = _Tree(document, wanted if isinstance(root, JsonNode) else ("",))
    return tree.node(root, "", 0), tuple(sorted(tree.left_out))


class _Tree:
    def __init__(self, document: Document, wanted: Collection[str]) -> None:
        self._document = document
        self._wanted = frozenset(wanted)
        self._leading = {above for pointer in wanted for above in _above(pointer)}
        self.left_out: list[Span] = []

    def node(self, node: Node, pointer: str, depth: int, *, whole: bool = False) -> YamlNode:
        whole = whole or pointer in self._wanted
        value, span = node.plain(), node.span
        if depth > _MAX_DEPTH:
            raise SourceError(f"nested deeper than {_MAX_DEPTH} levels", path=self._document.path)
        if not whole and pointer not in self._leading:
            self.left_out.append(span)
            return ScalarNode(span, "", None, plain_style=False)
        if isinstance(value, dict):
            return MappingNode(span, dict(self._entries(node, value, pointer, depth, whole=whole)), 1, 0)
        if isinstance(value, list):
            steps = ((index, node.child(str(index))) for index in range(len(value)))
            items = (
                self.node(step.value, f"{pointer}/{index}", depth + 1, whole=whole) for index, step in steps if step
            )
            return SequenceNode(span, tuple(items), 1, 0)
        raw = value if isinstance(value, str) else self._document.text[slice(*span)]
        return ScalarNode(span, raw, value, plain_style=False)

    def _entries(
        self, node: Node, value: Collection[str], pointer: str, depth: int, *, whole: bool
    ) -> list[tuple[str, Entry]]:
        entries = []
        for name in value:
            step = node.child(name)
            if step is not None:
                key = ScalarNode(step.key or node.span, name, name, plain_style=False)
                below = self.node(step.value, pointer + pointer_to(name), depth + 1, whole=whole)
                entries.append((name, Entry(key, below)))
        return entries


def _above(pointer: str) -> list[str]:
    """Every pointer that leads to one, the root's first."""
    parts = pointer.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
