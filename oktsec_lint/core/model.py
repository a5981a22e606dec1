"""The nouns: what the configured servers offer, and where in a file a thing stands.

A `Definition` keeps the JSON a server sent exactly as it came (`body`), because a linter that looks at a cleaned
copy is blind to what the cleaning removed. Positions are symbolic (`Place`: document and JSON pointer) until a
source turns them into a `Location`, so that every report agrees on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Never, TypeAlias

from .values import NamedTuple

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


EMPTY: Mapping[str, Never] = {}
"""The mapping that stands for "none given". One for all values, as its type lets nobody write to it."""


class Kind(StrEnum):
    """What an object is, in the words of MCP."""

    SERVER = "server"
    TOOL = "tool"
    PROMPT = "prompt"
    RESOURCE = "resource"
    TEMPLATE = "template"
    CONFIG = "config"


class Subject(NamedTuple):
    """The object a finding is about. `server` is empty for the configuration itself."""

    server: str
    kind: Kind
    name: str


class Place(NamedTuple):
    """A symbolic position: a value (or its key) inside a document, by JSON pointer (RFC 6901)."""

    path: str
    """As the user wrote it; `-` is standard input."""
    pointer: str
    at_key: bool = False
    """True for "this entry" findings, which point at the key; False points at the value."""
    flat: bool = False
    """True where the document holds the value as facts: one member per leaf, with the leaf's pointer as its key."""

    def child(self, pointer: str) -> Place:
        """The value at `pointer` (itself a JSON pointer, possibly empty) below this one."""
        if self.flat and pointer:
            return Place(self.path, self.pointer + pointer_to(pointer))
        return Place(self.path, self.pointer + pointer) if pointer else self


class Location(NamedTuple):
    """A position a person can go to. Lines and columns are 1-based; columns count code points; the end is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    snippet: str = ""
    """The source line at `line`, without its line end; what a report puts a caret under."""


class Definition(NamedTuple):
    """One tool, prompt, resource or resource template, as listed."""

    kind: Kind
    name: str
    """The `name` (a template's too; a resource's `uri`); empty when missing or not a string."""
    body: JsonValue
    """The JSON as sent; usually an object, but a hostile server may send anything."""
    place: Place | None = None
    """Where it stands in a snapshot file; None when it came from a live server."""
    variant: str = ""
    """Under which circumstance the server offers this body beside the main one of the same name, such as `second
    listing`; empty for the main one. Every variant's texts are judged, but it is no second definition."""
    digest: str = ""
    """Of the body's canonical text, where that is known already: the definition comes from a lock."""
    brief: bool = False
    """True where a manifest only names and describes it, for people: what its format leaves out is not missing."""


def name_in(kind: Kind, body: JsonValue) -> str:
    """What a definition calls itself; empty when that is missing or not a string."""
    name = body.get("uri" if kind is Kind.RESOURCE else "name") if isinstance(body, dict) else None
    return name if isinstance(name, str) else ""


def stable(item: Definition) -> JsonValue:
    """The body without what a resource's content may change: its size and the time of its last change."""
    if item.kind is not Kind.RESOURCE or not isinstance(item.body, dict):
        return item.body
    body = {key: value for key, value in item.body.items() if key != "size"}
    notes = body.get("annotations")
    if isinstance(notes, dict):
        body["annotations"] = {key: value for key, value in notes.items() if key != "lastModified"}
        if notes and not body["annotations"]:
            del body["annotations"]
    return body


class Status(StrEnum):
    """How far a server was looked at."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    NOT_SCANNED = "not scanned"


class Fault(NamedTuple):
    """Something the listing itself showed: a malformed page, a text that changed, a server that did not answer.

    `rule` is the id of the rule that explains it (family `listing`); the other fields become the Finding.
    """

    rule: str
    message: str
    kind: Kind = Kind.SERVER
    name: str = ""
    pointer: str = ""
    evidence: str = ""
    place: Place | None = None
    """Where it stands in a snapshot file; None takes the place of the object."""


class LaunchIdentity(NamedTuple):
    """How a server is started or reached, as far as it may be written down: no secret, no value of a variable."""

    transport: str
    command: str = ""
    args: tuple[str, ...] = ()
    """As configured, `${VAR}` unexpanded; asterisks stand in place of a literal credential."""
    env: tuple[str, ...] = ()
    """Names of the variables that are set for it, sorted."""
    working_dir: str = ""
    url: str = ""
    headers: tuple[str, ...] = ()
    """Names of the headers that are sent to it, sorted."""
    package: str = ""
    """See `packages.Package.name`; empty when the launch line runs no package."""
    version: str = ""
    files: tuple[tuple[str, str], ...] = ()
    """Path as configured, and digest, of each program file that the launch line names."""


class Server(NamedTuple):
    """One MCP server and everything it offered, or the reason why it offered nothing."""

    name: str
    status: Status
    reason: str = ""
    """Why the status is not `complete`; empty otherwise."""
    protocol: str = ""
    """The negotiated protocol revision, such as `2025-11-25`; empty when unknown."""
    info: Mapping[str, JsonValue] = EMPTY
    """`serverInfo` as sent. Self-reported: shown, judged as text, never used for policy."""
    instructions: str = ""
    definitions: tuple[Definition, ...] = ()
    faults: tuple[Fault, ...] = ()
    place: Place | None = None
    """The server's entry in the configuration, or the snapshot it was read from."""
    launch: LaunchIdentity | None = None
    """None where there is nothing to start: a snapshot."""

    def of_kind(self, kind: Kind) -> Iterator[Definition]:
        return (item for item in self.definitions if item.kind is kind)

    def subject(self) -> Subject:
        return Subject(self.name, Kind.SERVER, self.name)

    def subject_of(self, item: Definition) -> Subject:
        return Subject(self.name, item.kind, item.name)


class Inventory(NamedTuple):
    """Everything the configured servers offer, in configuration order."""

    servers: tuple[Server, ...] = ()

    def tools(self) -> Iterator[tuple[Server, Definition]]:
        for server in self.servers:
            for tool in server.of_kind(Kind.TOOL):
                yield server, tool


def pointer_to(*tokens: str | int) -> str:
    """A JSON pointer from unescaped reference tokens (RFC 6901 section 3)."""
    return "".join(f"/{escaped(str(token))}" for token in tokens)


def tokens_of(pointer: str) -> list[str]:
    """The unescaped reference tokens of a JSON pointer (RFC 6901 section 4)."""
    return [unescaped(token) for token in pointer.split("/")[1:]]


def escaped(token: str) -> str:
    """A key as a reference token of a JSON pointer."""
    return token.replace("~", "~0").replace("/", "~1")


def unescaped(token: str) -> str:
    """The key that a reference token of a JSON pointer means."""
    return token.replace("~1", "/").replace("~0", "~")
