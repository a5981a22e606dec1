"""The syntax that a document was read in, and another text read in the same."""

from __future__ import annotations

from enum import StrEnum

from .document import Document
from .json_tree import JsonNode
from .yaml_nodes import MappingNode, ScalarNode, SequenceNode


class Syntax(StrEnum):
    """What clients' files are written in."""

    JSON = "json"
    TOML = "toml"
    YAML = "yaml"


def syntax_of(document: Document) -> Syntax:
    """What `document` is written in: its nodes tell."""
    if isinstance(document.root, JsonNode):
        return Syntax.JSON
    return Syntax.YAML if isinstance(document.root, MappingNode | SequenceNode | ScalarNode) else Syntax.TOML


def reread(document: Document, text: str) -> Document:
    """`text` as the same file's. JSON may hold comments. Raises SourceError, at the very character, where it is not
    written in the syntax of `document`."""
    syntax = syntax_of(document)
    if syntax is Syntax.YAML:
        from .yaml_reader import read_yaml

        return read_yaml(document.path, text)
    if syntax is Syntax.TOML:
        from .toml_reader import read_toml

        return read_toml(document.path, text)
    from .json_reader import read_json

    return read_json(document.path, text, comments=True)
