"""Any document as the tree that the concealment walks: what is written, and where."""

from __future__ import annotations

from oktsec_lint.core.errors import SourceError

from .document import Document, Node, Span
from .yaml_nodes import Entry, MappingNode, ScalarNode, SequenceNode, YamlNode

_MAX_DEPTH = 64
"""No client nests its settings deeper; what walks the tree recurses."""


def as_yaml(document: Document) -> YamlNode:
    """The root as a node with text. Raises SourceError for what nests too deep."""
    if isinstance(document.root, MappingNode | SequenceNode | ScalarNode):
        return document.root
    return _node(document, document.root, 0)


def _node(document: Document, node: Node, depth: int) -> YamlNode:
    value, span = node.plain(), node.span
    if depth > _MAX_DEPTH:
        raise SourceError(f"nested deeper than {_MAX_DEPTH} levels", path=document.path)
    if isinstance(value, dict):
        steps = ((name, node.child(name)) for name in value)
        entries = {
            name: Entry(_key(step.key or span, name), _node(document, step.value, depth + 1))
            for name, step in steps
            if step is not None
        }
        return MappingNode(span, entries, 1, 0)
    if isinstance(value, list):
        items = (node.child(str(index)) for index in range(len(value)))
        found = tuple(_node(document, item.value, depth + 1) for item in items if item is not None)
        return SequenceNode(span, found, 1, 0)
    raw = value if isinstance(value, str) else document.text[slice(*span)]
    return ScalarNode(span, raw, value, plain_style=False)


def _key(span: Span, name: str) -> ScalarNode:
    return ScalarNode(span, name, name, plain_style=False)
