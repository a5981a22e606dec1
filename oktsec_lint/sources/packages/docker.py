"""`server.yaml` of Docker's registry: one server, in a container or elsewhere.

Source: docker/mcp-registry (pkg/servers, cmd/validate, docs/configuration.md). An image is built from the commit that
the file names and gets its digest in the catalog, so a missing tag is nothing to report. `{{name.parameter}}` is a
setting of the user.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from oktsec_lint.core.display import quoted
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.launch import launch_problems
from oktsec_lint.core.manifest import Manifest
from oktsec_lint.sources.document import Document

from . import inputs
from .described import Described, distinct, root_of
from .tiles import Tile

FORMAT = "Docker's registry"
_OPEN_VERSION = "CFG-023"
_NAME = re.compile(r"[a-z0-9-]+")
_SETTING = re.compile(r"\{\{\s*([\w.-]{1,200})")


def describe(document: Document) -> Described:
    """A `server.yaml`."""
    root = root_of(document)
    at = root.at.place()
    tile = Tile(root, root["name"].text() or "server", root["run"], root["config"], at)
    manifest = Manifest(document.path, FORMAT, distinct(tile.launches()))
    asked = tuple(tile.inputs())
    return Described(
        manifest,
        (tile.server(),),
        (
            *_name(root["name"]),
            *inputs.problems(asked),
            *_undeclared(tile),
            *(hit for hit in launch_problems(manifest) if hit.rule != _OPEN_VERSION),
        ),
        tuple(inputs.concealed(asked)),
    )


def _name(name: Field) -> Iterator[Hit]:
    if not _NAME.fullmatch(name.text()):
        message = f"{quoted(name.text())} is no name for Docker's registry"
        yield name.at.hit("PKG-007", message, "Write lower-case letters, digits and hyphens.")


def _undeclared(tile: Tile) -> Iterator[Hit]:
    """PKG-008 for every setting that is used and nobody is asked for. Settings are named after their server; inside a
    tool's own container they are its arguments."""
    declared = _declared(tile.config["parameters"])
    for field in (
        *tile.run["volumes"].items,
        *tile.run["command"].items,
        tile.run["user"],
        *tile.run["env"].members.values(),
        *(item["value"] for item in tile.config["env"].items),
    ):
        for name in dict.fromkeys(_SETTING.findall(field.text())):
            server, _, setting = name.partition(".")
            if server != tile.name or not _is_declared(setting, declared):
                message = f"{quoted(field.at.dotted)} refers to {quoted(name)}, which `config` does not declare"
                yield field.at.hit(inputs.UNKNOWN, message, f"Declare it, as `{tile.name}.NAME`, or take it out.")


def _declared(parameters: Field) -> dict[str, Field]:
    return dict(parameters["properties"].members)


def _is_declared(setting: str, properties: dict[str, Field]) -> bool:
    """Whether a dotted name leads to a property, or into one that is an object."""
    head, _, rest = setting.partition(".")
    if head not in properties:
        return False
    below = _declared(properties[head])
    return not rest or not below or _is_declared(rest, below)
