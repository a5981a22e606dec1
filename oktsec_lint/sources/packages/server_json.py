"""The MCP registry's `server.json`: packages to install and remotes to reach, each with what its user is asked for.

Source: modelcontextprotocol/registry, schemas 2025-07-09 (snake_case) to 2025-12-11 and the draft after it, and its
validators. An answer of the registry's API, for one server or many, holds the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from oktsec_lint.core.display import quoted
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit
from oktsec_lint.core.launch import launch_problems
from oktsec_lint.core.manifest import Manifest
from oktsec_lint.core.model import Server
from oktsec_lint.sources.document import Document

from . import inputs
from .described import Described, Named, distinct, listed_beside, root_of, server_of
from .inputs import Input
from .registry_lines import asked_in_env, is_secret, key, kind_of, package_line, remote_line

FORMAT = "the MCP registry"
OPEN_VERSION, NO_DIGEST, NAME = "PKG-003", "PKG-004", "PKG-007"

_RANGE = re.compile(r"latest|\s*(?:[\^~<>=]|\*).*|.*\|\|.*|.*\d\s+-\s+v?\d.*|v?\d+(?:\.\d+)?\.[xX*](?:\..*)?|[xX*]")
_LONGEST_VERSION = 255
_DIGEST = re.compile(r"[a-f0-9]{64}")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?/[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VARIABLE = re.compile(r"\{([^{}\s]{1,200})\}")
_OWN = frozenset(
    """$schema name description title status version version_detail versionDetail repository websiteUrl website_url
    icons packages remotes id""".split()
)
"""Members that the schemas define; anything else may hold a listing."""


def describe(document: Document) -> Described:
    """Every server of the file."""
    found = [_Read(item) for item in _servers(root_of(document))]
    manifest = Manifest(document.path, FORMAT, distinct(line for item in found for line in item.launches()))
    hits = [hit for item in found for hit in item.problems()]
    open_versions = {hit.pointer.rpartition("/")[0] for hit in hits if hit.rule == OPEN_VERSION}
    launching = (hit for hit in launch_problems(manifest) if not _is_said(hit, open_versions))
    return Described(
        manifest,
        tuple(item.server() for item in found),
        (*hits, *launching),
        tuple(pointer for item in found for pointer in inputs.concealed(item.inputs)),
    )


def _is_said(hit: Hit, packages: set[str]) -> bool:
    """Whether a package's version is known to be open already."""
    return hit.rule == "CFG-023" and hit.pointer.rpartition("/")[0] in packages


def _servers(root: Field) -> Iterator[Field]:
    listed = root.items or root["servers"].items
    if listed:
        for item in listed:
            yield from _servers(item)
    elif root["server"].members:
        yield root["server"]
    else:
        yield root


class _Read:
    """One server."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.name = field["name"].text() or "server"
        self.packages = field["packages"].items
        self.remotes = field["remotes"].items
        self.inputs = tuple(_inputs(self.packages, self.remotes))

    def server(self) -> Server:
        """What the file lists of it: nothing, unless its publisher put a listing beside what the schema knows."""
        offers = listed_beside(self.field, _OWN)
        return server_of(offers, self.name, self.field.at.place(), startable=any(self.launches()))

    def launches(self) -> Iterator[Named]:
        for package in self.packages:
            kind = kind_of(package)
            launch = package_line(package, kind)
            if launch is not None:
                yield Named(self.name, kind, launch, asked_in_env(package))
        for remote in self.remotes:
            if remote["url"].text():
                yield Named(self.name, "remote", remote_line(remote))

    def problems(self) -> Iterator[Hit]:
        yield from _name(self.field["name"])
        yield from _version(self.field["version"])
        yield from _version(key(self.field, "versionDetail")["version"])
        for package in self.packages:
            yield from _version(package["version"])
            yield from _digest(package)
            yield from _arguments(package)
            yield from _undeclared(package["transport"]["url"], set(_names_in(package)))
        for remote in self.remotes:
            yield from _undeclared(remote["url"], set(remote["variables"].members))
        yield from inputs.problems(self.inputs)


def _inputs(packages: tuple[Field, ...], remotes: tuple[Field, ...]) -> Iterator[Input]:
    for package in packages:
        for name in ("environmentVariables", "runtimeArguments", "packageArguments"):
            for entry in key(package, name).items:
                yield from _of_entry(entry)
        for header in package["transport"]["headers"].items:
            yield from _of_entry(header)
    for remote in remotes:
        yield from (_input(item.name, item, at_key=True) for item in remote["variables"].members.values())
        for header in remote["headers"].items:
            yield from _of_entry(header)


def _of_entry(entry: Field) -> Iterator[Input]:
    """An entry whose value is made of variables asks for those."""
    if entry["variables"].members:
        yield from (_input(item.name, item, at_key=True) for item in entry["variables"].members.values())
    else:
        yield _input(_called(entry), entry)


def _called(entry: Field) -> str:
    return (entry["name"].text() or key(entry, "valueHint").text()).lstrip("-")


def _input(name: str, entry: Field, *, at_key: bool = False) -> Input:
    fixed = entry["value"].text() and not is_secret(entry)
    return Input(
        name,
        entry["name"] if entry["name"].written else entry,
        at_key=at_key,
        secret=is_secret(entry),
        remedy="" if fixed else 'Add `"isSecret": true` to it.',
        given=(entry["default"], entry["value"]),
        shown=(entry["placeholder"],),
        kind=entry["format"].text(),
        about=entry["description"].text(),
    )


def _arguments(package: Field) -> Iterator[Hit]:
    """PKG-005 for every credential that is asked for in an argument."""
    for name in ("runtimeArguments", "packageArguments"):
        for entry in key(package, name).items:
            yield from (inputs.as_argument(item, item.field) for item in _of_entry(entry) if item.secret)


def _name(name: Field) -> Iterator[Hit]:
    if not _NAME.fullmatch(name.text()):
        shown = quoted(name.text()) if name.text() else "a server without a name"
        message = f"{shown} is no name for the registry: it is a reversed domain, one slash, and a name"
        yield name.at.hit(NAME, message, "Write it as `io.github.owner/name` or `com.example/name`.")


def _version(version: Field) -> Iterator[Hit]:
    if len(version.text()) <= _LONGEST_VERSION and _RANGE.fullmatch(version.text()):
        message = f"{quoted(version.at.dotted)} is {quoted(version.text())}, which is no version but whatever fits it"
        yield version.at.hit(OPEN_VERSION, message)


def _digest(package: Field) -> Iterator[Hit]:
    digest = key(package, "fileSha256")
    if kind_of(package) == "mcpb" and not digest.text():
        message = "this bundle is downloaded without a digest to hold it to"
        yield package["identifier"].at.hit(NO_DIGEST, message, "Add `fileSha256`: `sha256sum FILE` prints it.")
    elif digest.written and not _DIGEST.fullmatch(digest.text()):
        message = f"{quoted(digest.at.dotted)} is no SHA-256 digest"
        yield digest.at.hit(NO_DIGEST, message, "Write the 64 hexadecimal digits that `sha256sum FILE` prints.")


def _names_in(package: Field) -> Iterator[str]:
    """What a URL of a package's own transport may refer to."""
    for name in ("environmentVariables", "runtimeArguments", "packageArguments"):
        for entry in key(package, name).items:
            yield from (entry["name"].text(), key(entry, "valueHint").text(), *entry["variables"].members)


def _undeclared(url: Field, declared: set[str]) -> Iterator[Hit]:
    for name in dict.fromkeys(_VARIABLE.findall(url.text())):
        if name not in declared:
            message = f"{quoted(url.at.dotted)} refers to {quoted(name)}, which is not declared"
            yield url.at.hit(inputs.UNKNOWN, message, f"Declare {quoted(name)}, or take `{{{name}}}` out.")
