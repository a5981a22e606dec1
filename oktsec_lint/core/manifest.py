"""What a file says of the servers that somebody's client starts, whatever its format.

Sources translate a format into this; the launch rules (`core.launch`) read nothing else, so that they mean the same for
an `oktsec.yaml`, for every client's own file and for what a package declares of itself. Every value is a `Field`: it
knows where it stands in the file as it was written, in whatever order and under whatever keys.
"""

from __future__ import annotations

from .config import ServerSpec
from .fields import Address, Field
from .model import Place
from .values import NamedTuple

OKTSEC_YAML = "oktsec.yaml"
"""`Manifest.format` of this tool's own configuration."""
OKTSEC_REFERENCE = "${{{}}}"
"""How an `oktsec.yaml` refers to the environment."""


class Approval(NamedTuple):
    """A key by which calls pass without the user being asked."""

    field: Field
    """The key's value as written: `true`, a list of tools, a word."""
    tools: tuple[str, ...] = ()
    """The only tools that it is about; empty means every tool."""
    sandboxed: bool = False
    """Whether the server is confined in return."""


class Program(NamedTuple):
    """A command that a client runs besides the server, and what for: `headers`, `an input`."""

    line: Field
    purpose: str


class Entry(NamedTuple):
    """One server of a manifest."""

    spec: ServerSpec
    """How it is started or reached, with every reference to the environment as `${VAR}`."""
    launch: Field
    """The same as it is written: members `command`, `args`, `env`, `working_dir`, `url` and `headers`, each with its
    own address, which need not be below that of the entry. What the entry lacks is an unwritten field."""
    disabled: Place | None = None
    """The key that keeps the client from starting it; None when it is started."""
    approvals: tuple[Approval, ...] = ()
    programs: tuple[Program, ...] = ()
    secrets: tuple[Field, ...] = ()
    """Further values of the entry that are nothing but a credential."""
    other_urls: tuple[Field, ...] = ()
    """URLs under further keys of the entry; which one is reached is up to the client."""
    scope: str = ""
    """Where in the file it counts, such as a project's path; empty for everywhere. One name may stand in two scopes."""

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def at(self) -> Address:
        """The entry itself; what is wrong with it as a whole is said at its key."""
        return self.launch.at


class Manifest(NamedTuple):
    """Every server of one file, and what the file says for all of them."""

    path: str
    format: str
    """Whose file it is, in the words of a sentence: `Claude Code`, `oktsec.yaml`."""
    entries: tuple[Entry, ...] = ()
    reference: str = ""
    """How a value refers to a variable of the environment, with `{}` for its name (`str.format`); empty where the
    format has no such thing."""
    approvals: tuple[Approval, ...] = ()
    """Of every server."""
    programs: tuple[Program, ...] = ()
    """Whichever server they are for."""

    def servers(self) -> tuple[ServerSpec, ...]:
        """What the client starts or reaches: not what is disabled. Where one name means two launch lines in two scopes,
        the later one is called after its scope as well."""
        chosen: dict[str, ServerSpec] = {}
        for entry in self.entries:
            known = chosen.get(entry.name)
            if known is None and entry.disabled is None:
                chosen[entry.name] = entry.spec
            elif known is not None and entry.disabled is None and launch_line(known) != launch_line(entry.spec):
                name = f"{entry.name} ({entry.scope})"
                chosen[name] = entry.spec._replace(name=name)
        return tuple(chosen.values())


def launch_line(spec: ServerSpec) -> tuple[str, ...]:
    """What is started or reached, without the environment and headers that go with it."""
    return (spec.url or spec.command, *spec.args)
