"""What the clients' formats share: one entry, with whichever keys its client has for the same few things."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from oktsec_lint.core.config import ServerSpec, Transport
from oktsec_lint.core.fields import Address, Field, field_of
from oktsec_lint.core.manifest import Approval, Entry, Program
from oktsec_lint.core.model import EMPTY, JsonValue
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.sources.document import Document

_EVERY = "*"
"""Stands for all tools in a list of them."""
_SWITCHED_OFF = (("disabled", True), ("enabled", False))


class Dialect(NamedTuple):
    """How one client writes an entry. Of several keys for one thing, the first that is written counts."""

    format: str
    """The client's name."""
    reference: str = ""
    """See `Manifest.reference`."""
    expand: Callable[[str], str] = str
    """Turns the client's references into `${VAR}`."""
    url: tuple[str, ...] = ("url", "serverUrl", "httpUrl")
    env: tuple[str, ...] = ("env",)
    headers: tuple[str, ...] = ("headers",)
    working_dir: tuple[str, ...] = ("cwd",)
    approving: tuple[str, ...] = ()
    """Keys that let calls pass unasked: `true` for all tools, or a list of them."""
    sandbox: str = ""
    """The key that confines a server and lets every call of it pass unasked in return."""
    programs: Mapping[str, str] = EMPTY
    """Keys that hold a further command line, and what it is for."""
    secrets: tuple[str, ...] = ()
    """Keys below the entry, with dots between, that hold nothing but a credential."""
    switches: tuple[tuple[str, bool], ...] = _SWITCHED_OFF
    """Keys and the values of them with which the client does not start an entry."""
    overlays: bool = False
    """Whether an entry without anything to start or reach only changes one of another file."""


def root_of(document: Document) -> Field:
    """The whole document."""
    return field_of(document.value(), Address(document.path))


def entries_of(servers: Field, dialect: Dialect, scope: str = "") -> Iterator[Entry]:
    """Every entry of an object that maps names to entries. One that is no object has nothing to start, and `null` is no
    entry."""
    for field in servers.members.values():
        if field.value is not None:
            entry = entry_of(field, dialect, scope)
            if entry.spec.command or entry.spec.url or not dialect.overlays:
                yield entry


def entry_of(field: Field, dialect: Dialect, scope: str = "") -> Entry:
    """One entry, called after the key it stands under."""
    launch = launch_of(field, dialect)
    off = next((field[key] for key, value in dialect.switches if field[key].value is value), None)
    return Entry(
        spec=spec_of(field.name, launch, dialect.expand),
        launch=launch,
        disabled=off.at.place() if off else None,
        approvals=(*approvals_of(field, dialect.approving), *_sandboxed(field, dialect.sandbox)),
        programs=tuple(
            Program(field[key], purpose) for key, purpose in dialect.programs.items() if field[key].text().strip()
        ),
        secrets=tuple(_secrets(field, dialect)),
        other_urls=tuple(_other_urls(field, launch["url"], dialect)),
        scope=scope,
    )


def _secrets(field: Field, dialect: Dialect) -> Iterator[Field]:
    for dotted in dialect.secrets:
        holder = field
        for name in dotted.split("."):
            holder = holder[name]
        if holder.text():
            yield holder.with_value(dialect.expand(holder.text()))


def _other_urls(field: Field, url: Field, dialect: Dialect) -> Iterator[Field]:
    for name in dialect.url:
        other = field[name]
        if other.at != url.at and other.text().strip() and other.text().strip() != url.text().strip():
            yield other.with_value(dialect.expand(other.text()))


def launch_of(field: Field, dialect: Dialect) -> Field:
    """The launch line of an entry under the keys that `Entry.launch` promises.

    A command may also be written as a list with its arguments, or as an object with both (an old form of Zed's).
    """
    command, inner = field["command"], field["command"]
    written = field["args"]
    args: Sequence[Field] = (written,) if written.text() else written.items
    if command.items:
        command, args = command.items[0], (*command.items[1:], *args)
    elif inner.members:
        command = _first(inner, ("path", "command"))
        args = (*inner["args"].items, *args)
    members = {
        "command": command,
        "args": Field(written.at, items=tuple(map(_as_text, args)), written=bool(args)),
        "env": _texts(_first(inner if inner["env"].members else field, dialect.env)),
        "working_dir": _first(field, dialect.working_dir),
        "url": _first(field, dialect.url),
        "headers": _texts(_first(field, dialect.headers)),
    }
    return Field(field.at, field.value, members)


def spec_of(name: str, launch: Field, expand: Callable[[str], str]) -> ServerSpec:
    """A launch line as this tool starts it. Of an entry with a command and a URL, the command counts: whoever is asked
    whether it may start has to see it."""
    command, url = launch["command"].text().strip(), launch["url"].text().strip()
    is_http = bool(url) and not command
    return ServerSpec(
        name=name,
        transport=Transport.HTTP if is_http else Transport.STDIO,
        place=launch.at.place(at_key=True),
        command=expand(command),
        args=tuple(map(expand, launch["args"].texts())),
        env=_expanded(launch["env"], expand),
        working_dir=expand(launch["working_dir"].text()),
        url=expand(url) if is_http else "",
        headers=_expanded(launch["headers"], expand) if is_http else {},
    )


def approvals_of(field: Field, keys: Sequence[str]) -> Iterator[Approval]:
    """The keys of an object that let calls pass unasked, as far as they do."""
    for key in keys:
        given = field[key]
        tools = given.texts()
        if given.value is True or _EVERY in tools:
            yield Approval(given)
        elif any(tools):
            yield Approval(given, tuple(filter(None, tools)))


def _sandboxed(field: Field, key: str) -> Iterator[Approval]:
    if key and field[key].value is True:
        yield Approval(field[key], sandboxed=True)


def _first(field: Field, names: Sequence[str]) -> Field:
    """The first of several keys that is written."""
    return next((field[name] for name in names if field[name].value not in (None, "")), field[names[0]])


def _expanded(field: Field, expand: Callable[[str], str]) -> dict[str, str]:
    return {name: expand(value) for name, value in field.text_map().items()}


def _texts(field: Field) -> Field:
    """A map with every value as the text that ends up in an environment or a header."""
    members = {name: _as_text(member) for name, member in field.members.items() if member.value is not None}
    return Field(field.at, field.value, members, written=field.written)


def _as_text(field: Field) -> Field:
    return field if isinstance(field.value, str) else field.with_value(_spelled(field.value))


def _spelled(value: JsonValue) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else ""
