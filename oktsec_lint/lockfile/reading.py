"""Text to a lock, strictly: whatever is not as this version writes it is refused with its line.

A lock that is half understood protects nothing, so there is no best effort here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any, NoReturn

from oktsec_lint.core.config import Transport
from oktsec_lint.core.display import quoted
from oktsec_lint.core.errors import SourceError
from oktsec_lint.core.findings import Severity
from oktsec_lint.core.lock.canonical import digest, digest_of, digests
from oktsec_lint.core.lock.facts import Facts, value_of
from oktsec_lint.core.lock.model import (
    VERSION,
    Acceptance,
    Lock,
    LockedDefinition,
    LockedFinding,
    LockedServer,
    ObjectKey,
)
from oktsec_lint.core.lock.prefixes import named
from oktsec_lint.core.lock.taking import in_order
from oktsec_lint.core.model import JsonValue, Kind, LaunchIdentity, Place, name_in, pointer_to
from oktsec_lint.sources.document import Document, Oddity, decode, error_at
from oktsec_lint.sources.json_reader import read_json

from .shape import LISTS

_CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} |\|{7} )", re.MULTILINE)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SEVERITIES = frozenset(severity.label for severity in Severity)
_OBJECTS = frozenset(kind.value for kind in Kind if kind is not Kind.CONFIG)
_ABOUT = frozenset({"protocol", "info", "instructions"})
_SERVER_KEYS = frozenset({"launch", "about", "varies", "prefixed", "findings", *LISTS})
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
    return _Reading(document).lock(text_digest(text)), document


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar, written as in 2027-01-31 and not otherwise."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def text_digest(text: str) -> str:
    """The digest of a lock: line ends make no difference."""
    return digest_of(text.replace("\r\n", "\n"))


def _json(path: str, text: str) -> Document:
    try:
        document = read_json(path, text)
    except SourceError as error:
        message = f"not a whole lock: {error.message}"
        raise SourceError(message, path=path, line=error.line, column=error.column, hint=_HOW) from None
    for anomaly in document.anomalies:
        if anomaly.oddity is not Oddity.LONE_SURROGATE:  # which a server may really have sent
            where = document.location(anomaly.spans[-1])
            raise SourceError(str(anomaly.oddity), path=path, line=where.line, column=where.column, hint=_HOW)
    if document.anomalies:
        _refuse_repeated_keys(path, text)
    return document


def _refuse_repeated_keys(path: str, text: str) -> None:
    """Once more for texts with many oddities, of which only the first are told."""

    def members(pairs: list[tuple[str, object]]) -> None:
        names = [name for name, _ in pairs]
        twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
        if twice is not None:
            raise error_at(path, text, max(text.rfind(json.dumps(twice)), 0), "duplicate key", hint=_HOW)

    json.loads(text, object_pairs_hook=members)


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
            self._digest(root.get("rulebook"), "/rulebook"),
            self._digest(root.get("policy"), "/policy"),
            tuple(self._server(name, value) for name, value in servers.items()),
            self._path,
            digest,
        )

    def _check_version(self, root: Mapping[str, JsonValue]) -> None:
        version = root.get("version")
        if version == VERSION and type(version) is int:
            return
        if type(version) is int and version > VERSION:
            self._refuse(
                "/version", f"version {version} is newer than this oktsec-lint, which reads {VERSION}", "upgrade"
            )
        self._refuse("/version", f"not a lock of version {VERSION}", _HOW)

    def _server(self, name: str, value: JsonValue) -> LockedServer:
        at = pointer_to("servers", name)
        members = self._members(value, at, _SERVER_KEYS)
        facts = self._facts(members.get("about"), f"{at}/about")
        said = self._members(self._value(facts, f"{at}/about"), f"{at}/about", _ABOUT)
        definitions = [
            self._definition(kind, item, f"{at}/{key}/{index}")
            for key, kind in LISTS.items()
            for index, item in enumerate(self._list(members.get(key, []), f"{at}/{key}"))
        ]
        listed = self._list(members.get("findings", []), f"{at}/findings")
        findings = tuple(self._finding(item, f"{at}/findings/{index}") for index, item in enumerate(listed))
        ordered = in_order(definitions)
        if len(ordered) < len(definitions):
            self._refuse(at, "a definition is there twice", _HOW)
        if len({item.key for item in findings}) < len(findings):
            self._refuse(f"{at}/findings", "a finding is there twice", _HOW)
        return LockedServer(
            name,
            self._launch(members.get("launch"), f"{at}/launch"),
            self._text(said.get("protocol"), f"{at}/about"),
            self._object(said.get("info", {}), f"{at}/about"),
            self._text(said.get("instructions", ""), f"{at}/about"),
            self._texts(members.get("varies", []), f"{at}/varies"),
            ordered,
            findings,
            Place(self._path, at),
            self._prefixed(members.get("prefixed", []), ordered, f"{at}/prefixed"),
        )

    def _prefixed(self, value: JsonValue, offered: Iterable[LockedDefinition], at: str) -> tuple[ObjectKey, ...]:
        known = {f"{kind} {name}": (kind, name) for kind, name in named(offered)}
        read: set[ObjectKey] = set()
        for index, text in enumerate(self._texts(value, at)):
            key = known.get(text)
            if key is None or key in read:
                problem = "is there twice" if key else "is no tool and no prompt of this server"
                self._refuse(f"{at}/{index}", f"{quoted(text)} {problem}", _HOW)
            read.add(key)
        return tuple(sorted(read))

    def _launch(self, value: JsonValue, at: str) -> LaunchIdentity:
        members = dict(self._members(value, at, frozenset(LaunchIdentity._fields)))
        files = self._object(members.pop("files", {}), f"{at}/files")
        read: dict[str, Any] = {
            name: self._texts(item, f"{at}/{name}") if name in _TEXT_LISTS else self._text(item, f"{at}/{name}")
            for name, item in members.items()
        }
        files_read = tuple(
            sorted((path, self._digest(item, f"{at}/files{pointer_to(path)}")) for path, item in files.items())
        )
        self._one_of(set(Transport), read.get("transport"), f"{at}/transport")
        return LaunchIdentity(**{**read, "files": files_read})

    def _definition(self, kind: Kind, value: JsonValue, at: str) -> LockedDefinition:
        members = self._members(value, at, _DEFINITION_KEYS)
        body = self._value(self._facts(members.get("facts"), f"{at}/facts"), f"{at}/facts")
        name, written = self._text(members.get("name"), f"{at}/name"), members.get("digest")
        whole, fields = digests(body) if isinstance(body, dict) else (digest(body), {})
        if whole != written or members.get("fields") != fields:
            self._refuse(self._misfit(members, fields, at), "these facts are not those of the digest", _HOW)
        if name != name_in(kind, body):
            self._refuse(f"{at}/name", "the definition calls itself otherwise", _HOW)
        variant = self._text(members.get("variant", ""), f"{at}/variant")
        return LockedDefinition(kind, name, body, whole, variant, Place(self._path, f"{at}/facts", flat=True))

    def _misfit(self, members: Mapping[str, JsonValue], fields: Mapping[str, str], at: str) -> str:
        """The pointer of the first fact of a field that does not have its digest."""
        written, facts = members.get("fields"), members.get("facts")
        for name, found in fields.items():
            if not isinstance(written, dict) or written.get(name) != found:
                start = pointer_to(name)
                own = (
                    (pointer for pointer in facts if f"{pointer}/".startswith(f"{start}/"))
                    if isinstance(facts, dict)
                    else ()
                )
                return f"{at}/facts{pointer_to(next(iter(own), start))}"
        return f"{at}/digest" if members.get("fields") == fields else f"{at}/fields"

    def _finding(self, value: JsonValue, at: str) -> LockedFinding:
        members = self._members(value, at, frozenset({"rule", "severity", "on", "name", "at", "accepted"}))
        accepted = members.get("accepted")
        return LockedFinding(
            self._filled(members.get("rule"), f"{at}/rule"),
            self._one_of(_SEVERITIES, members.get("severity"), f"{at}/severity"),
            Kind(self._one_of(_OBJECTS, members.get("on"), f"{at}/on")),
            self._text(members.get("name", ""), f"{at}/name"),
            self._text(members.get("at", ""), f"{at}/at"),
            self._acceptance(accepted, f"{at}/accepted") if "accepted" in members else None,
        )

    def _acceptance(self, value: JsonValue, at: str) -> Acceptance:
        members = self._members(value, at, frozenset(Acceptance._fields))
        until = self._text(members.get("until", ""), f"{at}/until")
        if "until" in members and not is_day(until):
            self._refuse(f"{at}/until", "not a day as in 2027-01-31", "correct it")
        by, why = members.get("by"), members.get("why")
        return Acceptance(self._filled(by, f"{at}/by"), self._filled(why, f"{at}/why"), until)

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

    def _digest(self, value: JsonValue, at: str) -> str:
        text = self._text(value, at)
        return text if _DIGEST.fullmatch(text) else self._expected("a digest", at)

    def _one_of(self, known: Collection[str], value: JsonValue, at: str) -> str:
        text = self._text(value, at)
        return text if text in known else self._expected(f"one of {', '.join(sorted(known))}", at)

    def _filled(self, value: JsonValue, at: str) -> str:
        return self._text(value, at) or self._expected("a text", at)

    def _texts(self, value: JsonValue, at: str) -> tuple[str, ...]:
        return tuple(self._text(item, f"{at}/{index}") for index, item in enumerate(self._list(value, at)))

    def _expected(self, what: str, at: str) -> NoReturn:
        self._refuse(at, f"{quoted(at.rpartition('/')[2] or 'the lock')} is missing, or not {what}", _HOW)

    def _refuse(self, at: str, message: str, hint: str, *, at_key: bool = False) -> NoReturn:
        where = self._document.locate(at, at_key=at_key)
        raise SourceError(message, path=self._path, line=where.line, column=where.column, hint=hint)
