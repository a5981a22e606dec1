"""A catalog of Docker's gateway: every server that it can start, by name.

Source: docker/mcp-gateway (pkg/catalog).
"""

from __future__ import annotations

from oktsec_lint.core.launch import launch_problems
from oktsec_lint.core.manifest import Manifest
from oktsec_lint.sources.document import Document

from . import inputs
from .described import Described, distinct, root_of
from .tiles import Tile

FORMAT = "Docker's catalog"


def describe(document: Document) -> Described:
    """A catalog: every server of its `registry`."""
    tiles = [
        Tile(field, name, field, field, field.at.place(at_key=True))
        for name, field in root_of(document)["registry"].members.items()
    ]
    manifest = Manifest(document.path, FORMAT, distinct(line for tile in tiles for line in tile.launches()))
    asked = tuple(item for tile in tiles for item in tile.inputs())
    return Described(
        manifest,
        tuple(tile.server() for tile in tiles),
        (*inputs.problems(asked), *launch_problems(manifest)),
        tuple(inputs.concealed(asked)),
    )
