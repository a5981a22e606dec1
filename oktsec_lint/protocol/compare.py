"""What differs between two listings of one server: the same question, asked twice or by another client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from oktsec_lint.core.display import listed, quoted
from oktsec_lint.core.model import Definition, Fault, JsonValue, Kind, pointer_to, stable
from oktsec_lint.core.values import NamedTuple

_KEPT = 1 << 16
"""Characters of a changed text. Much more than is shown: whoever shows it masks it first, and cuts it then."""


class Circumstance(NamedTuple):
    """What was different the second time, and the rules and words for what follows from it."""

    variant: str
    """`Definition.variant` of a body that was seen only under this circumstance."""
    changed: str
    """The rule for a definition whose content differs."""
    varied: str
    """The rule for definitions that are there in only one of the listings."""
    words: str


AGAIN = Circumstance("second listing", "LST-003", "LST-009", "when the same client asked again")
BAREST_CLIENT = Circumstance(
    "client without capabilities", "LST-004", "LST-004", "for a client that declares no capabilities"
)


class Difference:
    """Two listings, name by name."""

    def __init__(self) -> None:
        self.changed: list[tuple[Definition, Definition]] = []
        self.added: list[Definition] = []
        self.removed: list[Definition] = []

    def additions(self, circumstance: Circumstance) -> Iterator[Definition]:
        """What the second listing adds to the first, so that it is judged as well."""
        for _, new in self.changed:
            yield new._replace(variant=new.variant or circumstance.variant)
        yield from self.added

    def faults(self, circumstance: Circumstance, *, presence: bool = True) -> Iterator[Fault]:
        """What to tell about it; `presence` False keeps quiet about definitions that one listing lacks."""
        for old, new in self.changed:
            yield _changed(old, new, circumstance)
        for definitions, verb in ((self.added, "there only"), (self.removed, "missing")):
            main = [item for item in definitions if not item.variant]
            if main and presence:
                yield _varied(main, verb, circumstance)


_Key: TypeAlias = tuple[Kind, str, str]


def compare(first: Sequence[Definition], second: Sequence[Definition]) -> Difference:
    """Definitions of the same kind and name are compared in the order they were sent; the lists' order is free."""
    found = Difference()
    old, new = _grouped(first), _grouped(second)
    for key in old | new:
        before, after = old.get(key, []), new.get(key, [])
        found.changed += [pair for pair in zip(before, after, strict=False) if _differ(*pair)]
        found.added += after[len(before) :]
        found.removed += before[len(after) :]
    return found


def changed_instructions(text: str, circumstance: Circumstance) -> Fault:
    """The fault for server instructions that differ."""
    message = f"the server's instructions were different {circumstance.words}"
    return Fault(circumstance.changed, message, pointer="/instructions", evidence=text[:_KEPT])


def _grouped(definitions: Iterable[Definition]) -> dict[_Key, list[Definition]]:
    groups: dict[_Key, list[Definition]] = {}
    for item in definitions:
        groups.setdefault((item.kind, item.name, item.variant), []).append(item)
    return groups


def _differ(old: Definition, new: Definition) -> bool:
    return old.body != new.body and stable(old) != stable(new)


def _changed(old: Definition, new: Definition, circumstance: Circumstance) -> Fault:
    field_name, text = _first_change(old.body, new.body)
    what = f"{quoted(field_name)} of this {new.kind} was" if field_name else f"this {new.kind} was"
    message = f"{what} different {circumstance.words}"
    pointer = pointer_to(field_name) if field_name else ""
    return Fault(circumstance.changed, message, new.kind, new.name, pointer, text[:_KEPT])


def _first_change(old: JsonValue, new: JsonValue) -> tuple[str, str]:
    """The first member that differs, and its new text when it is one."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return "", ""
    name = next((key for key in new | old if old.get(key) != new.get(key)), "")
    text = new.get(name)
    return name, text if isinstance(text, str) else ""


def _varied(definitions: Sequence[Definition], verb: str, circumstance: Circumstance) -> Fault:
    names = listed([f"{item.kind} {item.name}" for item in definitions])
    are = "definition is" if len(definitions) == 1 else "definitions are"
    return Fault(circumstance.varied, f"{len(definitions):,} {are} {verb} {circumstance.words}: {names}")
