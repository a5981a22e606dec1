"""What `wrap` and `unwrap` do: decide about every server of every file, and change the files.

A file is replaced as a whole; before its first change it is copied. Where anything about a file is in doubt it is left
as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from oktsec_lint import lockfile
from oktsec_lint.core.config import Config, Gateway, ServerSpec
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.lock import Standing
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.wrapping import Wrapping, is_upstream
from oktsec_lint.sources.document import Document
from oktsec_lint.sources.launchlines import respelled, spelled, unwrapped, words_at, wrapped

from .clients import ClientFile, Listed
from .originals import Kept, Redirect, backup_of, forget, keep, kept_of, preserve

_BOM = b"\xef\xbb\xbf"


class Done(StrEnum):
    """What happened to one server's entry."""

    WRAPPED = "wrapped"
    ROUTED = "routed"
    ALREADY = "already"
    UNWRAPPED = "unwrapped"
    LEFT = "left"


class Row(NamedTuple):
    """One server of one file, and what happened to it."""

    listed: Listed
    done: Done
    why: str = ""
    """Of an entry that was left, and what is worth knowing of another."""
    wrapping: Wrapping | None = None


class Change(NamedTuple):
    """One file as it is to be, and what is said about it."""

    file: ClientFile
    rows: tuple[Row, ...]
    before: Document
    after: Document
    kept: Kept = Kept()
    problem: SourceError | None = None

    @property
    def data(self) -> bytes:
        mark = _BOM if self.file.data.startswith(_BOM) else b""
        return mark + self.after.text.encode()

    @property
    def changes(self) -> bool:
        return self.problem is None and self.data != self.file.data


class Settings(NamedTuple):
    """How servers are to be wrapped."""

    launcher: tuple[str, ...]
    config_path: str
    """Absolute: a client starts us anywhere."""
    config: Config
    standing: Standing | None = None
    """The lock beside the configuration."""
    enforce: bool = False
    agent: str = ""
    """For every entry; empty lets the configuration tell."""
    gateway: bool = False
    """Whether servers with a URL go through the gateway."""


def wrapping(file: ClientFile, document: Document, settings: Settings) -> Change:
    """The file with everything behind the gate that can be."""
    kept = kept_of(file.path)
    decided = [_decided(item, file, settings) for item in file.listed()]
    lines = {
        _command(row.listed): (*settings.launcher, *row.wrapping.words())
        for row in decided
        if row.done is Done.WRAPPED and row.wrapping is not None
    }
    again = [_command(row.listed) for row in decided if row.done is Done.WRAPPED and row.listed.wrapped is not None]
    changed = wrapped(unwrapped(document, again, kept.added), lines)
    gone = {f"{pointer.rpartition('/')[0]}/args" for pointer in lines}
    urls = _redirects(decided, document, settings.config.gateway)
    after = respelled(changed.document, {at: item.now for at, item in urls.items()})
    added = (*(at for at in kept.added if at not in gone), *changed.added)
    return Change(file, tuple(decided), document, after, Kept(tuple(sorted(added)), {**kept.urls, **urls}))


def unwrapping(file: ClientFile, document: Document) -> Change:
    """The file with every entry as it was before it was wrapped."""
    kept = kept_of(file.path)
    rows = [_freed(item, document, kept) for item in file.listed()]
    local = [_command(row.listed) for row in rows if row.done is Done.UNWRAPPED and row.listed.is_local]
    remote = {_url(row.listed) for row in rows if row.done is Done.UNWRAPPED and not row.listed.is_local}
    plain = respelled(document, {at: kept.urls[at].was for at in kept.urls if at in remote})
    waiting = {at: item for at, item in kept.urls.items() if at not in remote} if any(row.why for row in rows) else {}
    return Change(file, tuple(rows), document, unwrapped(plain, local, kept.added), Kept(urls=waiting))


def changes(files: Iterable[ClientFile], settings: Settings | None) -> Iterator[Change]:
    """What becomes of every file; `settings` is None where all of them are to be unwrapped."""
    for file in files:
        if file.document is None:
            continue
        try:
            if settings is None:
                yield unwrapping(file, file.document)
            else:
                yield wrapping(file, file.document, settings)
        except SourceError as error:
            yield Change(file, (), file.document, file.document, problem=error)


def write(change: Change) -> Path | None:
    """Replaces the file, keeping what it takes to have it back; returns the copy that was made, if one was. Raises
    SourceError when somebody else changed the file meanwhile, or it cannot be written."""
    path = change.file.path
    made = preserve(path, change.file.data)
    keep(path, change.kept)
    lockfile.exchange(path, change.file.data, change.data, str(path))
    return backup_of(path) if made else None


def write_back(change: Change) -> bool:
    """Replaces the file by the plain one, if it is not that already; returns whether the copy is still there, because
    the file is another by now. Raises SourceError as `write` does."""
    path = change.file.path
    if change.changes:
        lockfile.exchange(path, change.file.data, change.data, str(path))
    keep(path, change.kept)
    return not forget(path, change.data) and backup_of(path).exists()


def _decided(item: Listed, file: ClientFile, settings: Settings) -> Row:
    if not item.is_local:
        return _routed(item, file, settings)
    before = item.wrapped.wrapping if item.wrapped is not None else Wrapping()
    settings = settings._replace(enforce=settings.enforce or before.enforce)
    server, why = _server_of(item, settings)
    why = _unfit(item, file) or why
    if why:
        return Row(item, Done.LEFT, why)
    agent, why = _agent_of(file.client.name, server, before.agent, settings)
    if why:
        return Row(item, Done.LEFT, why)
    made = Wrapping(agent, server, settings.config_path, settings.enforce, before.others)
    if item.wrapped is not None and (item.wrapped.launcher, before) == (settings.launcher, made):
        return Row(item, Done.ALREADY, wrapping=made)
    return Row(item, Done.WRAPPED, wrapping=made)


def _unfit(item: Listed, file: ClientFile) -> str:
    """What is in the way of wrapping a launch line; empty when nothing is."""
    if not item.words[0]:
        return "it has no command"
    if is_upstream(item.words):
        return "it is behind upstream's gate: take it out with `oktsec unwrap` first"
    try:
        if file.document is not None:
            words_at(file.document, _command(item))
    except SourceError as error:
        return f"line {error.line}: {error.message}"
    return ""


def _routed(item: Listed, file: ClientFile, settings: Settings) -> Row:
    """A server with a URL, which only a gateway can stand before."""
    spec, config = item.entry.spec, settings.config
    if spec.url == gateway_url(config.gateway):
        return Row(item, Done.ALREADY)
    is_known = any(known.url == spec.url for known in config.servers)
    objections = {
        "it is reached by its URL, past the gate": not settings.gateway,
        f"{config.path} has no gateway that is enabled": not config.gateway.enabled,
        f"no `mcp_servers` entry of {config.path} has its URL": not is_known,
        "its `Authorization` is for its server, and the gateway would take it for its own": _is_authorized(item),
        "it is reached by the older SSE transport, which the gateway does not offer": _is_streamed(item, file),
    }
    why = next((words for words, holds in objections.items() if holds), "")
    return Row(item, Done.LEFT, why) if why else Row(item, Done.ROUTED, f"through {gateway_url(config.gateway)}")


def _is_streamed(item: Listed, file: ClientFile) -> bool:
    """Whether the client speaks the transport before streamable HTTP there. In Gemini's files `url` means that."""
    entry = item.entry.launch.value
    kind = entry.get("type") if isinstance(entry, dict) else None
    return kind == "sse" or (kind is None and file.client.format == "gemini" and _url(item).endswith("/url"))


def gateway_url(gateway: Gateway) -> str:
    """Where clients on this machine reach the gateway."""
    return f"http://127.0.0.1:{gateway.port}/{gateway.endpoint_path.lstrip('/')}"


def _server_of(item: Listed, settings: Settings) -> tuple[str, str]:
    """What the configuration calls a server, by how it is started or else by its name; or why it is none of its own."""
    config, plain = settings.config, item.plain()
    if not config.servers:
        return (item.name, "") if not item.name.startswith("-") else ("", "its name reads as an option")
    same = [spec for spec in config.servers if _line(spec) == _line(plain)]
    named = [spec for spec in config.servers if spec.name == item.name]
    spec = next(iter([*(item for item in same if item in named), *same, *named]), None)
    if spec is None:
        return "", f"{config.path} has no such server: add it under `mcp_servers`"
    if settings.enforce and settings.standing is not None:
        if settings.standing.lock.server(spec.name) is None:
            return "", f"{spec.name} is not in {settings.standing.lock.path}: `oktsec-lint lock` takes it in"
        if spec not in same:
            return "", f"it is not started as `mcp_servers.{spec.name}` says, and so not as it was locked"
    return spec.name, ""


def _line(spec: ServerSpec) -> Sequence[str]:
    return (spec.command, *spec.args)


def _agent_of(client: str, server: str, before: str, settings: Settings) -> tuple[str, str]:
    """Who calls: the agent that was asked for, that the line names already, or that has client's or server's name."""
    config = settings.config
    if settings.agent and (not config.agents or config.agent(settings.agent) is not None):
        return settings.agent, ""
    if not config.agents:
        return ("" if settings.enforce else before or client), ""
    found = next((name for name in (before, client, server) if not settings.agent and config.agent(name)), "")
    if found:
        return found, ""
    who = f"{settings.agent} among the agents" if settings.agent else f"agent called {client} or {server}"
    return "", f"{config.path} has no {who}: add one, or name one with --agent"


def _redirects(rows: Iterable[Row], document: Document, gateway: Gateway) -> Mapping[str, Redirect]:
    urls = {_url(row.listed): row.listed.name for row in rows if row.done is Done.ROUTED}
    now = spelled(gateway_url(gateway))
    return {at: Redirect(document.text[slice(*document.span(at))], now, name) for at, name in urls.items()}


def _freed(item: Listed, document: Document, kept: Kept) -> Row:
    if item.is_local:
        return Row(item, Done.UNWRAPPED if item.wrapped is not None else Done.LEFT)
    spelling = document.text[slice(*document.span(_url(item)))]
    if all(redirect.now != spelling for redirect in kept.urls.values()):
        return Row(item, Done.LEFT)
    redirect = kept.urls.get(_url(item))
    objections = {
        "it was renamed or moved since: its old URL is in the copy beside the file": redirect is None
        or (redirect.now, redirect.server) != (spelling, item.name),
        "its `Authorization` is for the gateway, and its server would get it: remove it first": _is_authorized(item),
    }
    why = next((words for words, holds in objections.items() if holds), "")
    return Row(item, Done.LEFT if why else Done.UNWRAPPED, why)


def _is_authorized(item: Listed) -> bool:
    return any(name.lower() == "authorization" for name in item.entry.spec.headers)


def _command(item: Listed) -> str:
    return item.entry.launch["command"].at.pointer


def _url(item: Listed) -> str:
    return item.entry.launch["url"].at.pointer
