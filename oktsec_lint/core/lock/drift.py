"""Differences from the lock as hits, each at the line of the lock that no longer holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from oktsec_lint.core.display import quoted, visible
from oktsec_lint.core.evidence import Spot, shown
from oktsec_lint.core.findings import Evidence, Hit, Severity
from oktsec_lint.core.lock_rules import (
    ADDED,
    INSTRUCTIONS,
    LAUNCH,
    OTHER,
    POLICY,
    REMOVED,
    SCHEMA,
    SELF,
    SERVER_ADDED,
    SERVER_REMOVED,
    TEXT,
)
from oktsec_lint.core.model import Inventory, JsonValue, Kind, LaunchIdentity, Place, Subject, pointer_to
from oktsec_lint.core.values import NamedTuple

from .canonical import canonical
from .changes import Change, What, changes
from .facts import Facts, facts_of
from .model import Lock, LockedDefinition, LockedServer
from .words import added_spans, worded

_SCHEMAS = frozenset({"inputSchema", "outputSchema", "arguments"})
_TEXTS = frozenset({"name", "title", "description", "uri", "uriTemplate", "mimeType"})
_PROSE = frozenset({"title", "description", "instructions"})
_MOST_FACTS = 8
"""Changed facts of one definition that become findings of their own."""
_MOST_SPANS = 5
_SAID = 700
"""Characters of a change that a message spells out."""
_UNCUT = 1 << 24
_WHITE = " \t\r\n"
_PADDING = re.compile(f"[{_WHITE}]{{40,}}")
"""White space that pushes what follows out of sight."""


class _Difference(NamedTuple):
    """One fact that is not as it was locked; None stands for a fact that is not there."""

    pointer: str
    old: str | None
    new: str | None
    text: str = ""
    """The new text, when it is one."""
    cosmetic: bool = False


def drift(lock: Lock, inventory: Inventory) -> Iterator[Hit]:
    """What is not as it was locked. Raises nothing, whatever the servers offer."""
    for change in changes(lock, inventory):
        yield from hits_of(change, lock.path)


def hits_of(change: Change, path: str) -> Iterator[Hit]:
    """One change as hits. `path` is the lock's file."""
    match change.what:
        case What.SERVER_ADDED:
            message = f"this server is not in {path or 'the lock'}: nobody has reviewed what it offers"
            yield Hit(SERVER_ADDED, message, _server(change), help=_help(change))
        case What.SERVER_REMOVED:
            message = f"the locked server {quoted(change.server)} is not configured any more"
            yield Hit(SERVER_REMOVED, message, _server(change), place=_at_key(change.before), help=_help(change))
        case What.LAUNCH:
            yield from _of_launch(change)
        case What.SELF:
            yield from _of_self(change)
        case What.INSTRUCTIONS:
            yield from _of_instructions(change)
        case What.ADDED:
            message = f"this {change.kind} is not in the lock: nobody has reviewed it"
            yield Hit(ADDED, message, _object(change), place=_list_of(change), help=_help(change))
        case What.REMOVED:
            message = f"this {change.kind} was locked, and the server does not offer it any more"
            yield Hit(REMOVED, message, _object(change), place=_name_of(change.old[0]), help=_help(change))
        case What.CHANGED:
            yield from _of_definition(change)
        case What.POLICY:
            message = "agents, rules or other settings are not those that were locked"
            yield Hit(POLICY, message, Subject("", Kind.CONFIG, ""), place=Place(path, "/policy"))


def _help(change: Change) -> str:
    scope = f" --server {_argument(change.server)}"
    if change.kind is Kind.TOOL and change.name:
        scope += f" --tool {_argument(change.name)}"
    return f"read the change, and if it is meant: oktsec-lint lock --update{scope}"


def _argument(name: str) -> str:
    """A name as a shell takes it for one word; a server chooses it, and people paste what they are told to type."""
    if re.fullmatch(r"[\w@%+=:,./][\w@%+=:,./-]*", name, re.ASCII):
        return name
    quoted_name = visible(name, 200).replace("'", "'\"'\"'")
    return f"'{quoted_name}'"


def _server(change: Change) -> Subject:
    return Subject(change.server, Kind.SERVER, change.server)


def _object(change: Change) -> Subject:
    return Subject(change.server, change.kind, change.name)


def _at_key(server: LockedServer | None) -> Place | None:
    return server.place._replace(at_key=True) if server is not None and server.place is not None else None


def _below(server: LockedServer | None, *tokens: str | int) -> Place | None:
    return server.place.child(pointer_to(*tokens)) if server is not None and server.place is not None else None


def _name_of(item: LockedDefinition) -> Place | None:
    if item.place is None:
        return None
    return Place(item.place.path, f"{item.place.pointer.removesuffix('/facts')}/name")


def _list_of(change: Change) -> Place | None:
    place = _below(change.before, f"{change.kind}s")
    return place._replace(at_key=True) if place is not None else None


def _of_launch(change: Change) -> Iterator[Hit]:
    if change.before is None or change.after is None:
        return
    for tokens, old, new in _fields(change.before.launch, change.after.launch):
        what, said = quoted(" ".join(tokens)), visible(worded(old, new), _SAID)
        message = f"the launch line's {what} is not what was locked: {said}"
        yield Hit(LAUNCH, message, _server(change), place=_below(change.before, "launch", *tokens), help=_help(change))


def _fields(old: LaunchIdentity, new: LaunchIdentity) -> Iterator[tuple[Sequence[str], str, str]]:
    """Where in the launch identity something differs, and how."""
    for field, before, after in zip(old._fields, old, new, strict=True):
        if before == after:
            continue
        if field == "files":
            was, now = dict(old.files), dict(new.files)
            for path in sorted(was | now):
                if was.get(path) != now.get(path):
                    yield (field, path), _short(was.get(path, "")), _short(now.get(path, ""))
        else:
            yield (field,), _line(before), _line(after)


def _short(digest: str) -> str:
    return digest[: len("sha256:") + 12]


def _line(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _of_self(change: Change) -> Iterator[Hit]:
    if change.before is None or change.after is None:
        return
    before, after = _self_of(change.before), _self_of(change.after)
    for item in _differences(before, after):
        place = _below(change.before, "about", item.pointer)
        message = f"what the server says of itself changed: {_said(item)}"
        severity = Severity.MEDIUM if item.pointer == "/info/version" else None
        yield Hit(SELF, message, _server(change), item.pointer, place, severity=severity, help=_help(change))


def _self_of(server: LockedServer) -> Facts:
    return facts_of({"protocol": server.protocol, "info": dict(server.info)})


def _of_instructions(change: Change) -> Iterator[Hit]:
    if change.before is None or change.after is None:
        return
    for item in _differences(
        {"/instructions": change.before.instructions}, {"/instructions": change.after.instructions}
    ):
        yield Hit(
            INSTRUCTIONS,
            f"the server's instructions are not the ones that were locked: {_said(item)}",
            _server(change),
            item.pointer,
            _below(change.before, "about", item.pointer),
            _evidence(item),
            Severity.INFO if item.cosmetic else None,
            help=_help(change),
        )


def told(change: Change) -> Iterator[str]:
    """Everything that accepting a change writes into the lock, one fact a line and nothing cut: what a reviewer does
    not see, nobody has reviewed."""
    if change.what is What.POLICY:
        yield "agents, rules or other settings of the configuration"
        return
    before, after = _facts_before(change), _facts_after(change)
    for item in _differences(before, after):
        yield f"{item.pointer}: {_whole(item)}"


def _facts_before(change: Change) -> Facts:
    if change.kind is not Kind.SERVER:
        return _facts_of(change.old)
    return _facts_of_server(change.before, change.what) if change.before is not None else {}


def _facts_after(change: Change) -> Facts:
    if change.kind is not Kind.SERVER:
        return _facts_of(change.new)
    if change.after is None:
        return {}
    facts = _facts_of_server(change.after, change.what)
    return {**facts, **_facts_of(change.after.definitions)} if change.before is None else facts


def _facts_of(definitions: Sequence[LockedDefinition]) -> Facts:
    facts: Facts = {}
    for item in definitions:
        at = " ".join(filter(None, (item.kind, item.name, item.variant)))
        facts |= {f"{at} {pointer}": leaf for pointer, leaf in facts_of(item.body).items()}
    return facts


def _facts_of_server(server: LockedServer, what: What) -> Facts:
    launch = {f"launch {name}": _line(value) for name, value in server.launch._asdict().items() if value}
    said: Facts = {"instructions": server.instructions} if server.instructions else {}
    if what is What.LAUNCH:
        return dict(launch)
    if what is What.INSTRUCTIONS:
        return said
    return _self_of(server) if what is What.SELF else {**launch, **_self_of(server), **said}


def _whole(item: _Difference) -> str:
    if item.old is None:
        return f"{{+{item.new}+}}"
    if item.new is None:
        return f"[-{item.old}-]"
    return worded(item.old, item.new, limit=_UNCUT, stretch=_UNCUT)


def _of_definition(change: Change) -> Iterator[Hit]:
    known = {item.digest for item in change.old}
    for new in change.new:
        if new.digest not in known:
            old = next((item for item in change.old if item.variant == new.variant), change.old[0])
            yield from _of_body(change, old, new)


def _of_body(change: Change, old: LockedDefinition, new: LockedDefinition) -> Iterator[Hit]:
    differing = list(_differences(facts_of(old.body), facts_of(new.body)))
    if not all(item.cosmetic for item in differing):
        differing = [item for item in differing if not item.cosmetic]
    differing.sort(key=lambda item: _rule(item.pointer))
    when = f" ({new.variant})" if new.variant else ""
    for item in differing[:_MOST_FACTS]:
        yield _hit(change, old, item, when)
    if len(differing) > _MOST_FACTS:
        message = f"{len(differing) - _MOST_FACTS:,} more facts of this {change.kind} are not what was locked"
        yield Hit(_rule(differing[_MOST_FACTS].pointer), message, _object(change), place=old.place, help=_help(change))


def _hit(change: Change, old: LockedDefinition, item: _Difference, when: str) -> Hit:
    what = quoted(item.pointer.lstrip("/").replace("/", ".")) if item.pointer else "the body"
    verb = "differs in white space only" if item.cosmetic else f"is not what was locked: {_said(item)}"
    return Hit(
        _rule(item.pointer),
        f"{what} of this {change.kind} {verb}{when}",
        _object(change),
        item.pointer,
        old.place.child(item.pointer) if old.place is not None else None,
        _evidence(item),
        Severity.INFO if item.cosmetic else None,
        help=_help(change),
    )


def _rule(pointer: str) -> str:
    field = pointer.split("/")[1] if pointer else ""
    if field in _SCHEMAS:
        return SCHEMA
    return TEXT if field in _TEXTS else OTHER


def _said(item: _Difference) -> str:
    if item.old is None:
        said = f"it was not there and is {{+{item.new}+}}"
    elif item.new is None:
        said = f"it is gone: [-{item.old}-]"
    else:
        said = worded(item.old, item.new)
    return visible(said, _SAID)


def _evidence(item: _Difference) -> tuple[Evidence, ...]:
    """What stands in the new text that was not in the old one."""
    if not item.text:
        return ()
    spans = added_spans(item.old or "", item.text)[:_MOST_SPANS]
    return tuple(shown(item.text, Spot(start, end, "not as locked")) for start, end in spans if start < end)


def _differences(old: Mapping[str, JsonValue], new: Mapping[str, JsonValue]) -> Iterator[_Difference]:
    for pointer in dict.fromkeys((*old, *new)):
        before, after = _spelled(old, pointer), _spelled(new, pointer)
        if before != after:
            leaf = new.get(pointer)
            text = leaf if isinstance(leaf, str) else ""
            shown_as = _plain(old, pointer, before), _plain(new, pointer, after)
            if shown_as[0] == shown_as[1]:
                shown_as = before, after
            yield _Difference(pointer, *shown_as, text, _is_cosmetic(pointer, old.get(pointer), leaf))


def _spelled(facts: Mapping[str, JsonValue], pointer: str) -> str | None:
    return canonical(facts[pointer]) if pointer in facts else None


def _plain(facts: Mapping[str, JsonValue], pointer: str, spelled: str | None) -> str | None:
    """A text without quotes: a reader compares words, and only then types."""
    leaf = facts.get(pointer)
    return leaf if isinstance(leaf, str) else spelled


def _is_cosmetic(pointer: str, old: JsonValue, new: JsonValue) -> bool:
    """Whether a text for the model to read differs in nothing but how its white space is laid out."""
    if not (isinstance(old, str) and isinstance(new, str) and pointer.rpartition("/")[2] in _PROSE):
        return False
    return _words(old) == _words(new) and not _PADDING.search(new)


def _words(text: str) -> Sequence[str]:
    return [word for word in re.split(f"[{_WHITE}]+", text) if word]
