"""MCPB's `manifest.json` (formerly DXT): how a bundle starts its server, and what its user configures.

Source: modelcontextprotocol/mcpb, MANIFEST.md and schemas 0.1 to 0.4, and the way its own code puts values in: what is
not declared stays as it is written. What a bundle lists is read by `sources.mcpb`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from oktsec_lint.core.display import quoted
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.launch import launch_problems
from oktsec_lint.core.manifest import Manifest
from oktsec_lint.core.model import Place, Server
from oktsec_lint.sources.document import Document
from oktsec_lint.sources.offers import Offers
from oktsec_lint.sources.tools_list import listed_in

from . import inputs
from .described import Described, Launch, Named, distinct, root_of, server_of
from .inputs import Input

FORMAT = "an MCPB bundle"
_REFERENCE = re.compile(r"\$\{user_config\.([^{}]{1,200})\}")
_RUNNERS: Mapping[str, tuple[str, ...]] = {
    "node": ("node",),
    "python": ("python",),
    "uv": ("uv", "run", "--directory", "${__dirname}"),
}
"""What a client starts where a manifest only names its entry point."""
_PLATFORMS = ("win32", "darwin", "linux", "freebsd", "openbsd", "sunos", "aix", "android")
"""Values of Node's `process.platform`."""
_PARTS = ("command", "args", "env")


def describe(document: Document) -> Described:
    """The bundle's server."""
    root = root_of(document)
    name = root["name"].text() or "bundle"
    config = root["server"]["mcp_config"]
    asked = tuple(map(_input, root["user_config"].members.values()))
    brought = tuple(map(inputs.fixed, _texts(config, *_PARTS)))
    manifest = Manifest(document.path, FORMAT, distinct(_launches(name, root["server"], config)))
    return Described(
        manifest,
        _servers(document, manifest, name),
        (
            *inputs.problems((*asked, *brought)),
            *_arguments(config, asked),
            *_undeclared(config, root["user_config"]),
            *launch_problems(manifest),
        ),
        tuple(inputs.concealed((*asked, *brought))),
    )


def _servers(document: Document, manifest: Manifest, name: str) -> tuple[Server, ...]:
    """What the bundle lists, or that it lists nothing."""
    place = Place(document.path, "")
    return listed_in(document) or (server_of(Offers(), name, place, startable=bool(manifest.entries)),)


def _launches(name: str, server: Field, config: Field) -> Iterator[Named]:
    """The launch line, and that of each platform with one of its own."""
    if config["command"].text():
        yield Named(name, "any platform", _launch(config, config))
    elif server["entry_point"].text():
        yield Named(name, "any platform", _of_entry_point(server))
    for platform in _platforms(config):
        if platform.members:
            yield Named(name, platform.name, _launch(config, platform))


def _platforms(config: Field) -> Iterator[Field]:
    """What is different on the platforms that there are; nothing looks for another name."""
    overrides = config["platform_overrides"].members
    return (overrides[name] for name in _PLATFORMS if name in overrides)


def _launch(config: Field, platform: Field) -> Launch:
    """What a platform does not say is as it is everywhere: the first of two that is not empty counts."""
    command, args, env = (platform[key] if platform[key].value else config[key] for key in _PARTS)
    launch = Launch(platform.at)
    launch.command(command.text(), command.at)
    for word in args.items:
        launch.args(word.text(), at=word.at)
    for variable in env.members.values():
        launch.env(variable.name, variable.text(), variable.at)
    return launch


def _of_entry_point(server: Field) -> Launch:
    entry_point = server["entry_point"]
    program, *words = (*_RUNNERS.get(server["type"].text(), ()), "${__dirname}/" + entry_point.text())
    launch = Launch(server.at)
    launch.command(program, entry_point.at)
    launch.args(*words, at=entry_point.at)
    return launch


def _input(entry: Field) -> Input:
    default = entry["default"]
    return Input(
        entry.name,
        entry,
        at_key=True,
        secret=entry["sensitive"].flag(),
        remedy='Add `"sensitive": true` to it.',
        given=default.items or (default,),
        kind=entry["type"].text(),
        about=entry["description"].text(),
    )


def _texts(config: Field, *keys: str) -> Iterator[Field]:
    """Every value under these keys of the launch line and of each platform's."""
    for holder in (config, *_platforms(config)):
        for key in keys:
            field = holder[key]
            yield from field.items or field.members.values() or (field,)


def _arguments(config: Field, asked: tuple[Input, ...]) -> Iterator[Hit]:
    """PKG-005 for every argument that holds a value declared as a credential."""
    secrets = {item.name: item for item in asked if item.secret}
    for word in _texts(config, "command", "args"):
        names = dict.fromkeys(_REFERENCE.findall(word.text()))
        yield from (inputs.as_argument(secrets[name], word) for name in names if name in secrets)


def _undeclared(config: Field, declared: Field) -> Iterator[Hit]:
    """PKG-008 for every reference to a setting that nobody is asked for."""
    for field in _texts(config, *_PARTS):
        for name in dict.fromkeys(_REFERENCE.findall(field.text())):
            if name not in declared.members:
                message = f"{quoted(field.at.dotted)} refers to {quoted(name)}, which `user_config` does not declare"
                fix = f"Declare {quoted(name)} under `user_config`; until then the reference itself is handed over."
                yield field.at.hit(inputs.UNKNOWN, message, fix)
