"""What `oktsec-lint tokens` does: tokens in and out of a configuration, of which nothing else changes."""

from __future__ import annotations

import json
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from oktsec_lint import lockfile
from oktsec_lint.core.config import Principal, Token
from oktsec_lint.core.display import listed as named
from oktsec_lint.core.display import visible
from oktsec_lint.core.errors import OktsecError, SourceError, UsageError
from oktsec_lint.core.identity.door import BEARER, door_of
from oktsec_lint.core.identity.tokens import SALT_BYTES, SECRET_BYTES, hash_of, raw_token, state_of
from oktsec_lint.core.model import tokens_of
from oktsec_lint.core.report import Exit
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.sources import LoadedConfig, load_config
from oktsec_lint.sources.adding import NEW, Entry, Part, added
from oktsec_lint.sources.discovery import read_bytes
from oktsec_lint.sources.document import Document, decode
from oktsec_lint.sources.oktsec_yaml.entries import problem_of_name

from .audit import found_config, request_of
from .beside import shown_path
from .choices import DataFormat
from .spans import span
from .terminal import complain, tell

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RANDOM_BYTES = 4
_PRINCIPALS = ("identity", "principals")
_NEVER = "never"
_BOM = b"\xef\xbb\xbf"


class Wanted(NamedTuple):
    """The token that is to be made."""

    agent: str
    expires: str
    id: str


class Open(NamedTuple):
    """A configuration, with what is needed to change it."""

    path: Path
    data: bytes
    loaded: LoadedConfig
    output_format: DataFormat

    @property
    def document(self) -> Document:
        return self.loaded.document

    @property
    def principals(self) -> Sequence[Principal]:
        return self.loaded.config.principals

    def tokens(self) -> Iterator[tuple[Principal, Token]]:
        return ((principal, token) for principal in self.principals for token in principal.tokens)


def ended(action: Callable[[Open], None], config: str | None, output_format: DataFormat) -> Exit:
    """How an action on the configuration ended. Says a user's mistake on stderr."""
    try:
        action(_opened(config, output_format))
    except OktsecError as error:
        return complain(error)
    return Exit.CLEAN


def _opened(config: str | None, output_format: DataFormat) -> Open:
    request = request_of((), config, (), offline=True, timeout=1.0, jobs=1)
    path = found_config(request)
    shown = shown_path(path, request.cwd)
    data = read_bytes(path, shown=shown)
    opened = Open(path, data, load_config(shown, decode(shown, data)), output_format)
    _tell_mistakes(opened)
    return opened


def _tell_mistakes(opened: Open) -> None:
    """An entry that cannot be read is no token: who looks for it here has to know."""
    for hit in opened.loaded.hits:
        if hit.pointer.startswith("/identity/principals") and hit.place is not None:
            where = opened.document.locate(hit.place.pointer, at_key=hit.place.at_key)
            advice = f" {hit.help}" if hit.help else ""
            tell(visible(f"{where.path}:{where.line}: {hit.message}.{advice}", 1000))


def create(opened: Open, wanted: Wanted) -> None:
    """Writes a token for an agent and prints it. Raises OktsecError when nothing was written."""
    _refuse_a_stranger(opened, wanted.agent)
    name = _new_id(opened, wanted)
    now = datetime.now(UTC)
    expires_at = _end(wanted.expires, now)
    raw, salt = raw_token(secrets.token_bytes(SECRET_BYTES)), secrets.token_bytes(SALT_BYTES)
    entry = {"id": name, "type": "gateway_bearer", "hash": hash_of(raw, salt), "created_at": _stamp(now)}
    entry |= {"expires_at": expires_at} if expires_at else {}
    _write(opened, _with_token(opened, wanted.agent, entry))
    until = f"holds until {expires_at}" if expires_at else "never expires"
    tell(f"{visible(opened.document.path)}: token {name} for {visible(wanted.agent, 80)} written; it {until}")
    _tell_what_is_left(opened, wanted.agent)
    if opened.output_format is DataFormat.JSON:
        _print(json.dumps({"id": name, "agent": wanted.agent, "token": raw, "expires_at": expires_at}, indent=2))
    else:
        tell("this is the token; it is shown this once")
        _print(raw)


def _refuse_a_stranger(opened: Open, agent: str) -> None:
    """A token for a misspelt name would be one for an agent without limits. Raises UsageError."""
    agents = opened.loaded.config.agents
    problem = problem_of_name(agent)
    if problem:
        raise UsageError(f"{named([agent])} cannot name an agent: {problem}")
    if agents and opened.loaded.config.agent(agent) is None:
        names = named([item.name for item in agents], 20)
        hint = f"configured: {names}; add it under `agents` first"
        raise UsageError(f"no agent named {agent}", path=opened.document.path, hint=hint)


def _new_id(opened: Open, wanted: Wanted) -> str:
    taken = {token.id: token for _, token in opened.tokens()}
    if not wanted.id:
        return f"{wanted.agent[:40]}-{secrets.token_hex(_RANDOM_BYTES)}"
    if not _ID.fullmatch(wanted.id):
        hint = "1 to 64 letters, digits, dots, underscores or dashes"
        raise UsageError(f"--id {visible(wanted.id, 80)} cannot name a token", hint=hint)
    if wanted.id in taken:
        raise _at(opened, taken[wanted.id], f"there is a token {wanted.id} already", hint="choose another --id")
    return wanted.id


def _end(expires: str, now: datetime) -> str:
    if expires == _NEVER:
        return ""
    length = span(expires)
    try:
        if length:
            return _stamp(now + length)
    except OverflowError:
        pass
    raise UsageError(f"--expires {visible(expires, 40)} is no length of time", hint="12h, 90d, 52w or never")


def _stamp(moment: datetime) -> str:
    """As upstream writes times: RFC 3339 in UTC, to the second."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _with_token(opened: Open, agent: str, entry: Entry) -> Document:
    document = opened.document
    found = next((item for item in opened.principals if item.id == agent), None)
    if found is None:
        grown = added(document, (*_PRINCIPALS, NEW), {"id": agent, "kind": "agent"})
        document = grown if grown is not None else _impossible(opened, "principals")
        number = _count(document) - 1
    else:
        number = int(tokens_of(found.place.pointer)[-1])
    return added(document, (*_PRINCIPALS, number, "tokens", NEW), entry) or _impossible(opened, "tokens")


def _count(document: Document) -> int:
    value = document.value()
    for key in _PRINCIPALS:
        value = value.get(key) if isinstance(value, dict) else None
    return len(value) if isinstance(value, list) else 0


def _impossible(opened: Open, what: str) -> Document:
    where = opened.document.locate("/identity/principals")
    hint = f"write `{what}:` as a list with one `- ` line for each entry, without anchors and aliases"
    message = f"cannot add to `{what}` without changing something else"
    raise SourceError(message, path=where.path, line=where.line, hint=hint)


def _tell_what_is_left(opened: Open, agent: str) -> None:
    """What keeps the new token from meaning what it should."""
    config = opened.loaded.config
    if config.agent(agent) is None:
        tell(f"no agent named {visible(agent, 80)} is under `agents`, so `default_policy` decides what it may call")
    if not door_of(config).by_token:
        tell(f"`gateway.auth_methods` lists no {BEARER}, so the gateway takes no token")


def listed(opened: Open) -> None:
    """Prints every token for the gateway, none of the digests."""
    now = datetime.now(UTC).timestamp()
    rows = [_row(principal, token, now) for principal, token in opened.tokens()]
    if opened.output_format is DataFormat.JSON:
        _print(json.dumps(rows, indent=2))
        return
    if not rows:
        tell("there are no tokens; make one with `oktsec-lint tokens create AGENT`")
        return
    cells = [[visible(cell, 80) for cell in _cells(row)] for row in rows]
    table = [["ID", "AGENT", "STATE", "CREATED", "ENDS"], *cells]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        _print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _row(principal: Principal, token: Token, now: float) -> dict[str, str]:
    return {
        "id": token.id,
        "agent": principal.id,
        "state": state_of(token, now),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }


def _cells(row: dict[str, str]) -> list[str]:
    ends = row["revoked_at"] or row["expires_at"] or _NEVER
    return [row["id"] or "-", row["agent"], row["state"], row["created_at"] or "-", ends]


def revoke(opened: Open, name: str) -> None:
    """Ends a token. Raises OktsecError when nothing was written."""
    principal, token = _named(opened, name)
    said = f"{visible(opened.document.path)}: token {visible(token.id, 80)} of {visible(principal.id, 80)}"
    if token.revoked_at:
        tell(f"{said} was revoked before: {visible(token.revoked_at, 40)}")
    else:
        now = _stamp(datetime.now(UTC))
        _write(opened, _with_end(opened, token, now))
        tell(f"{said} is revoked")
        token = token._replace(revoked_at=now)
    if opened.output_format is DataFormat.JSON:
        _print(json.dumps(_row(principal, token, datetime.now(UTC).timestamp()), indent=2))


def _with_end(opened: Open, token: Token, now: str) -> Document:
    _, _, number, _, index = tokens_of(token.place.pointer)
    path: tuple[Part, ...] = (*_PRINCIPALS, int(number), "tokens", int(index), "revoked_at")
    document = added(opened.document, path, now)
    if document is None:
        hint = f'write `revoked_at: "{now}"` into it yourself'
        raise _at(opened, token, "this entry cannot be changed without changing something else", hint=hint)
    return document


def _named(opened: Open, name: str) -> tuple[Principal, Token]:
    """The one token of that name. Raises UsageError for none, and for several."""
    found = [item for item in opened.tokens() if name in {item[1].id, f"{item[0].id}/{item[1].id}"}]
    path = opened.document.path
    if not found:
        raise UsageError(f"no token {visible(name, 80)}", path=path, hint="see oktsec-lint tokens list")
    if len(found) > 1:
        lines = [str(opened.document.locate(token.place.pointer).line) for _, token in found]
        hint = "say AGENT/ID, or give each its own id"
        raise UsageError(
            f"several tokens are called {visible(name, 80)}: lines {', '.join(lines)}", path=path, hint=hint
        )
    return found[0]


def _at(opened: Open, token: Token, message: str, *, hint: str) -> SourceError:
    where = opened.document.locate(token.place.pointer)
    return SourceError(message, path=where.path, line=where.line, hint=hint)


def _write(opened: Open, document: Document) -> None:
    """In one step, unless somebody else changed the file meanwhile. Raises SourceError."""
    mark = _BOM if opened.data.startswith(_BOM) else b""
    lockfile.exchange(opened.path, opened.data, mark + document.text.encode(), document.path)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
