"""Text to a lock, strictly: whatever is not as this version writes it is refused with its line.

A lock that is half understood protects nothing, so there is no best effort here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from oktsec_lint.core.display import quoted
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.lock.canonical import digest, digest_of
from oktsec_lint.core.lock.facts import Facts, facts_of, value_of
from oktsec_lint.core.lock.model import VERSION, Acceptance, Lock, LockedDefinition, LockedFinding, LockedServer
from oktsec_lint.core.lock.taking import in_order
from oktsec_lint.core.model import JsonValue, Kind, LaunchIdentity, Place, pointer_to
from oktsec_lint.sources.document import Document, Oddity, decode, error_at
from oktsec_lint.sources.json_reader import read_json

from .shape import LISTS

_CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} |\|{7} )", re.MULTILINE)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SERVER_KEYS = frozenset({"launch", "about", "varies", "findings", *LISTS})
_DEFINITION_KEYS = frozenset({"name", "variant", "digest", "fields", "facts"})
_TEXT_LISTS = frozenset({"args", "env", "headers"})
_HOW = "restore it from version control; or delete it, run `oktsec-lint lock`, and review it again"


def read(path: str, data: bytes) -> tuple[Lock, Document]:
    """The lock in a file, and the document it stands in. Raises SourceError, with the line, for anything that is not
    a lock as this version writes it: what was edited by hand, cut short, or left with a merge conflict."""
    text = decode(path, data)
    conflict = _CONFLICT.search(text)
    if conflict is not None:
        raise error_at(path, text, conflict.start(), "there is an unresolved merge conflict", hint=_HOW)
    document = _json(path, text)
    return _Reading(document).lock(digest_of(text.replace("\r\n", "\n"))), document


def _json(path: str, text: str) -> Document:
    try:
        document = read_json(path, text)
    except SourceError as error:
        message = f"not a whole lock: {error.message}"
        raise SourceError(message, path=path, line=error.line, column=error.column, hint=_HOW) from None
    for anomaly in document.anomalies:
        if anomaly.oddity is Oddity.DUPLICATE_KEY:  # the others are texts and numbers that a server really sent
            where = document.location(anomaly.spans[-1])
            raise SourceError("a key is written twice", path=path, line=where.line, column=where.column, hint=_HOW)
    return document


class _Reading:
    """One document on its way to a lock; every mistake ends it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._path = document.path

    def lock(self, digest: str) -> Lock:
        root = self._members(self._document.value(), "", frozenset({"version", "rulebook", "policy", "servers"}))
        self._check_version(root)
        servers = self._object(root.get("servers"), "/servers")
        return Lock(
            self._text(root.get("rulebook"), "/rulebook"),
            self._text(root.get("policy"), "/policy"),
            tuple(self._server(name, value) for name, value in servers.items()),
            self._path,
            digest,
        )

    def _check_version(self, root: Mapping[str, JsonValue]) -> None:
        version = root.get("version")
        if version == VERSION and not isinstance(version, bool):
            return
        if isinstance(version, int) and version > VERSION:
            self._refuse(
                "/version", f"version {version} is newer than this oktsec-lint, which reads {VERSION}", "upgrade"
            )
        self._refuse("/version", f"not a lock of version {VERSION}", _HOW)

    def _server(self, name: str, value: JsonValue) -> LockedServer:
        at = pointer_to("servers", name)
        members = self._members(value, at, _SERVER_KEYS)
        said = self._object(self._value(self._facts(members.get("about"), f"{at}/about"), f"{at}/about"), f"{at}/about")
        definitions = [
            self._definition(kind, item, f"{at}/{key}/{index}")
            for key, kind in LISTS.items()
            for index, item in enumerate(self._list(members.get(key, []), f"{at}/{key}"))
        ]
        findings = self._list(members.get("findings", []), f"{at}/findings")
        return LockedServer(
            name,
            self._launch(members.get("launch"), f"{at}/launch"),
            self._text(said.get("protocol"), f"{at}/about"),
            self._object(said.get("info", {}), f"{at}/about"),
            self._text(said.get("instructions", ""), f"{at}/about"),
            self._texts(members.get("varies", []), f"{at}/varies"),
            in_order(definitions),
            tuple(self._finding(item, f"{at}/findings/{index}") for index, item in enumerate(findings)),
            Place(self._path, at),
        )

    def _launch(self, value: JsonValue, at: str) -> LaunchIdentity:
        members = dict(self._members(value, at, frozenset(LaunchIdentity._fields)))
        files = self._object(members.pop("files", {}), f"{at}/files")
        read: dict[str, Any] = {
            name: self._texts(item, f"{at}/{name}") if name in _TEXT_LISTS else self._text(item, f"{at}/{name}")
            for name, item in members.items()
        }
        digests = tuple((path, self._text(item, f"{at}/files")) for path, item in files.items())
        return LaunchIdentity(**{"transport": "", **read, "files": digests})

    def _definition(self, kind: Kind, value: JsonValue, at: str) -> LockedDefinition:
        members = self._members(value, at, _DEFINITION_KEYS)
        body = self._value(self._facts(members.get("facts"), f"{at}/facts"), f"{at}/facts")
        written = self._text(members.get("digest"), f"{at}/digest")
        if digest(body) != written:
            self._refuse(self._misfit(members.get("fields"), body, at), "these facts are not those of the digest", _HOW)
        return LockedDefinition(
            kind,
            self._text(members.get("name"), f"{at}/name"),
            body,
            written,
            self._text(members.get("variant", ""), f"{at}/variant"),
            Place(self._path, f"{at}/facts", flat=True),
        )

    def _misfit(self, fields: JsonValue, body: JsonValue, at: str) -> str:
        """The pointer of the first fact of a field that does not have its digest."""
        if isinstance(fields, dict) and isinstance(body, dict):
            for name, value in body.items():
                if fields.get(name) != digest(value):
                    first = next(iter(facts_of({name: value})))
                    return f"{at}/facts{pointer_to(first)}"
        return f"{at}/digest"

    def _finding(self, value: JsonValue, at: str) -> LockedFinding:
        members = self._members(value, at, frozenset({"rule", "severity", "on", "name", "at", "accepted"}))
        kind = self._text(members.get("on"), f"{at}/on")
        if kind not in set(Kind):
            self._refuse(f"{at}/on", "not a kind of object", _HOW)
        accepted = members.get("accepted")
        return LockedFinding(
            self._text(members.get("rule"), f"{at}/rule"),
            self._text(members.get("severity"), f"{at}/severity"),
            Kind(kind),
            self._text(members.get("name", ""), f"{at}/name"),
            self._text(members.get("at", ""), f"{at}/at"),
            None if accepted is None else self._acceptance(accepted, f"{at}/accepted"),
        )

    def _acceptance(self, value: JsonValue, at: str) -> Acceptance:
        members = self._members(value, at, frozenset(Acceptance._fields))
        until = self._text(members.get("until", ""), f"{at}/until")
        if until and not _DAY.fullmatch(until):
            self._refuse(f"{at}/until", "not a day as in 2027-01-31", "correct it")
        return Acceptance(self._text(members.get("by"), f"{at}/by"), self._text(members.get("why"), f"{at}/why"), until)

    def _facts(self, value: JsonValue, at: str) -> Facts:
        return {pointer: self._fact(leaf, at, pointer) for pointer, leaf in self._object(value, at).items()}

    def _fact(self, leaf: JsonValue, at: str, pointer: str) -> JsonValue:
        if isinstance(leaf, list) and leaf:
            return "".join(self._texts(leaf, f"{at}{pointer_to(pointer)}"))
        if isinstance(leaf, dict) and leaf:
            self._refuse(f"{at}{pointer_to(pointer)}", "a fact is a text, a number, a word or empty", _HOW)
        return leaf

    def _value(self, facts: Facts, at: str) -> JsonValue:
        try:
            return value_of(facts)
        except ValueError as error:
            self._refuse(f"{at}{pointer_to(str(error))}", "this fact contradicts another one", _HOW)

    def _members(self, value: JsonValue, at: str, known: frozenset[str]) -> dict[str, JsonValue]:
        members = self._object(value, at)
        for key in members:
            if key not in known:
                self._refuse(f"{at}{pointer_to(key)}", f"{quoted(key)} means nothing here", _HOW, at_key=True)
        return members

    def _object(self, value: JsonValue, at: str) -> dict[str, JsonValue]:
        return value if isinstance(value, dict) else self._expected("an object", at)

    def _list(self, value: JsonValue, at: str) -> list[JsonValue]:
        return value if isinstance(value, list) else self._expected("a list", at)

    def _text(self, value: JsonValue, at: str) -> str:
        return value if isinstance(value, str) else self._expected("a text", at)

    def _texts(self, value: JsonValue, at: str) -> tuple[str, ...]:
        return tuple(self._text(item, f"{at}/{index}") for index, item in enumerate(self._list(value, at)))

    def _expected(self, what: str, at: str) -> NoReturn:
        self._refuse(at, f"{quoted(at.rpartition('/')[2] or 'the lock')} is missing, or not {what}", _HOW)

    def _refuse(self, at: str, message: str, hint: str, *, at_key: bool = False) -> NoReturn:
        where = self._document.locate(at, at_key=at_key)
        raise SourceError(message, path=self._path, line=where.line, column=where.column, hint=hint)
