"""What the user of a package is asked for: the rules about inputs that are credentials.

A format turns whatever it calls them (environment variables, headers, arguments, user configuration) into `Input`s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from oktsec_lint.core.display import quoted
from oktsec_lint.core.fields import Field
from oktsec_lint.core.findings import Hit, Severity
from oktsec_lint.core.launch.credentials import KNOWN_FORM, form_in, is_telling, literal_in
from oktsec_lint.core.validators import is_live, is_random_value
from oktsec_lint.core.values import NamedTuple
from oktsec_lint.core.words import words_of

from .templates import without_templates

NOT_DECLARED, WITH_VALUE, AS_ARGUMENT, UNKNOWN = "PKG-001", "PKG-002", "PKG-005", "PKG-008"

_ABOUT_A_FILE = re.compile(r"\b(?:path|file|filename|directory|folder)\b", re.IGNORECASE)
_PATH = re.compile(r"[~.]?[/\\]")
_USER = re.compile(r"://[^:@]*:(?P<password>[^@]*)@")
_SHORTEST = 16
"""Characters of a credential with a known form."""
_OTHER_KINDS = frozenset({"number", "boolean", "filepath", "file", "directory", "integer", "array", "object"})


class Input(NamedTuple):
    """One value that a package asks its user for, or brings along."""

    name: str
    field: Field
    """Where it is named."""
    at_key: bool = False
    """Whether its name is the key of `field`."""
    secret: bool = False
    """Whether the entry says that it is a credential."""
    remedy: str = ""
    """How an entry says so, as advice; empty where the format has no way."""
    given: tuple[Field, ...] = ()
    """What the package itself fills in, or proposes."""
    shown: tuple[Field, ...] = ()
    """What only shows how a value looks."""
    kind: str = ""
    """What the format says of its type."""
    about: str = ""
    """Its description."""

    @property
    def is_credential(self) -> bool:
        """As declared, or by its name: a number is none, nor is the way to a file."""
        return self.secret or (
            self.kind not in _OTHER_KINDS
            and (is_telling(self.name) or is_telling("_".join(words_of(self.name))))
            and _ABOUT_A_FILE.search(self.about) is None
            and not any(_PATH.match(field.text()) for field in self.given)
        )


def problems(inputs: Iterable[Input]) -> Iterator[Hit]:
    """PKG-001 and PKG-002."""
    for item in inputs:
        if item.is_credential and item.remedy and not item.secret:
            yield _not_declared(item)
        yield from _published(item)


def concealed(inputs: Iterable[Input]) -> Iterator[str]:
    """Pointers of the values that may be credentials."""
    for item in inputs:
        if item.is_credential:
            yield from (field.at.pointer for field in (*item.given, *item.shown) if field.text())


def fixed(field: Field) -> Input:
    """A text of a launch line that its user is not asked for, such as a variable of its environment."""
    return Input(field.name, field, given=(field,))


def as_argument(item: Input, field: Field) -> Hit:
    """PKG-005, where a credential becomes a word of the command line."""
    message = f"{quoted(item.name)} is a credential and becomes an argument, where other programs can read it"
    return field.at.hit(AS_ARGUMENT, message)


def _not_declared(item: Input) -> Hit:
    message = f"{quoted(item.name)} is a credential by its name, and nothing says so"
    return item.field.at.hit(NOT_DECLARED, message, item.remedy, at_key=item.at_key)


def _published(item: Input) -> Iterator[Hit]:
    for field in item.given:
        text = without_templates(field.text())
        found = literal_in(text)
        if found is not None and (found.form or (item.is_credential and not text.startswith("-"))):
            yield _hit(field, found.form, stand_in=found.placeholder or not _is_drawn(text, found.form))
    for field in item.shown:
        form = form_in(field.text())
        if form and _is_drawn(field.text(), form):
            yield _hit(field, form, stand_in=False)


def _is_drawn(text: str, form: str) -> bool:
    """Whether a credential may be a real one: what people write to show a form is shorter, or made of words."""
    if not form:
        return is_random_value(f"={text}")
    found = KNOWN_FORM.search(text)
    if found is None:
        return False
    user = _USER.search(found.group())
    if user is not None:
        return is_random_value(f"={user['password']}")
    return len(found.group()) >= _SHORTEST and is_live(found.group())


def _hit(field: Field, form: str, *, stand_in: bool) -> Hit:
    message = f"{quoted(field.at.dotted)} publishes {form or 'a credential (by its name)'}"
    if stand_in:
        return field.at.hit(WITH_VALUE, f"{message}; it looks like a placeholder", severity=Severity.LOW)
    return field.at.hit(WITH_VALUE, message, severity=None if form else Severity.MEDIUM)
